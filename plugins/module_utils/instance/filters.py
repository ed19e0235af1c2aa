# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instances are meant: filters on instances as users see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .conditions import is_in_state, is_live

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


def _folded(values: Sequence[str] | None) -> frozenset[str]:
    return frozenset(value.casefold() for value in values or ())


def sort_key(instance: Mapping[str, Any]) -> tuple[str, str]:
    """Sorts instances by name, then by id."""
    return str(instance.get("name")), str(instance.get("id"))


def in_order(instances: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Instances by name, then by id: the same order in each run, whatever the order of the API's list."""
    return sorted(instances, key=sort_key)
