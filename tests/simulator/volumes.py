# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The volumes of one environment."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any


class Volumes:
    """Root volumes (type ``os``), which go with their instance, and data volumes, which outlive it."""

    def __init__(self, resources: list[dict[str, Any]]) -> None:
        # The environment shows this very list, so it is changed in place.
        self.resources = resources

    def add(self, name: str, kind: str, size: int, instance_id: str) -> None:
        """Adds a volume of an instance; ``size`` in GB."""
        self.resources.append(
            {"id": str(uuid.uuid4()), "name": name, "type": kind, "state": "Ready", "sizeInGb": size, "instanceId": instance_id}
        )

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
