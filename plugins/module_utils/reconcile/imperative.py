# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that are not about a state: resetting the password, attaching and detaching an ISO.

They find the instance, send and wait with the same parts as a Reconciler, so with the same care for lost responses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..api.errors import ApiError, DeadlineExceeded
from ..instance.conditions import DESTROYED, condition, described
from ..instance.options import merged_options
from ..instance.steps import Lookup, Refused, Step
from ..text import as_boolean, is_same
from .delivery import Delivery
from .executor import Executor
from .identity import id_in
from .outcome import Raced
from .reader import Reader
from .run import Run

# What the API's messages say if the reason for a refusal is that an ISO is attached, or that none is.
ABOUT_ATTACHED = re.compile(r"\b(already|another|no)\b.*\battached\b|\bnot attached\b|\battached\b.*\balready\b", re.IGNORECASE)


def selection(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the module ``instance`` that select by id or name, and want nothing else."""
    return merged_options({name: options.get(name) for name in ("id", "name")}, None)


class ImperativeRun:
    """A run of one such operation. The run's options: see ``selection``."""

    def __init__(self, run: Run) -> None:
        self.run, self.outcome = run, run.outcome
        self._reader = Reader(run)
        self._delivery = Delivery(self._reader)
        self._executor = Executor(self._reader, self._delivery)
        self.msg = ""
        """What has to be said besides the result."""

    @property
    def progress(self) -> str | None:
        """What the instance was doing when it was last seen, for people."""
        return self._reader.progress

    async def reset_password(self) -> dict[str, Any]:
        """Resets the password; ``outcome.password`` is the new one. Returns the instance."""
        current = await self._selected()
        step = Step("resetPassword")
        self.outcome.diff = {"before": {"password": "the one before"}, "after": {"password": "a new one"}}
        if self.run.check_mode:
            self._delivery.record(step)
            return current
        try:
            response, _confirmed = await self._delivery.send(step, current)
        except Raced as race:
            raise race.error from None
        result = response.data
        if response.task_id:
            try:
                status = await self._executor.awaited_task(response.task_id, step, current["id"])
            except DeadlineExceeded as error:
                self._reader.add_last_state(error)
                raise
            if status.lost:
                raise self._delivery.outcome_unknown(step, status.lost, current)
            result = status.result
        answered = id_in(result)
        if answered is not None and not is_same(answered, current["id"]):
            raise ApiError(
                f"The API answered with the password of another instance, {answered}, so it is not returned: the password of"
                f" {described(current)} may have been reset; reset it once more."
            )
        self.outcome.keep_password(result)
        if self.outcome.password is None:
            raise ApiError(f"The password of {described(current)} was reset, but the API did not return the new one: reset it once more.")
        return current

    async def set_iso(self, iso: str | None) -> dict[str, Any]:
        """Attaches an ISO, by name or id, or with None detaches whichever is attached. Returns the instance."""
        current = await self._selected()
        wanted = None if iso is None else await self._attachable(iso)
        reports = "iso_id" in current
        # Without an ISO, some versions of the API report an empty text.
        reported = current.get("iso_id") or None
        if reports and is_same(reported, wanted):
            return current
        self.outcome.diff = {"before": {"iso_id": reported if reports else "not reported"}, "after": {"iso_id": wanted}}
        steps = [Step("detachIso", None, {"iso_id": None})] if wanted is None or reported is not None else []
        if wanted is not None:
            steps.append(Step("attachIso", {"isoId": wanted}, {"iso_id": wanted}))
        if not reports:
            self.msg = "The API does not report which ISO is attached, so the operation was run whether it was needed or not."
        if self.run.check_mode:
            for step in steps:
                self._delivery.record(step)
            return current
        try:
            for step in steps:
                current = await self._run_step(step, current) or current
        except Raced as race:
            raise race.error from None
        return current

    async def _selected(self) -> dict[str, Any]:
        """The instance. Raises Refused if there is none, or none that can be changed."""
        current = await self._reader.find()
        if current is None:
            name, label = self.run.options["name"], self.run.client.label
            raise Refused(f"There is no instance with the name {name!r} in {label}: check the name.")
        if condition(current) == DESTROYED:
            raise Refused(f"{described(current)} is destroyed: use coxedge.compute.instance with state recovered to bring it back.")
        return current

    async def _attachable(self, iso: str) -> str:
        """The id of an ISO that can be attached. Raises Refused if there is none."""
        entry = await self.run.catalog.find(Lookup("iso", "isos", iso))
        if as_boolean(entry.get("bootable")):
            raise Refused(f"iso: the ISO {iso!r} is bootable, and only others can be attached: choose another one.")
        if as_boolean(entry.get("ready")) is False:
            raise Refused(f"iso: the ISO {iso!r} is not ready yet: wait for it, or choose another one.")
        return str(entry["id"])

    async def _run_step(self, step: Step, current: dict[str, Any]) -> dict[str, Any] | None:
        """One step. If another ISO is in the way, which the API may not report, it is detached first."""
        sent = len(self.outcome.actions)
        try:
            return await self._executor.run_step(step, current, waits=True)
        except ApiError as error:
            if error.status_code != 400 or not ABOUT_ATTACHED.search(error.message):
                raise
            if step.action == "detachIso":
                if len(self.outcome.actions) > sent:
                    # It was sent before, its response was lost, and it took effect.
                    return None
                self.msg = "No ISO was attached, as the API said when it was asked to detach it."
                self.outcome.diff = {"before": {}, "after": {}}
                return None
        await self._executor.run_step(Step("detachIso", None, {"iso_id": None}), current, waits=True)
        try:
            return await self._executor.run_step(step, current, waits=True)
        except ApiError as error:
            error.add("; the ISO that was attached before has been detached")
            raise
