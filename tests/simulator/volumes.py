# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The volumes of one environment."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from .catalog import ZONE_ID, ZONE_NAME, derived_id, disk_offerings

# In the way of the documentation's example.
DATES = "%Y-%m-%dT%H:%M:%S%z"


def _volume(id_: str, name: str, kind: str, size: int, offering: dict[str, Any] | None) -> dict[str, Any]:
    offering = offering or {}
    return {
        "id": id_,
        "name": name,
        "type": kind,
        "state": "Ready",
        "sizeInGb": size,
        "creationDate": datetime.now(timezone.utc).strftime(DATES),
        "instanceId": None,
        "zoneId": ZONE_ID,
        "zoneName": ZONE_NAME,
        "diskOfferingId": offering.get("id"),
        "diskOfferingName": offering.get("name"),
    }


class Volumes:
    """Root volumes (type ``os``), which go with their instance, and data volumes, which outlive it."""

    def __init__(self, environment: str) -> None:
        first = "2478012b-3cf3-4eef-a8d6-85eb8599df6d" if environment == "test_area" else derived_id(environment, "archive")
        custom_size = disk_offerings()[1]
        # Data volumes that no instance holds yet. The environment shows this very list, so it is changed in place.
        self.resources = [
            _volume(first, "archive", "data", 100, custom_size),
            _volume(derived_id(environment, "scratch"), "scratch", "data", 20, custom_size),
        ]

    def blank(self) -> dict[str, Any]:
        """A new data volume that no instance holds, not yet in the list."""
        return _volume(str(uuid.uuid4()), "volume", "data", 10, disk_offerings()[1])

    def add(self, name: str, kind: str, size: int, instance_id: str, offering: dict[str, Any] | None = None) -> None:
        """Adds a volume of an instance; ``size`` in GB, ``offering``: the disk offering, for a data volume."""
        self.resources.append({**_volume(str(uuid.uuid4()), name, kind, size, offering), "instanceId": instance_id})

    def detach(self, instance_id: str) -> None:
        """Detaches the data volumes of an instance and deletes its root volume."""
        self.resources[:] = [volume for volume in self.resources if (volume["type"], volume["instanceId"]) != ("os", instance_id)]
        for volume in self.resources:
            if volume["instanceId"] == instance_id:
                volume["instanceId"] = None

    def delete(self, ids: Iterable[str]) -> None:
        """Deletes volumes."""
        deleted = set(ids)
        self.resources[:] = [volume for volume in self.resources if volume["id"] not in deleted]
