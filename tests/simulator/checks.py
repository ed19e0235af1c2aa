# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of JSON values, and the check of what the simulator's own controls are given."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from .model import invalid


def is_uuid(value: Any) -> bool:
    """Whether a value is a UUID in its usual spelling."""
    return isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value) is not None


def _is_int(value: Any, least: float = -math.inf, most: float = math.inf) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_seconds(value: Any) -> bool:
    return _is_int(value, 0) or (isinstance(value, float) and math.isfinite(value) and value >= 0)


def _are(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(fits(item) for item in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable()


def _is_user(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"id", "name"} and all(map(_is_text, value.values()))


# Type of a field: (how messages call it, whether a value is of it).
TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("a string", _is_text),
    "line": ("one line of ASCII text", _is_line),
    "int": ("an integer", _is_int),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "UUID": ("a UUID", is_uuid),
    "strings": ("an array of strings", lambda value: _are(value, _is_text)),
    "UUIDs": ("an array of UUIDs", lambda value: _are(value, is_uuid)),
    "count": ("a whole number of at least 0", lambda value: _is_int(value, 0)),
    "positive": ("a whole number of at least 1", lambda value: _is_int(value, 1)),
    "status": ("an HTTP status from 200 to 599", lambda value: _is_int(value, 200, 599)),
    "seconds": ("a number of at least 0", _is_seconds),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "headers": ("an object of ASCII texts", lambda value: isinstance(value, dict) and all(map(_is_line, [*value, *value.values()]))),
    "users": ("an array of objects with id and name", lambda value: _are(value, _is_user)),
    "any": ("anything", lambda value: True),
}

Kind = str | tuple[str, ...]
"""A type, or the values that there are. A type that ends in ``?`` lets null pass too."""


def _problem(value: Any, kind: Kind) -> str | None:
    """What a value must be; None if it is that."""
    if isinstance(kind, tuple):
        return None if value in kind else f"one of {', '.join(kind)}"
    description, fits = TYPES[kind.rstrip("?")]
    if kind.endswith("?"):
        return None if value is None or fits(value) else f"{description} or null"
    return None if fits(value) else description


def check(values: Any, known: Mapping[str, Kind], what: str) -> dict[str, Any]:
    """Returns the values if they are an object with known fields of the right types; ``what``: what messages call the object."""
    if not isinstance(values, dict):
        raise invalid(f"{what} must be a JSON object.")
    for name, value in values.items():
        if name not in known:
            raise invalid(f"{what} can't have {name}. It can have: {', '.join(known)}.", field=name)
        problem = _problem(value, known[name])
        if problem is not None:
            raise invalid(f"{what}: {name} must be {problem}.", field=name)
    return values
