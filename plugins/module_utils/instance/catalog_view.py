# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of the catalog as users see them: everything, or what they need to write a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .view import snake_keys

# By kind: what tells entries apart, and what decides which values of options the API accepts with them.
NEEDED: dict[str, tuple[str, ...]] = {
    "compute_offerings": (
        *("cpu_count", "memory_in_mb", "custom", "type"),
        *("available_cpu_count_values", "available_memory_in_mb_values", "max_memory_in_mb_to_cpu_ratio"),
    ),
    "templates": ("os_type_name", "ready", "resizable", "size", "max_size_in_gb", "step_size_in_gb"),
    "networks": ("cidr", "vpc_name", "zone_name"),
    "disk_offerings": ("gb_size", "custom_size", "custom_iops", "min_iops", "max_iops"),
    "ssh_keys": ("fingerprint",),
    "affinity_groups": ("type",),
    "isos": ("ready", "bootable"),
    "volumes": ("type", "size_in_gb", "instance_id", "instance_name"),
    "public_ips": ("ip_address", "instances", "purposes"),
    "zones": (),
    "environments": ("service_code", "state"),
    "services": ("service_code", "type"),
}
# What every entry has that the API shows it for.
OF_EACH = ("id", "name")


def whole_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """All that the API sends of an entry, in snake_case and without secrets."""
    return dict(snake_keys(entry))


def compact_entry(kind: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an entry that a user needs to write a task. What the API does not show is left out."""
    shown = whole_entry(entry)
    connection = shown.get("service_connection")
    if kind == "environments" and isinstance(connection, Mapping):
        shown.setdefault("service_code", connection.get("service_code"))
    return {name: shown[name] for name in (*OF_EACH, *NEEDED[kind]) if shown.get(name) is not None}
