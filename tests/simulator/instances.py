# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is of a new instance."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any

from .normal import host_name
from .settings import Settings


@dataclass(frozen=True)
class NewInstance:
    """What a new instance is made of."""

    name: str
    offering: dict[str, Any]
    size: tuple[int, int]
    """CPU count, and memory in MB."""
    template: dict[str, Any]
    network: dict[str, Any]
    address: str
    state: str


def new_instance(values: NewInstance, number: int, settings: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
    """The attributes that the list shows, and the others. ``number``: how many instances there were before, and this one."""
    instance_id = str(uuid.uuid4())
    instance = {
        "id": instance_id,
        "name": values.name,
        "affinityGroupIds": [],
        "computeOfferingId": values.offering["id"],
        "computeOfferingName": values.offering["name"],
        "cpuCount": values.size[0],
        "hostname": _host_name(values.name, instance_id, settings),
        "imageId": values.template["id"],
        "imageName": values.template["name"],
        "ipAddress": values.address,
        "isPasswordEnabled": True,
        "macAddress": "02:00:" + ":".join(f"{byte:02x}" for byte in number.to_bytes(4, "big")),
        "memoryInMB": values.size[1],
        "networkId": values.network["id"],
        "networkName": values.network["name"],
        "state": values.state,
        "username": values.template["defaultUsername"],
        "vpcId": values.network["vpcId"],
        "vpcName": values.network["vpcName"],
        "zoneId": values.network["zoneId"],
        "zoneName": values.network["zoneName"],
    }
    private = {
        "userData": "",
        "sshKeyName": None,
        "isoId": None,
        **new_nic(),
        # When it was destroyed, by the simulator's clock.
        "destroyedAt": None,
        # The transition it is in, if that ends with a look: (how many looks it outlasts, the state then).
        "settling": None,
    }
    return instance, private


def new_nic() -> dict[str, str]:
    """The ids of a new NIC and of its address, which clients use to forward ports."""
    return {"nicId": str(uuid.uuid4()), "ipAddressId": str(uuid.uuid4())}


def _host_name(name: str, instance_id: str, settings: Settings) -> str:
    """The host name that the server chooses."""
    host = (re.sub(r"[^A-Za-z0-9_-]", "-", name).strip("-_")[:63] or f"i-{instance_id[:8]}") + settings.hostname_suffix
    return host_name(host) if settings.normalise else host
