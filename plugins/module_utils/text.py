# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small helpers for texts and for numbers that come as text. Every other file may use them."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

# No number of the API has more. Larger ones can't be calculated with: the float that they become may be infinite.
MAX_DIGITS = 15
# The largest whole number that an option takes.
MAX_NUMBER = 2**31 - 1
# How many characters of a text from the API are shown in a sentence.
MAX_SHOWN = 500
# How many names are offered in place of a wrong one.
MAX_OFFERED = 8

UUID_PATTERN = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_uuid(text: object) -> bool:
    """Whether a text is a UUID: wherever a name or an id is accepted, a UUID is an id."""
    return isinstance(text, str) and UUID_PATTERN.fullmatch(text) is not None


def is_same(actual: Any, wanted: Any) -> bool:
    """Whether a reported value is the wanted one: ids in any case, numbers and booleans also as text."""
    if isinstance(actual, str) and isinstance(wanted, str) and is_uuid(wanted):
        return actual.lower() == wanted.lower()
    if isinstance(actual, str) and isinstance(wanted, bool):
        return as_boolean(actual) is wanted
    if isinstance(actual, str) and isinstance(wanted, int):
        return as_integer(actual) == wanted
    return bool(actual == wanted)


def contrasted(actual: Any, wanted: Any) -> tuple[str, str]:
    """Two different values for a sentence, spelled so that the difference shows: an e with an accent can be one character or two."""
    if not isinstance(actual, str) or not isinstance(wanted, str):
        return quoted(actual), quoted(wanted)
    looks_alike = unicodedata.normalize("NFKC", actual) == unicodedata.normalize("NFKC", wanted)
    return (ascii(actual)[:MAX_SHOWN], ascii(wanted)[:MAX_SHOWN]) if looks_alike else (quoted(actual), quoted(wanted))


def quoted(value: object) -> str:
    """A value from the API for a sentence: text in quotes with all its blanks, because they tell names apart, but printable."""
    text = str(value) if len(str(value)) <= MAX_SHOWN else f"{str(value)[:MAX_SHOWN]}..."
    return repr(text) if isinstance(value, str) else printable(text)


def printable(text: str) -> str:
    """A text whose line breaks and other characters that do not print are shown escaped, such as ``\\x1b``."""
    return text if text.isprintable() else "".join(char if char.isprintable() else _escaped(char) for char in text)


def one_line(text: object) -> str:
    """A text from the API for use in a sentence: on one line, printable, at most MAX_SHOWN characters."""
    line = printable(" ".join(str(text).split()))
    return line if len(line) <= MAX_SHOWN else line[:MAX_SHOWN] + "..."


def offer(text: str, existing: Iterable[str], show: Callable[[str], str] = quoted, what: str = "name", most: int = MAX_OFFERED) -> str:
    """What a wrong name may have been meant for, as a clause: the nearest names that exist, else some of them. Case does not matter.

    ``most``: how many near ones.
    """
    import difflib

    names = sorted(set(existing))
    if not names:
        return "none exist"
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(name.casefold(), name)
    near = [folded[name] for name in difflib.get_close_matches(text.casefold(), folded, n=most, cutoff=0.4)]
    shown = ", ".join(map(show, near or names[:MAX_OFFERED]))
    if not near:
        return f"{what}s that exist are {shown}"
    return f"the nearest {what} is {shown}" if len(near) == 1 else f"the nearest {what}s are {shown}"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def enumerated(names: Sequence[str]) -> str:
    """At least one name for a sentence: "a", "a and b", "a, b and c"."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def comma_list(text: str) -> list[str]:
    """The items of a list that is given as text, without the whitespace around them."""
    return [item.strip() for item in text.split(",") if item.strip()]


def from_text(value: Any) -> Any:
    """The list or dict that a text contains, as JSON or in Python's notation; anything else as it is.

    Templates and extra variables give lists as text. Whether core converts them depends on its version.
    """
    if not isinstance(value, str):
        return value
    for read in (json.loads, ast.literal_eval):
        try:
            # Python's notation has values that JSON does not have.
            found = json.loads(json.dumps(read(value.strip())))
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            continue
        return found if isinstance(found, (list, dict)) else value
    return value


def is_out_of_range(value: Any) -> bool:
    """Whether a value of an option for whole numbers is infinite, or larger than MAX_NUMBER. What is no number is for core to refuse."""
    if isinstance(value, int):
        # A float may not be able to hold it.
        return abs(value) > MAX_NUMBER
    try:
        return isinstance(value, (str, float)) and not abs(float(value)) <= MAX_NUMBER
    except ValueError:
        return False


def as_integer(value: object, floats: bool = False) -> int | None:
    """An integer that may come as text, or with ``floats`` as 3.0; None for anything else, and for more than 15 digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS:
        return int(value)
    if floats and isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) < 10**MAX_DIGITS else None


def as_boolean(value: object) -> bool | None:
    """A boolean that may come as text; None for anything else."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def as_number(value: object) -> float | None:
    """A positive number that may come as text; None for anything else, and for more than 15 digits."""
    try:
        number = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        return None
    return number if 0 < number < 10**MAX_DIGITS else None
