# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the instance that the options select, and looks at it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..api.errors import ApiError
from ..api.messages import TaskStatus
from ..instance.conditions import DESTROYED, NONE, condition, described, is_live, must_settle, state_of
from ..instance.names import by_folded_name, folded
from ..instance.options import called
from ..instance.steps import Refused, Step
from ..instance.view import full_view
from ..jobs import call
from .run import Run
from .waiting import GRACE, Polling, wait_for_task


class Reader:
    """Reads one instance, and remembers what it saw last."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.known_ids: frozenset[str] = frozenset()
        """Ids, in lower case, in the list that was read before a create: any other id is new."""
        self.listed: Sequence[dict[str, Any]] = ()
        """The list that was read last to find the instance by its name."""
        self.last_state = ""
        self.latest: dict[str, Any] | None = None
        """The instance as it was last seen."""
        self._refusals: list[ApiError] = []
        """What the API said each time that it did not know the instance."""

    async def find(self) -> dict[str, Any] | None:
        """The instance that the options select, None if there is none. Raises Refused if a name selects several."""
        if self.run.options.get("id"):
            return await self._find_by_id(self.run.options["id"].lower())
        for _attempt in range(2):
            self.listed = instances = await self.instances()
            self.known_ids = frozenset(instance["id"].lower() for instance in instances)
            listed = self.selected_from(instances)
            if listed is None:
                break
            current = await self.read(listed)
            if current is not None and (self._sees_destroyed() or is_live(current)):
                return current
            # It was destroyed after the list was read, so the name no longer selects it. By now it may select another one.
        return None

    async def look(self, instance_id: str, patient: bool = True) -> dict[str, Any] | None:
        """An instance as it is now, None if it does not exist. ``patient``: whether reads are tried until the deadline.

        A 404 is also what a mistyped environment returns, or a gateway in trouble. It means absence only if a list of the
        environment succeeds and does not show the instance.
        """
        client, deadline = self.run.client, self.run.deadline
        polling = Polling(client, deadline)
        while True:
            found = await call(client.fetch_one, "instances", instance_id, deadline, patient, self._refusals)
            if found is not None:
                break
            instances = await self.instances(patient)
            if not any(item["id"].lower() == instance_id.lower() and condition(item) != NONE for item in instances):
                break
            if polling.waited() >= GRACE:
                refusal = self._refusals[-1]
                raise refusal.with_message(
                    f"The list shows the instance {instance_id}, but the API says that no instance has that id (HTTP"
                    f" 404){refusal.quoted_reason}."
                )
            await polling.wait(f"instance {instance_id} to be readable")
        instance = None if found is None else full_view(found)
        self.last_state = state_of(instance) or "gone"
        self.latest = instance or self.latest
        return instance

    async def read(self, listed: Mapping[str, Any]) -> dict[str, Any] | None:
        """An instance of the list just read, in as much detail as the run needs."""
        return await self.look(listed["id"], patient=False)

    async def instances(self, patient: bool = False) -> list[dict[str, Any]]:
        """The list of instances, as the API has it."""
        return await call(self.run.client.fetch_all, "instances", self.run.deadline, patient)

    async def task_end(self, task_id: str, _step: Step, instance_id: str | None) -> TaskStatus:
        """Waits until the task of a step has ended or the API does not know it. Raises TaskFailed, or DeadlineExceeded.

        ``instance_id``: None if no response gave it.
        """

        async def peek() -> None:
            if self.run.wants_state():
                # Nothing depends on it.
                with contextlib.suppress(ApiError):
                    self.last_state = state_of(await self._sighted(instance_id)) or self.last_state

        return await wait_for_task(self.run.client, task_id, self.run.deadline, peek)

    async def _sighted(self, instance_id: str | None) -> dict[str, Any] | None:
        """An instance as it is now, without any effort; None if it does not show. ``instance_id``: None for one that is being created."""
        if instance_id is not None:
            return await call(self.run.client.fetch_one, "instances", instance_id, self.run.deadline)
        return next(self.new_with_name(await self.instances()), None)

    def new_with_name(self, instances: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The instances of a list that have the wanted name and were not there before the create, whatever their states."""
        name = self.run.options["name"]
        return (item for item in instances if item.get("name") == name and item["id"].lower() not in self.known_ids)

    def similar(self, name: str) -> list[dict[str, Any]]:
        """The live instances with a similar name, by the list that was read last."""
        return by_folded_name(self.listed).get(folded(name), [])

    @property
    def progress(self) -> str | None:
        """What the instance was doing when it was last seen, for people; None if nothing is known."""
        name = called(self.run.options, self.latest)
        if self.last_state:
            return f"{name} is {self.run.client.for_display(self.last_state)}"
        return f"{name} is being created" if self.run.outcome.actions == ["create"] else None

    def correct(self, latest: dict[str, Any] | None) -> None:
        """Replaces what was seen last: by what a later run saw, or by nothing if it was another instance."""
        self.latest, self.last_state = latest, state_of(latest)

    async def settled(self, current: dict[str, Any] | None) -> dict[str, Any] | None:
        """Waits for a transition to end if the table says so, in check mode too: the plan depends on where it ends."""
        options = self.run.options
        polling = Polling(self.run.client, self.run.deadline)
        while current is not None and must_settle(current, options):
            await polling.wait(f"{described(current)} to settle; the last state seen is {self.shown_state(current)}")
            current = await self.look(current["id"])
        if current is None or condition(current) == NONE:
            if options.get("id") and options["state"] not in ("absent", "recovered"):
                raise self._refused(f"The instance with the id {options['id']} is gone", "select by name to create another one")
            return None
        if options.get("id"):
            return current
        if current.get("name") != options["name"]:
            raise Refused(
                f"{described(current)} had the name {options['name']!r} until just now and was renamed by someone else: run this again."
            )
        if condition(current) == DESTROYED and options["state"] not in ("recovered", "absent"):
            # Selected by name, a destroyed instance counts as none.
            return None
        return current

    def selected_from(self, instances: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """The instance of a list that the name selects, None if it selects none. Raises Refused if it selects several."""
        name = self.run.options["name"]
        candidates = [item for item in instances if item.get("name") == name and condition(item) != NONE]
        found = [item for item in candidates if self._sees_destroyed() or is_live(item)]
        if len(found) > 1:
            shown = ", ".join(f"{self.run.client.for_display(item['id'])} ({self.shown_state(item)})" for item in found)
            raise Refused(f"Several instances have the name {name!r}: {shown}; select one with id.")
        return found[0] if found else None

    def shown_state(self, instance: Mapping[str, Any] | None) -> str:
        """A state for a message."""
        return self.run.client.for_display(state_of(instance) or "gone")

    def add_last_state(self, error: ApiError) -> None:
        """Adds the state that was seen last to an error about the deadline."""
        if "last state" not in error.message:
            error.add(f"; the last state seen is {self.run.client.for_display(self.last_state or 'none')}")

    def _sees_destroyed(self) -> bool:
        """Whether a name also selects among destroyed instances."""
        options = self.run.options
        return options["state"] == "recovered" or bool(options["state"] == "absent" and options["purge"])

    async def _find_by_id(self, instance_id: str) -> dict[str, Any] | None:
        current = await self.look(instance_id, patient=False)
        if condition(current) == NONE:
            current = None
        if current is None and self.run.options["state"] != "absent":
            what = f"There is no instance with the id {instance_id} in {self.run.client.label}"
            raise self._refused(what, "check the id, or select by name")
        return current

    def _refused(self, what: str, remedy: str) -> Refused:
        """The error for an instance that does not exist, with what the API said about it."""
        refusal = self._refusals[-1] if self._refusals else None
        refused = Refused(f"{what}: {remedy}{refusal.quoted_reason if refusal else ''}.")
        refused.__cause__ = refusal
        return refused
