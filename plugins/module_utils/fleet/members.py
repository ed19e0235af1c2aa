# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of a fleet: from the options ``instances``, ``names``, ``ids`` and ``defaults`` to one dict of options for each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..given import kind_of, null_id_problem, without_empty
from ..instance.options import member_label, member_options, merged_options
from ..text import from_text

# The options that name members, in the order of the members; and what an entry of the short ones is.
SHORT = {"names": "name", "ids": "id"}
LISTS = ("instances", *SHORT)
# The options of a member of ``instances`` that stands for several.
NUMBERING: dict[str, dict[str, Any]] = {"count": {"type": "int"}, "first": {"type": "int"}}
# Where a name takes the number: {n}, or {n:02} for at least two digits.
NUMBER = re.compile(r"\{n(?::0([1-9]))?\}")
MAX_COUNT = 10000


def as_given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the task, with lists, dicts and members that were given as JSON text."""
    given = {name: from_text(value) if name in (*LISTS, "defaults") else value for name, value in options.items()}
    if isinstance(given.get("instances"), list):
        given["instances"] = [from_text(member) for member in given["instances"]]
    return given


def structure_problems(options: Mapping[str, Any]) -> list[str]:
    """A sentence for each member that is none, and for ``instances`` or ``defaults`` of the wrong kind."""
    members, common = options.get("instances"), options.get("defaults")
    problems: list[str | None] = []
    if isinstance(members, list):
        problems += [_member_problem(member_label(number, {}), member) for number, member in enumerate(members)]
    elif members not in (None, ""):
        problems.append(
            f'instances must be a list of dicts, but it is {kind_of(members)}: give it as YAML or JSON, such as [{{"name": "web1"}}].'
        )
    for option, what in SHORT.items():
        entries = options.get(option)
        if isinstance(entries, list):
            problems += [_entry_problem(f"{option}[{number}]", what, entry) for number, entry in enumerate(entries)]
    if common not in (None, "") and not isinstance(common, dict):
        problems.append(
            f'defaults must be a dict of options, but it is {kind_of(common)}: give it as YAML or JSON, such as {{"state": "started"}}.'
        )
    return [problem for problem in problems if problem]


def _member_problem(label: str, member: Any) -> str | None:
    if member in (None, "", [], {}):
        return f"{label} is {'null' if member is None else 'empty'}: give a dict of options, or remove it from the list."
    if not isinstance(member, dict):
        return f"{label} must be a dict of options, but it is {kind_of(member)}: select an instance with name or id."
    return None


def _entry_problem(label: str, what: str, entry: Any) -> str | None:
    if entry not in (None, ""):
        return None
    article = "an" if what == "id" else "a"
    problem = f"{label} is {'null' if entry is None else 'empty'}: give {article} {what}, or remove it from the list."
    if what == "id":
        problem += " In check mode, an instance that an earlier task would create has no id yet: select it by name."
    return problem


def without_empty_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options without what counts as not given. A list counts, even if nothing is in it: there is then nothing to do."""
    kept: dict[str, Any] = without_empty(options)
    for name in LISTS:
        if isinstance(options.get(name), list):
            kept[name] = [_without_empty(member) if isinstance(member, dict) else member for member in options[name]]
    return kept


def _without_empty(member: dict[str, Any]) -> dict[str, Any]:
    """The same for a member. With an empty list, it has nothing of what a list of the common options names."""
    lists = [name for name, option in member_options().items() if option["type"] == "list" and isinstance(member.get(name), list)]
    kept: dict[str, Any] = {name: [] for name in lists}
    kept.update(without_empty(member))
    return kept


def members_of(options: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """All options of each member; what errors about each begin with; and a sentence for each that can't be numbered."""
    common = {name: value for name, value in (options["defaults"] or {}).items() if value is not None}
    common.setdefault("return_password", options["return_password"])
    given: list[tuple[str, int, Mapping[str, Any]]] = []
    problems = []
    for number, member in enumerate(options["instances"] or []):
        named = {**member, "name": member["name"] if member.get("name") is not None else common.get("name")}
        problem = _numbering_problem(named)
        if problem:
            problems.append(f"{member_label(number, named)}: {problem}")
        else:
            given += [("instances", number, part) for part in _numbered(named)]
    given += [(option, number, {SHORT[option]: entry}) for option in SHORT for number, entry in enumerate(options[option] or [])]
    members = [merged_options(member, common) for _option, _number, member in given]
    labels = [member_label(number, member, option) for (option, number, _given), member in zip(given, members)]
    return members, labels, problems


def _numbering_problem(member: Mapping[str, Any]) -> str | None:
    """What is wrong with the numbering of a member, as a sentence; None if nothing is."""
    count, first = member.get("count"), member.get("first")
    if count is None:
        return None if first is None else "first requires count, the number of members: give both or neither."
    if not 0 <= count <= MAX_COUNT:
        return f"count must be from 0 to {MAX_COUNT}, not {count}."
    if first is not None and first < 0:
        return f"first must be at least 0, not {first}."
    if member.get("id") is not None:
        return "count can't be combined with id, which selects a single instance: leave one of them out."
    if not NUMBER.search(member.get("name") or ""):
        return "count requires a name with {n} or {n:02} in the place of the number, such as web{n}."
    return None


def _numbered(member: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The members that one stands for: name and host name with each number."""
    count, first = member.get("count"), member.get("first")
    if count is None:
        return [dict(member)]
    begin = 1 if first is None else first
    return [
        {name: _with_number(value, number) if name in ("name", "hostname") else value for name, value in member.items()}
        for number in range(begin, begin + count)
    ]


def _with_number(text: str | None, number: int) -> str | None:
    return text and NUMBER.sub(lambda found: f"{number:0{found.group(1) or 1}}", text)


def null_ids_problem(members: Sequence[Any]) -> str | None:
    """What is wrong if check mode is given the null id of an instance that does not exist yet; None if nothing is."""
    problems = {number: null_id_problem(item) for number, item in enumerate(members) if isinstance(item, dict)}
    return next((f"{member_label(number, {})}: {problem}" for number, problem in problems.items() if problem), None)
