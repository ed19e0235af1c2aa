# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between an instance and what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..text import as_integer, is_uuid, one_line
from .conditions import DESTROYED, condition
from .fields import BY_OPTION, FIELDS, Field
from .steps import Step, names_or_ids


def may_differ(row: Field, current: Mapping[str, Any], wanted: Any) -> bool:
    """Whether an option's value may differ from the instance's, as far as that shows without the catalog.

    What the API does not report can't be compared and counts as equal.
    """
    if wanted is None or row.attribute is None:
        return False
    if row.lookup is None or is_uuid(wanted):
        actual = current.get(row.attribute)
        return actual is not None and not row.equals(actual, wanted)
    name = current.get(row.name_attribute or row.attribute)
    return name != wanted if name is not None else current.get(row.attribute) is not None


def resizes(current: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    """Whether the size may have to change."""
    return any(may_differ(BY_OPTION[name], current, options.get(name)) for name in ("compute_offering", "cpu_count", "memory_in_mb"))


def associates(current: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    """Whether the SSH key has to be associated."""
    wanted = options.get("ssh_key_name")
    return wanted is not None and options["update_ssh_key"] == "always" and current.get("ssh_key_name") != wanted


def changed_values(step: Step, current: Mapping[str, Any]) -> list[tuple[Field, Any, Any]]:
    """What a change changes: fields with their old and new values. For an entry of the catalog these are names, if both are known."""
    changes = []
    for row in FIELDS:
        attribute = row.attribute or ""
        if row.changed_by == step.action and attribute in step.effect and not row.equals(current.get(attribute), step.effect[attribute]):
            changes.append((row, *names_or_ids(row, current, step.effect)))
    return changes


def difference(step: Step, current: Mapping[str, Any]) -> str:
    """What a change changes, for a sentence."""
    return ", ".join(f"{row.option} {one_line(old)} -> {one_line(new)}" for row, old, new in changed_values(step, current))


def drift_of(current: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By option: what an instance was created with, where something else is wanted now."""
    drift = {}
    template = BY_OPTION["template"]
    if may_differ(template, current, options.get("template")):
        actual = current.get("image_id") if is_uuid(options["template"]) else current.get("image_name")
        # The API may report the id but not the name, and then the name is not known.
        if actual is not None:
            drift["template"] = {"wanted": options["template"], "actual": actual}
    group = options.get("affinity_group")
    if is_uuid(group) and may_differ(BY_OPTION["affinity_group"], current, group):
        drift["affinity_group"] = {"wanted": group, "actual": current["affinity_group_ids"]}
    ports, wanted = forwarded_ports(current), options.get("ports_to_forward")
    if wanted and ports is not None and _ports(wanted) != _ports(ports):
        drift["ports_to_forward"] = {"wanted": wanted, "actual": ports}
    return drift


def _ports(texts: Sequence[str]) -> set[int | str]:
    """Ports for a comparison: 022 is 22."""
    return {text if as_integer(text) is None else int(text) for text in texts}


def forwarded_ports(current: Mapping[str, Any]) -> list[str] | None:
    """The ports of an instance's public IP addresses; None if it does not show them, as in a list."""
    addresses = current.get("public_ips")
    if not isinstance(addresses, list):
        return None
    found = [address.get("ports") for address in addresses if isinstance(address, Mapping)]
    return [str(port) for ports in found if isinstance(ports, list) for port in ports]


def diff_of(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, extra: Mapping[str, Any]) -> dict[str, Any]:
    """``before`` and ``after`` for diff mode: only what differs, but the whole instance if it is created or destroyed."""
    if before is None or after is None or condition(after) == DESTROYED != condition(before):
        return {"before": dict(before or {}), "after": {**(after or {}), **extra}}
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {"before": {n: before.get(n) for n in names}, "after": {n: after.get(n) for n in names}}
