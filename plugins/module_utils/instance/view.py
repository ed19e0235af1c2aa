# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance as users see it: names in snake_case, no secrets, every documented attribute present."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

from ..secret_names import is_secret, may_be_shown
from ..text import as_boolean, as_integer

# Every attribute that the documentation promises for a retrieved instance, with its value if the API leaves it out.
# userData is not here on purpose: it can hold secrets.
SHAPE: dict[str, Any] = {
    "id": None,
    "name": None,
    "affinity_group_ids": [],
    "compute_offering_id": None,
    "compute_offering_name": None,
    "cpu_count": None,
    "hostname": None,
    "image_id": None,
    "image_name": None,
    "ip_address": None,
    "is_password_enabled": None,
    "mac_address": None,
    "memory_in_mb": None,
    "network_id": None,
    "network_name": None,
    "nics": [],
    "public_ips": [],
    "state": None,
    "username": None,
    "vpc_id": None,
    "vpc_name": None,
    "zone_id": None,
    "zone_name": None,
}

# What is documented as a number or a boolean, and what reads it: the API may send text.
TYPED: dict[str, Callable[[object], Any]] = {
    "cpu_count": partial(as_integer, floats=True),
    "memory_in_mb": partial(as_integer, floats=True),
    "is_password_enabled": as_boolean,
}
TYPED_OF_NICS = {"is_default": as_boolean}

# How deep attributes may be nested. Documented ones are three deep; a nesting without end would lead to a traceback.
MAX_DEPTH = 20

# Attributes that only a retrieved instance shows; a list does not have them.
DETAIL_ATTRIBUTES = ("nics", "public_ips")


@lru_cache(maxsize=1024)
def snake(name: str) -> str:
    """The name that users see for an API field: memoryInMB is memory_in_mb, publicIPs is public_ips."""
    name = re.sub(r"([A-Z]{2,})s(?![a-z])", lambda plural: plural.group(1).capitalize() + "s", name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@lru_cache(maxsize=1024)
def shown_as(field: str) -> str | None:
    """The name under which users see an API field; None if they must not see it."""
    name = snake(field)
    return None if is_secret(field) or not may_be_shown(name) else name


def snake_keys(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A JSON value from the API with all names in snake_case and without secrets. What is nested deeper than ``depth`` is null."""
    if isinstance(value, (Mapping, list)) and depth <= 0:
        return None
    if isinstance(value, Mapping):
        named = ((shown_as(str(name)), item) for name, item in value.items())
        # Most values are plain: not descending into those saves a third of the time that long lists take.
        nested = (dict, list)
        return {name: snake_keys(item, depth - 1) if isinstance(item, nested) else item for name, item in named if name is not None}
    if isinstance(value, list):
        return [snake_keys(item, depth - 1) for item in value]
    return value


def full_view(instance: Mapping[str, Any]) -> dict[str, Any]:
    """A retrieved instance as users see it."""
    return _with_defaults(snake_keys(instance))


def _with_defaults(seen: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that a response shows, and those that it leaves out but every instance has."""
    whole = dict(seen)
    for name, missing in SHAPE.items():
        if whole.get(name) is None:
            whole[name] = list(missing) if isinstance(missing, list) else missing
    # Some versions of the API call the image a template.
    for suffix in ("id", "name"):
        if whole[f"image_{suffix}"] is None:
            whole[f"image_{suffix}"] = whole.get(f"template_{suffix}")
    _make_typed(whole, TYPED)
    if isinstance(whole["nics"], list):
        for nic in whole["nics"]:
            if isinstance(nic, dict):
                _make_typed(nic, TYPED_OF_NICS)
    return whole


def _make_typed(seen: dict[str, Any], types: Mapping[str, Callable[[object], Any]]) -> None:
    """Replaces text by the number or the boolean that it is; anything else stays."""
    for name, typed in types.items():
        value = seen.get(name)
        if isinstance(value, (str, float)):
            read = typed(value)
            seen[name] = value if read is None else read


def list_view(instance: Mapping[str, Any]) -> dict[str, Any]:
    """An instance of a list as users see it. What a list does not tell is left out: an empty value would be wrong."""
    seen = snake_keys(instance)
    whole = _with_defaults(seen)
    for name in DETAIL_ATTRIBUTES:
        if name not in seen:
            del whole[name]
    return whole


def partial_view(data: Any) -> dict[str, Any]:
    """The attributes of an instance that a response happens to have, as users see them; nothing is filled in."""
    if not isinstance(data, Mapping):
        return {}
    seen = snake_keys(data)
    return {name: value for name, value in _with_defaults(seen).items() if name in seen}


def without_details(instance: Mapping[str, Any]) -> dict[str, Any]:
    """An instance without what only a retrieved one shows."""
    return {name: value for name, value in instance.items() if name not in DETAIL_ATTRIBUTES}


def network_attributes(network: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of an instance that follow from its network, an entry of the API's list."""
    fields = ("vpcId", "vpcName", "zoneId", "zoneName")
    return {"network_id": network.get("id"), "network_name": network.get("name"), **{snake(name): network.get(name) for name in fields}}
