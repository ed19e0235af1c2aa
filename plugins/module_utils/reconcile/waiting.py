# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting: how often a run looks again, and for tasks."""

from __future__ import annotations

from collections.abc import Callable

from ..api.client import Client
from ..api.deadline import Deadline
from ..api.errors import ApiError, DeadlineExceeded
from ..api.messages import TaskStatus
from ..jobs import Job, call, pause

# Seconds in which the effect of a write has to show after its response was lost, or after its task is no longer known.
GRACE = 30.0
# Seconds between two looks: more often is bad practice, and what has ended is to be noticed soon.
POLL_INTERVAL = 1.0
# The share of it that is added at random at most, so that many runs that began together do not ask together.
POLL_SPREAD = 0.1
# How often a run that does not wait reads a task whose response is about something else.
LOOKS = 3


class Polling:
    """The rhythm of looking again."""

    def __init__(self, client: Client, deadline: Deadline) -> None:
        self._client, self._deadline = client, deadline
        self._began = client.clock()

    def waited(self) -> float:
        """Seconds since the first look."""
        return self._client.clock() - self._began

    def interval(self) -> float:
        """Seconds until the next look, not past the deadline."""
        return min(POLL_INTERVAL * (1 + POLL_SPREAD * self._client.jitter()), self._deadline.remaining())

    async def wait(self, waiting_for: str) -> None:
        """Pauses until the next look, the last of which is right after the deadline. Raises DeadlineExceeded after that one, or at once
        if the run was interrupted, with what the time was too short for."""
        if self._deadline.remaining() > 0:
            await pause(self.interval())
            if self._deadline.for_looks().remaining() > 0:
                return
        reason = self._deadline.reason
        raise DeadlineExceeded(f"{reason[0].upper()}{reason[1:]} while waiting for {waiting_for}")


async def wait_for_task(
    client: Client, task_id: str, deadline: Deadline, is_due: Callable[[], Job[bool | None]] | None = None
) -> TaskStatus:
    """Reads a task until it has ended or the API does not know it. Raises TaskFailed, or DeadlineExceeded with the task's id.

    ``is_due``: waits for news, and returns whether they make the task worth a request; None if there is nothing to expect from it now.
    """
    polling = Polling(client, deadline)
    try:
        while True:
            due = None if is_due is None else await is_due()
            if due is None:
                await polling.wait(f"task {client.for_display(task_id)}; its work on the server goes on")
            elif not due:
                continue
            status = await call(client.task, task_id, deadline)
            if status.ended or status.lost:
                return status
    except DeadlineExceeded as error:
        error.task_id = task_id
        raise


async def look_at_task(client: Client, task_id: str, deadline: Deadline, waits: bool, on_look: Callable[[TaskStatus], None]) -> TaskStatus:
    """Reads a task once, or if the run waits, until it has ended. Raises TaskFailed, DeadlineExceeded, or ApiError for one that is lost.

    ``on_look``: is given each look that says something about the task.
    """
    polling = Polling(client, deadline)
    looks = 0
    while True:
        status = await call(client.task, task_id, deadline, waits)
        looks += 1
        if status.lost:
            known = "knows no" if status.lost.status_code == 404 else "says nothing about"
            code = " (HTTP 404)" if status.lost.status_code == 404 else ""
            raise status.lost.with_message(
                f"The API {known} task {task_id}{code}. Tasks are kept for about 30 minutes; after that, coxedge.compute.instance_info"
                f" shows what became of the instance{status.lost.quoted_reason}."
            )
        if status.status:
            on_look(status)
        if status.ended or (status.status and not waits):
            return status
        if not waits and looks >= LOOKS:
            raise ApiError(f"Could not read task {task_id}: the API answers with something else; try again, and check api_url.")
        await polling.wait(f"task {task_id}; its work on the server goes on")
