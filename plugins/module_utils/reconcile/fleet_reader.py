# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the members of a fleet: the first list is read once for all of them, later lists are shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from ..api.client import Client
from ..api.deadline import Deadline
from ..api.messages import TaskStatus
from ..instance.conditions import state_of
from ..instance.names import by_folded_name, folded
from ..instance.steps import Step
from ..instance.view import list_view, without_details
from ..jobs import call, pause
from .catalog import READING_INTERVAL
from .fleet_waiting import FleetWaiting
from .reader import Reader
from .run import Run
from .waiting import POLL_INTERVAL


def by_name(instances: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The instances of a list by name. A name that is not text can't be asked for."""
    found: dict[str, list[dict[str, Any]]] = {}
    for instance in instances:
        if isinstance(instance.get("name"), str):
            found.setdefault(instance["name"], []).append(instance)
    return found


class SharedListing:
    """The list of instances for many members that need it at the same time: one request serves all that are waiting, and it is read no
    more than once a second, however many they are."""

    def __init__(self, client: Client, deadline: Deadline) -> None:
        self._client, self._deadline = client, deadline
        self._begun = self._ended = 0
        self._is_reading = False
        self._next = client.clock()
        self._instances: list[dict[str, Any]] = []
        self._by_id: dict[str, dict[str, Any]] | None = None

    async def instances(self, patient: bool = False) -> list[dict[str, Any]]:
        """The list, as it is at some time after this was called. ``patient``: as for the first that waits for it. Raises ApiError."""
        begun_before = self._begun
        # A list that was already under way is not recent enough.
        while self._ended <= begun_before:
            early = min(self._next - self._client.clock(), self._deadline.remaining())
            if self._is_reading or early > 0:
                await pause(READING_INTERVAL if self._is_reading else early)
                continue
            self._begun, self._next, self._is_reading = self._begun + 1, self._client.clock() + POLL_INTERVAL, True
            try:
                self._instances = await call(self._client.fetch_all, "instances", self._deadline, patient)
                self._by_id = None
                self._ended = self._begun
            finally:
                self._is_reading = False
        return self._instances

    def latest(self, instance_id: str) -> dict[str, Any] | None:
        """An instance in the list that was read last; None if it is missing."""
        if self._by_id is None:
            self._by_id = {instance["id"].lower(): instance for instance in self._instances}
        return self._by_id.get(instance_id.lower())


class FirstList:
    """The list that a fleet's run begins with, and where it comes from."""

    def __init__(self, client: Client, deadline: Deadline, details: bool) -> None:
        """``details``: whether each member is to be retrieved."""
        self._client, self._deadline, self.details = client, deadline, details
        self.listing = SharedListing(client, deadline)
        """The later ones."""
        self.waiting = FleetWaiting()
        self.instances: list[dict[str, Any]] = []
        self.by_name: dict[str, list[dict[str, Any]]] = {}
        self.by_id: dict[str, dict[str, Any]] = {}
        self.known_ids: frozenset[str] = frozenset()

    def read(self) -> None:
        """Reads it. Raises ApiError."""
        self.instances = self._client.fetch_all("instances", self._deadline)
        self.by_name = by_name(self.instances)
        self.by_id = {instance["id"].lower(): instance for instance in self.instances}
        self.known_ids = frozenset(self.by_id)

    @cached_property
    def by_folded_name(self) -> dict[str, list[dict[str, Any]]]:
        """The live instances by what similar names have in common: needed only if something is to be created."""
        return by_folded_name(self.instances)


class FleetReader(Reader):
    """Reads one member. As long as nothing else was read, the first list says what there is."""

    def __init__(self, run: Run, first: FirstList) -> None:
        super().__init__(run)
        self._first = first
        self._on_first_list = True

    async def find(self) -> dict[str, Any] | None:
        """The instance that the options select, from the first list if possible."""
        on_first_list = self._on_first_list
        current = await super().find()
        self._on_first_list = False
        if on_first_list:
            self.known_ids = self._first.known_ids
        return current

    def similar(self, name: str) -> list[dict[str, Any]]:
        """The live instances with a similar name, by the first list."""
        return self._first.by_folded_name.get(folded(name), [])

    async def look(self, instance_id: str, patient: bool = True) -> dict[str, Any] | None:
        """An instance as it is now, or at first as the first list shows it."""
        listed = self._first.by_id.get(instance_id.lower()) if self._on_first_list else None
        if listed is not None and not self._needs_details():
            return await self.read(listed)
        if listed is not None:
            # A list that contradicts what is read from now on has to be a new one.
            self._on_first_list = False
        instance = await super().look(instance_id, patient)
        if instance is None or self._needs_details():
            return instance
        # As the list shows it, so that all members are compared and returned alike.
        return without_details(instance)

    async def read(self, listed: Mapping[str, Any]) -> dict[str, Any] | None:
        """An instance of the list just read, in as much detail as the run needs."""
        if not self._on_first_list or self._needs_details():
            return await self.look(listed["id"], patient=False)
        self.latest = instance = list_view(listed)
        self.last_state = state_of(instance)
        return instance

    async def instances(self, patient: bool = False) -> list[dict[str, Any]]:
        """The entries of the first list that have the name; later, a new list."""
        if self._on_first_list:
            return [] if self.run.options.get("id") else self._first.by_name.get(self.run.options["name"], [])
        return await self._first.listing.instances(patient)

    async def _in_new_list(self, instance_id: str | None) -> dict[str, Any] | None:
        """The member in a new list; None if it is missing. ``instance_id``: None for one that is being created."""
        listing = self._first.listing
        instances = await listing.instances(patient=True)
        found = listing.latest(instance_id) if instance_id is not None else next(self.new_with_name(instances), None)
        return None if found is None else list_view(found)

    async def task_end(self, task_id: str, step: Step, instance_id: str | None) -> TaskStatus:
        """The same for a member: see ``FleetWaiting``."""
        return await self._first.waiting.task_end(self.run, task_id, step, partial(self._in_new_list, instance_id))

    def _needs_details(self) -> bool:
        """Whether what a list shows is not enough to plan with, or to return."""
        options = self.run.options
        releases = options["state"] == "absent" and bool(options.get("public_ips_to_release"))
        return self._first.details or options["update_ssh_key"] == "always" or releases
