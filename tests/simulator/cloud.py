# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All environments, the tasks in them, and time.

Time comes from a clock that is passed in, so that tests can move it. Nothing runs in the background: what is due is carried
out at the next look (``Cloud.advance``).
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .administration import ORGANIZATIONS, organization
from .environment import Environment
from .model import (
    ENVIRONMENTS,
    SERVICE_CODE,
    Work,
    not_found,
)
from .settings import Settings
from .tasks import Task, TaskFault, TaskReport

# Seconds after which the API forgets a task.
TASK_LIFE = 30 * 60.0


class Cloud:
    """All environments of all organizations, and their tasks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, **settings: Any) -> None:
        # Tests give a server that goes on running the clock of the next test.
        self.clock = clock
        self._first_settings = settings
        # Changed in place: the environments hold this very object.
        self.settings = Settings()
        self.reset()

    def reset(self) -> None:
        """Goes back to the beginning: no instances, no tasks, the first settings."""
        self.settings.update({**vars(Settings()), **self._first_settings})
        self.tasks: dict[str, TaskReport] = {}
        self.pending: dict[str, Task] = {}
        self._next_fault: TaskFault | None = None
        self._passwords = 0
        # The time up to which everything is carried out.
        self.now = -math.inf
        self._environments = {
            (owner["id"], name): Environment(name, self.settings, self.advance) for owner in ORGANIZATIONS for name in ENVIRONMENTS
        }

    def environment(self, org_id: str | None, service_code: str, name: str) -> Environment:
        """The environment of a path; a 404 if the service or environment is unknown, a 403 for an organization without access."""
        owner = organization(org_id)
        if service_code != SERVICE_CODE:
            raise not_found(f"There is no service connection {service_code}.", type="serviceConnections")
        found = self._environments.get((owner["id"], name))
        if found is None:
            raise not_found(f"There is no environment {name}.", type="environments")
        return found

    def password(self) -> str:
        """A new password, another one each time."""
        self._passwords += 1
        return f"Pw-{uuid.uuid4().hex[:12]}-{self._passwords}"

    # -- tasks

    @contextmanager
    def next_task_fails(self, fault: TaskFault | None) -> Iterator[None]:
        """Has this go wrong with the first task that is started within."""
        self._next_fault = fault
        try:
            yield
        finally:
            self._next_fault = None

    def start_task(self, operation: str, environment: Environment, instance: dict[str, Any], work: Work, state_before: str | None) -> Task:
        """Starts the work of an operation. ``state_before``: None if there was no instance before."""
        now = self.clock()
        lasts = self.settings.seconds.get(operation, self.settings.task_seconds)
        at_once = operation == "update" and self.settings.update_response != "task"
        if self.settings.first_response in ("done", "done_without_data") or at_once:
            lasts = 0.0
        fault, self._next_fault = self._next_fault, None
        phases = [(now + lasts * part / len(work.states), state) for part, state in enumerate(work.states)]
        task = Task(
            operation=operation,
            started=now,
            environment=environment,
            instance=instance,
            work=work,
            state_before=state_before,
            ends_at=now + lasts,
            phases=phases,
            fault=fault,
        )
        self.tasks[task.id] = self.pending[task.id] = task
        self.advance()
        return task

    def refused_task(self, message: str) -> TaskReport:
        """A task that has failed, for a request that was refused."""
        task = TaskReport(operation="refused", started=self.clock(), status=self.settings.failed_status, failure=message)
        self.tasks[task.id] = task
        return task

    def task(self, task_id: str) -> TaskReport:
        """A task; a 404 if there is none, it was lost, or it is too old."""
        found = self.tasks.get(task_id)
        if found is None or found.lost or self.clock() > found.started + TASK_LIFE:
            raise not_found(f"Task {task_id} was not found.", id=task_id, type="tasks")
        return found

    def supersede(self, instance_id: str) -> None:
        """Ends the pending task of an instance without its effect: another one takes its place."""
        for task in list(self.pending.values()):
            if task.instance["id"] == instance_id:
                task.status, task.result = "SUCCESS", {}
                del self.pending[task.id]

    def advance(self) -> None:
        """Carries out what is due by now."""
        now = self.clock()
        if self.settings.lag_seconds:
            # A list that lags behind shows each of these moments later.
            while (moment := self._next_moment()) < now:
                self._advance_to(moment)
        self._advance_to(now)

    def _next_moment(self) -> float:
        """When something happens next by itself."""
        moments = {moment for task in self.pending.values() for moment in (task.ends_at, *(begins for begins, _state in task.phases))}
        if self.settings.expunge_after:
            for environment in self._environments.values():
                moments |= {since + self.settings.expunge_after for since in environment.destroyed_at().values()}
        return min((moment for moment in moments if moment > self.now), default=math.inf)

    def _advance_to(self, now: float) -> None:
        self.now = now
        for task in sorted(self.pending.values(), key=lambda item: item.ends_at):
            if now >= task.ends_at and not task.stuck:
                del self.pending[task.id]
                self._end(task)
            elif task.instance["id"] in task.environment.instances:
                task.instance["state"] = task.state_at(now) or task.instance["state"]
        for environment in self._environments.values():
            if self.settings.expunge_after:
                environment.expunge(now - self.settings.expunge_after)
            environment.record(now)

    def _end(self, task: Task) -> None:
        there = task.instance["id"] in task.environment.instances
        failing = task.fault if task.fault is not None and task.fault.kind == "task_failed" else None
        if failing is None and (there or task.work.removes):
            task.result, task.status = task.work.effect(), "SUCCESS"
            return
        task.status = self.settings.failed_status
        task.failure = (failing and failing.message) or "The instance is gone."
        if there:
            leaves = (failing and failing.leaves) or task.state_before
            if leaves is None:
                # A create that failed leaves nothing.
                task.environment.remove_instance(task.instance)
            elif task.phases or (failing and failing.leaves):
                task.instance["state"] = leaves
