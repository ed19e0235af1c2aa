# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as data: its steps, what has to be looked up for it, and what of a step an instance shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..text import is_same
from .conditions import DESTROYED, NONE, RUNNING, STOPPED, TRANSITION, condition, state_of
from .fields import FIELDS, Field
from .operations import OPERATIONS, Operation


class Refused(Exception):
    """What is wanted is not possible, for a reason that the user can change. Nothing was written."""


@dataclass(frozen=True)
class Lookup:
    """An option whose value, a name or an id, has to be looked up in the catalog."""

    option: str
    kind: str
    text: str


@dataclass(frozen=True)
class Lookups:
    """What has to be read before a plan can be made. Usually nothing, because nothing differs."""

    catalog: tuple[Lookup, ...] = ()
    similar_to: str | None = None
    """The name of an instance that is to be created: which live instances have a similar one?"""
    holders_of_name: str | None = None
    """A name that another instance is to get: which live instances have it?"""
    volumes: tuple[str, ...] = ()
    """``volumes_to_delete``, if it has an effect."""
    addresses: tuple[str, ...] = ()
    """``public_ips_to_release``, if it has an effect."""


@dataclass
class Resolved:
    """What was read for ``Lookups``."""

    records: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """By option: the entry of the catalog that its value stands for."""
    similar: Sequence[Mapping[str, Any]] = ()
    """Live instances with a similar name."""
    holders: tuple[str, ...] = ()
    """Ids of live instances that have the wanted name."""
    volume_ids: tuple[str, ...] = ()
    address_ids: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Step:
    """One operation, by its API name. ``effect``: the attributes that it changes, as users see them, with their new values."""

    action: str
    body: Mapping[str, Any] | None = None
    effect: Mapping[str, Any] = field(default_factory=dict)

    @property
    def operation(self) -> Operation:
        """The row of the table."""
        return OPERATIONS[self.action]

    @property
    def leaves_nothing(self) -> bool:
        """Whether the instance is gone for good afterwards."""
        return self.action == "purge" or bool((self.body or {}).get("purgeImmediately"))


@dataclass(frozen=True)
class Plan:
    """What to do, in order, and what it leads to. ``after`` None: there is no instance afterwards."""

    steps: tuple[Step, ...]
    before: Mapping[str, Any] | None
    after: dict[str, Any] | None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """For the diff: what a create is given that instances do not show."""
    warnings: tuple[str, ...] = ()
    drift: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def actions(self) -> list[str]:
        """The operations by their API names."""
        return [step.action for step in self.steps]


@dataclass(frozen=True)
class Progress:
    """What this run has already done to the instance when a second plan is made."""

    interrupted: bool = False
    """It rebooted or stopped the instance."""
    stopped: bool = False
    """It stopped the instance, which was running."""


NO_PROGRESS = Progress()


def reboots(step: Step) -> bool:
    """Whether a change reboots a running instance. A new display name does not."""
    return any(row.changed_by == step.action and row.reboots and row.attribute in step.effect for row in FIELDS)


def shows_effect(step: Step, before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> bool:
    """Whether an instance, read after a response was lost, shows that the step is done or under way."""
    if step.operation.destroys:
        return now is None or condition(now) in (NONE, TRANSITION) or (step.action == "delete" and condition(now) == DESTROYED)
    if now is None:
        return False
    if condition(now) == TRANSITION and state_of(now).lower() != state_of(before).lower():
        return True
    if step.action == "recover":
        return condition(now) != DESTROYED
    if step.action == "reboot":
        # An instance that was running does not show afterwards that it has been rebooted.
        return condition(before) == STOPPED and condition(now) == RUNNING
    if step.operation.ends_in:
        return condition(now) == step.operation.ends_in.lower()
    return has_effect(step, now)


def has_effect(step: Step, now: Mapping[str, Any]) -> bool:
    """Whether an instance shows the new values of a change. What the API does not report does not show."""
    if step.operation.is_about_iso:
        return "iso_id" in now and not contradicts(step, now)
    rows = _rows_sent(step)
    return bool(rows) and all(row.equals(now.get(row.attribute or ""), step.effect[row.attribute or ""]) for row in rows)


def contradicts(step: Step, now: Mapping[str, Any] | None) -> bool:
    """Whether an instance shows other values than a step has sent."""
    return now is not None and bool(contradictions(step, now))


def contradictions(step: Step, now: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Where an instance shows another value than a step has sent: option, actual and wanted value.

    An attribute that the API does not report can't be compared.
    """
    if step.operation.is_about_iso:
        # Without an ISO, some versions of the API report an empty text.
        actual, wanted = now.get("iso_id") or None, step.effect["iso_id"]
        return [("iso", actual, wanted)] if "iso_id" in now and not is_same(actual, wanted) else []
    found = []
    for row in _rows_sent(step):
        attribute = row.attribute or ""
        actual, wanted = now.get(attribute), step.effect[attribute]
        if actual is not None and not row.equals(actual, wanted):
            found.append((row.option, *names_or_ids(row, now, step.effect)))
    return found


def names_or_ids(row: Field, current: Mapping[str, Any], effect: Mapping[str, Any]) -> tuple[Any, Any]:
    """The old and the new value of a field for people: names of entries of the catalog, if they tell the two apart."""
    name, attribute = row.name_attribute or "", row.attribute or ""
    names = current.get(name), effect.get(name)
    return names if None not in names and names[0] != names[1] else (current.get(attribute), effect.get(attribute))


def _rows_sent(step: Step) -> list[Field]:
    """The fields that a create or a change sends and that instances show."""
    shown = [row for row in FIELDS if row.attribute in step.effect]
    return shown if step.action == "create" else [row for row in shown if row.changed_by == step.action]


def has_ended(step: Step, now: Mapping[str, Any] | None) -> bool:
    """Whether an instance is in a state that the step leads to."""
    column = condition(now)
    if step.leaves_nothing:
        return column == NONE
    if step.operation.destroys:
        return column in (NONE, DESTROYED)
    if now is None:
        return False
    if step.action == "recover":
        return column != DESTROYED
    if step.operation.ends_in:
        return condition(now) == step.operation.ends_in.lower()
    return column in (RUNNING, STOPPED)


def final_view(step: Step, before: Mapping[str, Any] | None, now: dict[str, Any] | None) -> dict[str, Any] | None:
    """The instance to return after a step: for a destroyed one what was last known, for a purged one nothing."""
    if not step.operation.destroys:
        return now
    if step.leaves_nothing:
        return None
    return {**(now if now is not None and condition(now) == DESTROYED else before or {}), "state": "Destroyed"}
