# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API shows of what there is: attributes of instances, resource lists with their filters."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from .settings import Settings

Filter = Callable[[dict[str, Any], str], bool]
# List: the query parameters that its entity documents, and whether a resource has such a value.
FILTERS: dict[str, dict[str, Filter]] = {
    "networks": {
        "vpc_id": lambda network, value: network["vpcId"] == value,
        "zone_id": lambda network, value: network["zoneId"] == value,
    },
    "volumes": {
        "type": lambda volume, value: volume["type"] == value,
        "instance_id": lambda volume, value: volume["instanceId"] == value,
    },
    "publicipaddresses": {
        "vpc_id": lambda address, value: address["vpcId"] == value,
        "instance_id": lambda address, value: any(user["id"] == value for user in address["instances"]),
    },
}
# What the simulator keeps in an entry of a list and the API does not show.
NOT_SHOWN = {"templates": ("resizable",), "publicipaddresses": ("ports",)}


class Snapshot(NamedTuple):
    """All that the API can show of an instance."""

    instance: dict[str, Any]
    private: dict[str, Any]
    """What the environment keeps of it besides."""
    public_ips: list[dict[str, Any]]


def snapshot(instance: dict[str, Any], private: dict[str, Any], addresses: list[dict[str, Any]]) -> Snapshot:
    """An instance as it is now, with the public addresses that it uses."""
    shown = [{name: copy.copy(address[name]) for name in ("id", "ipAddress", "purposes", "ports")} for address in addresses]
    return Snapshot(dict(instance), dict(private), shown)


def without_nulls(attributes: dict[str, Any]) -> dict[str, Any]:
    """Those attributes that have a value."""
    return {name: value for name, value in attributes.items() if value is not None}


def list_attributes(instance: dict[str, Any], private: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The attributes of an instance that the list shows."""
    attributes = dict(instance)
    if settings.image_key == "template":
        attributes["templateId"], attributes["templateName"] = attributes.pop("imageId"), attributes.pop("imageName")
    if settings.report_ssh_key:
        attributes["sshKeyName"] = private["sshKeyName"]
        attributes["isSshKeyEnabled"] = private["sshKeyName"] is not None
    if settings.report_iso:
        attributes["isoId"] = private["isoId"]
    return without_nulls(attributes) if settings.omit_empty else attributes


def detail_attributes(seen: Snapshot, settings: Settings) -> dict[str, Any]:
    """The attributes of an instance that retrieving it shows: also user data, public addresses and NICs."""
    return {
        **list_attributes(seen.instance, seen.private, settings),
        "userData": seen.private["userData"],
        settings.public_ips_key: seen.public_ips,
        "nics": [{"id": seen.private["nicId"], "isDefault": True, "networkId": seen.instance["networkId"]}],
    }


def resource_list(
    kind: str, resources: list[dict[str, Any]], instances: Iterable[dict[str, Any]], query: dict[str, str]
) -> list[dict[str, Any]]:
    """A list of resources other than instances, filtered by the query."""
    shown = copy.deepcopy(resources)
    if kind == "affinitygroups":
        for group in shown:
            group["instanceIds"] = [instance["id"] for instance in instances if group["id"] in instance["affinityGroupIds"]]
    for name, keeps in FILTERS.get(kind, {}).items():
        if name in query:
            shown = [resource for resource in shown if keeps(resource, query[name])]
    return [_shown(kind, resource) for resource in shown]


def _shown(kind: str, resource: dict[str, Any]) -> dict[str, Any]:
    """An entry of a list as the API shows it. Attributes without a value are left out."""
    shown = {name: value for name, value in without_nulls(resource).items() if name not in NOT_SHOWN.get(kind, ())}
    if kind == "publicipaddresses" and not shown["instances"]:
        for name in ("instances", "networkId"):
            shown.pop(name, None)
    return shown
