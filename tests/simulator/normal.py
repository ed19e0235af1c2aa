# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an API stores what it is sent, if it does not store it as it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

LONGEST_NAME = 63
MEMORY_STEP = 256


def _name(value: str) -> str:
    return unicodedata.normalize("NFC", value.strip())[:LONGEST_NAME]


def host_name(value: str) -> str:
    """A host name in lower case, without its domain."""
    return _name(value).lower().partition(".")[0]


def _memory(value: int) -> int:
    return -(-value // MEMORY_STEP) * MEMORY_STEP


# Body field: what is stored of a value.
STORED: dict[str, Callable[[Any], Any]] = {"name": _name, "hostname": host_name, "memoryInMB": _memory}


def normalised(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a body as they are stored."""
    return {name: STORED[name](value) if name in STORED else value for name, value in values.items()}
