# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of instances: which ones are accepted, and which are so similar that an API which rewrites names could make one of the other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..text import contrasted, enumerated, one_line, quoted
from .conditions import is_live

MAX_NAME = 255
# Cc: control characters; Zl, Zp: line breaks of Unicode; Cs: halves of characters, which are bytes that are not text.
NOT_ACCEPTED = ("Cc", "Zl", "Zp", "Cs")
# Where some versions of the API cut a name.
CUT_AT = 63

LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(?:\.{LABEL})*")


def name_problem(name: str) -> str | None:
    """What is wrong with the name of an instance, as a sentence; None if nothing is."""
    if any(unicodedata.category(character) in NOT_ACCEPTED for character in name):
        return f"name must not contain line breaks or control characters: remove them from {quoted(name)}."
    if name != name.strip():
        return f"name must not begin or end with a blank: remove it from {quoted(name)}."
    if len(name) > MAX_NAME:
        return f"name must have at most {MAX_NAME} characters, and this one has {len(name)}: choose a shorter one."
    return None


def hostname_problem(hostname: str) -> str | None:
    """What is wrong with a host name by RFC 1123, as a sentence; None if nothing is."""
    if HOST_NAME.fullmatch(hostname):
        return None
    return (
        f"hostname {quoted(hostname)} is not a valid host name: use letters, digits and hyphens, at most 63 characters between dots, and"
        " a letter or digit at both ends."
    )


def chosen_hostname(name: str) -> str:
    """The host name that the server is expected to choose for an instance with a name. Only the create tells for certain."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", name).strip("-_")[:CUT_AT]


def folded(name: str) -> str:
    """What similar names have in common."""
    return re.sub(r"[\s_]", "-", unicodedata.normalize("NFKC", name).casefold())[:CUT_AT]


def by_folded_name(instances: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The live instances of a list by what similar names have in common."""
    found: dict[str, list[dict[str, Any]]] = {}
    for instance in instances:
        if isinstance(instance.get("name"), str) and is_live(instance):
            found.setdefault(folded(instance["name"]), []).append(instance)
    return found


def similar_names_problem(name: str, similar: Sequence[Mapping[str, Any]]) -> str:
    """The sentence for a name that live instances have in another spelling."""
    found = [f"{contrasted(item.get('name'), name)[0]} ({one_line(item.get('id'))})" for item in similar]
    wanted = contrasted(similar[0].get("name"), name)[1]
    return (
        f"There is no instance with the name {wanted}, but {enumerated(found)} {'has' if len(found) == 1 else 'have'} a similar name, and"
        " the API may have rewritten it: correct name, or set allow_similar_name to true to create another instance."
    )
