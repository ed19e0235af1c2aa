# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What request bodies may hold. The tables are those of the API's documentation."""

from __future__ import annotations

import re
from typing import Any

from .checks import TYPES
from .model import invalid
from .normal import stored
from .settings import Settings

CREATE_BODY = {
    "name": "string",
    "computeOfferingId": "UUID",
    "networkId": "UUID",
    "templateId": "UUID",
    "additionalDiskIops": "int",
    "additionalDiskSizeInGb": "int",
    "affinityGroupId": "UUID",
    "cpuCount": "int",
    "diskOfferingId": "UUID",
    "ipAddress": "string",
    "memoryInMB": "int",
    "portsToForward": "strings",
    "publicKey": "string",
    "rootVolumeSizeInGb": "int",
    "sshKeyName": "string",
    "userData": "string",
    "volumeIdToAttach": "UUID",
}
CREATE_REQUIRED = ("name", "computeOfferingId", "networkId", "templateId")
UPDATE_BODY = {"name": "string", "hostname": "string"}
DELETE_BODY = {
    "deleteSnapshots": "boolean",
    "publicIpIdsToRelease": "UUIDs",
    "purgeImmediately": "boolean",
    "volumeIdsToDelete": "UUIDs",
}
OFFERING_BODY = {"computeOfferingId": "UUID", "cpuCount": "int", "memoryInMB": "int"}


def _number(value: Any) -> Any:
    """A number that is sent as text, as two clients do; anything else as it is."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value) else value


def checked(body: Any, allowed: dict[str, str], required: tuple[str, ...], settings: Settings) -> dict[str, Any]:
    """Returns the body, as it is stored, if it fits its table. Raises for unknown, mistyped and missing fields, naming them."""
    if body is None:
        body = {}
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object.")
    values: dict[str, Any] = {}
    for name, value in body.items():
        if name not in allowed:
            if settings.lenient:
                continue
            raise invalid(f"Unknown field {name}.", field=name)
        description, fits = TYPES[allowed[name]]
        values[name] = _number(value) if allowed[name] == "int" else value
        if not fits(values[name]):
            raise invalid(f"Field {name} must be {description}.", field=name)
    values = stored(values, settings)
    for name in required:
        if values.get(name) in (None, ""):
            raise invalid(f"Field {name} is required.", field=name)
    return values
