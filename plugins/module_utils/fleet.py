# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many instances in one run: the run of a single one (see ``apply``), many times side by side, on one list of what there is."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .api.client import Client
from .api.deadline import Deadline
from .api.errors import ApiError
from .apply import Run, twin_warning
from .catalog import Catalog
from .instance.conditions import state_of
from .instance.options import option_problem
from .instance.steps import Refused
from .instance.view import list_view, without_details
from .reconcile.outcome import failure_of
from .tasks import call, drive_all

# What the summary counts.
KINDS_OF_END = ("created", "destroyed", "changed", "unchanged", "failed")


def label(number: int, options: Mapping[str, Any]) -> str:
    """What errors about a member begin with."""
    name = options.get("name") or options.get("id")
    return f"instances[{number}] ({name})" if name else f"instances[{number}]"


def fleet_problem(members: Sequence[Mapping[str, Any]]) -> str | None:
    """What is wrong with the options of members, as sentences that name them; None if nothing is. Asks nothing of the API."""
    problems = [(number, options, option_problem(options)) for number, options in enumerate(members)]
    found = [f"{label(number, options)}: {problem}" for number, options, problem in problems if problem]
    return " ".join(found) or _same_twice(members)


def _same_twice(members: Sequence[Mapping[str, Any]]) -> str | None:
    """Two members that want the same name or select the same id."""
    ids = [(number, options["id"].lower()) for number, options in enumerate(members) if options.get("id")]
    # With an id, a name is what the instance is to be called, which these states ignore.
    names = [
        (number, options["name"])
        for number, options in enumerate(members)
        if options.get("name") and not (options.get("id") and options["state"] in ("absent", "recovered"))
    ]
    for keys, words in ((ids, "selects the same instance as"), (names, "has the same name as")):
        double = first_double(keys)
        if double:
            first, second = double
            return f"{label(second, members[second])} {words} {label(first, members[first])}: leave one of them out."
    return None


def first_double(keys: Iterable[tuple[int, str]]) -> tuple[int, int] | None:
    """The numbers of the first two members that have the same key; None if each has its own."""
    owners: dict[str, int] = {}
    for number, key in keys:
        first = owners.setdefault(key, number)
        if first != number:
            return first, number
    return None


