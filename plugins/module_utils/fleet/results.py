# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What instance_fleet returns: the results of the members, a diff for people, counts, and one message about all failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..instance.fields import FIELDS
from ..instance.plan_line import INTERRUPTIONS
from ..reconcile.fleet import summary_key, summary_of
from ..text import one_line

# How many different failures a message spells out, and how many members of each it names.
SPELLED_OUT = 5
NAMED = 2
IDENTIFYING = ("id", "name", "state")
# What people call an attribute that shows the name of something.
LABELS = {row.name_attribute: row.option for row in FIELDS if row.name_attribute}
# The line of totals: what a member counts as, and how to say that.
TOTALS = {"created": "to create", "changed": "to change", "destroyed": "to destroy", "failed": "failing", "unchanged": "unchanged"}


def result_of(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the module returns, apart from warnings and the message of a failure."""
    if any(result["failed"] for result in results):
        results = [result if result["changed"] else {**result, "instance": _identified(result["instance"])} for result in results]
    return {
        "changed": any(result["changed"] for result in results),
        "actions": [action for result in results for action in result["actions"]],
        "results": results,
        "instances": [result["instance"] for result in results if result["instance"] is not None],
        "diff": [{"prepared": prepared_diff(results)}],
        "summary": summary_of(results),
    }


def _identified(instance: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a failed task says of an instance that did not change: the failures would be lost among everything else."""
    return None if instance is None else {name: instance.get(name) for name in IDENTIFYING}


def prepared_diff(results: Sequence[Mapping[str, Any]]) -> str:
    """The plan lines of the members that change, each with the values that differ, and a line of totals."""
    lines = []
    for result in results:
        if not result["failed"] and summary_key(result) != "unchanged":
            lines += [result["plan"], *(f"    {text}" for text in _differences(result))]
    return "\n".join([*lines, totals(results), ""])


def _differences(result: Mapping[str, Any]) -> list[str]:
    """The values that a change changes. The line of a create or of a delete says enough."""
    if summary_key(result) != "changed":
        return []
    shown = differences(result["diff"]["before"], result["diff"]["after"])
    return [f"{name}: {_value(old)} -> {_value(new)}" for name, old, new in shown]


def _value(value: Any) -> str:
    return "not known yet" if value is None else one_line(value)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """What a diff says, for people: names as options have them, and old and new values. An id says nothing beside its name."""
    names = list(dict.fromkeys([*before, *after]))
    shown = [name for name in names if not (name.endswith("_id") and f"{name[:-3]}_name" in names)]
    return [(LABELS.get(name, name), before.get(name), after.get(name)) for name in shown]


def totals(results: Sequence[Mapping[str, Any]]) -> str:
    """How many members there are, and what happens to how many of them."""
    keys = [summary_key(result) for result in results]
    interrupted = sum(not result["failed"] and is_interrupted(result) for result in results)
    parts = []
    for key, text in TOTALS.items():
        count = keys.count(key)
        detail = f" ({interrupted} interrupted)" if key == "changed" and interrupted else ""
        if count:
            parts.append(f"{count} {text}{detail}")
    members = "1 member" if len(results) == 1 else f"{len(results)} members"
    return f"{members}: {', '.join(parts)}" if parts else members


def is_interrupted(result: Mapping[str, Any]) -> bool:
    """Whether the plan of a member takes a running server away from its users."""
    return not set(INTERRUPTIONS).isdisjoint(result["risks"])


def failure_message(results: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> str:
    """The message about the members that failed: each different failure once, with the members that it is about."""
    groups: dict[str, list[int]] = {}
    failed = [number for number, result in enumerate(results) if result["failed"]]
    for number in failed:
        groups.setdefault(_without_names(results[number]), []).append(number)
    said = [f"{_named(numbers, results, labels)}: {results[numbers[0]]['msg']}" for numbers in groups.values()]
    more = f" And {len(said) - SPELLED_OUT} more failures, see results." if len(said) > SPELLED_OUT else ""
    return f"{len(failed)} of {len(results)} members failed. {' '.join(said[:SPELLED_OUT])}{more}"


def _without_names(result: Mapping[str, Any]) -> str:
    """What makes failures of different members the same: the message without what identifies the member."""
    text: str = result["msg"]
    name, instance_id = one_line(result["name"]), str(result["id"])
    # A name alone may be that of something else: of a network, say.
    for identity in (f"{name} ({instance_id})", f"instance with the name {result['name']!r}", instance_id, str(result["task_id"])):
        text = text.replace(identity, "")
    return text


def _named(numbers: Sequence[int], results: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> str:
    """The members of a group: "web1", "web1 and web2", "web1, web2 and 18 more". A single one is named with its number in the task."""
    if len(numbers) == 1:
        return labels[numbers[0]]
    names = [one_line(results[number]["name"] or results[number]["id"]) for number in numbers]
    if len(names) <= NAMED + 1:
        return ", ".join(names[:-1]) + f" and {names[-1]}"
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
