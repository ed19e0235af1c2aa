# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings one instance to its wanted state: read, plan, execute, and plan again once if someone else interfered.

Check mode is known here and nowhere else: a plan is executed, or it is not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..api.errors import ApiError, DeadlineExceeded
from ..instance.compare import diff_of
from ..instance.conditions import name_and_id
from ..instance.options import called
from ..instance.plan import lookups_needed, make_plan
from ..instance.plan_line import plan_line, risks_of
from ..instance.steps import Plan, Refused
from .delivery import Delivery
from .executor import Executor
from .outcome import Outcome, Raced
from .reader import Reader
from .resolver import resolve
from .restart import restarted
from .run import Run


class Reconciler:
    """Reconciles one instance with the options of a run."""

    def __init__(self, run: Run, reader: Reader | None = None, checks_duplicates: bool = True) -> None:
        self.run = run
        self.reader = reader or Reader(run)
        self.executor = Executor(self.reader, Delivery(self.reader), checks_duplicates)
        run.outcome.subject = called(run.options)

    async def converge(self) -> Outcome:
        """Options to outcome. Raises Refused or ApiError; the run's outcome then has what was done before."""
        try:
            return await self._converge()
        except (ApiError, Refused) as error:
            if isinstance(error, DeadlineExceeded) and self.reader.last_state:
                self.reader.add_last_state(error)
            executor, again = self.executor, None
            if executor.stopped_id is not None:
                again = await restarted(self.run, self.reader, executor.stopped_id, executor.pending_task, error)
            latest, outcome = self.reader.latest, self.run.outcome
            outcome.instance, outcome.id = latest, (latest or {}).get("id") or executor.new.id or self.run.options.get("id")
            if again is not None:
                raise again from None
            raise

    async def _converge(self) -> Outcome:
        run, reader, executor = self.run, self.reader, self.executor
        current = await reader.find()
        first: Plan | None = None
        may_be_outdated, listed_again, planned_again = current is not None, False, False
        while True:
            current = await reader.settled(current)
            if current is None and may_be_outdated and not run.options.get("id"):
                # The instance with the name is gone. After the list was read, someone may have created another one.
                current = await reader.settled(await reader.find())
            lookups = lookups_needed(current, run.options)
            resolved = await resolve(run.catalog, lookups, current)
            if lookups.similar_to is not None:
                resolved.similar = reader.similar(lookups.similar_to)
            plan = make_plan(current, run.options, resolved, executor.progress)
            if "create" in plan.actions and "instances" in run.client.paged and not listed_again:
                # A list in pages can miss an instance, and here that would lead to a second server.
                listed_again = True
                current = await reader.find()
                if current is not None:
                    continue
            first = first or plan
            self._record_plan(first, plan)
            if run.check_mode:
                run.outcome.actions = plan.actions
                run.outcome.instance = plan.after
                return run.outcome
            try:
                run.outcome.instance = await executor.execute(plan)
            except Raced as race:
                if planned_again:
                    raise race.error from None
                planned_again = may_be_outdated = True
                executor.forget_stop()
                current = await reader.look(race.instance_id)
                if "create" in run.outcome.actions:
                    self._continue_with_created(race, current)
                continue
            if not run.outcome.actions:
                # Someone else did it first.
                nothing = replace(plan, steps=(), before=plan.after, extra={})
                self._record_plan(nothing, nothing)
            return run.outcome

    def _continue_with_created(self, race: Raced, current: dict[str, Any] | None) -> None:
        """After a race for an instance that this run created: select that one, so that there is never a second one."""
        if current is None:
            raise race.error
        self.run.options = {**self.run.options, "id": race.instance_id, "allow_reboot": True, "update_ssh_key": "on_create"}

    def _record_plan(self, first: Plan, plan: Plan) -> None:
        """Puts what a plan says about itself into the outcome. A second plan continues the first one: what that did is a part of it."""
        outcome = self.run.outcome
        # An instance that others destroyed meanwhile, and that is created again, is another one.
        base = plan if plan.before is None else first
        done = first.steps[: len(outcome.actions)] if plan is not first else ()
        whole = Plan((*done, *plan.steps), base.before, plan.after, base.extra)
        known = base.before or {}
        name = called(self.run.options, known)
        outcome.subject = name_and_id(known) if known.get("id") else name
        outcome.plan, outcome.risks = plan_line(whole, name), risks_of(whole)
        outcome.diff = diff_of(base.before, plan.after, base.extra)
        if whole.steps and outcome.diff["before"] == outcome.diff["after"]:
            # There are no values to compare, such as after a restart, and core shows nothing of an empty diff.
            outcome.diff["prepared"] = f"{outcome.plan}\n"
        outcome.drift = dict(plan.drift)
        outcome.warnings += [text for text in plan.warnings if text not in outcome.warnings]
