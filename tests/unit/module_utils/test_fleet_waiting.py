# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a fleet waits for the tasks of its members: on one list a second, and with one look at each task."""

from __future__ import annotations

import collections

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Step
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.fleet_waiting import QUIET, ListWatch


def members(count, **options):
    return [{"name": f"web{number}", **options} for number in range(count)]


def tasks_read(harness):
    """How often each task was read."""
    return collections.Counter(entry["path"] for entry in harness.simulator.app.log if "/tasks/" in entry["path"])


def created(harness, count, **kwargs):
    results = harness.fleet(members(count), common=harness.creation(name=None), **kwargs)
    assert [(result["failed"], result["msg"]) for result in results] == [(False, None)] * count
    return results


def test_a_hundred_creates_take_at_most_four_requests_each(harness):
    harness.settings(task_seconds=20)
    results = created(harness, 100)
    assert all(result["instance"]["state"] == "Running" for result in results)
    assert len(harness.requests()) <= 400
    # The first and the last few poll their own tasks, because then there are not more.
    assert sorted(tasks_read(harness).values())[:94] == [1] * 94


def test_each_create_of_a_fleet_is_noticed_soon(harness, clock):
    harness.settings(task_seconds=20)
    ends, seen = {}, {}

    def watch(entry):
        now = clock()
        for task in harness.simulator.cloud.tasks.values():
            if task.status == "SUCCESS":
                ends.setdefault(task.id, now)
        if "/tasks/" in entry["path"]:
            seen[entry["path"].rsplit("/", 1)[1]] = now

    with harness.intercepting(after=watch):
        created(harness, 30)
    began = {task.id: task.started for task in harness.simulator.cloud.tasks.values()}
    assert max(seen[task] - began[task] - 20 for task in began) <= 1.2


def test_passwords_come_from_the_tasks(harness):
    harness.settings(task_seconds=5)
    results = harness.fleet(members(6, return_password=True), common=harness.creation(name=None))
    assert all(result["password"] for result in results)


def test_few_members_poll_their_own_tasks(harness):
    harness.settings(task_seconds=5)
    created(harness, 3)
    assert min(tasks_read(harness).values()) >= 4


def test_a_failed_task_gives_its_reason(harness):
    harness.settings(task_seconds=5)
    harness.fault(kind="task_failed", method="POST", message="no room", count=1)
    results = harness.fleet(members(6), common=harness.creation(name=None))
    failed = [result for result in results if result["failed"]]
    assert len(failed) == 1 and "no room" in failed[0]["msg"]


def test_lost_tasks_are_told_by_what_instances_show(harness):
    harness.settings(task_seconds=5)
    harness.fault(kind="task_lost", method="POST", count=6)
    created(harness, 6)
    assert len(harness.instances()) == 6


def test_a_member_that_vanishes_is_noticed(harness, clock):
    harness.settings(task_seconds=20)

    def vanish(_entry):
        doomed = [instance for instance in harness.instances("web0") if instance["state"] == "Starting"]
        if clock() > 1005 and doomed:
            harness.environment.remove_instance(doomed[0])

    with harness.intercepting(before=vanish):
        results = harness.fleet(members(6), common=harness.creation(name=None))
    assert [result["failed"] for result in results] == [True] + [False] * 5


@pytest.mark.parametrize("lag", [3.0, 12.0])
def test_a_list_that_lags_behind_makes_it_later_and_not_wrong(harness, lag):
    harness.settings(task_seconds=5, lag_seconds=lag)
    results = created(harness, 6)
    assert [result["actions"] for result in results] == [["create"]] * 6 and len(harness.instances()) == 6


def test_a_fleet_waits_until_the_deadline_and_looks_once_more(harness, clock):
    harness.settings(task_seconds=60)
    began = clock()
    results = harness.fleet(members(6), common=harness.creation(name=None), wait_timeout=10)
    assert all(result["failed"] and "wait_timeout" in result["msg"] and result["task_id"] for result in results)
    assert 10 <= clock() - began <= 12.5


def instance(state, **more):
    return {"id": "x", "name": "web1", "state": state, **more}


STARTED, CREATED, RESIZED = Step("start"), Step("create"), Step("changeComputeOffering", effect={"compute_offering_id": "b"})


@pytest.mark.parametrize(
    "step, listed, expected",
    [
        (CREATED, [None, None, instance("Creating"), instance("Running")], [True, False, False, True]),
        (CREATED, [instance("Creating"), None], [False, True]),
        (CREATED, [instance("Creating"), instance("Error")], [False, True]),
        (CREATED, [instance("Stopped")], [True]),
        (STARTED, [instance("Stopped"), instance("Starting"), instance("Running")], [False, False, True]),
        (STARTED, [instance("Stopped"), instance("Error")], [False, True]),
        (RESIZED, [instance("Running", compute_offering_id="a"), instance("Running", compute_offering_id="b")], [False, True]),
        (Step("delete"), [instance("Running"), instance("Destroyed")], [False, True]),
        (Step("purge"), [instance("Destroyed"), None], [True, True]),
        (Step("reboot"), [instance("Running"), instance("Rebooting"), instance("Running")], [True, False, True]),
    ],
)
def test_when_a_task_is_worth_a_request(step, listed, expected):
    watch = ListWatch(step, 0.0)
    assert [watch.calls_for_task(shown, float(number)) for number, shown in enumerate(listed, 1)] == expected


def test_a_task_is_read_when_nothing_has_happened_for_long():
    watch = ListWatch(STARTED, 0.0)
    shown = [watch.calls_for_task(instance("Stopped"), float(second)) for second in range(1, 95)]
    assert [second for second, due in enumerate(shown, 1) if due] == [1 + QUIET, 1 + 2 * QUIET, 1 + 3 * QUIET]
