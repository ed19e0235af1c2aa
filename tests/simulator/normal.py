# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an API stores what it is sent, if it does not store it as it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from .settings import Settings

LONGEST_NAME = 63
MEMORY_STEP = 256


def _name(value: str) -> str:
    return unicodedata.normalize("NFC", value.strip())[:LONGEST_NAME]


def host_name(value: str) -> str:
    """A host name in lower case, without its domain."""
    return _name(value).lower().partition(".")[0]


def _rounded_up(value: int, step: int) -> int:
    return -(-value // step) * step if step else value


# Body field: what is stored of a name.
NAMES: dict[str, Callable[[str], str]] = {"name": _name, "hostname": host_name}


def stored(values: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The fields of a body as they are stored."""
    memory_step = settings.memory_step or (MEMORY_STEP if settings.normalise else 0)
    steps = {"memoryInMB": memory_step, "rootVolumeSizeInGb": settings.disk_step, "additionalDiskSizeInGb": settings.disk_step}
    found = dict(values)
    for name in found:
        if name in steps:
            found[name] = _rounded_up(found[name], steps[name])
        elif name in NAMES and settings.normalise:
            found[name] = NAMES[name](found[name])
    return found
