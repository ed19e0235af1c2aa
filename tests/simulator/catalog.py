# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an environment holds before its first instance.

The ids that the API documentation uses in its examples are kept, so that its request bodies work word for word.
Every other id is derived from the environment and the name: the same after each reset.
"""

from __future__ import annotations

import uuid
from typing import Any

GIB = 1024**3
ZONE_ID = "04afdbd1-e32d-4999-86d0-96703736dded"
VPC_ID = "9eb1592c-f92f-4ddd-9799-b58caf896328"


def derived_id(*parts: str) -> str:
    """A UUID that is always the same for the same parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("coxedge-simulator", *parts))))


def compute_offerings() -> list[dict[str, Any]]:
    """Fixed offerings, two custom ones (one with allowed values) and one for bare metal."""
    fixed = [
        ("3caab5ed-b5a2-4d8a-82e4-51c46168ee6c", "1vCPU.512MB", 1, 512),
        (derived_id("offering", "1vCPU.1GB"), "1vCPU.1GB", 1, 1024),
        (derived_id("offering", "2vCPU.4GB"), "2vCPU.4GB", 2, 4096),
        (derived_id("offering", "4vCPU.8GB"), "4vCPU.8GB", 4, 8192),
    ]
    offerings: list[dict[str, Any]] = [
        {"id": id_, "name": name, "cpuCount": cpu, "memoryInMB": memory, "custom": False} for id_, name, cpu, memory in fixed
    ]
    offerings.append({"id": derived_id("offering", "Custom"), "name": "Custom CPU.Memory", "custom": True})
    offerings.append(
        {
            "id": derived_id("offering", "Custom steps"),
            "name": "Custom steps",
            "custom": True,
            "availableCpuCountValues": [1, 2, 4, 8],
            "availableMemoryInMBValues": [1024, 2048, 4096, 8192],
            "maxMemoryInMBToCpuRatio": 4096,
        }
    )
    offerings.append(
        {
            "id": derived_id("offering", "Metal"),
            "name": "Metal 24 cores",
            "cpuCount": 24,
            "memoryInMB": 131072,
            "custom": False,
            "type": "BareMetal",
        }
    )
    return offerings


def templates() -> list[dict[str, Any]]:
    """Templates; ``resizable`` is the simulator's own and not shown: whether the root volume may be given a size."""
    rows = [
        ("5f968ad6-56d0-4d0d-ad7e-f8f4a5b5d986", "CentOS 6.8 PV", "CentOS 6.8 (64-bit)", 20, True, "cca-user"),
        (derived_id("template", "Ubuntu 24.04"), "Ubuntu 24.04", "Ubuntu 24.04 (64-bit)", 10, True, "ubuntu"),
        (derived_id("template", "Debian 12"), "Debian 12", "Debian 12 (64-bit)", 8, True, "debian"),
        (derived_id("template", "Appliance"), "Appliance", "Other Linux (64-bit)", 40, False, "admin"),
    ]
    return [
        {
            "id": id_,
            "name": name,
            "description": name,
            "size": size * GIB,
            "ready": True,
            "osTypeName": os_type,
            "availablePublicly": True,
            "availableInZones": [ZONE_ID],
            "defaultUsername": user,
            "resizable": resizable,
        }
        for id_, name, os_type, size, resizable, user in rows
    ]


def networks(environment: str) -> list[dict[str, Any]]:
    """Three networks of one VPC; the first is the one of the documentation's example."""
    rows = [
        (derived_id(environment, "Web") if environment != "test_area" else "d5a68379-a9ee-404f-9492-a1964b374d6f", "Web", 164),
        (derived_id(environment, "App") if environment != "test_area" else "55ccea7f-8286-479e-a648-dd4a45866daf", "App", 165),
        (derived_id(environment, "Db"), "Db", 166),
    ]
    return [
        {
            "id": id_,
            "name": f"{name}-{environment}",
            # Wide enough for tens of thousands of instances.
            "cidr": f"10.{second}.0.0/16",
            "gateway": f"10.{second}.0.1",
            "vpcId": VPC_ID,
            "vpcName": "prod-VPC",
            "zoneId": ZONE_ID,
            "zoneName": "QC-1",
            "state": "Implemented",
        }
        for id_, name, second in rows
    ]


def disk_offerings() -> list[dict[str, Any]]:
    """Disk offerings of every kind: fixed, of custom size, of custom size and IOPS."""
    return [
        {"id": derived_id("disk", "50GB"), "name": "50GB", "gbSize": 50, "customSize": False, "customIops": False},
        {"id": derived_id("disk", "Custom size"), "name": "Custom size", "customSize": True, "customIops": False},
        {
            "id": "f16f7f1b-462d-47b9-97bb-25a19e47a648",
            "name": "Custom size and IOPS",
            "customSize": True,
            "customIops": True,
        },
    ]


def ssh_keys() -> list[dict[str, Any]]:
    """SSH keys have a name and no id."""
    return [
        {"name": "mysshkey", "fingerprint": "3f:5a:0c:91:6e:7b:42:d8:10:aa:4e:55:c3:9d:27:01"},
        {"name": "my_ssh_key", "fingerprint": "91:bb:07:de:5c:2a:66:f0:38:44:cd:10:7f:12:ae:98"},
    ]


def affinity_groups(environment: str) -> list[dict[str, Any]]:
    """Two anti-affinity groups."""
    first = "1c0bfd2b-d609-4892-a43e-273654532d26" if environment == "test_area" else derived_id(environment, "spread")
    return [
        {"id": first, "name": "spread", "type": "host anti-affinity"},
        {"id": derived_id(environment, "spread-db"), "name": "spread-db", "type": "host anti-affinity"},
    ]


def isos() -> list[dict[str, Any]]:
    """Two ISOs that can be attached and a bootable one that can't."""
    return [
        {"id": "f092a051-8b3f-4941-b47f-5ecb77f3423b", "name": "guest-tools", "ready": True, "bootable": False},
        {"id": derived_id("iso", "drivers"), "name": "drivers", "ready": True, "bootable": False},
        {"id": derived_id("iso", "installer"), "name": "installer", "ready": True, "bootable": True},
    ]


def volumes(environment: str) -> list[dict[str, Any]]:
    """Data volumes that no instance holds yet."""
    first = "2478012b-3cf3-4eef-a8d6-85eb8599df6d" if environment == "test_area" else derived_id(environment, "archive")
    return [
        {"id": first, "name": "archive", "type": "data", "state": "Ready", "sizeInGb": 100, "instanceId": None},
        {
            "id": derived_id(environment, "scratch"),
            "name": "scratch",
            "type": "data",
            "state": "Ready",
            "sizeInGb": 20,
            "instanceId": None,
        },
    ]


def zones() -> list[dict[str, Any]]:
    """One zone."""
    return [{"id": ZONE_ID, "name": "QC-1"}]
