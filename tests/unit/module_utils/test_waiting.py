# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for tasks and for the state that an operation ends in, until the deadline."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.client import Client
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import DeadlineExceeded, TaskFailed
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import SHAPE
from ansible_collections.coxedge.compute.plugins.module_utils.jobs import drive
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.waiting import Polling, wait_for_task
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import EMPTY_LIST, START, STOP, failure


def test_without_wait_the_last_task_is_returned(harness, clock):
    harness.seed(name="web1", state="Running")
    began = clock()
    outcome = harness.run(wait=False, name="web1", state="stopped")
    assert clock() == began and outcome.task_id in harness.simulator.cloud.tasks
    assert outcome.instance["state"] == "Stopping" and outcome.actions == ["stop"]


@pytest.mark.parametrize("first_response", ["pending", "pending_with_data"])
def test_a_pending_create_has_an_id_only_if_the_response_has_one(harness, first_response):
    harness.settings(first_response=first_response)
    outcome = harness.run(wait=False, **harness.creation())
    (instance,) = harness.instances("web1")
    assert outcome.instance["id"] == (instance["id"] if first_response == "pending_with_data" else None)
    assert outcome.instance["state"] != "Running"
    assert outcome.instance["image_name"] == "Ubuntu 24.04" and set(outcome.instance) >= set(SHAPE)
    assert harness.requests("GET").count("GET instances") == 1


def test_without_wait_only_the_last_step_is_not_waited_for(harness):
    outcome = harness.run(wait=False, **harness.creation(hostname="hal", state="stopped"))
    assert outcome.actions == ["create", "update", "stop"]
    (instance,) = harness.instances("web1")
    assert (instance["hostname"], instance["state"]) == ("hal", "Stopping") and outcome.instance["id"] == instance["id"]


def test_without_wait_an_instance_is_created_and_then_stopped(harness):
    assert harness.run(wait=False, **harness.creation(state="stopped")).actions == ["create", "stop"]


