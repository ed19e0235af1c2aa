# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controls can say about an instance that is added or changed without a task."""

from __future__ import annotations

import uuid
from typing import Any

from .checks import Kind, check
from .environment import Environment
from .model import invalid

# Attributes that the API shows. Null: it has no value.
ATTRIBUTES: dict[str, Kind] = {
    "name": "string?",
    "affinityGroupIds": "UUIDs?",
    "computeOfferingId": "UUID?",
    "computeOfferingName": "string?",
    "cpuCount": "int?",
    "hostname": "string?",
    "imageId": "UUID?",
    "imageName": "string?",
    "ipAddress": "string?",
    "isPasswordEnabled": "boolean?",
    "macAddress": "string?",
    "memoryInMB": "int?",
    "networkId": "UUID?",
    "networkName": "string?",
    "state": "string?",
    "username": "string?",
    "vpcId": "UUID?",
    "vpcName": "string?",
    "zoneId": "UUID?",
    "zoneName": "string?",
    "userData": "string?",
    "sshKeyName": "string?",
    "isoId": "UUID?",
    "settles_after": "count",
    "settles_as": "string?",
}
ADDED: dict[str, Kind] = {**ATTRIBUTES, "publicIps": "count", "shareIpWith": "UUID", "dataVolumes": "strings"}
CHANGED: dict[str, Kind] = {**ATTRIBUTES, "gone": "boolean"}
# Type of a value: the type of its attribute.
KINDS_OF_VALUES: dict[type, Kind] = {bool: "boolean?", int: "int?", str: "string?"}
MANY: dict[str, Kind] = {**ADDED, "count": "count", "prefix": "string"}


def checked_seeds(body: Any, environment: Environment) -> list[dict[str, Any]]:
    """The instances that a body describes: an object, a list of them, or ``{"count": N, "prefix": "name-"}``."""
    if isinstance(body, dict) and "count" in body:
        rest = dict(check(body, MANY, "Instances"))
        count, prefix = rest.pop("count"), rest.pop("prefix", "instance-")
        seeds = [{**rest, "name": f"{prefix}{number:05d}"} for number in range(count)]
    else:
        seeds = [check(values, ADDED, "An instance") for values in (body if isinstance(body, list) else [body])]
    for values in seeds:
        if values.get("networkId") is not None:
            environment.referenced("networks", "networkId", values["networkId"])
        if "shareIpWith" in values and values["shareIpWith"] not in environment.instances:
            raise invalid(f"shareIpWith {values['shareIpWith']} does not exist in this environment.", field="shareIpWith")
    return seeds


def checked_change(body: Any) -> dict[str, Any]:
    """The attributes that a body changes."""
    return check(body, CHANGED, "An instance")


def _kind_of(name: str, value: Any) -> Kind:
    """The type of an attribute of which this is a value."""
    if name == "instances":
        return "users"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "strings?"
    return KINDS_OF_VALUES.get(type(value), "any")


def add_entry(environment: Environment, kind: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Adds an entry to a list of resources. What it leaves out is copied from the first one, except the id and who uses it."""
    resources = environment.resources[kind]
    blanks = {"volumes": environment.volumes.blank, "publicipaddresses": environment.public_addresses.blank}
    blank = blanks[kind]() if kind in blanks else {**resources[0], "id": str(uuid.uuid4())}
    known = {name: _kind_of(name, value) for resource in (*resources, blank) for name, value in resource.items()}
    resources.append({**blank, **check(entry, known, f"An entry of {kind}")})
    return resources[-1]
