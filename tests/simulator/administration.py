# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Organizations, service connections and environments, as the API shows them."""

from __future__ import annotations

from typing import Any

from .catalog import derived_id
from .model import CODE_KEY, ENVIRONMENTS, ORGANIZATION, SERVICE_CODE, SUB_ORGANIZATION, ErrorResponse

CREATED = "2020-04-20T14:25:41-0400"
ORGANIZATIONS = [
    {"id": ORGANIZATION, "name": "Example", "entryPoint": "example"},
    {"id": SUB_ORGANIZATION, "name": "Example subsidiary", "entryPoint": "example-sub"},
]
CONNECTION = {"id": derived_id("connection", SERVICE_CODE), "name": "Compute", "serviceCode": SERVICE_CODE, "type": "CloudCA"}


def organization(value: str | None) -> dict[str, str]:
    """The organization that ``org_id`` names by id or entry point; by default the key's own. Raises a 403 for others."""
    for found in ORGANIZATIONS:
        if value in (None, found["id"], found["entryPoint"]):
            return found
    raise ErrorResponse(403, CODE_KEY, "The API key has no access to this organization.", {"id": value})


def environments(owner: dict[str, str]) -> list[dict[str, Any]]:
    """The environments of an organization."""
    return [
        {
            "id": derived_id("environment", owner["id"], name),
            "name": name,
            "description": f"{name} of {owner['name']}",
            "membership": "MANY_USERS",
            "creationDate": CREATED,
            "organization": owner,
            "state": "PROVISIONED",
            "serviceConnection": CONNECTION,
        }
        for name in ENVIRONMENTS
    ]


def connections(owner_id: str | None) -> list[dict[str, Any]]:
    """The service connections; they belong to the key's own organization. ``owner_id`` filters by organization."""
    owner = {name: ORGANIZATIONS[0][name] for name in ("id", "name")}
    connection = {
        **CONNECTION,
        "creationDate": CREATED,
        "status": {"lastUpdated": CREATED, "reachable": True},
        "organization": owner,
        "metricsEnabled": False,
        "supportsQuotas": False,
        "quotas": [],
    }
    return [connection] if owner_id in (None, owner["id"]) else []
