# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The templates and ISOs of an environment."""

from __future__ import annotations

from typing import Any

from .catalog import ZONE_ID, ZONE_NAME, derived_id

GIB = 1024**3
CREATED = "2016-10-24 2:40:29 PM EDT"


def _image(id_: str, name: str, os_type: str, size: int) -> dict[str, Any]:
    """What templates and ISOs have in common."""
    return {
        "id": id_,
        "name": name,
        "description": name,
        "size": size,
        "ready": True,
        "availablePublicly": True,
        "extractable": False,
        "created": CREATED,
        "osTypeId": derived_id("os type", os_type),
        "osTypeName": os_type,
        "zoneId": ZONE_ID,
        "zoneName": ZONE_NAME,
        "availableInZones": [ZONE_ID],
    }


def templates() -> list[dict[str, Any]]:
    """Templates; those that are ``resizable`` let a create give the root volume a size."""
    rows = [
        ("5f968ad6-56d0-4d0d-ad7e-f8f4a5b5d986", "CentOS 6.8 PV", "CentOS 6.8 (64-bit)", 20, True, "cca-user"),
        (derived_id("template", "Ubuntu 24.04"), "Ubuntu 24.04", "Ubuntu 24.04 (64-bit)", 10, True, "ubuntu"),
        (derived_id("template", "Debian 12"), "Debian 12", "Debian 12 (64-bit)", 8, True, "debian"),
        (derived_id("template", "Appliance"), "Appliance", "Other Linux (64-bit)", 40, False, "admin"),
    ]
    return [
        {
            **_image(id_, name, os_type, size * GIB),
            "defaultUsername": user,
            "resizable": resizable,
            "passwordEnabled": True,
            "sshKeyEnabled": True,
            "dynamicallyScalable": True,
            "hypervisor": "VMware",
            "format": "OVA",
            "nicAdapter": "Vmxnet3",
            "rootDiskController": "scsi",
            "keyboard": "us",
        }
        for id_, name, os_type, size, resizable, user in rows
    ]


def isos() -> list[dict[str, Any]]:
    """Two ISOs that can be attached and a bootable one that can't."""
    rows = [
        ("f092a051-8b3f-4941-b47f-5ecb77f3423b", "guest-tools", False),
        (derived_id("iso", "drivers"), "drivers", False),
        (derived_id("iso", "installer"), "installer", True),
    ]
    return [
        {**_image(id_, name, "Other Linux (64-bit)", GIB), "architectureWidth": 64, "bootable": bootable} for id_, name, bootable in rows
    ]
