# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Executes a plan: each step is sent, its task is awaited, then the state that it leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..api.errors import ApiError, DeadlineExceeded
from ..api.messages import Response, TaskStatus
from ..instance.conditions import NONE, RUNNING, STOPPED, condition
from ..instance.creation import steps_after_create
from ..instance.steps import NO_PROGRESS, Plan, Progress, Step, contradicts, final_view, reboots
from ..instance.view import partial_view
from ..text import is_same
from .confirmation import list_warnings
from .delivery import Delivery
from .ending import Ending
from .identity import NewInstance, id_in
from .reader import Reader


class Executor:
    """Executes the plans of one run, and remembers what it did to the instance."""

    def __init__(self, reader: Reader, delivery: Delivery, checks_duplicates: bool = True) -> None:
        """``checks_duplicates``: whether it looks for duplicates of what it creates; a fleet does that for all members at once."""
        self._reader, self._delivery, self._run = reader, delivery, reader.run
        self._checks_duplicates = checks_duplicates
        self.created: Mapping[str, Any] | None = None
        self.new = NewInstance(reader, delivery)
        self._ending = Ending(reader, delivery, self.new)
        self.progress: Progress = NO_PROGRESS
        self.stopped_id: str | None = None
        """The running instance that this run stopped in order to change it, until it is started again."""
        self.pending_task: str | None = None
        """The task whose end this run did not see."""

    async def execute(self, plan: Plan) -> dict[str, Any] | None:
        """Executes a plan. Returns the instance as it is at the end."""
        current: dict[str, Any] | None = dict(plan.before) if plan.before is not None else None
        if not plan.steps:
            return current
        if plan.steps[0].action == "create":
            return await self._create(plan)
        current = await self._run_steps(plan.steps, current)
        return await self._correct_state(current, plan) if self._run.wait and plan.steps[-1].operation.changes else current

    async def run_step(self, step: Step, current: dict[str, Any] | None, waits: bool) -> dict[str, Any] | None:
        """Sends a step, waits for its task, then for the state that it leads to. Returns the instance afterwards."""
        response, confirmed = await self._sent(step, current)
        creates = step.action == "create"
        target = id_in(response.data) if creates else (current or {}).get("id")
        self._run.outcome.task_id = response.task_id
        if creates:
            await self.new.identify(target)
        if not waits:
            return await self._unawaited(step, response, current, target)
        lost: ApiError | None = None
        if response.task_id:
            try:
                status = await self.awaited_task(response.task_id, step, target)
            except DeadlineExceeded as error:
                return await self._ending.in_time(step, target, current, error)
            lost = status.lost
            if creates:
                target = id_in(status.result) or target
                await self.new.identify(target)
                self._run.outcome.keep_password(status.result)
        elif creates:
            self._run.outcome.keep_password(response.data)
        if target is None:
            # The work is done, or its task is lost, and no response gave the id.
            target = self.new.id = await self._delivery.adopt_created(step, lost)
        try:
            return await self._ending.awaited(step, str(target), current, confirmed and lost is None, lost)
        except ApiError as error:
            error.task_id = error.task_id or response.task_id
            raise

    def forget_stop(self) -> None:
        """Forgets a stop that is another's by now: the instance is not started again then."""
        if not self.progress.stopped:
            self.stopped_id = None

    async def awaited_task(self, task_id: str, step: Step, target: str | None) -> TaskStatus:
        """Waits for the task of a step to end. Errors have its id. ``target``: the id of the instance, if it is known."""
        self.pending_task = task_id
        try:
            status = await self._reader.task_end(task_id, step, target)
            self.pending_task = None
            return status
        except ApiError as error:
            error.task_id = task_id
            raise

    async def _create(self, plan: Plan) -> dict[str, Any] | None:
        """Creates an instance, and does what a create can't do."""
        create, rest = plan.steps[0], plan.steps[1:]
        # Only a create that has ended tells which host name the server chose.
        waits = self._run.wait or bool(rest) or self._run.options.get("hostname") is not None
        created = await self.run_step(create, None, waits=waits)
        if created is None or created.get("id") is None or not waits:
            # Its task continues: what is known about it is what was asked for.
            return {**(plan.after or {}), "state": None, **(created or {})}
        self.created = created
        if self._checks_duplicates:
            (own,), common = await list_warnings([created], self._reader.instances, self._run.client, self._run.deadline)
            self._run.outcome.warnings += own + common
        # Not the predicted steps, but those that the new instance needs: its host name is known only now.
        steps = steps_after_create(created, self._run.options, any(step.action == "stop" for step in rest))
        current = await self._run_steps(steps, created)
        return await self._correct_state(current, plan) if self._run.wait else current

    async def _run_steps(self, steps: Sequence[Step], current: dict[str, Any] | None) -> dict[str, Any] | None:
        """Runs steps in their order; the last one is awaited only if the run waits."""
        for number, step in enumerate(steps):
            current = await self.run_step(step, current, waits=self._run.wait or number < len(steps) - 1)
        return current

    async def _correct_state(self, current: dict[str, Any] | None, plan: Plan) -> dict[str, Any] | None:
        """One more step if the API left another state than planned: some changes start a stopped instance."""
        action = {(RUNNING, STOPPED): "stop", (STOPPED, RUNNING): "start"}.get((condition(current), condition(plan.after)))
        if action is None:
            return current
        return await self.run_step(Step(action), current, waits=True)

    async def _sent(self, step: Step, current: dict[str, Any] | None) -> tuple[Response, bool]:
        """Sends a step: see ``Delivery.send``. Remembers what must not happen twice, or must be undone, if the rest fails."""
        running, actions = condition(current) == RUNNING, self._run.outcome.actions
        already = len(actions)
        try:
            response, confirmed = await self._delivery.send(step, current)
        finally:
            # A stop counts even if its response was lost, but not if it was never sent.
            if step.action == "stop" and running and len(actions) > already and self._run.options["state"] != "stopped":
                self.stopped_id = (current or {}).get("id")
        if step.action == "start":
            self.stopped_id = None
        if step.action == "reboot" or (running and (step.action == "stop" or reboots(step))):
            self.progress = Progress(True, step.action == "stop")
        answered = id_in(response.data)
        # An answer about another instance says nothing about this one.
        return response, confirmed and (current is None or answered is None or is_same(answered, current["id"]))

    async def _unawaited(self, step: Step, response: Response, current: dict[str, Any] | None, target: str | None) -> dict[str, Any] | None:
        """What can be returned after the last step of a run that does not wait."""
        if step.action == "create":
            if response.task_id is None:
                self._run.outcome.keep_password(response.data)
                target = target or await self._delivery.adopt_created(step, None)
            created = {**partial_view(response.data), "id": target}
            if response.task_id is None and contradicts(step, created):
                raise await self._ending.not_shown(step, created)
            return created
        try:
            now = await self._reader.look(str(target))
        except ApiError as error:
            error.task_id = error.task_id or response.task_id
            raise
        if condition(now) == NONE and current is not None and step.operation.destroys:
            return final_view(step, current, now)
        return now
