# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instances that the role ``decommission`` destroys, what is removed with them, and what is left of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..module_utils.given import type_problem
from ..module_utils.instance.addresses import users_of
from ..module_utils.instance.conditions import DESTROYED, NONE, condition, name_and_id, state_of
from ..module_utils.instance.names import name_problem
from ..module_utils.text import comma_list, enumerated, from_text, is_uuid, offer, one_line, quoted
from .hostvars import sanitized

# Ansible users know these characters from patterns of hosts. A name that has one of them may be meant as a pattern.
WILDCARDS = "*?["
LIST_OF_TEXT = {"type": "list", "elements": "str"}
CORRECT = "correct them, or set decommission_missing_ok to true to leave them out."

Resource = Mapping[str, Any]


def texts_of(value: Any) -> list[str]:
    """The items of a list that may be given as text: with commas, or as JSON. Empty items count as not given."""
    value = from_text(value)
    items = value if isinstance(value, list) else comma_list(str(value or ""))
    return list(dict.fromkeys(str(item) for item in items if item not in (None, "")))


class Selection:
    """The instances that names and ids select in a list of all, and what is wrong with the selection."""

    def __init__(self, instances: Iterable[Resource], purge: bool, missing_ok: bool) -> None:
        """``purge``: whether destroyed instances are selected too, to be purged."""
        existing = {item["id"].lower(): item for item in instances if condition(item) != NONE and isinstance(item.get("id"), str)}
        self._by_id: dict[str, Resource] = existing
        self._by_name: dict[str, list[Resource]] = {}
        for item in existing.values():
            if isinstance(item.get("name"), str):
                self._by_name.setdefault(item["name"], []).append(item)
        self._purge, self._missing_ok = purge, missing_ok
        self.problems: list[str] = []
        self.missing: list[str] = []
        # By id: an instance can be selected by its name and by its id.
        self.targets: dict[str, Resource] = {}
        self.done: dict[str, Resource] = {}

    def add_names(self, names: Sequence[str]) -> None:
        """Select the instances with these names."""
        patterns = [name for name in names if any(char in name for char in WILDCARDS)]
        if patterns:
            self.problems.append(
                f"decommission_names takes no patterns such as {_listed(patterns)}: give complete names. If an instance has such a name,"
                " select it with decommission_ids."
            )
        exact = [name for name in names if name not in patterns]
        for name in exact:
            self._add_name(name)
        missing = [name for name in exact if name not in self._by_name]
        self.missing += missing
        if missing and not self._missing_ok:
            self.problems.append(f"No instance has the name {_either(map(self._with_hint, missing))}: {CORRECT}")

    def _add_name(self, name: str) -> None:
        found = self._by_name.get(name, [])
        live = [item for item in found if condition(item) != DESTROYED]
        # As in the modules: destroyed instances count only if they are to be purged.
        candidates = found if self._purge else live
        if len(candidates) > 1:
            listed = [f"{one_line(item['id'])} ({one_line(state_of(item))})" for item in candidates]
            self.problems.append(f"Several instances have the name {quoted(name)}, {enumerated(listed)}: select one with decommission_ids.")
        for item in candidates:
            self.targets[item["id"].lower()] = item
        if not candidates:
            self.done.update({item["id"].lower(): item for item in found})

    def _with_hint(self, name: str) -> str:
        if is_uuid(name):
            return f"{quoted(name)} (give ids in decommission_ids)"
        return f"{quoted(name)} ({offer(name, self._by_name, most=1)})"

    def add_ids(self, ids: Sequence[str]) -> None:
        """Select the instances with these ids, in any case."""
        wrong = [item for item in ids if not is_uuid(item)]
        if wrong:
            self.problems.append(f"decommission_ids takes UUIDs, which {_listed(wrong)} are not: give names in decommission_names.")
        missing = [item for item in ids if is_uuid(item) and item.lower() not in self._by_id]
        self.missing += missing
        if missing and not self._missing_ok:
            self.problems.append(f"No instance has the id {_either(missing)}: {CORRECT}")
        for item in ids:
            found = self._by_id.get(item.lower())
            if found is not None:
                is_done = condition(found) == DESTROYED and not self._purge
                (self.done if is_done else self.targets)[found["id"].lower()] = found


def _listed(texts: Iterable[str]) -> str:
    return enumerated([quoted(text) for text in texts])


def _either(texts: Iterable[str]) -> str:
    return " or ".join(texts)


def targets(
    instances: Iterable[Resource],
    names: Any,
    ids: Any,
    purge: bool,
    missing_ok: bool,
    public_ips: Iterable[Resource],
    volumes: Iterable[Resource],
) -> dict[str, Any]:
    """Return what is to be destroyed, released and deleted; see the filter decommission_targets."""
    given = {"decommission_names": names, "decommission_ids": ids}
    problems = [problem for name, value in given.items() if (problem := type_problem(name, LIST_OF_TEXT, from_text(value)))]
    wanted = [] if problems else [texts_of(names), texts_of(ids)]
    selection = Selection(instances, purge, missing_ok)
    if wanted:
        selection.add_names(wanted[0])
        selection.add_ids(wanted[1])
    # A destroyed instance has no addresses and volumes that a purge could remove.
    removing = {key for key, item in selection.targets.items() if condition(item) != DESTROYED}
    addresses = [item for item in public_ips if len(users_of(item)) == 1 and users_of(item) <= removing]
    deleted = [item for item in volumes if str(item.get("type")).lower() == "data" and str(item.get("instance_id")).lower() in removing]
    result: dict[str, Any] = sanitized(
        {
            "wanted": [text for texts in wanted for text in texts],
            "problems": [*problems, *selection.problems],
            "members": [_member(item) for item in selection.targets.values()],
            "instances": [_shown(item) for item in selection.targets.values()],
            "done": [_shown(item) for item in selection.done.values()],
            "missing": selection.missing,
            "public_ips": [_short(item, "ip_address") for item in addresses],
            "volumes": [_short(item, "name") for item in deleted],
        }
    )
    return result


def _member(instance: Resource) -> dict[str, Any]:
    """A member of a fleet. The id selects it. The name is for messages, if the module accepts it."""
    name = str(instance.get("name") or "")
    return {"id": instance["id"], **({} if not name or name_problem(name) else {"name": name}), "state": "absent"}


def _shown(instance: Resource) -> dict[str, Any]:
    """What the role shows of an instance. The id tells instances with the same name apart."""
    return {**_short(instance, "name"), "label": f"{one_line(instance.get('name'))} {one_line(instance['id'])}"}


def _short(resource: Resource, key: str) -> dict[str, Any]:
    return {"id": resource.get("id"), key: resource.get(key)}


def left(plan: Mapping[str, Any], instances: Iterable[Resource], public_ips: Iterable[Resource], volumes: Iterable[Resource]) -> list[str]:
    """Return a text for each resource of a plan that these lists still have."""
    kinds: list[tuple[str, str, Callable[[Resource], str], Iterable[Resource]]] = [
        ("instances", "instance", _with_state, instances),
        ("public_ips", "public IP address", lambda item: one_line(item.get("ip_address")), public_ips),
        ("volumes", "volume", name_and_id, volumes),
    ]
    found = []
    for key, what, shown, resources in kinds:
        gone = {str(item["id"]).lower() for item in [*plan[key], *(plan["done"] if key == "instances" else [])]}
        found += [f"{what} {shown(item)}" for item in resources if str(item.get("id")).lower() in gone]
    result: list[str] = sanitized(found)
    return result


def _with_state(instance: Resource) -> str:
    return f"{name_and_id(instance)}, {one_line(state_of(instance))}"
