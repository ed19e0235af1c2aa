# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances as members of a fleet: their ids or names, and the options that describe them as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..module_utils.given import kind_of
from ..module_utils.instance.compare import forwarded_ports
from ..module_utils.instance.conditions import is_live, name_and_id
from ..module_utils.instance.fields import FIELDS, Field
from ..module_utils.instance.names import name_problem
from ..module_utils.instance.options import attribute_problem, member_options, unknown_option
from ..module_utils.text import MAX_NUMBER, as_boolean, as_integer, enumerated, is_uuid, one_line, quoted
from .hostvars import sanitized

# The prefix of host variables, unless an inventory sets another one.
PREFIX = "coxedge_"
# What tells a prefix: the variables that each host of the inventory has, and no field of an instance.
OF_EACH_HOST = ("name", "state", "active")
REMEDY = (
    "give the list instances of a result of coxedge.compute.instance_info, or host variables, such as"
    " groups.coxedge | map('extract', hostvars)"
)

Instance = Mapping[str, Any]


def members(given: Any, by: Any, full: Any, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a member for each instance; see the filter members. Raises ValueError for what it can't be given."""
    if by not in ("id", "name"):
        raise ValueError(f"by must be id or name, not {quoted(by)}.")
    is_full = as_boolean(full)
    if is_full is None:
        raise ValueError(f"full must be true or false, not {quoted(full)}.")
    _check_options(options)
    instances = [_instance_of(number, entry) for number, entry in enumerate(_entries(given))]
    names = Names(instances)
    found = []
    for number, instance in enumerate(instances):
        selection = {"id": _id_of(number, instance)} if by == "id" else {"name": _name_of(number, instance)}
        attributes = described(instance, names) if is_full else {}
        if is_full and not is_live(instance):
            if by == "name" and options.get("state") is None:
                raise ValueError(
                    f"{name_and_id(instance)} is destroyed, and a name selects only servers that are not: leave by out, or set state."
                )
            attributes["state"] = "absent"
        # Options of the task are not from the API, so they stay as they are.
        found.append({**sanitized({**selection, **attributes}), **options})
    if by == "name":
        _refuse_duplicates(instances)
    return found


def _entries(given: Any) -> Sequence[Any]:
    """The list that the filter was given. Raises ValueError if it is none."""
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        what = "null" if given is None else "a dict" if isinstance(given, Mapping) else kind_of(given)
        raise ValueError(f"members needs a list of instances, but it got {what}: {REMEDY}.")
    return list(given)


def _check_options(options: Mapping[str, Any]) -> None:
    known = member_options()
    for name in options:
        if name in ("wait", "wait_timeout"):
            raise ValueError(f"{name} is not an option of a member: set it for the whole task.")
        if name not in known:
            problem = unknown_option(name, [*known, "by", "full"])
            raise ValueError(problem[0].upper() + problem[1:])


def _instance_of(number: int, entry: Any) -> Instance:
    """The instance that an entry of the list is about. Raises ValueError if it is none."""
    if not isinstance(entry, Mapping):
        what = "null" if entry is None else kind_of(entry)
        raise ValueError(f"Entry {number} is {what}, not an instance: {REMEDY}.")
    if "inventory_hostname" not in entry and ("id" in entry or "name" in entry):
        return entry
    prefix = _prefix_of(entry)
    if prefix is None:
        host = entry.get("inventory_hostname")
        where = "has no id" if host is None else f"({one_line(host)}) is not a host of the inventory coxedge.compute.instances"
        raise ValueError(f"Entry {number} {where}: {REMEDY}.")
    return {name[len(prefix) :]: entry[name] for name in entry if isinstance(name, str) and name.startswith(prefix)}


def _prefix_of(entry: Instance) -> str | None:
    """The prefix of the variables of a host; None if it has none."""
    if f"{PREFIX}id" in entry:
        return PREFIX
    found = [name[: -len("id")] for name in entry if isinstance(name, str) and name.endswith("id")]
    return min((prefix for prefix in found if all(prefix + other in entry for other in OF_EACH_HOST)), key=len, default=None)


def _id_of(number: int, instance: Instance) -> str:
    found = instance.get("id")
    if isinstance(found, str) and found != "":
        # Whether it is a UUID is for the fleet to say.
        return found
    name = f" ({one_line(instance['name'])})" if instance.get("name") else ""
    raise ValueError(f"Entry {number}{name} has no id: {REMEDY}; servers that check mode would create have no id yet, so select by='name'.")


def _name_of(number: int, instance: Instance) -> str:
    found = instance.get("name")
    if not is_acceptable(found):
        which = f"{number} ({one_line(instance.get('id'))})"
        raise ValueError(f"Entry {which} has no name that coxedge.compute.instance accepts: leave by out, so that ids select.")
    return str(found)


def _refuse_duplicates(instances: Iterable[Instance]) -> None:
    by_name: dict[str, list[Instance]] = {}
    for instance in instances:
        by_name.setdefault(instance["name"], []).append(instance)
    for name, twins in by_name.items():
        if len(twins) > 1:
            ids = enumerated([one_line(twin.get("id")) for twin in twins])
            raise ValueError(f"Several instances have the name {quoted(name)}, {ids}: leave by out, so that ids select.")


def is_acceptable(name: object) -> bool:
    """Whether the module ``instance`` accepts a name."""
    return isinstance(name, str) and name != "" and name_problem(name) is None


class Names:
    """Which names select one thing only, as far as some instances and lists of the catalog show."""

    def __init__(self, instances: Sequence[Instance], catalog: Mapping[str, Any] | None = None) -> None:
        """``catalog``: lists of resources by kind, as catalog_info returns them."""
        self._live = Counter(item.get("name") for item in instances if is_live(item) and isinstance(item.get("name"), str))
        self._all = Counter(item.get("name") for item in instances if isinstance(item.get("name"), str))
        # By kind and name: the ids that have the name.
        self._ids: dict[tuple[str, str], set[str]] = {}
        for row in FIELDS:
            if row.lookup is None or row.name_attribute is None:
                continue
            for instance in instances:
                self._note(row.lookup, instance.get(row.name_attribute), instance.get(row.attribute or ""))
        for kind, entries in (catalog or {}).items():
            for entry in entries:
                self._note(kind, entry.get("name"), entry.get("id"))

    def _note(self, kind: str, name: object, found: object) -> None:
        if isinstance(name, str) and isinstance(found, str):
            self._ids.setdefault((kind, name), set()).add(found.lower())

    def holders(self, instance: Instance) -> int:
        """How many instances have the name of this one. Destroyed ones count only for another destroyed one."""
        return (self._live if is_live(instance) else self._all)[instance.get("name")]

    def selects(self, kind: str, name: object) -> bool:
        """Whether a name, given as an option, can stand for one resource."""
        return isinstance(name, str) and name != "" and not is_uuid(name) and len(self._ids.get((kind, name), ())) < 2


def described(instance: Instance, names: Names) -> dict[str, Any]:
    """Return the options that an instance shows, without those that the module ``instance`` would refuse."""
    found = {}
    for row in FIELDS:
        value = _shown(row, instance, names)
        if value is not None and attribute_problem({row.option: value}) is None:
            found[row.option] = value
    return found


def _shown(row: Field, instance: Instance, names: Names) -> Any:
    """The value of an option as an instance shows it; None if it shows none."""
    if row.option == "user_data":
        # instance_info returns it with details.
        return instance.get("user_data") or None
    value = instance.get(row.attribute or "")
    if row.option == "name":
        return value if is_acceptable(value) and names.holders(instance) < 2 else None
    if row.option == "ports_to_forward":
        ports = forwarded_ports(instance)
        return sorted(set(ports), key=lambda port: (as_integer(port) or 0, port)) if ports else None
    if row.option == "affinity_group":
        # A server can be created in one group only.
        return value[0] if isinstance(value, list) and len(value) == 1 and is_uuid(value[0]) else None
    if row.name_attribute is not None and row.lookup is not None:
        name = instance.get(row.name_attribute)
        return name if names.selects(row.lookup, name) else value if is_uuid(value) else None
    if row.type == "int":
        number = as_integer(value)
        return number if number is not None and number <= MAX_NUMBER else None
    return value if row.type == "str" and isinstance(value, str) and value != "" else None
