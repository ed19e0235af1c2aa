# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what a plan for an instance needs: entries of the catalog, holders of a name, volumes and addresses of the instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..instance.addresses import users_of
from ..instance.conditions import described, is_live, name_and_id
from ..instance.steps import Lookups, Refused, Resolved
from ..jobs import call
from ..text import is_same, is_uuid, one_line
from .catalog import Catalog


async def resolve(catalog: Catalog, lookups: Lookups, current: Mapping[str, Any] | None) -> Resolved:
    """Reads all that is to be looked up. Raises Refused for what does not exist."""
    resolved = Resolved()
    problems = []
    for lookup in lookups.catalog:
        try:
            resolved.records[lookup.option] = await catalog.find(lookup)
        except Refused as refused:
            problems.append(str(refused))
    if problems:
        raise Refused(" ".join(problems))
    if lookups.holders_of_name is not None:
        instances = await call(catalog.instances)
        resolved.holders = tuple(item["id"] for item in instances if item.get("name") == lookups.holders_of_name and is_live(item))
    if current is not None and lookups.volumes:
        resolved.volume_ids = await _volumes(catalog, lookups.volumes, current)
    if current is not None and lookups.addresses:
        resolved.address_ids = await _addresses(catalog, lookups.addresses, current, resolved.warnings)
    return resolved


async def _volumes(catalog: Catalog, wanted: Sequence[str], current: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of the data volumes to delete with an instance. They must be attached to it."""
    listed = await catalog.part("volumes", type="data", instance_id=current["id"])
    # Filtered again: a server that ignores the parameters must not make us delete the volumes of others.
    volumes = [item for item in listed if is_same(item.get("instanceId"), current["id"]) and str(item.get("type")).lower() == "data"]
    if list(wanted) == ["all"]:
        return tuple(volume["id"] for volume in volumes)
    return _chosen(catalog, "volumes_to_delete", wanted, volumes, current)


async def _addresses(catalog: Catalog, wanted: Sequence[str], current: Mapping[str, Any], warnings: list[str]) -> tuple[str, ...]:
    """Ids of the public addresses to release with an instance. Others must not use them."""
    listed = await catalog.part("public_ips", instance_id=current["id"])
    shown = current.get("public_ips")
    reported = {str(address.get("id")).lower() for address in (shown if isinstance(shown, list) else []) if isinstance(address, dict)}
    instance_id = current["id"].lower()
    own: list[dict[str, Any]] = []
    shared: list[dict[str, Any]] = []
    for address in listed:
        users = users_of(address)
        # Filtered again: see _volumes. If the list does not say who uses an address, the instance itself may.
        if instance_id in users or (not users and address["id"].lower() in reported):
            (shared if users - {instance_id} else own).append(address)
    if list(wanted) == ["all"]:
        for address in shared:
            text = catalog.client.for_display(address.get("ipAddress"))
            warnings.append(f"The public IP address {text} is kept: other instances than {name_and_id(current)} use it too")
        return tuple(address["id"] for address in own)
    for text in wanted:
        if any(is_same(address["id"], text) or address.get("ipAddress") == text for address in shared):
            raise Refused(
                f"public_ips_to_release: {one_line(text)} is used by other instances too and can't be released with {name_and_id(current)}."
            )
    return _chosen(catalog, "public_ips_to_release", wanted, own, current)


# By option: what one of its resources is called, and the attribute that users may give instead of the id.
CHOICES = {"volumes_to_delete": ("data volume", "name"), "public_ips_to_release": ("public IP address", "ipAddress")}


def _chosen(
    catalog: Catalog, option: str, wanted: Sequence[str], resources: Sequence[Mapping[str, Any]], current: Mapping[str, Any]
) -> tuple[str, ...]:
    """Ids of the resources that an option names. Raises Refused if there is none, or several with a name."""
    what, attribute = CHOICES[option]
    chosen: list[str] = []
    for text in wanted:
        if is_uuid(text):
            found = [item["id"] for item in resources if is_same(item["id"], text)]
        else:
            found = [item["id"] for item in resources if item.get(attribute) == text]
        if not found:
            shown = ", ".join(catalog.client.for_display(item.get(attribute)) for item in resources) or "none"
            raise Refused(f"{option}: {described(current)} has no {what} {text!r}; it has: {shown}.")
        if len(found) > 1:
            ids = ", ".join(map(one_line, found))
            raise Refused(f"{option}: {described(current)} has several with the name {text!r}, with the ids {ids}: give ids.")
        chosen += [item for item in found if item not in chosen]
    return tuple(chosen)
