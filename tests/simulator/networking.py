# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VPCs and networks of an environment, their offerings and ACLs."""

from __future__ import annotations

from typing import Any

from .catalog import ZONE_ID, ZONE_NAME, derived_id

VPC_ID = "9eb1592c-f92f-4ddd-9799-b58caf896328"
VPC_NAME = "prod-VPC"
# The states of a network before and after its first instance.
ALLOCATED, IMPLEMENTED = "Allocated", "Implemented"
SERVICES = ["PortForwarding", "Vpn", "SourceNat", "Dhcp", "NetworkACL", "Dns", "UserData", "StaticNat"]


def vpc_offerings() -> list[dict[str, Any]]:
    """One offering of VPCs."""
    return [{"id": derived_id("vpc offering"), "name": "Default VPC offering", "services": [*SERVICES, "Lb"], "state": "Enabled"}]


def vpcs() -> list[dict[str, Any]]:
    """The VPC of the documentation's example, with the networks of ``networks``."""
    return [
        {
            "id": VPC_ID,
            "name": VPC_NAME,
            "description": "Production",
            "cidr": "10.160.0.0/12",
            "zoneId": ZONE_ID,
            "zoneName": ZONE_NAME,
            "state": "Enabled",
            "networkDomain": "example.internal",
            "vpcOfferingId": vpc_offerings()[0]["id"],
            "requiresUpgrade": False,
            "sourceNatIp": "199.215.226.2",
            "vpnStatus": "Disabled",
        }
    ]


def network_offerings() -> list[dict[str, Any]]:
    """Offerings of networks: in a VPC, the same with load balancers, and isolated."""
    rows = [
        ("Standard Tier", "Without load balancers", True, SERVICES),
        ("Load Balanced Tier", "With load balancers", True, [*SERVICES, "Lb"]),
        ("Isolated", "Outside of a VPC", False, [name for name in SERVICES if name != "NetworkACL"]),
    ]
    return [
        {
            "id": derived_id("network offering", name),
            "name": name,
            "description": description,
            "vpcOnly": vpc_only,
            "services": services,
            "state": "ENABLED",
        }
        for name, description, vpc_only, services in rows
    ]


def network_acls() -> list[dict[str, Any]]:
    """The two ACLs that every environment has."""
    rows = [("default_allow", "Allows all traffic"), ("default_deny", "Denies all traffic")]
    return [{"id": derived_id("acl", name), "name": name, "description": description} for name, description in rows]


def networks(environment: str) -> list[dict[str, Any]]:
    """Three networks of one VPC; the first is the one of the documentation's example."""
    rows = [
        (derived_id(environment, "Web") if environment != "test_area" else "d5a68379-a9ee-404f-9492-a1964b374d6f", "Web", 164),
        (derived_id(environment, "App") if environment != "test_area" else "55ccea7f-8286-479e-a648-dd4a45866daf", "App", 165),
        (derived_id(environment, "Db"), "Db", 166),
    ]
    offering, acl = network_offerings()[0], network_acls()[0]
    return [
        {
            "id": id_,
            "name": f"{name}-{environment}",
            "description": f"{name} servers",
            # Wide enough for tens of thousands of instances.
            "cidr": f"10.{second}.0.0/16",
            "gateway": f"10.{second}.0.1",
            "netmask": "255.255.0.0",
            "vpcId": VPC_ID,
            "vpcName": VPC_NAME,
            "zoneId": ZONE_ID,
            "zoneName": ZONE_NAME,
            "networkOfferingId": offering["id"],
            "networkOfferingName": offering["name"],
            "networkOfferingDescription": offering["description"],
            "networkAclId": acl["id"],
            "networkAclName": acl["name"],
            "state": ALLOCATED,
        }
        for id_, name, second in rows
    ]
