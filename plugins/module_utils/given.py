# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a task as it gives them, before core checks them.

Core would convert any value to text, so that ``name: no`` made a server called False, and its check of numbers fails at infinite ones.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from .instance.options import member_label
from .text import MAX_NUMBER, comma_list, is_out_of_range

# Kinds of values, by the names that YAML gives them.
KINDS = {bool: "a boolean", int: "a number", float: "a fraction", list: "a list", dict: "a dict", str: "text"}


def without_empty(value: Any) -> Any:
    """Options without what counts as not given: empty texts, nulls, and lists of nothing else, at any depth."""
    if isinstance(value, Mapping):
        # User data is sent as it is, with what is empty in it.
        kept = {name: item if name == "user_data" or _is_cores(name) else without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if _is_cores(name) or item not in (None, "")}
    if isinstance(value, list):
        kept_items = [item for item in (without_empty(item) for item in value) if item is not None]
        return kept_items or None
    return None if value == "" else value


def _is_cores(name: Any) -> bool:
    return str(name).startswith("_ansible")


def prepare(spec: Mapping[str, Mapping[str, Any]], options: dict[str, Any]) -> list[str]:
    """Converts what core would convert wrongly. Returns a sentence for each value that is not accepted, and takes the value out."""
    problems = []
    for label, name, option, given in list(_each_option(spec, options, "")):
        problem = type_problem(label + name, option, given.get(name))
        if problem is None and option.get("type") == "int":
            problem = _number_problem(label, name, option, given.get(name))
        if problem is not None:
            problems.append(problem)
            # Core would complain about one that is required and missing, and would read an environment variable again.
            given[name] = option.get("default")
            if given[name] is None and not option.get("required"):
                del given[name]
        elif given.get(name) is not None:
            given[name] = _converted(option, given[name])
    return problems


def null_id_problem(given: Mapping[str, Any]) -> str | None:
    """What is wrong with a selection by an id that is null, as a sentence. In check mode, a server that would be created has no id."""
    if "id" not in given or given["id"] not in (None, "") or given.get("name") not in (None, ""):
        return None
    return (
        "id is null: in check mode, an instance that an earlier task would create has no id yet. Select it by name, or skip this task in"
        " check mode."
    )


def _each_option(
    spec: Mapping[str, Mapping[str, Any]], options: dict[str, Any], label: str
) -> Iterator[tuple[str, str, Mapping[str, Any], dict[str, Any]]]:
    """Each option at any depth: what a sentence about it begins with, its name, its spec, and the dict that it is in."""
    for name, option in spec.items():
        yield label, name, option, options
        value = options.get(name)
        if "options" not in option:
            continue
        members = enumerate(value) if isinstance(value, list) else ()
        parts = {member_label(number, item): item for number, item in members if isinstance(item, dict)}
        if isinstance(value, dict):
            parts = {name: value}
        for part, item in parts.items():
            yield from _each_option(option["options"], item, f"{part}: ")


def type_problem(name: str, option: Mapping[str, Any], value: Any) -> str | None:
    """What is wrong with the type of a value, as a sentence; None if nothing is, or if core says it as well."""
    kind = option.get("type", "str")
    if kind == "int" and isinstance(value, bool):
        return f"{name} must be a whole number, but it is a boolean: give the number."
    if kind == "raw":
        return _user_data_problem(name, value)
    if kind in ("str", "path") and _is_no_text(value):
        return f"{name} must be text, but it is {kind_of(value)}: put the text in quotes."
    if kind == "list" and option.get("elements") == "str":
        contains, items = ("contains", value) if isinstance(value, list) else ("is", [value])
        wrong = [item for item in items if _is_no_text(item)]
        if wrong:
            return f"{name} must be a list of text, but it {contains} {kind_of(wrong[0])}: put each text in quotes."
    return None


def _is_no_text(value: Any) -> bool:
    """Whether a value is neither text nor a whole number."""
    return isinstance(value, (bool, float, list, dict))


def kind_of(value: Any) -> str:
    """What a value is, for a sentence."""
    return next(text for kind, text in KINDS.items() if isinstance(value, kind))


def _user_data_problem(name: str, value: Any) -> str | None:
    if isinstance(value, (bool, int, float)):
        return f"{name} must be text, a dict or a list, but it is {kind_of(value)}: put the text in quotes."
    try:
        _sent(value).encode()
    except UnicodeEncodeError:
        return f"{name} contains bytes that are not text: encode them as base64, for example with the filter b64encode."
    except (ValueError, TypeError, RecursionError):
        return f"{name} can't be written as JSON: give it as text."
    return None


def _sent(user_data: Any) -> str:
    """User data as it is sent: text as it is, anything else as JSON."""
    return user_data if isinstance(user_data, str) else json.dumps(user_data, ensure_ascii=False, allow_nan=False)


def _number_problem(label: str, name: str, option: Mapping[str, Any], value: Any) -> str | None:
    source = name
    if value is None and "fallback" in option:
        source = next((variable for variable in option["fallback"][1] if os.environ.get(variable)), name)
        value = os.environ.get(source)
    return f"{label}{source} must be a whole number of at most {MAX_NUMBER}." if is_out_of_range(value) else None


def _converted(option: Mapping[str, Any], value: Any) -> Any:
    """A value as core would read it: whole numbers as their digits, lists from text with commas."""
    kind = option.get("type", "str")
    if kind == "raw":
        return _sent(value)
    if kind == "list" and option.get("elements") == "str":
        if isinstance(value, str):
            return comma_list(value) or None
        return [str(item) for item in (value if isinstance(value, list) else [value])]
    return str(value) if kind in ("str", "path") and isinstance(value, int) else value
