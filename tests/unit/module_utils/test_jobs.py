# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs and their drivers."""

from __future__ import annotations

import time

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.jobs import Pause, concurrency_problem, drive, drive_all, side_by_side


def test_drive_returns_values_and_exceptions_to_the_job(clock):
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


def test_jobs_begin_in_order_and_pause_at_the_same_time(clock):
    begun = []

    def job(number):
        begun.append(number)
        yield Pause(0.25)
        return number

    assert drive_all([job(number) for number in range(3)], 2, clock, clock.sleep) == begun == [0, 1, 2]
    assert clock.slept == [0.25]


def test_the_first_failure_cancels_requests_that_have_not_begun():
    asked = []

    def broken():
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        side_by_side([broken, lambda: time.sleep(0.3), *[lambda: asked.append(1)] * 9], 1)
    assert asked == []


def test_max_concurrency_has_limits():
    assert [concurrency_problem(limit) is None for limit in (0, 1, 1000, 1001)] == [False, True, True, False]
