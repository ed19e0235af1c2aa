# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs, the rhythm of polling, and waiting for tasks."""

from __future__ import annotations

import time

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.client import Client
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import DeadlineExceeded, TaskFailed
from ansible_collections.coxedge.compute.plugins.module_utils.jobs import Pause, concurrency_problem, drive, drive_all, side_by_side
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.waiting import Polling, wait_for_task


def test_drive_hands_values_and_exceptions_back_to_the_job(clock):
    def broken():
        raise ValueError("x")

    def job():
        first = yield lambda: 1
        yield Pause(5)
        try:
            yield broken
        except ValueError as error:
            return first, str(error)

    assert drive(job(), clock.sleep) == (1, "x")
    assert clock.slept == [5]


def test_drive_raises_what_the_job_does_not_catch(clock):
    def job():
        yield lambda: 1 / 0

    with pytest.raises(ZeroDivisionError):
        drive(job(), clock.sleep)


def test_jobs_begin_in_their_order_and_pause_side_by_side(clock):
    begun = []

    def job(number):
        begun.append(number)
        yield Pause(0.25)
        return number

    assert drive_all([job(number) for number in range(3)], 2, clock, clock.sleep) == begun == [0, 1, 2]
    assert clock.slept == [0.25]


def test_the_first_failure_ends_what_is_still_to_be_asked():
    asked = []

    def broken():
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        side_by_side([broken, lambda: time.sleep(0.3), *[lambda: asked.append(1)] * 9], 1)
    assert asked == []


def started(harness):
    instance_id = harness.seed(name="web1", state="Stopped")
    return harness.client().write("POST", "instances", instance_id, harness.deadline(), None, "start").task_id


def polls(harness):
    return len([what for what in harness.requests("GET") if "tasks" in what])


@pytest.mark.parametrize(("lasts", "late", "most"), [(3.2, 0.3, 14), (10.0, 0.8, 40), (60.0, 2.1, 80)])
def test_the_end_is_noticed_soon_and_with_few_polls(harness, clock, lasts, late, most):
    harness.settings(task_seconds=lasts)
    began = clock()
    status = drive(wait_for_task(harness.client(), started(harness), harness.deadline()), clock.sleep)
    assert status.ended and lasts <= clock() - began <= lasts + late
    assert polls(harness) <= most


def test_the_deadline_ends_waiting_and_tells_the_task(harness, clock):
    harness.settings(task_seconds=100.0)
    task_id = started(harness)
    began = clock()
    with pytest.raises(DeadlineExceeded) as caught:
        drive(wait_for_task(harness.client(), task_id, harness.deadline(10)), clock.sleep)
    assert caught.value.task_id == task_id
    assert clock() - began == pytest.approx(10)


def test_a_failed_task_raises(harness, clock):
    harness.fault(kind="task_failed", message="no room")
    with pytest.raises(TaskFailed, match="no room"):
        drive(wait_for_task(harness.client(), started(harness), harness.deadline()), clock.sleep)


def test_polls_outlast_passing_faults(harness, clock):
    task_id = started(harness)
    harness.fault(kind="status", status=502, path="/tasks/", count=3)
    harness.fault(kind="drop_before", path="/tasks/", count=2)
    assert drive(wait_for_task(harness.client(), task_id, harness.deadline()), clock.sleep).ended


def test_a_pause_never_goes_past_the_deadline(harness, clock):
    polling = Polling(harness.client(), harness.deadline(0.1))
    assert polling.interval() == pytest.approx(0.1)
    with pytest.raises(DeadlineExceeded, match="waiting for x"):
        drive(polling.wait("x"), clock.sleep)


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 0.2375), (1.0, 0.2625)])
def test_polls_of_many_that_began_together_are_spread_by_a_tenth(harness, clock, jitter, seconds):
    client = Client(harness.connection(), clock=clock, jitter=lambda: jitter)
    assert Polling(client, harness.deadline()).interval() == pytest.approx(seconds)


def test_the_bounds_of_concurrency():
    assert [concurrency_problem(most) is None for most in (0, 1, 1000, 1001)] == [False, True, True, False]
