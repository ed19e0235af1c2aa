# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for an instance that exists: the changes, with at most one interruption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..text import enumerated, is_same, one_line
from .compare import associates, difference, drift_of, may_differ, resizes
from .conditions import RUNNING, STOPPED, condition, described, name_and_id
from .fields import BY_OPTION, FIELDS
from .operations import CHANGES
from .sizes import size_of
from .steps import Plan, Progress, Refused, Resolved, Step, reboots
from .view import network_attributes


def convergence(
    verbs: Sequence[str], current: Mapping[str, Any], options: Mapping[str, Any], resolved: Resolved, progress: Progress
) -> Plan:
    """The plan for the verbs of a cell of the state table. Raises Refused, naming everything that is in the way."""
    changes, warnings = ([], []) if "converge" not in verbs else _changes(current, options, resolved)
    stops_first = verbs[:1] == ("stop",)
    runs = condition(current) == RUNNING and not stops_first
    interrupting = [step for step in changes if reboots(step)]
    if "converge" in verbs:
        problems = [*_conflicts(current, options, resolved), *_lacking_permissions(changes, current, options, runs)]
        if problems:
            raise Refused(" ".join(problems))
    steps = list(changes)
    if stops_first:
        force = {"forceStop": True} if options["force_stop"] else None
        steps.insert(0, Step("stop", force, {"state": "Stopped"}))
    elif runs and len(interrupting) > 1:
        steps = [Step("stop", None, {"state": "Stopped"}), *changes, Step("start", None, {"state": "Running"})]
    restarts = progress.stopped and condition(current) == STOPPED and options["state"] in ("present", "restarted")
    if "start" in verbs or restarts:
        steps.append(Step("start", None, {"state": "Running"}))
    elif "reboot" in verbs and not progress.interrupted and not (runs and interrupting):
        steps.append(Step("reboot", None, {"state": "Running"}))
    after = dict(current)
    for step in steps:
        after.update(step.effect)
    drift = drift_of(current, options) if "converge" in verbs else {}
    for option, both in drift.items():
        warnings.append(
            f"{described(current)} has another {option} than wanted, and it can only be chosen at create: {one_line(both['actual'])}"
        )
    return Plan(tuple(steps), current, after, warnings=tuple(warnings), drift=drift)


def _changes(current: Mapping[str, Any], options: Mapping[str, Any], resolved: Resolved) -> tuple[list[Step], list[str]]:
    """The changes that an instance needs, in their fixed order, and warnings. Raises Refused for a size that is not available."""
    found: dict[str, Step] = {}
    warnings: list[str] = []
    updated = [row for row in FIELDS if row.changed_by == "update" and may_differ(row, current, options.get(row.option))]
    if updated:
        body = {row.api: options[row.option] for row in updated}
        found["update"] = Step("update", body, {str(row.attribute): options[row.option] for row in updated})
    if "compute_offering" in resolved.records and resizes(current, options):
        offering = resolved.records["compute_offering"]
        size = size_of(offering, options, current)
        effect = {"compute_offering_id": offering.get("id"), "compute_offering_name": offering.get("name")}
        effect.update({n: v for n, v in (("cpu_count", size.cpu_count), ("memory_in_mb", size.memory_in_mb)) if v is not None})
        if not all(is_same(current.get(name), value) for name, value in effect.items() if name != "compute_offering_name"):
            found["changeComputeOffering"] = Step("changeComputeOffering", {"computeOfferingId": offering.get("id"), **size.body}, effect)
    network = resolved.records.get("network")
    if network is not None and not is_same(current.get("network_id"), network.get("id")):
        effect = {name: value for name, value in network_attributes(network).items() if value is not None}
        # The server chooses the new address.
        found["changeNetwork"] = Step("changeNetwork", {"networkId": network.get("id")}, {**effect, "ip_address": None})
        if options.get("ip_address") is not None:
            warnings.append("ip_address can only be chosen at create: in the new network, the server chooses one")
    if associates(current, options):
        name = options["ssh_key_name"]
        found["associateSSHKey"] = Step("associateSSHKey", {"sshKeyName": name}, {"ssh_key_name": name})
        if current.get("ssh_key_name") is None:
            warnings.append(
                f"The API does not report the SSH key of {described(current)}: with update_ssh_key always, each run associates it again"
            )
    return [found[action] for action in CHANGES if action in found], warnings


def _conflicts(current: Mapping[str, Any], options: Mapping[str, Any], resolved: Resolved) -> list[str]:
    """What makes the changes impossible: a name that is taken, an address that can't be changed. A sentence each."""
    found = []
    others = [holder for holder in resolved.holders if not is_same(holder, current.get("id"))]
    if others:
        have = "has" if len(others) == 1 else "have"
        found.append(
            f"{described(current)} can't be renamed to {options['name']!r}, because {enumerated(others)} already {have} that name:"
            " choose another name."
        )
    moves = "network" in resolved.records and not is_same(current.get("network_id"), resolved.records["network"].get("id"))
    if may_differ(BY_OPTION["ip_address"], current, options.get("ip_address")) and not moves:
        actual = one_line(current.get("ip_address"))
        found.append(
            f"{described(current)} has the ip_address {actual}, not {options['ip_address']}, and it can only be chosen at create:"
            " leave ip_address out or give the one it has."
        )
    return found


def _lacking_permissions(changes: Sequence[Step], current: Mapping[str, Any], options: Mapping[str, Any], runs: bool) -> list[str]:
    """One sentence that names all changes that lack a permission; none if there are none."""
    differences: list[str] = []
    lacking: dict[str, str] = {}
    for step in changes:
        risks = {"allow_reboot": "reboot it"} if runs and reboots(step) else {}
        if step.action == "changeNetwork":
            risks["allow_network_change"] = "drop its port forwarding and load balancing rules"
        refused = {permission: risk for permission, risk in risks.items() if not options[permission]}
        if refused:
            differences.append(difference(step, current))
            lacking.update(refused)
    if not lacking:
        return []
    return [
        f"Changing {name_and_id(current)} would {enumerated(list(lacking.values()))}: {'; '.join(differences)}."
        f" Set {enumerated(list(lacking))} to true to allow that."
    ]
