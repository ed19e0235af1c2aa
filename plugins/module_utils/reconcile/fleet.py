# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many instances in one run: a reconciler for each of them, all at the same time, on one list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ..api.client import Client
from ..api.deadline import Deadline
from ..api.errors import ApiError
from ..instance.conditions import cell, is_live
from ..instance.names import folded
from ..instance.options import called, option_problem
from ..instance.steps import Refused
from ..instance.view import without_details
from ..jobs import call, drive, drive_all
from .catalog import Catalog
from .confirmation import list_warnings
from .fleet_reader import FirstList, FleetReader
from .outcome import failure_of
from .reconciler import Reconciler
from .run import Run

# What the summary counts.
SUMMARY_KEYS = ("created", "destroyed", "changed", "unchanged", "failed")


def fleet_problem(members: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> str | None:
    """What is wrong with the options of members, as sentences that begin with their labels; None if nothing is."""
    problems = map(option_problem, members)
    found = [f"{label}: {problem}" for label, problem in zip(labels, problems) if problem]
    return " ".join(found) or _duplicates_problem(members, labels)


def _duplicates_problem(members: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> str | None:
    """Two members that want the same name or select the same id."""
    ids = [(number, options["id"].lower()) for number, options in enumerate(members) if options.get("id")]
    # Beside an id, a name is the wanted one, which these states ignore.
    names = [
        (number, options["name"])
        for number, options in enumerate(members)
        if options.get("name") and not (options.get("id") and options["state"] in ("absent", "recovered"))
    ]
    for keys, verb in ((ids, "selects the same instance as"), (names, "has the same name as")):
        pair = first_pair(keys)
        if pair:
            first, second = pair
            return f"{labels[second]} {verb} {labels[first]}: leave one of them out."
    return None


def first_pair(keys: Iterable[tuple[int, str]]) -> tuple[int, int] | None:
    """The numbers of the first two members that have the same key; None if there are none."""
    owners: dict[str, int] = {}
    for number, key in keys:
        first = owners.setdefault(key, number)
        if first != number:
            return first, number
    return None


class Fleet:
    """A run of many members, each with all its options."""

    def __init__(
        self,
        client: Client,
        deadline: Deadline,
        members: Sequence[Mapping[str, Any]],
        labels: Sequence[str],
        wait: bool = True,
        check_mode: bool = False,
        details: bool = False,
        max_concurrency: int = 10,
        on_end: Callable[[str | None], None] = lambda _what: None,
    ) -> None:
        """``labels``: what messages about each member begin with. ``details``: whether each member is retrieved.

        ``max_concurrency``: how many requests are in flight.

        ``on_end``: called at the end of each member with what became of it, such as "web3 is Running"; None if nothing changed.
        """
        self.warnings: list[str] = []
        self._client, self._deadline, self._members, self._labels = client, deadline, members, labels
        self._wait, self._details = wait, details
        self._max_concurrency, self._on_end = max_concurrency, on_end
        self._first = FirstList(client, deadline, details)
        catalog = Catalog(client, deadline, whole_lists=True, instances=lambda: self._first.instances)
        runs = [Run(client, catalog, deadline, options, wait, check_mode) for options in members]
        self.reconcilers = [Reconciler(run, FleetReader(run, self._first), checks_duplicates=False) for run in runs]

    def converge(self) -> list[dict[str, Any]]:
        """Brings all members to their wanted states. Returns one result for each, in order.

        Raises ApiError if the list can't be read, and Refused if two members select the same instance: nothing is written then.
        """
        self._first.read()
        self._refuse_same_instance()
        self._refuse_similar_names()
        jobs = [reconciler.converge() for reconciler in self.reconcilers]
        ends = drive_all(jobs, self._max_concurrency, self._client.clock, self._client.sleep, self._member_ended)
        for end in ends:
            if isinstance(end, Exception) and not isinstance(end, (ApiError, Refused)):
                raise end
        self._check_for_duplicates()
        for label, reconciler in zip(self._labels, self.reconcilers):
            self.warnings += [f"{label}: {text}" for text in reconciler.run.outcome.warnings]
        return [self._result(*member) for member in zip(self.reconcilers, self._members, ends)]

    def _member_ended(self, number: int, end: Any) -> None:
        reconciler, options = self.reconcilers[number], self._members[number]
        outcome = reconciler.run.outcome
        name = called(options, outcome.instance or reconciler.reader.latest)
        if isinstance(end, Exception):
            self._on_end(f"{name} failed")
        elif outcome.actions and not reconciler.run.check_mode:
            self._on_end(f"{name} is {reconciler.reader.shown_state(outcome.instance)}")
        else:
            self._on_end(None)

    def _refuse_same_instance(self) -> None:
        """Raises Refused if two members select the same instance, one by its name and one by its id."""
        selected: dict[int, str] = {}
        for number, reconciler in enumerate(self.reconcilers):
            options = reconciler.run.options
            try:
                named = self._first.by_name.get(options["name"], [])
                listed = None if options.get("id") else reconciler.reader.selected_from(named)
            except Refused:
                # It will fail by itself.
                continue
            instance_id = options.get("id") or (listed or {}).get("id")
            if instance_id:
                selected[number] = instance_id.lower()
        pair = first_pair(selected.items())
        if pair:
            first, second = (self._labels[number] for number in pair)
            raise Refused(f"{second} selects the same instance as {first}, {selected[pair[1]]}: leave one of them out.")

    def _refuse_similar_names(self) -> None:
        """Raises Refused if two members are to be created whose names are similar: an API that rewrites names may not tell them apart."""
        first: dict[str, int] = {}
        for number, reconciler in enumerate(self.reconcilers):
            options = reconciler.run.options
            if "create" not in cell(None, options) or options["id"] or any(map(is_live, self._first.by_name.get(options["name"], []))):
                continue
            similar = first.setdefault(folded(options["name"]), number)
            if similar != number and not options["allow_similar_name"]:
                raise Refused(
                    f"{self._labels[number]} has a name similar to that of {self._labels[similar]}, and both are to be created: choose"
                    " another name, or set allow_similar_name to true."
                )

    def _check_for_duplicates(self) -> None:
        """One more list if something was created: two runs may have created an instance with the same name at the same time."""
        creators = [reconciler for reconciler in self.reconcilers if reconciler.executor.created is not None]
        if not creators:
            return
        created = [reconciler.executor.created or {} for reconciler in creators]
        read = partial(call, self._client.fetch_all, "instances", self._deadline)
        found, common = drive(list_warnings(created, read, self._client, self._deadline), self._client.sleep)
        self.warnings += common
        for reconciler, warnings in zip(creators, found):
            reconciler.run.outcome.warnings += warnings

    def _result(self, reconciler: Reconciler, options: Mapping[str, Any], end: Any) -> dict[str, Any]:
        """What is returned for a member: the same keys for each."""
        outcome = reconciler.run.outcome
        failed = isinstance(end, Exception)
        instance = outcome.instance
        known = instance or reconciler.reader.latest or {}
        if instance is not None and not self._details:
            instance = without_details(instance)
        result: dict[str, Any] = {
            "name": known.get("name") or options.get("name"),
            "id": known.get("id") or outcome.id or options.get("id"),
            "changed": bool(outcome.actions),
            "failed": failed,
            "msg": None,
            "error": None,
            "actions": outcome.actions,
            "plan": outcome.plan,
            "risks": outcome.risks,
            "diff": outcome.shown_diff,
            "drift": outcome.drift,
            "task_id": outcome.task_id if not self._wait and not failed else None,
            "password": outcome.password if options["return_password"] else None,
            "instance": instance,
        }
        if failed:
            result.update(failure_of(end))
        return result


def summary_key(result: Mapping[str, Any]) -> str:
    """What a member's result counts as: one of SUMMARY_KEYS."""
    if result["failed"]:
        return "failed"
    actions = result["actions"]
    if "create" in actions:
        return "created"
    if "delete" in actions or "purge" in actions:
        return "destroyed"
    return "changed" if actions else "unchanged"


def summary_of(results: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Counts that add up to the number of members."""
    keys = [summary_key(result) for result in results]
    return {key: keys.count(key) for key in SUMMARY_KEYS}