def named(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The rows of a list by their names. What is no text is no name that anybody could ask for."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if isinstance(row.get("name"), str):
            found.setdefault(row["name"], []).append(row)
    return found


class Listing:
    """The list of instances, for many who want to know at once: it is asked for once for all who are waiting."""

    def __init__(self, client: Client, deadline: Deadline) -> None:
        self._client, self._deadline = client, deadline
        self._lock = threading.Lock()
        self._turn = 0
        self._rows: list[dict[str, Any]] = []

    def rows(self) -> list[dict[str, Any]]:
        """The list, as it is at some time after this was called. Raises ApiError."""
        turn = self._turn
        with self._lock:
            # One that began while this was waiting for its turn is new enough; the one that was under way then is not.
            if self._turn < turn + 2:
                self._turn += 1
                try:
                    self._rows = self._client.fetch_all("instances", self._deadline)
                except BaseException:
                    self._turn -= 1
                    raise
                self._turn += 1
            return self._rows


@dataclass
class Fleet:
    """A run of many. ``wait``, ``check_mode``: as of ``Run``; ``details``: retrieve each; ``most``: requests in flight."""

    client: Client
    deadline: Deadline
    members: Sequence[Mapping[str, Any]]
    """All options of each."""
    wait: bool = True
    check_mode: bool = False
    details: bool = False
    most: int = 10
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listing = Listing(self.client, self.deadline)
        self.by_name: dict[str, list[dict[str, Any]]] = {}
        self.by_id: dict[str, dict[str, Any]] = {}
        self.first: list[dict[str, Any]] = []
        catalog = Catalog(self.client, self.deadline, many=True, instances=lambda: self.first)
        self.runs = [
            MemberRun(
                client=self.client,
                catalog=catalog,
                deadline=self.deadline,
                options=options,
                wait=self.wait,
                check_mode=self.check_mode,
                fleet=self,
            )
            for options in self.members
        ]

    def converge(self) -> list[dict[str, Any]]:
        """Brings all members to where they are wanted; one result for each, in order.

        Raises ApiError if the list can't be read, and Refused where two members select the same instance: nothing has been
        written then.
        """
        self.first = self.listing.rows()
        self.by_name = named(self.first)
        self.by_id = {row["id"].lower(): row for row in self.first}
        self.known_ids = frozenset(row["id"] for row in self.by_id.values())
        self._refuse_doubles()
        ends = drive_all([run.converge() for run in self.runs], self.most, self.client.clock, self.client.sleep)
        for end in ends:
            if isinstance(end, Exception) and not isinstance(end, (ApiError, Refused)):
                raise end
        self._look_for_twins()
        for number, run in enumerate(self.runs):
            self.warnings += [f"{label(number, run.options)}: {text}" for text in run.outcome.warnings]
        return [self._result(run, options, end) for run, options, end in zip(self.runs, self.members, ends)]

    def _refuse_doubles(self) -> None:
        """Raises Refused where two members select the same instance, one by its name and one by its id."""
        selected: dict[int, str] = {}
        for number, run in enumerate(self.runs):
            try:
                row = None if run.options.get("id") else run.named(self.by_name.get(run.options["name"], []))
            except Refused:
                # It will fail by itself.
                continue
            instance_id = run.options.get("id") or (row or {}).get("id")
            if instance_id:
                selected[number] = instance_id.lower()
        double = first_double(selected.items())
        if double:
            first, second = double
            words = f"{label(second, self.members[second])} selects the same instance as {label(first, self.members[first])}"
            raise Refused(f"{words}, {selected[second]}: leave one of them out.")

    def _look_for_twins(self) -> None:
        """One more list where something was created: two runs may have created one of a name each at the same time."""
        created = [run for run in self.runs if run.created is not None]
        if not created:
            return
        try:
            rows = self.listing.rows()
        except ApiError as error:
            self.warnings.append(f"Whether other instances have the same names could not be looked up: {error.sentence}")
            return
        by_name = named(rows)
        for run in created:
            instance = run.created or {}
            warning = twin_warning(self.client, instance, by_name.get(str(instance.get("name")), []))
            if warning:
                run.outcome.warnings.append(warning)

    def _result(self, run: MemberRun, options: Mapping[str, Any], end: Any) -> dict[str, Any]:
        """What is returned of a member; the same keys for each."""
        outcome = run.outcome
        failed = isinstance(end, Exception)
        instance = run.latest if failed else outcome.instance
        known = instance or run.latest or {}
        if instance is not None and not self.details:
            instance = without_details(instance)
        result: dict[str, Any] = {
            "name": known.get("name") or options.get("name"),
            "id": known.get("id") or run.created_id or options.get("id"),
            "changed": bool(outcome.actions),
            "failed": failed,
            "msg": None,
            "error": None,
            "actions": outcome.actions,
            "diff": {"before": {}, "after": {}} if failed else outcome.diff,
            "drift": outcome.drift,
            "task_id": outcome.task_id if not self.wait and not failed else None,
            "password": outcome.password,
            "instance": instance,
        }
        if failed:
            result.update(failure_of(end))
        return result


@dataclass
class MemberRun(Run):
    """The run of one member: as that of a single instance, but for what is read once for the whole fleet."""

    fleet: Any = None
    """The Fleet that it is a member of."""
    fresh: bool = True
    """Whether nothing has been looked at yet but the list of the whole fleet."""
    created: Mapping[str, Any] | None = None

    async def _find(self) -> dict[str, Any] | None:
        fresh = self.fresh
        current = await super()._find()
        self.fresh = False
        if fresh:
            self.known_ids = self.fleet.known_ids
        return current

    async def _list(self) -> list[dict[str, Any]]:
        if self.fresh:
            return [] if self.options.get("id") else self.fleet.by_name.get(self.options["name"], [])
        listing: Listing = self.fleet.listing
        return await call(listing.rows)

    async def _look(self, instance_id: str) -> dict[str, Any] | None:
        row = self.fleet.by_id.get(instance_id.lower()) if self.fresh else None
        if row is not None and not self._needs_details():
            return await self._read(row)
        if row is not None:
            # From here on a list that contradicts has to be a new one.
            self.fresh = False
        instance = await super()._look(instance_id)
        if instance is None or self._needs_details():
            return instance
        # As the list shows it, so that what is compared and returned is alike for all members.
        return without_details(instance)

    async def _read(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        if not self.fresh or self._needs_details():
            return await self._look(row["id"])
        self.latest = instance = list_view(row)
        self.last_state = state_of(instance)
        return instance

    def _needs_details(self) -> bool:
        """Whether what a list shows of an instance is not enough to plan with, or to return."""
        releases = self.options["state"] == "absent" and bool(self.options.get("public_ips_to_release"))
        return self.fleet.details or self.options["update_ssh_key"] == "always" or releases

    async def _look_for_twins(self, created: Mapping[str, Any]) -> None:
        # Once for all, at the end: see Fleet.
        self.created = created


def end_of(result: Mapping[str, Any]) -> str:
    """What a member's result counts as: one of KINDS_OF_END."""
    if result["failed"]:
        return "failed"
    actions = result["actions"]
    if "create" in actions:
        return "created"
    if "delete" in actions or "purge" in actions:
        return "destroyed"
    return "changed" if actions else "unchanged"


def summary_of(results: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Counts that add up to the members."""
    ends = [end_of(result) for result in results]
    return {kind: ends.count(kind) for kind in KINDS_OF_END}
