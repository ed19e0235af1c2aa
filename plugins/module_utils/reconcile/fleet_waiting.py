# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for the tasks of many members: one list a second shows the progress of all of them.

The list says when reading a task is worth a request. Only the task has the password of a new instance and the reason for a failure,
and only the task says that the work has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..api.errors import ApiError
from ..api.messages import TaskStatus
from ..instance.conditions import DESTROYED, ERROR, STOPPED, condition, state_of
from ..instance.steps import Step, contradicts, has_ended
from ..jobs import Job
from .run import Run
from .waiting import wait_for_task

# With at most so many tasks in progress, each is polled by itself.
FEW = 3
# Seconds after which a task is read although the list shows nothing new.
QUIET = 30.0


class ListWatch:
    """What the lists have shown of one member since its step was sent."""

    def __init__(self, step: Step, now: float) -> None:
        self._step, self._since = step, now
        self._state: str | None = ""

    def calls_for_task(self, listed: Mapping[str, Any] | None, now: float) -> bool:
        """Whether the task is to be read. ``listed``: the instance in the latest list, None if it is missing; ``now``: seconds."""
        state = None if listed is None else state_of(listed)
        is_new = state != self._state
        if is_new:
            self._state, self._since = state, now
        elif now - self._since >= QUIET:
            self._since = now
            return True
        return is_new if listed is None else self._has_settled(listed)

    def _has_settled(self, listed: Mapping[str, Any]) -> bool:
        """Whether the instance shows where the step leads to, or that it leads nowhere."""
        if condition(listed) in (ERROR, DESTROYED) or (self._step.action == "create" and condition(listed) == STOPPED):
            return True
        return has_ended(self._step, listed) and not contradicts(self._step, listed)


class FleetWaiting:
    """Waits for the tasks of all members of a run."""

    def __init__(self) -> None:
        self._in_progress = 0

    async def task_end(self, run: Run, task_id: str, step: Step, in_list: Callable[[], Job[dict[str, Any] | None]]) -> TaskStatus:
        """Waits until a task has ended or the API does not know it. Raises TaskFailed, or DeadlineExceeded.

        ``in_list``: reads a new list, and returns the member in it, or None if it is missing.
        """
        client, deadline = run.client, run.deadline
        watch = ListWatch(step, client.clock())

        async def is_due() -> bool | None:
            if self._in_progress <= FEW or deadline.remaining() <= 0:
                return None
            try:
                shown = await in_list()
            except ApiError:
                # The list can't tell, but the task may.
                return None
            # At the deadline, the last look is at the task.
            return watch.calls_for_task(shown, client.clock()) or deadline.remaining() <= 0

        self._in_progress += 1
        try:
            return await wait_for_task(client, task_id, deadline, is_due)
        finally:
            self._in_progress -= 1