def test_without_wait_the_error_has_the_task_if_reading_fails(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(method="GET", kind="status", status=403, path="/instances/", skip=1)
    assert failure(harness, wait=False, **STOP).task_id in harness.simulator.cloud.tasks


def test_past_the_deadline_the_error_has_task_and_last_state(harness, clock):
    harness.settings(task_seconds=1000.0)
    harness.seed(name="web1", state="Running")
    began = clock()
    error = failure(harness, DeadlineExceeded, wait_timeout=20, **STOP)
    assert clock() - began == pytest.approx(20, abs=0.1)
    assert error.task_id in harness.simulator.cloud.tasks and "last state seen is Stopping" in error.sentence
    assert error.sentence.count("last state") == 1
    assert harness.last_run.outcome.actions == ["stop"]


def test_past_the_deadline_of_a_read_the_error_has_the_last_state_if_known(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(method="GET", path="/instances/", kind="status", status=503, skip=1, count=0)
    error = failure(harness, DeadlineExceeded, wait_timeout=20, connection={"api_retries": 100}, **STOP)
    assert "last state seen is Running" in error.sentence
    harness.fault(method="GET", path="/instances$", kind="status", status=503, count=0)
    error = failure(harness, DeadlineExceeded, wait_timeout=20, connection={"api_retries": 100}, **STOP)
    assert "last state" not in error.sentence


def test_waiting_for_a_state_that_never_comes_ends_at_the_deadline(harness, clock):
    instance_id = harness.seed(name="web1", state="Stopped")
    harness.fault(method="POST", kind="status", status=200, body={"data": {}})
    error = failure(harness, DeadlineExceeded, wait_timeout=20, **START)
    assert "last state seen is Stopped" in error.sentence and instance_id in error.sentence


def test_waiting_for_a_transition_that_never_ends_ends_at_the_deadline(harness, clock):
    harness.seed(name="web1", state="Migrating")
    for wait in (True, False):
        error = failure(harness, DeadlineExceeded, wait=wait, wait_timeout=20, **START)
        assert "Migrating" in error.sentence
    assert harness.writes() == []


def test_one_deadline_applies_to_the_whole_run(harness, clock):
    harness.settings(task_seconds=8.0)
    began = clock()
    error = failure(harness, DeadlineExceeded, wait_timeout=20, **harness.creation(hostname="hal", state="stopped"))
    assert "20 seconds" in error.sentence and harness.last_run.outcome.actions == ["create", "update", "stop"]
    assert clock() - began == pytest.approx(20, abs=0.1)


def test_a_reboot_ends_running(harness):
    harness.settings(task_seconds=4.0)
    harness.seed(name="web1", state="Stopped")
    assert harness.run(name="web1", state="restarted").instance["state"] == "Running"


@pytest.mark.parametrize("operation", ["create", "reboot"])
def test_an_instance_that_shows_stopped_before_running_is_waited_for(harness, operation):
    if operation == "reboot":
        harness.seed(name="web1", state="Running")
    changed = harness.next_look(when=harness.writes, state="Stopped")
    outcome = harness.run(**harness.creation(state="restarted" if operation == "reboot" else "present", compute_offering="1vCPU.512MB"))
    assert outcome.actions == [operation] and outcome.instance["state"] == "Running" and changed and len(harness.writes()) == 1


def test_a_new_instance_that_does_not_appear_at_once_is_waited_for(harness):
    harness.fault(method="GET", path="/instances/", kind="status", status=404)
    harness.fault(method="GET", path="/instances$", **EMPTY_LIST, skip=1)
    outcome = harness.run(**harness.creation())
    assert outcome.actions == ["create"] and outcome.instance["state"] == "Running"


@pytest.mark.parametrize("state", ["stopped", "restarted"])
def test_an_instance_that_is_shown_as_shutdowned_has_stopped(harness, clock, state):
    """Such a stop used to be waited for until the deadline."""
    harness.seed(name="web1", state="Running")
    began = clock()
    changed = harness.next_look(when=lambda: harness.instances()[0]["state"] == "Stopped", times=None, state="Shutdowned")
    given = {"compute_offering": "4vCPU.8GB", "hostname": "hal", "allow_reboot": True} if state == "restarted" else {}
    outcome = harness.run(name="web1", state=state, **given)
    assert changed and clock() - began < 10
    assert outcome.actions == (["stop"] if state == "stopped" else ["stop", "update", "changeComputeOffering", "start"])
    assert outcome.instance["state"] == ("Shutdowned" if state == "stopped" else "Running")


def test_a_change_that_starts_a_shutdowned_instance_is_corrected(harness):
    harness.seed(name="web1", state="Stopped")
    changed = harness.next_look(state="Shutdowned")
    harness.settings(update_response="data")

    def start(entry):
        if entry["method"] == "PUT":
            harness.environment.patch(harness.instances("web1")[0], {"state": "Running"})

    with harness.intercepting(after=start):
        outcome = harness.run(name="web1", hostname="hal")
    assert changed and outcome.actions == ["update", "stop"] and outcome.instance["state"] == "Stopped"


@pytest.mark.parametrize("operation", ["changeComputeOffering", "stop"])
def test_an_instance_that_ends_in_error_is_an_error_with_its_task(harness, operation):
    harness.seed(name="web1", state="Running")

    def fail(_entry):
        for instance in harness.instances("web1"):
            if instance["state"] == "Running" and f"POST {operation}" in harness.requests():
                instance["state"] = "Error"
        if f"POST {operation}" in harness.requests() and operation == "stop":
            harness.instances("web1")[0]["state"] = "Error"

    given = {"state": "stopped"} if operation == "stop" else {"compute_offering": "4vCPU.8GB", "allow_reboot": True}
    with harness.intercepting(after=fail):
        error = failure(harness, name="web1", **given)
        assert "Error" in error.sentence and error.task_id in harness.simulator.cloud.tasks
    assert harness.last_run.outcome.actions == [operation]


@pytest.mark.parametrize(
    ("action", "before", "given"),
    [("create", None, {}), ("start", "Stopped", START), ("stop", "Running", STOP), ("reboot", "Stopped", {"state": "restarted"})],
)
def test_an_instance_in_error_afterwards_is_an_error(harness, action, before, given):
    if before:
        harness.seed(name="web1", state=before)
    harness.next_look(when=harness.writes, times=None, state="Error")
    given = {**given, "name": "web1"} if before else harness.creation()
    assert f"is in state Error after {action}" in failure(harness, **given).sentence


@pytest.mark.parametrize(
    ("action", "before", "given"),
    [("create", None, {}), ("start", "Stopped", START), ("recover", "Destroyed", {"name": "web1", "state": "recovered"})],
)
def test_an_instance_whose_task_succeeded_is_not_called_gone_before_the_deadline(harness, clock, action, before, given):
    if before:
        harness.seed(name="web1", state=before)
    harness.fault(method="GET", path="/instances/", kind="status", status=404, skip=1 if before else 0, count=0)
    harness.fault(method="GET", path="/instances$", **EMPTY_LIST, skip=1, count=0)
    began = clock()
    assert f"to show after {action}" in failure(harness, **(given or harness.creation())).sentence
    assert clock() - began == pytest.approx(600, abs=4)


def test_an_instance_that_runs_after_it_was_recovered_is_accepted(harness):
    instance_id = harness.seed(name="web1", state="Destroyed")
    running = {"data": {**harness.environment.instances[instance_id], "state": "Running"}}
    harness.fault(method="GET", path="/instances/", kind="status", status=200, body=running, skip=1, count=0)
    assert harness.run(name="web1", state="recovered").instance["state"] == "Running"


def started(harness):
    instance_id = harness.seed(name="web1", state="Stopped")
    return harness.client().write("POST", "instances", instance_id, harness.deadline(), None, "start").task_id


def polls(harness):
    return len([what for what in harness.requests("GET") if "tasks" in what])


@pytest.mark.parametrize("lasts", [0.1, 1.06, 3.2, 60.0])
def test_the_end_of_a_task_is_noticed_soon_with_a_poll_a_second(harness, clock, lasts):
    harness.settings(task_seconds=lasts)
    began = clock()
    status = drive(wait_for_task(harness.client(), started(harness), harness.deadline()), clock.sleep)
    assert status.ended and lasts <= clock() - began <= lasts + 1.1
    assert polls(harness) <= lasts + 1


def times_of(harness, clock, begins):
    """Records when requests whose ``METHOD what`` begins so arrive. Returns the context to run in, and the list that grows."""
    seen = []

    def note(entry):
        if f"{entry['method']} {entry['path']}".endswith(begins) or begins in entry["path"]:
            seen.append(clock())

    return harness.intercepting(before=note), seen


def assert_a_second_apart(seen, least=3):
    assert len(seen) >= least and all(later - earlier >= 1 for earlier, later in zip(seen, seen[1:]))


def test_a_create_polls_its_task_once_a_second(harness, clock):
    harness.settings(task_seconds=3.0)
    recording, seen = times_of(harness, clock, "/tasks/")
    with recording:
        harness.run(**harness.creation())
    assert_a_second_apart(seen)


def test_a_lost_create_is_looked_for_in_one_list_a_second(harness, clock):
    harness.fault(method="POST", kind="drop_before")
    recording, seen = times_of(harness, clock, "/instances")
    with recording:
        assert "unknown" in failure(harness, **harness.creation()).sentence
    # Without the first list and the create itself, which come at the same simulated time.
    assert_a_second_apart(seen[2:], 20)


@pytest.mark.parametrize("fault", [{"kind": "drop_before"}, {"kind": "status", "status": 404, "path": "/instances/"}])
def test_the_members_of_a_fleet_share_one_list_a_second(harness, clock, fault):
    """Each of them is missing, or not readable, for a while."""
    members = [{**harness.creation(f"web{number}")} for number in range(5)]
    if fault["kind"] == "drop_before":
        harness.fault(method="POST", count=0, **fault)
    else:
        harness.fault(method="GET", count=30, **fault)
    recording, seen = times_of(harness, clock, "GET /api/v2/services/compute-on/test_area/instances")
    with recording:
        results = harness.fleet(members)
    assert [result["failed"] for result in results] == [fault["kind"] == "drop_before"] * 5
    # Without the first list, and the one that looks for duplicates at the end.
    assert_a_second_apart(seen[1:] if fault["kind"] == "drop_before" else seen[1:-1])


def test_the_deadline_ends_waiting_and_names_the_task(harness, clock):
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


def test_polls_continue_after_temporary_faults(harness, clock):
    task_id = started(harness)
    harness.fault(kind="status", status=502, path="/tasks/", count=3)
    harness.fault(kind="drop_before", path="/tasks/", count=2)
    assert drive(wait_for_task(harness.client(), task_id, harness.deadline()), clock.sleep).ended


def test_a_pause_does_not_go_past_the_deadline(harness, clock):
    polling = Polling(harness.client(), harness.deadline(0.1))
    assert polling.interval() == pytest.approx(0.1)
    began = clock()
    drive(polling.wait("x"), clock.sleep)
    # After that there was one look.
    with pytest.raises(DeadlineExceeded, match="waiting for x"):
        drive(polling.wait("x"), clock.sleep)
    assert clock() - began == pytest.approx(0.1)


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 1.0), (1.0, 1.1)])
def test_polls_are_spread_by_a_tenth(harness, clock, jitter, seconds):
    client = Client(harness.connection(), clock=clock, jitter=lambda: jitter)
    assert Polling(client, harness.deadline()).interval() == pytest.approx(seconds)
