# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses and users to connect with. They become arguments of ssh, so nothing is used that could be taken for anything else."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..module_utils.instance.addresses import users_of
from .own_machine import is_loopback, is_this_machine

HOSTNAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?", re.ASCII)
USER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+\\-]*\$?", re.ASCII)


def address_of(connect_with: str, instance: Mapping[str, Any], public_addresses: Mapping[str, str]) -> str | None:
    """Return the address to connect to, or None if the instance has no usable one. ``public_addresses``: see unshared_addresses."""
    if connect_with == "private_ip":
        return usable_address(instance.get("ip_address"))
    if connect_with == "hostname":
        return usable_hostname(instance.get("hostname"))
    if connect_with == "public_ip":
        return public_addresses.get(str(instance["id"]).lower())
    return None


def usable_address(value: Any) -> str | None:
    """Return an IP address from the API if it is one of another machine, else None.

    Addresses with a scope, such as fe80::1%eth0, are not accepted: Python allows any text as a scope.
    """
    try:
        address = str(ipaddress.ip_address(value)) if isinstance(value, str) and "%" not in value else None
    except ValueError:
        return None
    return None if address is None or is_loopback(address) else address


def usable_hostname(value: Any) -> str | None:
    """Return a host name from the API if it is a valid one of another machine, else None."""
    return value if isinstance(value, str) and HOSTNAME.fullmatch(value) and not is_this_machine(value) else None


def usable_user(value: Any) -> str | None:
    """Return a user name if it can't be taken for anything else, else None."""
    return value if isinstance(value, str) and USER_NAME.fullmatch(value) else None


def unshared_addresses(addresses: Iterable[tuple[Any, Mapping[str, Any]]]) -> dict[str, str]:
    """Return the public IP address of each instance that has one to itself, the lowest if it has several.

    ``addresses``: each address with its entry in the list of public IP addresses. Addresses that several instances share are left
    out, because any of these instances could answer there.
    """
    users: dict[str, set[str]] = {}
    for value, entry in addresses:
        address = usable_address(value)
        if address is not None:
            users.setdefault(address, set()).update(users_of(entry))
    unshared: dict[str, list[str]] = {}
    for address, ids in users.items():
        if len(ids) == 1:
            unshared.setdefault(min(ids), []).append(address)
    # users_of gives an instance without a readable id the id "".
    return {instance_id: min(found, key=_address_order) for instance_id, found in unshared.items() if instance_id}


def _address_order(address: str) -> tuple[bool, int]:
    """Sort key of an IP address: IPv4 first, then by number."""
    return (":" in address, int(ipaddress.ip_address(address)))
