# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API shows of instances."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

from .settings import Settings


class Snapshot(NamedTuple):
    """All that the API can show of an instance."""

    instance: dict[str, Any]
    private: dict[str, Any]
    """What the environment keeps of it besides."""
    public_ips: list[dict[str, Any]]


def snapshot(instance: dict[str, Any], private: dict[str, Any], addresses: list[dict[str, Any]]) -> Snapshot:
    """An instance as it is now, with the public addresses that it uses."""
    shown = [{name: copy.copy(address[name]) for name in ("id", "ipAddress", "purposes", "ports")} for address in addresses]
    return Snapshot(dict(instance), dict(private), shown)


def list_attributes(instance: dict[str, Any], private: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The attributes of an instance that the list shows."""
    # Clients read the id of the address, which they need to forward ports. The documentation does not name it.
    attributes = {**instance, "ipAddressId": private["ipAddressId"]}
    if settings.image_key == "template":
        attributes["templateId"], attributes["templateName"] = attributes.pop("imageId"), attributes.pop("imageName")
    if settings.report_ssh_key:
        attributes["sshKeyName"] = private["sshKeyName"]
        attributes["isSshKeyEnabled"] = private["sshKeyName"] is not None
    if settings.report_iso:
        attributes["isoId"] = private["isoId"]
    if settings.omit_empty:
        return {name: value for name, value in attributes.items() if value is not None}
    return attributes


def detail_attributes(seen: Snapshot, settings: Settings) -> dict[str, Any]:
    """The attributes of an instance that retrieving it shows: also user data, public addresses and NICs."""
    return {
        **list_attributes(seen.instance, seen.private, settings),
        "userData": seen.private["userData"],
        settings.public_ips_key: seen.public_ips,
        "nics": [{"id": seen.private["nicId"], "isDefault": True, "networkId": seen.instance["networkId"]}],
    }
