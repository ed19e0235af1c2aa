# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts an instance again that a run stopped for its changes, if the rest of the run fails or is interrupted."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from ..api.errors import ApiError
from ..instance.conditions import STOPPED, TRANSITION, condition
from ..instance.steps import Refused, Step
from .delivery import Delivery
from .executor import Executor
from .outcome import Raced
from .reader import Reader
from .run import Run
from .waiting import Polling, wait_for_task

# Seconds that this may take, beyond the deadline of the run or from its interruption on.
RESTART_SECONDS = 60.0


async def restarted(run: Run, reader: Reader, stopped_id: str, pending_task: str | None, error: ApiError | Refused) -> ApiError | Refused:
    """Starts the instance again. Returns the error with the outcome of that. ``pending_task``: of the change that is in progress.

    It has time of its own, and nothing interrupts it: otherwise an instance that was running would stay down.
    """
    own = Reader(replace(run, deadline=run.deadline.extended(RESTART_SECONDS)))
    try:
        started = await _start_again(own, stopped_id, pending_task)
        text = "; it was stopped for the change and has been started again" if started else ""
    except (ApiError, Raced) as problem:
        clause = str(problem).rstrip(". ")
        text = f"; it was running before, is stopped now, and could not be started again: {clause}"
    reader.correct(own.latest or reader.latest)
    if not isinstance(error, ApiError):
        return Refused(f"{str(error).rstrip('. ')}{text}.")
    error.add(text)
    return error


async def _start_again(reader: Reader, instance_id: str, task_id: str | None) -> bool:
    """Starts an instance if it is stopped, after a change that is in progress. Returns whether it did."""
    client, deadline = reader.run.client, reader.run.deadline
    if task_id:
        # Whether it fails does not matter here.
        with contextlib.suppress(ApiError):
            await wait_for_task(client, task_id, deadline)
    polling = Polling(client, deadline)
    now = await reader.look(instance_id)
    while condition(now) == TRANSITION:
        await polling.wait("the end of its transition")
        now = await reader.look(instance_id)
    if condition(now) != STOPPED:
        return False
    await Executor(reader, Delivery(reader, persistent=True)).run_step(Step("start"), now, waits=True)
    return True
