# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts that the role ``provision`` adds to a play. Their names and addresses follow the rules of the inventory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .connecting import address_of, unshared_addresses, usable_user
from .hostvars import sanitized
from .names import UnavailableNames, as_host_name, assign_names, fallback_names
from .own_machine import is_this_machine

GONE = ("Destroyed", "Expunging")


def provisioned_hosts(
    instances: Sequence[Mapping[str, Any]],
    connect_with: str,
    groups: Iterable[str],
    known_hosts: Mapping[str, Any],
    public_ips: Iterable[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Return a host for each instance that exists, in the same order.

    ``groups``: names of groups, which no host can have. ``known_hosts``: the variables of the hosts that the play has already.
    ``public_ips``: the public IP addresses of the environment, as the module catalog_info returns them.
    """
    # In check mode, an instance that would be created has no id yet.
    existing = [instance for instance in instances if instance.get("id") and instance.get("state") not in GONE]
    public_addresses = unshared_addresses((entry.get("ip_address"), entry) for entry in public_ips)
    addresses = [address_of(connect_with, instance, public_addresses) for instance in existing]
    fallbacks = [fallback_names(str(instance["id"])) for instance in existing]

    def is_refused(number: int, name: str) -> bool:
        # Without an address, Ansible connects to the name.
        if addresses[number] is None and is_this_machine(name):
            return True
        # A host with this name that stands for something else keeps its name.
        return name in known_hosts and known_hosts[name].get("coxedge_id") != existing[number]["id"]

    wanted = [as_host_name(str(instance.get("name") or "")) for instance in existing]
    candidates = [[name, *others] if name else others for name, others in zip(wanted, fallbacks)]
    names = assign_names(candidates, UnavailableNames(groups, fallbacks, is_refused).includes)
    return [_host(*parts, connect_with) for parts in zip(names, addresses, existing)]


def _host(name: str, address: str | None, instance: Mapping[str, Any], connect_with: str) -> dict[str, Any]:
    variables = {f"coxedge_{field}": sanitized(instance.get(field)) for field in ("id", "name", "state")}
    variables["coxedge_active"] = str(instance.get("state")).casefold() == "running"
    return {
        "name": sanitized(name),
        "address": sanitized(name if connect_with == "none" else address),
        "user": sanitized(usable_user(instance.get("username"))),
        "variables": variables,
    }
