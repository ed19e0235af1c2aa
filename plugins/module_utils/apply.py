# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings one instance to where it is wanted: finds it, has a plan made, carries it out.

``Run.converge`` is a job (see ``tasks``), so one instance and a fleet of them run the same code. The only place that knows of
check mode is there too: a plan is carried out, or it is not.

At every line that writes, the connection may drop. What happens then is in ``Run._send``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .api.client import Client
from .api.deadline import Deadline
from .api.errors import ApiError, DeadlineExceeded, ResponseLost, TaskFailed
from .api.messages import Response, TaskStatus
from .catalog import Catalog
from .instance.compare import diff_of
from .instance.conditions import DESTROYED, ERROR, NONE, RUNNING, STOPPED, TRANSITION, condition, described, is_live, must_settle, state_of
from .instance.creation import steps_after_create
from .instance.plan import lookups_needed, make_plan
from .instance.steps import NO_PROGRESS, Plan, Progress, Refused, Step, contradicts, final_view, has_ended, reboots, shows_effect
from .instance.view import full_view, partial_view
from .tasks import Polling, call, pause, wait_for_task
from .text import UUID_PATTERN

# Seconds in which the effect of a write has to show after its answer was lost, or its task is no longer known.
GRACE = 30.0


class Raced(Exception):
    """The server refused a step because the instance is in another state than it was planned for."""

    def __init__(self, error: ApiError, instance_id: str) -> None:
        super().__init__(error.message)
        self.error, self.instance_id = error, instance_id


@dataclass
class Outcome:
    """What a run came to; ``actions`` and the others are filled as it goes, so that they are there when it fails too."""

    instance: dict[str, Any] | None = None
    actions: list[str] = field(default_factory=list)
    diff: dict[str, Any] = field(default_factory=lambda: {"before": {}, "after": {}})
    drift: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    password: str | None = None
    task_id: str | None = None

    def result(self, waited: bool = True) -> dict[str, Any]:
        """What the module returns, apart from warnings."""
        result: dict[str, Any] = {
            "changed": bool(self.actions),
            "instance": self.instance,
            "actions": self.actions,
            "diff": self.diff,
            "drift": self.drift,
        }
        if self.password is not None:
            result["password"] = self.password
        if not waited:
            result["task_id"] = self.task_id
        return result

    def so_far(self) -> dict[str, Any]:
        """What a failed run returns beside the failure: what was done before it."""
        done: dict[str, Any] = {"changed": bool(self.actions), "actions": self.actions}
        if self.password is not None:
            done["password"] = self.password
        return done


