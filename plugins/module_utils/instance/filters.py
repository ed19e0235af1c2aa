# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instances are meant: filters on instances as users see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..text import is_uuid, offer, quoted
from .conditions import KNOWN_STATES, is_in_state, is_live, state_of

# By option: the attributes that a value is compared with, an id and a name.
FILTERS: dict[str, tuple[str, str]] = {
    "zones": ("zone_id", "zone_name"),
    "vpcs": ("vpc_id", "vpc_name"),
    "networks": ("network_id", "network_name"),
    "compute_offerings": ("compute_offering_id", "compute_offering_name"),
    "templates": ("image_id", "image_name"),
}


class Selection:
    """The filters of a run, prepared once for many instances. All that are given must match."""

    def __init__(self, options: Mapping[str, Sequence[str] | None], destroyed: bool = False) -> None:
        """``destroyed``: whether destroyed instances match if no filter on states is given."""
        self._states = _folded(options.get("states"))
        self._destroyed = destroyed
        self._filters = [(FILTERS[name], _folded(options.get(name))) for name in FILTERS if options.get(name)]

    def matches(self, instance: Mapping[str, Any]) -> bool:
        """Whether an instance matches. Case does not matter: names and states are written in both."""
        if self._states:
            if not is_in_state(instance, self._states):
                return False
        elif not self._destroyed and not is_live(instance):
            return False
        return all(any(str(instance.get(key)).casefold() in wanted for key in keys) for keys, wanted in self._filters)


def unmatched(options: Mapping[str, Sequence[str] | None], instances: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence for each value of a filter that no instance of a whole list has, with the nearest one that exists.

    A mistyped network must not make "stop what is in that network" silently do nothing. A known state may well have no instance.
    """
    states = {*KNOWN_STATES, *map(state_of, instances)}
    found = [
        f"{_nothing('states', value)}; {offer(value, states, what='state', most=1)}" for value in _missing(options.get("states"), states)
    ]
    for option, keys in FILTERS.items():
        if options.get(option):
            ids, names = ({str(item[key]) for item in instances if item.get(key) is not None} for key in keys)
            for value in _missing(options[option], ids | names):
                offered = offer(value, ids, what="id", most=1) if is_uuid(value) else offer(value, names, most=1)
                found.append(f"{_nothing(option, value)}; {offered}")
    return found


def _missing(values: Sequence[str] | None, existing: Collection[str]) -> list[str]:
    folded = {item.casefold() for item in existing}
    return [value for value in dict.fromkeys(values or ()) if value.casefold() not in folded]


def _nothing(option: str, value: str) -> str:
    return f"{option}: no instance has {quoted(value)}"


def _folded(values: Sequence[str] | None) -> frozenset[str]:
    return frozenset(value.casefold() for value in values or ())


def sort_key(instance: Mapping[str, Any]) -> tuple[str, str]:
    """Sorts instances by name, then by id."""
    return str(instance.get("name")), str(instance.get("id"))


def in_order(instances: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Instances by name, then by id: the same order in each run, whatever the order of the API's list."""
    return sorted(instances, key=sort_key)
