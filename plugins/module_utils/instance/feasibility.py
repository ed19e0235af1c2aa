# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the catalog shows to be impossible for a new instance. The API would refuse it too, but only in a real run."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ..text import as_boolean, as_integer, one_line
from .steps import Resolved

GIB = 1024**3


def creation_problems(options: Mapping[str, Any], resolved: Resolved) -> list[str]:
    """What makes a create impossible, a sentence each. What an entry of the catalog does not show is for the API to judge."""
    records = resolved.records
    found = [
        _offering_problem(records["compute_offering"]),
        _template_problem(records["template"], options.get("root_volume_size_in_gb")),
        _address_problem(records["network"], options.get("ip_address")),
        _volume_problem(records.get("volume_to_attach")),
    ]
    disk_offering = records.get("disk_offering")
    if disk_offering is not None:
        for option, field in (("additional_disk_size_in_gb", "customSize"), ("additional_disk_iops", "customIops")):
            found.append(_disk_problem(disk_offering, option, options.get(option), as_boolean(disk_offering.get(field))))
    return [problem for problem in found if problem]


def _offering_problem(offering: Mapping[str, Any]) -> str | None:
    if str(offering.get("type")).lower() != "baremetal":
        return None
    return f"compute_offering {_name(offering)} is for bare metal, which this module can't create: choose another one."


def _template_problem(template: Mapping[str, Any], size: int | None) -> str | None:
    if as_boolean(template.get("ready")) is False:
        return f"template {_name(template)} is not ready yet: wait until it is, or choose another one."
    if size is None:
        return None
    if as_boolean(template.get("resizable")) is False:
        return f"root_volume_size_in_gb can't be chosen with the template {_name(template)}: leave it out."
    smallest = as_integer(template.get("size"), floats=True)
    if smallest is None or size * GIB >= smallest:
        return None
    return (
        f"root_volume_size_in_gb {size} is smaller than the template {_name(template)}: give at least {-(-smallest // GIB)}, or leave it"
        " out."
    )


def _address_problem(network: Mapping[str, Any], wanted: str | None) -> str | None:
    try:
        cidr = ipaddress.ip_network(str(network.get("cidr")), strict=False)
    except ValueError:
        return None
    if wanted is None:
        return None
    address = ipaddress.ip_address(wanted)
    if address not in cidr:
        return f"ip_address {wanted} is not one of {cidr}, which the network {_name(network)} has: choose another one, or leave it out."
    if address in (cidr.network_address, cidr.broadcast_address) or str(address) == network.get("gateway"):
        return f"ip_address {wanted} is reserved in the network {_name(network)}: choose another one, or leave it out."
    return None


def _volume_problem(volume: Mapping[str, Any] | None) -> str | None:
    if volume is None:
        return None
    if str(volume.get("type", "data")).lower() != "data":
        return f"volume_to_attach {_name(volume)} is not a data volume: choose another one."
    if volume.get("instanceId"):
        user = one_line(volume["instanceId"])
        return f"volume_to_attach {_name(volume)} is attached to the instance {user}: detach it, or choose another one."
    return None


def _disk_problem(offering: Mapping[str, Any], option: str, value: int | None, custom: bool | None) -> str | None:
    """A size or IOPS that a disk offering does not take, or needs."""
    if value is not None and custom is False:
        return f"{option} can't be chosen with the disk_offering {_name(offering)}, for which it is fixed: leave {option} out."
    if value is None and custom is True:
        return f"The disk_offering {_name(offering)} needs {option}: give it, or choose another disk_offering."
    return None


def _name(entry: Mapping[str, Any]) -> str:
    """The name of an entry of the catalog, in quotes."""
    return repr(one_line(entry.get("name")))
