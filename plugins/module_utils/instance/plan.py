# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done: a pure function of what is there and what is wanted.

Nothing here talks to the API. Check mode shows a plan, a real run executes the same plan, diff mode shows its two ends: so they
can't disagree. Instances are dicts as users see them (see ``view.full_view``); options are those of the module ``instance``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..text import enumerated
from .compare import associates, may_differ, resizes
from .conditions import ERROR, NONE, cell, condition, described
from .convergence import convergence
from .creation import creation, creation_problem
from .fields import BY_OPTION, DESTROY_FLAGS, FIELDS
from .operations import OPERATIONS
from .steps import NO_PROGRESS, Lookup, Lookups, Plan, Progress, Refused, Resolved, Step


def lookups_needed(current: Mapping[str, Any] | None, options: Mapping[str, Any]) -> Lookups:
    """What has to be read before ``make_plan``: nothing, for a run that changes nothing.

    Raises Refused if it is clear without reading that an instance can't be created.
    """
    verbs = cell(current, options)
    if "create" in verbs:
        problem = creation_problem(options)
        if problem:
            raise Refused(problem)
        rows = [row for row in FIELDS if row.lookup and options.get(row.option) is not None]
        return Lookups(tuple(Lookup(row.option, row.lookup or "", options[row.option]) for row in rows), similar_to=options["name"])
    if "delete" in verbs:
        return Lookups(volumes=tuple(options.get("volumes_to_delete") or ()), addresses=tuple(options.get("public_ips_to_release") or ()))
    if "converge" not in verbs or current is None:
        return Lookups()
    catalog = []
    if resizes(current, options):
        text = options.get("compute_offering") or current.get("compute_offering_id")
        if isinstance(text, str) and text:
            catalog.append(Lookup("compute_offering", "compute_offerings", text))
    if may_differ(BY_OPTION["network"], current, options.get("network")):
        catalog.append(Lookup("network", "networks", options["network"]))
    if associates(current, options):
        catalog.append(Lookup("ssh_key_name", "ssh_keys", options["ssh_key_name"]))
    renames = may_differ(BY_OPTION["name"], current, options.get("name"))
    return Lookups(tuple(catalog), holders_of_name=options["name"] if renames else None)


def make_plan(current: Mapping[str, Any] | None, options: Mapping[str, Any], resolved: Resolved, progress: Progress = NO_PROGRESS) -> Plan:
    """The plan for one instance. Raises Refused, naming everything that is in the way."""
    verbs = cell(current, options)
    if verbs and verbs[0] in ("fail", "refuse"):
        raise Refused(_why_not(current, options))
    if verbs == ("warn",):
        warning = f"{described(current)} is in state Error and was left as it is; destroy it with state absent to create it again"
        return Plan((), current, dict(current or {}), warnings=(warning,))
    if "create" in verbs:
        return creation(options, resolved, stops="stop" in verbs)
    if current is None:
        return Plan((), None, None)
    if verbs in (("delete",), ("purge",), ("recover",)):
        return _ending(verbs[0], current, options, resolved)
    return convergence(verbs, current, options, resolved, progress)


def _why_not(current: Mapping[str, Any] | None, options: Mapping[str, Any]) -> str:
    """Why the table says fail or refuse, and what to do."""
    state, column = options["state"], condition(current)
    selected = f"with id {options['id']}" if options.get("id") else f"with the name {options['name']!r}"
    if column == NONE:
        return f"There is no instance {selected} to recover: only a destroyed instance that was not purged can be recovered."
    if column == ERROR:
        return f"{described(current)} is in state Error and can't be {state}: destroy it with state absent and create it again."
    return (
        f"{described(current)} is destroyed: use state recovered to bring it back, or state absent with purge true to remove it for"
        f" good; then state {state} can be used."
    )


def _ending(action: str, current: Mapping[str, Any], options: Mapping[str, Any], resolved: Resolved) -> Plan:
    """The plan for delete, purge and recover, which ignore the attributes."""
    given = [name for name in ("public_ips_to_release", "volumes_to_delete") if options.get(name)]
    given += ["delete_snapshots"] if options["delete_snapshots"] else []
    if action == "recover":
        step = Step(action, None, {"state": OPERATIONS[action].ends_in})
        return Plan((step,), current, {**current, **step.effect})
    if action == "purge":
        warnings: tuple[str, ...] = ()
        if given:
            have = "has" if len(given) == 1 else "have"
            warnings = (f"{described(current)} is already destroyed, so {enumerated(given)} {have} no effect",)
        return Plan((Step(action),), current, None, warnings=warnings)
    body: dict[str, Any] = {api: options[option] for option, api in DESTROY_FLAGS}
    if resolved.address_ids:
        body["publicIpIdsToRelease"] = list(resolved.address_ids)
    if resolved.volume_ids:
        body["volumeIdsToDelete"] = list(resolved.volume_ids)
    after: dict[str, Any] | None = None
    if not options["purge"]:
        addresses = current.get("public_ips")
        kept = addresses
        if isinstance(addresses, list):
            released = {text.lower() for text in resolved.address_ids}
            kept = [item for item in addresses if not isinstance(item, Mapping) or str(item.get("id")).lower() not in released]
        after = {**current, "state": OPERATIONS[action].ends_in, "public_ips": kept}
    return Plan((Step(action, body),), current, after, warnings=tuple(resolved.warnings))
