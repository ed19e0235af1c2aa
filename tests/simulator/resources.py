# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API shows of everything but instances: lists with their filters, and single entries."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Instances = Mapping[str, dict[str, Any]]
Filter = Callable[[dict[str, Any], str], bool]


def _has(name: str) -> Filter:
    return lambda resource, value: resource.get(name) == value


# List: the query parameters that its entity documents, and whether a resource has such a value.
FILTERS: dict[str, dict[str, Filter]] = {
    "affinitygroups": {"type": _has("type")},
    "networkacls": {"vpc_id": _has("vpcId")},
    "networks": {"vpc_id": _has("vpcId"), "zone_id": _has("zoneId")},
    "nics": {"instance_id": _has("instanceId"), "network_id": _has("networkId")},
    "publicipaddresses": {
        "vpc_id": _has("vpcId"),
        "instance_id": lambda address, value: any(user["id"] == value for user in address["instances"]),
    },
    "volumes": {"type": lambda volume, value: volume["type"] == value.lower(), "instance_id": _has("instanceId")},
}
# What the simulator keeps in an entry of a list and the API does not show.
NOT_SHOWN = {"publicipaddresses": ("ports",)}
# What only retrieving an entry shows.
NOT_LISTED = {"volumes": ("diskOfferingId", "diskOfferingName")}
# What an entry does not have while the first of these is empty.
BARE = {"publicipaddresses": ("instances", "networkId", "networkName", "purposes")}


def nics(instances: Instances, private: Instances, networks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The NICs of all instances: each has one."""
    by_id = {network["id"]: network for network in networks}
    return [
        {
            "id": private[instance["id"]]["nicId"],
            "name": "NIC-0",
            "isDefault": True,
            "instanceId": instance["id"],
            **{name: instance[name] for name in ("ipAddress", "networkId", "networkName", "vpcId", "vpcName")},
            **{name: by_id.get(instance["networkId"], {}).get(name) for name in ("gateway", "netmask")},
            "secondaryIps": [],
        }
        for instance in instances.values()
    ]


def listed(kind: str, entries: list[dict[str, Any]], instances: Instances, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """The entries that a list shows, filtered by the query."""
    found = entries
    for name, keeps in FILTERS.get(kind, {}).items():
        if name in query:
            found = [entry for entry in found if keeps(entry, query[name])]
    return [_shown(kind, entry, instances, NOT_LISTED.get(kind, ())) for entry in found]


def retrieved(kind: str, entries: list[dict[str, Any]], instances: Instances, key: str) -> dict[str, Any] | None:
    """One entry, by its id; an SSH key also by its name."""
    names = ("id", "name") if kind == "sshkeys" else ("id",)
    found = next((entry for entry in entries if key in [entry.get(name) for name in names]), None)
    return None if found is None else _shown(kind, found, instances, ())


def _shown(kind: str, entry: dict[str, Any], instances: Instances, hidden: tuple[str, ...]) -> dict[str, Any]:
    """An entry as the API shows it. Attributes without a value are left out."""
    shown = {**copy.deepcopy(entry), **_about_instances(kind, entry, instances)}
    hidden = (*hidden, *NOT_SHOWN.get(kind, ()))
    if kind in BARE and not entry[BARE[kind][0]]:
        hidden = (*hidden, *BARE[kind])
    return {name: value for name, value in shown.items() if value is not None and name not in hidden}


def _about_instances(kind: str, entry: dict[str, Any], instances: Instances) -> dict[str, Any]:
    """What an entry shows of instances."""
    if kind == "affinitygroups":
        return {"instanceIds": [instance["id"] for instance in instances.values() if entry["id"] in instance["affinityGroupIds"]]}
    if kind == "volumes":
        return {"instanceName": instances.get(entry["instanceId"], {}).get("name")}
    return {}
