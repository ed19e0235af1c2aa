# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of one environment: private ones by network, and public ones with the instances that use them."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Iterable
from typing import Any

from .catalog import ZONE_ID, ZONE_NAME
from .model import invalid
from .networking import VPC_ID, VPC_NAME

# Where the private addresses begin that the server chooses, counted from the network's first.
FIRST_HOST = 10
# The public address before the first one.
LAST_BEFORE = ipaddress.ip_address("199.215.226.9")


class PrivateAddresses:
    """Which private addresses are in use."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._next_host: dict[str, int] = {}

    def take(self, network: dict[str, Any], wanted: str | None = None) -> str:
        """Takes an address of the network: the wanted one, which must be free and inside it, or the next free one."""
        address = self._next_free(network) if wanted is None else self._checked(network, wanted)
        self._used.add(address)
        return address

    def claim(self, address: str) -> None:
        """Takes an address without asking whether it is free."""
        self._used.add(address)

    def release(self, address: str) -> None:
        """Makes an address free again."""
        self._used.discard(address)

    def _checked(self, network: dict[str, Any], wanted: str) -> str:
        cidr = ipaddress.ip_network(network["cidr"])
        try:
            address = ipaddress.ip_address(wanted)
        except ValueError:
            raise invalid(f"ipAddress {wanted} is not an IPv4 address.", field="ipAddress") from None
        reserved = (cidr.network_address, cidr.broadcast_address, ipaddress.ip_address(network["gateway"]))
        if address not in cidr or address in reserved:
            raise invalid(f"ipAddress {wanted} is not within {network['cidr']}.", field="ipAddress")
        if wanted in self._used:
            raise invalid(f"ipAddress {wanted} is in use.", field="ipAddress")
        return wanted

    def _next_free(self, network: dict[str, Any]) -> str:
        cidr = ipaddress.ip_network(network["cidr"])
        while True:
            host = self._next_host.get(network["id"], FIRST_HOST)
            self._next_host[network["id"]] = host + 1
            address = str(cidr.network_address + host)
            if address not in self._used:
                return address


def _user(instance: dict[str, Any]) -> dict[str, Any]:
    return {"id": instance["id"], "name": instance["name"]}


def _forward(address: dict[str, Any], instance: dict[str, Any], ports: Iterable[str]) -> None:
    """Forwards ports of an address to an instance, its only user."""
    address.update(instances=[_user(instance)], ports=list(ports), purposes=["PORT_FORWARDING"])
    address.update({name: instance[name] for name in ("networkId", "networkName")})


class PublicAddresses:
    """The public addresses, the ports that each forwards, and the instances that it forwards them to."""

    def __init__(self) -> None:
        # The environment shows this very list, so it is changed in place.
        self.resources: list[dict[str, Any]] = []
        self._acquired = 0

    def blank(self) -> dict[str, Any]:
        """A new address that nobody uses, not yet in the list. One that was released does not come back."""
        self._acquired += 1
        return {
            "id": str(uuid.uuid4()),
            "ipAddress": str(LAST_BEFORE + self._acquired),
            "purposes": [],
            "instances": [],
            "networkId": None,
            "networkName": None,
            "vpcId": VPC_ID,
            "vpcName": VPC_NAME,
            "zoneId": ZONE_ID,
            "zoneName": ZONE_NAME,
            "state": "Allocated",
            "ports": [],
        }

    def acquire(self, instance: dict[str, Any], ports: Iterable[str]) -> None:
        """Acquires a new address for an instance."""
        address = self.blank()
        self.resources.append(address)
        address.update({name: instance[name] for name in ("vpcId", "vpcName", "zoneId", "zoneName")})
        _forward(address, instance, ports)

    def forward_ports(self, instance: dict[str, Any], ports: Iterable[str]) -> None:
        """Forwards ports from an unused address of the instance's VPC, or else from a new one."""
        for address in self.resources:
            if not address["instances"] and address["vpcId"] == instance["vpcId"]:
                _forward(address, instance, ports)
                return
        self.acquire(instance, ports)

    def used_by(self, instance_id: str) -> list[dict[str, Any]]:
        """The addresses that an instance uses."""
        return [address for address in self.resources if any(user["id"] == instance_id for user in address["instances"])]

    def share(self, owner_id: str, instance: dict[str, Any]) -> None:
        """Lets an instance use the addresses of another one too."""
        for address in self.used_by(owner_id):
            address["instances"].append(_user(instance))

    def rename(self, instance: dict[str, Any]) -> None:
        """Shows the instance's new name."""
        for address in self.used_by(instance["id"]):
            address["instances"] = [_user(instance) if user["id"] == instance["id"] else user for user in address["instances"]]

    def detach(self, instance: dict[str, Any]) -> None:
        """Removes an instance from its addresses, which stay."""
        for address in self.used_by(instance["id"]):
            address["instances"] = [user for user in address["instances"] if user["id"] != instance["id"]]
            if not address["instances"]:
                address.update(ports=[], purposes=[], networkId=None, networkName=None)

    def release(self, ids: Iterable[str]) -> None:
        """Releases addresses: they are gone."""
        released = set(ids)
        self.resources[:] = [address for address in self.resources if address["id"] not in released]
