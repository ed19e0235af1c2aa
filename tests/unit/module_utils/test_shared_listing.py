# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of a fleet that need the list at the same time share one, and it is read once a second at most."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError, DeadlineExceeded
from ansible_collections.coxedge.compute.plugins.module_utils.jobs import drive_all, pause
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.fleet_reader import SharedListing


@pytest.fixture
def lists(harness, clock):
    """Has several jobs read one listing: each begins after so many seconds. Returns what each got, and when the lists were read.

    A list takes 0.3 seconds, and is the number of those read before. ``fails``: the numbers of those that fail.
    """

    def run(delays, fails=(), seconds=600):
        read = []

        def fetch_all(_entity, deadline, _patient):
            if deadline.remaining() <= 0:
                raise DeadlineExceeded(deadline.reason)
            read.append(clock())
            clock.now += 0.3
            if len(read) - 1 in fails:
                raise ApiError("no list")
            return len(read) - 1

        shared = SharedListing(SimpleNamespace(fetch_all=fetch_all, clock=clock), harness.deadline(seconds))

        async def job(delay):
            await pause(delay)
            return await shared.instances()

        began = clock()
        got = drive_all([job(delay) for delay in delays], 1, clock, clock.sleep)
        return [str(item) if isinstance(item, Exception) else item for item in got], [when - began for when in read]

    return run


def test_jobs_that_wait_at_the_same_time_share_one_list(lists):
    got, read = lists([0, 0, 0])
    # The first one's list is already under way when the others ask.
    assert sorted(got) == [0, 1, 1] and read == pytest.approx([0, 1])


def test_a_list_that_is_already_being_read_is_not_shared_with_later_callers(lists):
    got, read = lists([0, 0.1, 1.2])
    assert got == [0, 1, 2] and read == pytest.approx([0, 1, 2])


def test_lists_are_a_second_apart(lists):
    got, read = lists([number / 4 for number in range(20)])
    assert got == sorted(got) and all(later - earlier >= 1 for earlier, later in zip(read, read[1:]))
    assert len(read) <= 7


def test_a_list_that_fails_leaves_no_old_list_to_those_that_wait(lists):
    assert sorted(map(str, lists([0, 0, 0], fails=[1])[0])) == ["0", "2", "no list"]
    assert lists([0, 0, 0], fails=[0, 1, 2])[0] == ["no list"] * 3


def test_the_deadline_ends_the_wait_for_the_next_list(lists, clock):
    began = clock()
    got, read = lists([0, 0.1], seconds=0.5)
    assert got[0] == 0 and "0.5 seconds is over" in got[1] and len(read) == 1 and clock() - began <= 0.51
