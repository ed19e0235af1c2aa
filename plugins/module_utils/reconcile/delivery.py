# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends a step to the API, whatever happens to the response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ..api.errors import ApiError, ResponseLost, TaskFailed
from ..api.messages import Response
from ..instance.conditions import described, is_live
from ..instance.steps import Step, shows_effect
from ..jobs import call, pause
from .outcome import Raced
from .reader import Reader
from .waiting import GRACE, Polling


class Delivery:
    """Sends steps. If a response is lost, it looks at the instance before anything is sent again."""

    def __init__(self, reader: Reader, persistent: bool = False) -> None:
        """``persistent``: whether a step is sent again until the deadline, not only ``api_retries`` times."""
        self._reader, self._run, self._persistent = reader, reader.run, persistent

    async def send(self, step: Step, current: dict[str, Any] | None) -> tuple[Response, bool]:
        """Sends a step. Returns the response, and whether the server confirmed it; if not, only the instance shows the effect.

        What an instance shows after a lost response counts as if the response had arrived. Otherwise the step is sent again, if
        repeating it is harmless or would be refused.
        """
        instance_id = (current or {}).get("id")
        query = step.action if step.operation.is_query else None
        write, deadline = self._run.client.write, self._run.deadline
        request = partial(write, step.operation.method, "instances", instance_id, deadline, step.body, query, self._persistent)
        losses = 0
        while True:
            try:
                response = await call(request)
            except TaskFailed:
                # The server accepted it, and its first response already says that it failed.
                self.record(step)
                raise
            except ResponseLost as lost:
                losses += 1
                if step.action == "create":
                    self.record(step)
                    return Response({"id": await self.adopt_created(step, lost)}), False
                if await self._took_effect(step, current, losses, lost):
                    self.record(step)
                    return Response(), False
                may_repeat = self._persistent or losses <= self._run.client.connection.api_retries
                if not step.operation.repeatable or not may_repeat:
                    self.record(step)
                    raise self.outcome_unknown(step, lost, current) from None
            except ApiError as error:
                if not await self._is_done_already(step, current, losses, error):
                    raise
                self.record(step)
                return Response(), False
            else:
                self.record(step)
                return await self._with_result(response), not response.unconfirmed

    def record(self, step: Step) -> None:
        """Adds a step to the actions. One whose response is lost counts too, because the server may have done it."""
        self._run.outcome.actions.append(step.action)

    def outcome_unknown(self, step: Step, why: ApiError, current: Mapping[str, Any] | None, then: ApiError | None = None) -> ApiError:
        """The error for a write that may or may not have taken effect. ``then``: what went wrong while looking."""
        target = described(current) if current else f"an instance with the name {self._run.options.get('name')!r}"
        later = f"; then: {then.clause}" if then else ""
        return why.with_message(
            f"The outcome of {step.action} for {target} is unknown: {why.clause}{later};"
            " look at the instance in the portal or with instance_info before running this again."
        )

    async def adopt_created(self, step: Step, lost: ApiError | None) -> str:
        """The id of the instance that a create made, if no response gave it: the one new id with the name in the list.

        A create is never sent twice: without knowing what the first one did, that would make a second server.
        """
        why = lost or ApiError("the response to the create has no id")
        polling = Polling(self._run.client, self._run.deadline)
        try:
            while True:
                new = self.new_ids(await self._reader.instances(patient=True))
                if new or polling.waited() >= GRACE:
                    break
                await polling.wait("the new instance to appear in the list")
        except ApiError as error:
            raise self.outcome_unknown(step, why, None, error) from None
        if len(new) == 1:
            if lost is not None:
                self._run.outcome.warnings.append(
                    f"The response to the create was lost; the new instance {new[0]} with that name was found in the list and adopted,"
                    " and its password, if it has one, is not known"
                )
            return new[0]
        if new:
            why = ApiError(f"{why.clause}; several new instances have the name: {', '.join(new)}")
        raise self.outcome_unknown(step, why, None)

    def new_ids(self, instances: list[dict[str, Any]]) -> list[str]:
        """The ids of live instances with the wanted name that were not there before the create."""
        return [item["id"] for item in self._reader.new_with_name(instances) if is_live(item)]

    async def _with_result(self, response: Response) -> Response:
        """A response with the result of its work, if that has ended: it may be in the task alone.

        A task that is not known any more leaves a response without a result, and one that has not ended is waited for like others.
        """
        if not response.ended or not response.task_id:
            return response
        try:
            status = await call(self._run.client.task, response.task_id, self._run.deadline)
        except ApiError as error:
            error.task_id = response.task_id
            raise
        return replace(response, data=status.result, task_id=None) if status.ended or status.lost else response

    async def _is_done_already(self, step: Step, current: dict[str, Any] | None, losses: int, error: ApiError) -> bool:
        """Whether a step needs nothing more although the server refused it. Raises Raced, or an error of its own."""
        if error.status_code == 404 and step.operation.destroys and current is not None:
            return shows_effect(step, current, await self._reader.look(current["id"]))
        if losses and await self._took_effect(step, current, 0, error):
            # Refused because the first one, whose response was lost, took effect.
            return True
        if "currentState" in error.context and current is not None:
            raise Raced(error, current["id"]) from None
        if losses:
            self.record(step)
            raise self.outcome_unknown(step, error, current) from None
        if error.status_code == 404 and current is not None:
            what = "is gone: it was removed while this run was in progress, and nothing more was done"
            error.message = f"{described(current)} {what}{error.quoted_reason}"
        return False

    async def _took_effect(self, step: Step, before: dict[str, Any] | None, losses: int, why: ApiError) -> bool:
        """Whether the instance shows a step's effect: now and shortly after, or within GRACE for steps that are never sent twice."""
        instance_id = (before or {})["id"]
        client, deadline = self._run.client, self._run.deadline
        polling = Polling(client, deadline)
        try:
            if shows_effect(step, before, await self._reader.look(instance_id)):
                return True
            if not step.operation.repeatable:
                while polling.waited() < GRACE:
                    await polling.wait(f"an effect of {step.action}")
                    if shows_effect(step, before, await self._reader.look(instance_id)):
                        return True
            elif losses:
                await pause(min(client.backoff(losses), deadline.remaining()))
                return shows_effect(step, before, await self._reader.look(instance_id))
        except ApiError as error:
            self.record(step)
            raise self.outcome_unknown(step, why, before, error) from None
        return False
