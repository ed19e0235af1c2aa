# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interrupted run sends nothing more. An instance that was stopped for a change is started again, whatever happens."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError, DeadlineExceeded, TaskFailed
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.interruption import Interruption
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import CREATION, failure, interfering, members, to_state


def test_an_instance_stopped_for_a_change_is_started_again_if_the_change_fails(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert "no room" in failure(harness, **given).sentence
    assert harness.last_run.outcome.actions == ["stop", "update", "start"]
    assert [instance["state"] for instance in harness.instances("web1")] == ["Running"]


def test_an_instance_still_stopping_for_a_change_is_started_again_if_the_run_fails(harness):
    harness.settings(task_seconds=5.0)
    harness.seed(name="web1", state="Running")
    harness.fault(kind="status", status=403, path="/tasks/")
    error = failure(harness, name="web1", hostname="hal", compute_offering="4vCPU.8GB", allow_reboot=True)
    assert error.status_code == 403 and "poll task" in error.sentence
    assert harness.last_run.outcome.actions == ["stop", "start"]
    assert [instance["state"] for instance in harness.instances("web1")] == ["Running"]


def test_an_instance_that_others_stopped_is_not_started_if_a_change_fails(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    with interfering(harness, 1, to_state(harness, "Stopped")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
        assert "no room" in failure(harness, **given).sentence
    assert harness.last_run.outcome.actions == ["update"]
    assert [instance["state"] for instance in harness.instances("web1")] == ["Stopped"]


def test_an_instance_that_should_be_stopped_is_not_started_if_a_change_fails(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    assert "no room" in failure(harness, name="web1", state="stopped", compute_offering="4vCPU.8GB").sentence
    assert harness.last_run.outcome.actions == ["stop"] and harness.instances("web1")[0]["state"] == "Stopped"


def test_an_instance_that_others_started_again_is_not_started(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    with interfering(harness, 3, to_state(harness, "Running")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
        assert "no room" in failure(harness, **given).sentence
    assert harness.writes() == ["POST stop", "PUT instances", "POST changeComputeOffering"]


def test_a_race_between_changes_leaves_a_running_instance_running(harness):
    harness.seed(name="web1", state="Running")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Stopped"}}]}
    harness.fault(path="changeComputeOffering", kind="status", status=400, body=body)
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert harness.run(**given).actions == ["stop", "update", "changeComputeOffering", "start"]
    assert [(instance["state"], instance["cpuCount"]) for instance in harness.instances("web1")] == [("Running", 4)]


@pytest.mark.parametrize("count", [2, 0])
def test_a_second_race_between_changes_leaves_a_running_instance_running(harness, count):
    harness.seed(name="web1", state="Running")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Migrating"}}]}
    harness.fault(path="changeComputeOffering", kind="status", status=400, body=body, count=count)
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert "busy" in failure(harness, **given).sentence
    assert harness.last_run.outcome.actions == ["stop", "update", "start"]
    assert [instance["state"] for instance in harness.instances("web1")] == ["Running"]


@pytest.mark.parametrize("context", [{}, {"currentState": "Migrating"}])
def test_the_error_says_if_the_instance_could_not_be_started_again(harness, context):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    harness.fault(path="operation=start", kind="status", status=400, body={"errors": [{"message": "no host", "context": context}]})
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    text = failure(harness, **given).sentence
    assert "no room" in text and "could not be started again: Could not start" in text and "no host" in text


def test_a_failed_start_after_changes_is_not_tried_twice(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="operation=start", kind="task_failed", message="no host")
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert "no host" in failure(harness, TaskFailed, **given).sentence
    assert harness.last_run.outcome.actions == ["stop", "update", "changeComputeOffering", "start"]


def test_a_refused_second_plan_and_a_failed_start_are_both_in_the_message(harness):
    harness.seed(name="web1", state="Running")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Stopped"}}]}
    harness.fault(path="changeComputeOffering", kind="status", status=400, body=body)
    harness.fault(path="operation=start", kind="status", status=400, message="no host")
    with interfering(harness, 3, lambda instance: instance.update(name="other")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
        text = str(failure(harness, Refused, **given))
    assert "renamed" in text and "could not be started again" in text and "no host" in text


# -- time of its own

BOTH = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}


def states(harness):
    return [instance["state"] for instance in harness.instances("web1")]


@pytest.mark.parametrize("timeout", [1.5, 2.5, 3.0])
def test_past_the_deadline_an_instance_stopped_for_a_change_is_started_again(harness, timeout):
    harness.seed(name="web1", state="Running")
    error = failure(harness, DeadlineExceeded, wait_timeout=timeout, **BOTH)
    assert f"wait_timeout of {timeout:g} seconds" in error.sentence and "has been started again" in error.sentence
    assert states(harness) == ["Running"] and harness.last_run.outcome.actions[-1] == "start"


def test_a_change_that_is_in_progress_at_the_deadline_ends_before_the_start(harness, clock):
    harness.settings(seconds={"update": 30.0})
    harness.seed(name="web1", state="Running")
    failure(harness, DeadlineExceeded, wait_timeout=5, **BOTH)
    assert states(harness) == ["Running"] and harness.instances("web1")[0]["hostname"] == "hal"
    assert harness.last_run.outcome.actions == ["stop", "update", "start"]


def test_starting_again_is_tried_until_its_own_time_is_over(harness, clock):
    harness.seed(name="web1", state="Running")
    harness.fault(path="operation=start", kind="status", status=503, count=9)
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    assert "has been started again" in failure(harness, connection={"api_retries": 0}, **BOTH).sentence
    assert states(harness) == ["Running"]


def test_starting_again_ends_60_seconds_after_the_deadline_and_says_what_was_running(harness, clock):
    harness.seed(name="web1", state="Running")
    harness.fault(path="operation=start", kind="status", status=503, count=0)
    began = clock.now
    error = failure(harness, wait_timeout=3, **BOTH)
    assert "it was running before, is stopped now, and could not be started again" in error.sentence
    assert clock.now - began <= 3 + 60 + 1
    assert states(harness) == ["Stopped"]


def test_a_minute_of_503_does_not_end_a_run_with_time_left(harness, clock):
    """Reads are tried until the deadline, not api_retries times, while something is waited for."""
    harness.seed(name="web1", state="Running")
    began: list[float] = []

    def unavailable(entry):
        if entry["method"] == "PUT" and not began:
            began.append(clock.now)
            harness.fault(kind="status", status=503, count=0)
        if began and clock.now - began[0] > 60:
            harness.simulator.app.faults.clear()

    # The simulator looks for faults first, so the log shows when to begin and when to end.
    real = harness.simulator.app.faults.hit

    def hit(method, path, query):
        unavailable({"method": method, "path": path})
        return real(method, path, query)

    harness.simulator.app.faults.hit = hit
    try:
        outcome = harness.run(**BOTH)
    finally:
        harness.simulator.app.faults.hit = real
    assert outcome.actions == ["stop", "update", "changeComputeOffering", "start"] and states(harness) == ["Running"]


# -- interruptions


def interrupting(harness, number):
    """Interrupts the run right before the server carries out a request, counted from 1."""

    def count(_entry):
        seen.append(1)
        if len(seen) == number:
            harness.interruption = "SIGTERM"

    seen: list[int] = []
    return harness.intercepting(count)


def after_interruption(harness, number):
    """The requests after the one that was interrupted. Those about tasks are ``GET ``."""
    return harness.requests()[number:]


@pytest.mark.parametrize("number", range(1, 16))
def test_wherever_a_run_is_interrupted_an_instance_that_was_running_runs_afterwards(harness, number):
    harness.seed(name="web1", state="Running")
    with interrupting(harness, number):
        try:
            harness.run(**BOTH)
        except ApiError as error:
            assert "the run was interrupted by SIGTERM" in error.sentence.replace("The run", "the run")
            # Nothing else is written after the interruption.
            assert set(after_interruption(harness, number)) <= {"GET instances", "GET ", "POST start"}
    assert harness.last_run.outcome.actions.count("start") <= 1
    # The start that was sent takes its time, also if the interruption came right after it.
    harness.clock.sleep(2)
    assert states(harness) == ["Running"]
    harness.interruption = None
    harness.run(**BOTH)
    assert states(harness) == ["Running"] and harness.instances("web1")[0]["cpuCount"] == 4


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("given", [{"state": "stopped", **CREATION}, {"state": "stopped", "id": True}, {"state": "absent"}])
def test_an_interrupted_run_sends_nothing_more(harness, number, given):
    instance_id = harness.seed(name="web1" if "template" not in given else "other", state="Running")
    if "id" in given:
        given = {**given, "id": instance_id}
    with interrupting(harness, number):
        try:
            harness.run(name="web1", **given)
        except ApiError as error:
            assert "interrupted by SIGTERM" in error.sentence
    if harness.interruption:
        assert after_interruption(harness, number) == []


@pytest.mark.parametrize("number", [1, 2, 5, 9, 14])
def test_an_interrupted_fleet_sends_nothing_more(harness, number):
    with interrupting(harness, number):
        try:
            results = harness.fleet(members(30), CREATION, max_concurrency=3)
        except ApiError as error:
            assert "interrupted by SIGTERM" in error.sentence
            results = []
    # What was in flight is not held back.
    assert len(after_interruption(harness, number)) <= 2
    assert all(result["failed"] for result in results)
    assert all("interrupted by SIGTERM" in result["msg"] for result in results)


def test_a_fleet_starts_again_what_it_stopped_and_nothing_else(harness):
    for number in range(6):
        harness.seed(name=f"web{number}", state="Running")
    options = {key: value for key, value in BOTH.items() if key != "name"}
    with interrupting(harness, 9):
        harness.fleet([{"name": f"web{number}", **options, "hostname": f"hal{number}"} for number in range(6)], max_concurrency=2)
    assert [instance["state"] for instance in harness.instances()] == ["Running"] * 6
    later = [request for request in after_interruption(harness, 11) if request.startswith(("POST", "PUT"))]
    assert set(later) <= {"POST start"}


def test_an_interruption_ends_a_wait_for_a_response(harness, web1):
    harness.fault(kind="delay", seconds=5.0)
    harness.clock.sleep(0)
    with harness.intercepting():
        timer = threading.Timer(0.3, lambda: setattr(harness, "interruption", "SIGINT"))
        timer.start()
        began = time.monotonic()
        error = failure(harness, name="web1")
    assert "interrupted by SIGINT" in error.sentence and time.monotonic() - began < 4


def test_a_signal_during_the_look_for_other_interruptions_is_not_forgotten(monkeypatch):
    watch = Interruption()
    watch.watch()
    try:
        monkeypatch.setattr(watch, "_desertion", lambda: os.kill(os.getpid(), signal.SIGHUP))
        assert watch.cause() == "SIGHUP"
    finally:
        watch._cause = None
        watch.end()
