# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations on an instance that are no state of it: resetting the password, attaching and detaching an ISO.

They find the instance, send and wait as ``apply.Run`` does, with the same care for answers that are lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .api.errors import ApiError
from .apply import Raced, Run
from .catalog import Catalog
from .instance.conditions import DESTROYED, condition, described
from .instance.options import merged_options, option_problem
from .instance.steps import Lookup, Refused, Step
from .module import ApiModule, api_options, wait_options
from .tasks import Job, drive

# What refusals of the API's say that are about an ISO being attached, or none.
ABOUT_ATTACHED = re.compile(r"\b(already|another|no)\b.*\battached\b|\bnot attached\b|\battached\b.*\balready\b", re.IGNORECASE)


def selection(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of ``instance`` that select by id or name, and want nothing."""
    return merged_options({name: options.get(name) for name in ("id", "name")}, None)


@dataclass
class ImperativeRun(Run):
    """A run of one such operation. ``options``: see ``selection``."""

    msg: str = ""
    """What is to be said beside the result."""

    async def _selected(self) -> dict[str, Any]:
        """The instance. Raises Refused where there is none to work on."""
        current = await self._find()
        if current is None:
            raise Refused(f"There is no instance of name {self.options['name']!r} in {self.client.label}: check the name.")
        if condition(current) == DESTROYED:
            raise Refused(f"{described(current)} is destroyed: use coxedge.compute.instance with state recovered to bring it back.")
        return current

    async def reset_password(self) -> dict[str, Any]:
        """Resets the password; ``outcome.password`` is the new one. Returns the instance."""
        current = await self._selected()
        step = Step("resetPassword")
        self.outcome.diff = {"before": {"password": "the one before"}, "after": {"password": "a new one"}}
        if self.check_mode:
            self._done(step)
            return current
        try:
            answer, _confirmed = await self._send(step, current)
        except Raced as race:
            raise race.error from None
        result = answer.data
        if answer.task_id:
            status = await self._awaited_task(answer.task_id)
            if status.lost:
                raise self._unknown(step, status.lost, current)
            result = status.result
        self._keep_password(result)
        if self.outcome.password is None:
            raise ApiError(f"The password of {described(current)} was reset, but the API did not tell the new one: reset it once more.")
        return current

    async def set_iso(self, iso: str | None) -> dict[str, Any]:
        """Has this ISO, by name or id, attached, or with None no ISO. Returns the instance."""
        current = await self._selected()
        record = None if iso is None else await self.catalog.find(Lookup("iso", "isos", iso))
        wanted = None if record is None else str(record["id"])
        for field, word in (("bootable", True), ("ready", False)):
            if record is not None and record.get(field) is word:
                fault = "bootable" if word else "not ready yet"
                raise Refused(f"iso: the ISO {iso!r} is {fault}, and such a one can't be attached: choose another.")
        reported = current.get("iso_id")
        knows = "iso_id" in current
        if knows and reported == wanted:
            return current
        self.outcome.diff = {"before": {"iso_id": reported if knows else "not reported"}, "after": {"iso_id": wanted}}
        steps = [Step("detachIso", None, {"iso_id": None})] if wanted is None or reported is not None else []
        attach = Step("attachIso", {"isoId": wanted}, {"iso_id": wanted})
        steps += [attach] if wanted is not None else []
        if not knows:
            self.msg = "The API does not report which ISO is attached, so the operation was run whether it was needed or not."
        if self.check_mode:
            for step in steps:
                self._done(step)
            return current
        try:
            for step in steps:
                current = await self._iso_step(step, current) or current
        except Raced as race:
            raise race.error from None
        return current

    async def _iso_step(self, step: Step, current: dict[str, Any]) -> dict[str, Any] | None:
        """One step; where another ISO is in the way, which the API may not report, it is detached first."""
        sent = len(self.outcome.actions)
        try:
            return await self._do(step, current, waits=True)
        except ApiError as refusal:
            if refusal.status_code != 400 or not ABOUT_ATTACHED.search(refusal.message):
                raise
            if step.action == "detachIso":
                if len(self.outcome.actions) > sent:
                    # It was sent before, its answer was lost, and it has been carried out.
                    return None
                self.msg = "No ISO was attached, as the API said when it was asked to detach it."
                self.outcome.diff = {"before": {}, "after": {}}
                return None
        await self._do(Step("detachIso", None, {"iso_id": None}), current, waits=True)
        try:
            return await self._do(step, current, waits=True)
        except ApiError as error:
            error.add("; the ISO that was attached before has been detached")
            raise


def run_operation(
    spec: dict[str, dict[str, Any]],
    job: Callable[[ImperativeRun, dict[str, Any]], Job[dict[str, Any]]],
    result: Callable[[ImperativeRun, dict[str, Any]], dict[str, Any]],
    problem_of: Callable[[dict[str, Any]], str | None] = lambda _options: None,
) -> None:
    """Runs a module of one operation. ``spec``: its own options; ``result``: what it returns beside what they all do."""
    selecting: dict[str, dict[str, Any]] = {"id": {"type": "str"}, "name": {"type": "str"}, "wait_timeout": wait_options()["wait_timeout"]}
    module = ApiModule(argument_spec={**api_options(), **selecting, **spec})
    problem = option_problem(selection(module.params)) or problem_of(module.params)
    if problem:
        module.refuse(problem)
    client = module.new_client()
    deadline = module.new_deadline(client)
    run = ImperativeRun(client, Catalog(client, deadline), deadline, selection(module.params), check_mode=module.check_mode)
    try:
        instance = drive(job(run, module.params), client.sleep)
    except (ApiError, Refused, ImportError) as failure:
        module.fail_with(failure, **run.outcome.so_far())
    else:
        module.exit_json(changed=bool(run.outcome.actions), actions=run.outcome.actions, diff=run.outcome.diff, **result(run, instance))
