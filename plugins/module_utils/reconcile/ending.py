# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits until an instance shows that a step has ended: the state that it leads to, and the values that were sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api.errors import ApiError, DeadlineExceeded
from ..instance.conditions import DESTROYED, ERROR, NONE, STOPPED, TRANSITION, condition, described
from ..instance.steps import Step, contradicts, final_view, has_ended, shows_effect
from .confirmation import not_shown, wait_for_values
from .delivery import Delivery
from .identity import NewInstance
from .reader import Reader
from .waiting import GRACE, Polling


class Ending:
    """Looks at the instance after a step was sent."""

    def __init__(self, reader: Reader, delivery: Delivery, new: NewInstance) -> None:
        self._reader, self._delivery, self._new, self._run = reader, delivery, new, reader.run

    async def awaited(
        self, step: Step, instance_id: str, before: dict[str, Any] | None, confirmed: bool, lost: ApiError | None
    ) -> dict[str, Any] | None:
        """Looks until the instance is in the state that the step leads to.

        ``confirmed`` False: only the instance can tell whether the step was done. If it has settled and does not show the effect
        within GRACE, the outcome is unknown.
        """
        polling = Polling(self._run.client, self._run.deadline)
        shown: Polling | None = None
        while True:
            now = await self._reader.look(instance_id)
            ended, contradicted = has_ended(step, now), contradicts(step, now)
            if ended and not contradicted:
                return final_view(step, before, now)
            # Another instance than the new one may never reach the state that is waited for.
            settled = ended or (step.action == "create" and condition(now) == STOPPED)
            if now is not None and contradicted and settled and (confirmed or step.action == "create"):
                shown = shown or Polling(self._run.client, self._run.deadline)
                if not await wait_for_values(step, now, shown, self._run.deadline):
                    raise await self.not_shown(step, now)
                continue
            if now is None and (confirmed or (step.action == "create" and polling.waited() < GRACE)):
                # What retrieving shows can be behind a task that succeeded, and behind the list.
                await polling.wait(f"the instance {instance_id} to show after {step.action}")
                continue
            if not ended and (now is None or (step.operation.leaves_alive and condition(now) in (ERROR, DESTROYED, NONE))):
                state = "gone" if now is None else f"in state {self._reader.shown_state(now)}"
                raise ApiError(f"The instance {instance_id} is {state} after {step.action}: look at it in the portal.")
            if not confirmed and condition(now) != TRANSITION and polling.waited() >= GRACE:
                raise self._delivery.outcome_unknown(step, lost or ApiError("nothing shows that it was done"), before)
            target = step.operation.ends_in or "its new state"
            await polling.wait(
                f"{described(now)} to reach {target} after {step.action}; the work on the server goes on; the last state seen is"
                f" {self._reader.shown_state(now)}"
            )

    async def in_time(
        self, step: Step, target: str | None, before: dict[str, Any] | None, error: DeadlineExceeded
    ) -> dict[str, Any] | None:
        """The instance, if it shows the goal although its task had not ended by the deadline. Raises ``error``, with the state, if not."""
        now = None
        try:
            if target is None:
                new = self._delivery.new_ids(await self._reader.instances(patient=True))
                target = new[0] if len(new) == 1 else None
            now = None if target is None else await self._reader.look(target)
        except ApiError:
            target = None
        if target is not None:
            if step.action == "create":
                await self._new.identify(target)
            if has_ended(step, now) and shows_effect(step, before, now) and not contradicts(step, now):
                if step.action == "create":
                    self._run.outcome.warnings.append(
                        f"The new instance {target} runs, but the API's task {error.task_id} had not ended in time, so its password, if"
                        " it has one, is not known"
                    )
                return final_view(step, before, now)
        self._reader.add_last_state(error)
        raise error

    async def not_shown(self, step: Step, now: Mapping[str, Any]) -> ApiError:
        """The error for values that do not show. A new instance with another name may also be another run's."""
        if step.action == "create" and now.get("name") != self._run.options["name"]:
            await self._new.refuse_other_name(str(now["id"]), now.get("name"))
        return not_shown(step, now)