@dataclass
class Run:
    """One instance's run."""

    client: Client
    catalog: Catalog
    deadline: Deadline
    options: Mapping[str, Any]
    wait: bool = True
    check_mode: bool = False
    outcome: Outcome = field(default_factory=Outcome)
    known_ids: frozenset[str] = frozenset()
    """Ids in the list that was read before a create: what is not among them afterwards is new."""
    last_state: str = ""
    latest: dict[str, Any] | None = None
    """The instance as it was last seen."""
    created_id: str | None = None
    """The id of the instance that this run has created, as soon as it is known."""
    may_plan_again: bool = True
    progress: Progress = NO_PROGRESS
    stopped_id: str | None = None
    """The instance that was running and that this run has stopped in order to change it, until it is started again."""

    # -- the whole way

    async def converge(self) -> Outcome:
        """Options to outcome. Raises Refused or ApiError; ``outcome.actions`` then says what was done before."""
        try:
            return await self._converge()
        except (ApiError, Refused) as error:
            if isinstance(error, DeadlineExceeded) and self.last_state and "last state" not in error.message:
                error.add(f"; the last state seen is {self.client.for_display(self.last_state)}")
            if self.stopped_id is not None:
                raise (await self._revived(self.stopped_id, error)) from None
            raise

    async def _converge(self) -> Outcome:
        current = await self._find()
        first: Plan | None = None
        aged, twice = current is not None, False
        while True:
            current = await self._settled(current)
            if current is None and aged and not self.options.get("id"):
                # The one of the name is gone. Since the list was read, somebody may have made another.
                current = await self._settled(await self._find())
            resolved = await self.catalog.gather(lookups_needed(current, self.options), current)
            plan = make_plan(current, self.options, resolved, self.progress)
            if "create" in plan.actions and "instances" in self.client.paged and not twice:
                # A list in pages can miss one, and what it would cost here is a second server of the name.
                twice = True
                current = await self._find()
                if current is not None:
                    continue
            first = first or plan
            self._note(first, plan)
            if self.check_mode:
                self.outcome.actions = plan.actions
                self.outcome.instance = plan.after
                return self.outcome
            try:
                self.outcome.instance = await self._carry_out(plan)
            except Raced as race:
                if not self.may_plan_again:
                    raise race.error from None
                self.may_plan_again = False
                if not self.progress.stopped:
                    self.stopped_id = None
                aged = True
                current = await self._look(race.instance_id)
                if "create" in self.outcome.actions:
                    self._continue_with_created(race, current)
                continue
            if not self.outcome.actions:
                self.outcome.diff = diff_of({}, {}, {})
            return self.outcome

    def _continue_with_created(self, race: Raced, current: dict[str, Any] | None) -> None:
        """After a race on an instance that this run created: it is that one or none, never a second one."""
        if current is None:
            raise race.error
        self.options = {**self.options, "id": race.instance_id, "allow_reboot": True, "update_ssh_key": "on_create"}

    def _note(self, first: Plan, plan: Plan) -> None:
        """Puts what a plan says about itself into the outcome; of two plans, the whole way from the first's beginning."""
        # One that was destroyed by others meanwhile, and is created anew, is another one.
        base = plan if plan.before is None else first
        self.outcome.diff = diff_of(base.before, plan.after, base.extra)
        self.outcome.drift = dict(plan.drift)
        self.outcome.warnings += [text for text in plan.warnings if text not in self.outcome.warnings]

    # -- looking

    async def _look(self, instance_id: str) -> dict[str, Any] | None:
        """An instance as it is now; None where there is none.

        A 404 is also what a mistyped environment answers, or a gateway in trouble: it means absence only if a list of the
        environment succeeds and does not show the instance.
        """
        polling = Polling(self.client, self.deadline)
        while True:
            found = await call(self.client.fetch_one, "instances", instance_id, self.deadline)
            if found is not None:
                break
            rows = await self._list()
            if not any(row["id"].lower() == instance_id.lower() and condition(row) != NONE for row in rows):
                break
            if polling.waited() >= GRACE:
                raise ApiError(
                    f"The list shows the instance {instance_id}, but the API says that there is none of that id (HTTP 404).", 404
                )
            await polling.wait(f"instance {instance_id} to be readable")
        instance = None if found is None else full_view(found)
        self.last_state = state_of(instance) or "gone"
        self.latest = instance or self.latest
        return instance

    async def _list(self) -> list[dict[str, Any]]:
        return await call(self.client.fetch_all, "instances", self.deadline)

    async def _find(self) -> dict[str, Any] | None:
        """The instance that the options select, None if there is none. Raises Refused where a name is not clear."""
        if self.options.get("id"):
            return await self._find_by_id(self.options["id"])
        for _attempt in range(2):
            rows = await self._list()
            self.known_ids = frozenset(row["id"] for row in rows)
            row = self.named(rows)
            if row is None:
                break
            current = await self._read(row)
            if current is not None and (self._sees_destroyed() or is_live(current)):
                return current
            # Between the list and the look it was destroyed, and the name selects it no more; but by now perhaps another one.
        return None

    def _sees_destroyed(self) -> bool:
        """Whether a name selects among destroyed instances too."""
        return self.options["state"] == "recovered" or bool(self.options["state"] == "absent" and self.options["purge"])

    def named(self, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """The row of a list that the name selects; None if it selects none. Raises Refused where it selects several."""
        name = self.options["name"]
        found = [row for row in rows if row.get("name") == name and condition(row) != NONE and (self._sees_destroyed() or is_live(row))]
        if len(found) > 1:
            words = ", ".join(f"{self.client.for_display(row['id'])} ({self.client.for_display(state_of(row))})" for row in found)
            raise Refused(f"Several instances have the name {name!r}: {words}; select one with id.")
        return found[0] if found else None

    async def _read(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """The instance of a row of the list just read."""
        return await self._look(row["id"])

    async def _find_by_id(self, instance_id: str) -> dict[str, Any] | None:
        current = await self._look(instance_id)
        if condition(current) == NONE:
            current = None
        if current is None and self.options["state"] != "absent":
            raise Refused(f"There is no instance with the id {instance_id} in {self.client.label}: check the id, or select by name.")
        return current

    async def _settled(self, current: dict[str, Any] | None) -> dict[str, Any] | None:
        """Waits for a transition to end where the table says so, in check mode too: what to do depends on where it ends."""
        polling = Polling(self.client, self.deadline)
        while current is not None and must_settle(current, self.options):
            await polling.wait(f"{described(current)} to settle; the last state seen is {self._state(current)}")
            current = await self._look(current["id"])
        if current is None or condition(current) == NONE:
            if self.options.get("id") and self.options["state"] not in ("absent", "recovered"):
                raise Refused(f"The instance with the id {self.options['id']} is gone: select by name to create another one.")
            return None
        if self.options.get("id"):
            return current
        if current.get("name") != self.options["name"]:
            text = f"{described(current)} had the name {self.options['name']!r} until just now and was renamed by someone else"
            raise Refused(f"{text}: run this again.")
        if condition(current) == DESTROYED and self.options["state"] not in ("recovered", "absent"):
            # By name a destroyed one counts as none.
            return None
        return current

    def _state(self, instance: Mapping[str, Any] | None) -> str:
        return self.client.for_display(state_of(instance) or "gone")

    # -- carrying out

    async def _carry_out(self, plan: Plan) -> dict[str, Any] | None:
        """Carries a plan out; returns the instance as it is at the end."""
        current: dict[str, Any] | None = dict(plan.before) if plan.before is not None else None
        if not plan.steps:
            return current
        if plan.steps[0].action == "create":
            return await self._create(plan)
        for number, step in enumerate(plan.steps):
            last = number == len(plan.steps) - 1
            current = await self._do(step, current, waits=self.wait or not last)
        if self.wait and plan.steps[-1].operation.changes:
            current = await self._put_right(current, str((plan.after or {}).get("state")))
        return current

    async def _revived(self, instance_id: str, error: ApiError | Refused) -> ApiError | Refused:
        """Starts an instance again that was stopped for changes which then failed; returns the error, with what became of it."""
        self.stopped_id = None
        try:
            polling = Polling(self.client, self.deadline)
            now = await self._look(instance_id)
            while condition(now) == TRANSITION:
                await polling.wait("the end of its transition")
                now = await self._look(instance_id)
            if condition(now) == STOPPED:
                await self._do(Step("start"), now, waits=True)
        except (ApiError, Raced) as problem:
            text = f"; it was stopped for the change and could not be started again: {problem}"
            if not isinstance(error, ApiError):
                return Refused(str(error).rstrip(". ") + text)
            error.add(text)
        return error

    async def _put_right(self, current: dict[str, Any] | None, wanted: str) -> dict[str, Any] | None:
        """Where the API left another state than the plan leads to, one more step: some changes start a stopped instance."""
        action = {(RUNNING, "stopped"): "stop", (STOPPED, "running"): "start"}.get((condition(current), wanted.lower()))
        if action is None:
            return current
        return await self._do(Step(action), current, waits=True)

    async def _create(self, plan: Plan) -> dict[str, Any] | None:
        """Creates an instance and does what a create leaves to do."""
        create, rest = plan.steps[0], plan.steps[1:]
        # Only a create that has ended tells which host name the server chose.
        waits = self.wait or bool(rest) or self.options.get("hostname") is not None
        created = await self._do(create, None, waits=waits)
        if created is None or created.get("id") is None or not waits:
            # Its task goes on: what is known of it is what was asked for.
            return {**(plan.after or {}), "state": None, **(created or {})}
        await self._look_for_twins(created)
        # Not the steps that were predicted, but what the new instance needs: only now its host name is known.
        steps = steps_after_create(created, self.options, any(step.action == "stop" for step in rest))
        current: dict[str, Any] | None = created
        for number, step in enumerate(steps):
            current = await self._do(step, current, waits=self.wait or number < len(steps) - 1)
        if not self.wait:
            return current
        return await self._put_right(current, str((plan.after or {}).get("state")))

    async def _look_for_twins(self, created: Mapping[str, Any]) -> None:
        """Warns of another live instance of the name: two runs may have created one each at the same time."""
        try:
            rows = await self._list()
        except ApiError as error:
            self.outcome.warnings.append(f"Whether another instance has the same name could not be looked up: {error.sentence}")
            return
        warning = twin_warning(self.client, created, rows)
        if warning:
            self.outcome.warnings.append(warning)

    async def _do(self, step: Step, current: dict[str, Any] | None, waits: bool) -> dict[str, Any] | None:
        """One step: sends it, waits for its task, then for the state it leads to. Returns the instance afterwards."""
        if step.action == "stop" and condition(current) == RUNNING and self.options["state"] != "stopped":
            self.stopped_id = (current or {}).get("id")
        answer, confirmed = await self._send(step, current)
        self._note_interruption(step, current)
        target = self._id_in(answer.data) if step.action == "create" else (current or {}).get("id")
        self.outcome.task_id = answer.task_id
        if step.action == "create":
            self.created_id = target
        if not waits:
            return await self._unawaited(step, answer, current, target)
        lost: ApiError | None = None
        if answer.task_id:
            status = await self._awaited_task(answer.task_id)
            lost = status.lost
            if step.action == "create":
                target = self.created_id = self._id_in(status.result) or target
                self._keep_password(status.result)
        elif step.action == "create":
            self._keep_password(answer.data)
        if target is None:
            # The work is done, or its task is lost, and nothing said which id it has.
            target = self.created_id = await self._adopt(step, lost)
        try:
            return await self._await_end(step, str(target), current, confirmed and lost is None, lost)
        except ApiError as error:
            error.task_id = error.task_id or answer.task_id
            raise

    def _note_interruption(self, step: Step, current: Mapping[str, Any] | None) -> None:
        """Remembers what must not happen to the instance twice, or must be undone, if it is planned again."""
        running = condition(current) == RUNNING
        if step.action == "start":
            self.stopped_id = None
        if step.action == "reboot" or (running and (step.action == "stop" or reboots(step))):
            self.progress = Progress(True, step.action == "stop")

    async def _awaited_task(self, task_id: str) -> TaskStatus:
        try:
            return await wait_for_task(self.client, task_id, self.deadline)
        except DeadlineExceeded as error:
            error.add(f"; the last state seen is {self.client.for_display(self.last_state or 'none')}")
            raise
        except ApiError as error:
            error.task_id = task_id
            raise

    async def _unawaited(self, step: Step, answer: Response, current: dict[str, Any] | None, target: str | None) -> dict[str, Any] | None:
        """What can be returned of the last step of a run that does not wait for it."""
        if step.action == "create":
            if answer.task_id is None:
                self._keep_password(answer.data)
                target = target or await self._adopt(step, None)
            return {**partial_view(answer.data), "id": target}
        try:
            now = await self._look(str(target))
        except ApiError as error:
            error.task_id = error.task_id or answer.task_id
            raise
        if condition(now) == NONE and current is not None and step.operation.destroys:
            return final_view(step, current, now)
        return now

    @staticmethod
    def _id_in(data: Any) -> str | None:
        found = data.get("id") if isinstance(data, Mapping) else None
        return found if isinstance(found, str) and UUID_PATTERN.fullmatch(found) else None

    def _keep_password(self, result: Any) -> None:
        password = result.get("password") if isinstance(result, Mapping) else None
        if isinstance(password, str) and password:
            self.outcome.password = password

    # -- sending, with whatever becomes of the answer

    async def _send(self, step: Step, current: dict[str, Any] | None) -> tuple[Response, bool]:
        """Sends a step. Returns its answer, and whether the server confirmed it or it only shows in the instance.

        Where the answer is lost, the instance is looked at first. What shows is taken as answered; otherwise the step is
        sent again, if a repetition is harmless or would be refused.
        """
        instance_id = (current or {}).get("id")
        query = step.action if step.operation.is_query else None
        request = partial(self.client.write, step.operation.method, "instances", instance_id, self.deadline, step.body, query)
        losses = 0
        while True:
            try:
                answer = await call(request)
                self._done(step)
                return answer, not answer.unconfirmed
            except TaskFailed:
                # It was taken, and its first answer says already that it failed.
                self._done(step)
                raise
            except ResponseLost as lost:
                losses += 1
                if step.action == "create":
                    self._done(step)
                    adopted = await self._adopt(step, lost)
                    return Response({"id": adopted}), False
                if await self._shows(step, current, losses, lost):
                    self._done(step)
                    return Response(), False
                if not step.operation.repeatable or losses > self.client.connection.api_retries:
                    self._done(step)
                    raise self._unknown(step, lost, current) from None
            except ApiError as refusal:
                if refusal.status_code == 404 and step.operation.destroys:
                    if not shows_effect(step, current, await self._look(str(instance_id))):
                        raise
                    self._done(step)
                    return Response(), False
                if losses and await self._shows(step, current, 0, refusal):
                    # Refused because the first one, whose answer was lost, has taken effect.
                    self._done(step)
                    return Response(), False
                if "currentState" in refusal.context and current is not None:
                    raise Raced(refusal, current["id"]) from None
                if losses:
                    self._done(step)
                    raise self._unknown(step, refusal, current) from None
                if refusal.status_code == 404 and current is not None:
                    refusal.message = f"{described(current)} is gone: it was removed while this run was at work, and nothing more was done"
                raise

    def _done(self, step: Step) -> None:
        """Counts a step that was sent among the actions; also where its answer is lost, since it may have been carried out."""
        self.outcome.actions.append(step.action)

    async def _shows(self, step: Step, before: dict[str, Any] | None, losses: int, why: ApiError) -> bool:
        """Whether the instance shows that a step was taken up: now, and shortly after; for steps never sent twice, within GRACE."""
        instance_id = (before or {})["id"]
        polling = Polling(self.client, self.deadline)
        try:
            if shows_effect(step, before, await self._look(instance_id)):
                return True
            if not step.operation.repeatable:
                while polling.waited() < GRACE:
                    await polling.wait(f"an effect of {step.action}", GRACE - polling.waited() + 0.001)
                    if shows_effect(step, before, await self._look(instance_id)):
                        return True
            elif losses:
                await pause(min(self.client.backoff(losses), self.deadline.remaining()))
                return shows_effect(step, before, await self._look(instance_id))
        except ApiError as error:
            self._done(step)
            raise self._unknown(step, why, before, error) from None
        return False

    def _unknown(self, step: Step, why: ApiError, current: Mapping[str, Any] | None, then: ApiError | None = None) -> ApiError:
        """The error where nobody can say what a write has done."""
        target = described(current) if current else f"an instance of the name {self.options.get('name')!r}"
        later = f"; then: {then.clause}" if then else ""
        return why.with_message(
            f"The outcome of {step.action} for {target} is unknown: {why.clause}{later};"
            " look at the instance in the portal or with instance_info before running this again."
        )

    async def _adopt(self, step: Step, lost: ApiError | None) -> str:
        """The id of the instance that a create made, where no answer said it: the one new id of the name in the list.

        A create is never sent twice: whoever does that without knowing ends up with two servers.
        """
        why = lost or ApiError("the answer to the create holds no id")
        polling = Polling(self.client, self.deadline)
        name = self.options["name"]
        new: list[str] = []
        try:
            while True:
                rows = await self._list()
                new = [row["id"] for row in rows if row.get("name") == name and row["id"] not in self.known_ids and is_live(row)]
                if new or polling.waited() >= GRACE:
                    break
                await polling.wait("the new instance to appear in the list", GRACE - polling.waited() + 0.001)
        except ApiError as error:
            raise self._unknown(step, why, None, error) from None
        if len(new) == 1:
            if lost is not None:
                self.outcome.warnings.append(
                    f"The answer to the create was lost; the new instance {new[0]} of the name was found in the list and taken for"
                    " the one created, its password, if it has one, is not known"
                )
            return new[0]
        if new:
            why = ApiError(f"{why.clause}; several new instances have the name: {', '.join(new)}")
        raise self._unknown(step, why, None)

    # -- waiting for the end

    async def _await_end(
        self, step: Step, instance_id: str, before: dict[str, Any] | None, confirmed: bool, lost: ApiError | None
    ) -> dict[str, Any] | None:
        """Looks until the instance is where the step leads to.

        ``confirmed`` False: only the instance can say whether the step was carried out; if it has settled and does not
        show it within GRACE, the outcome is unknown.
        """
        polling = Polling(self.client, self.deadline)
        while True:
            now = await self._look(instance_id)
            if has_ended(step, now) and (confirmed or not contradicts(step, now)):
                return final_view(step, before, now)
            if now is None or (step.operation.leaves_alive and condition(now) in (ERROR, DESTROYED, NONE)):
                if now is None and step.action == "create" and polling.waited() < GRACE:
                    # A list can be ahead of what retrieving shows.
                    await polling.wait("the new instance to appear")
                    continue
                state = "gone" if now is None else f"in state {self._state(now)}"
                raise ApiError(f"The instance {instance_id} is {state} after {step.action}: look at it in the portal.")
            if not confirmed and condition(now) != TRANSITION and polling.waited() >= GRACE:
                raise self._unknown(step, lost or ApiError("nothing shows that it was carried out"), before)
            target = step.operation.ends_in or "its new state"
            await polling.wait(
                f"{described(now)} to reach {target} after {step.action}; the last state seen is {self._state(now)}"
                " and the work on the server goes on"
            )


def twin_warning(client: Client, created: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str | None:
    """A warning of other live instances in a list that have the name of a new one; None if there are none."""
    twins = [row["id"] for row in rows if row.get("name") == created.get("name") and row["id"] != created["id"] and is_live(row)]
    if not twins:
        return None
    ids = ", ".join(client.for_display(item) for item in twins)
    return (
        f"Another instance has the name of the new one, {client.for_display(created['id'])}: {ids};"
        " it may have been created at the same time by another run, and nothing was destroyed"
    )
