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

ZONE_ID = "04afdbd1-e32d-4999-86d0-96703736dded"
ZONE_NAME = "QC-1"


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
            "availabilityCount": 3,
        }
    )
    return offerings


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
            "minIops": 100,
            "maxIops": 10000,
        },
    ]


def ssh_keys() -> list[dict[str, Any]]:
    """SSH keys. The documentation shows their names; clients also read their ids."""
    rows = [
        ("mysshkey", "3f:5a:0c:91:6e:7b:42:d8:10:aa:4e:55:c3:9d:27:01"),
        ("my_ssh_key", "91:bb:07:de:5c:2a:66:f0:38:44:cd:10:7f:12:ae:98"),
    ]
    return [{"id": derived_id("ssh key", name), "name": name, "fingerprint": fingerprint} for name, fingerprint in rows]


def affinity_groups(environment: str) -> list[dict[str, Any]]:
    """Two anti-affinity groups."""
    first = "1c0bfd2b-d609-4892-a43e-273654532d26" if environment == "test_area" else derived_id(environment, "spread")
    rows = [(first, "spread"), (derived_id(environment, "spread-db"), "spread-db")]
    return [{"id": id_, "name": name, "description": name, "type": "host anti-affinity"} for id_, name in rows]


def zones() -> list[dict[str, Any]]:
    """One zone."""
    return [{"id": ZONE_ID, "name": ZONE_NAME}]
