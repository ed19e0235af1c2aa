# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One last look right after the deadline: what ended just in time is a success, and otherwise the state in the error is the current one."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.deadline import LAST_LOOK
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import DeadlineExceeded
from ansible_collections.coxedge.compute.tests.unit.module_utils.operations_table import CASES, run
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import START, STOP, failure

# Polls are 1.05 s apart: the last one before a deadline of 20 s is at 19.95 s.
TIMEOUT, BETWEEN = 20, 19.98


class LateRequests:
    """Records each request that is sent after the deadline, with the time that it has."""

    def __init__(self, harness, timeout=TIMEOUT):
        self.ends, self.clock, self.sent = harness.clock() + timeout, harness.clock, []

    def wrap(self, transport):
        outer = self

        class Recording:
            def exchange(self, request, deadline):
                if outer.clock() >= outer.ends:
                    outer.sent.append((request.method, request.path.split("/")[0], deadline.remaining()))
                return transport.exchange(request, deadline)

        return Recording()


@pytest.fixture
def late(harness):
    return LateRequests(harness)


@pytest.mark.parametrize(("before", "given"), [("Stopped", START), ("Running", STOP), ("Running", {"name": "web1", "state": "absent"})])
def test_what_ended_after_the_last_poll_is_a_success(harness, late, clock, before, given):
    harness.settings(task_seconds=BETWEEN)
    harness.seed(name="web1", state=before)
    began = clock()
    outcome = harness.run(wait_timeout=TIMEOUT, connection={"wrap": late.wrap}, **given)
    assert outcome.instance["state"] == {"started": "Running", "stopped": "Stopped", "absent": "Destroyed"}[given["state"]]
    assert clock() - began == pytest.approx(TIMEOUT)
    assert [request[:2] for request in late.sent] == [("GET", "tasks"), ("GET", "services")]
    assert all(0 < seconds <= LAST_LOOK for *_request, seconds in late.sent)


def test_a_create_that_ended_after_the_last_poll_is_a_success_with_its_password(harness):
    harness.settings(task_seconds=BETWEEN)
    outcome = harness.run(wait_timeout=TIMEOUT, **harness.creation())
    assert outcome.instance["state"] == "Running" and outcome.password and outcome.actions == ["create"]
    # There was no time to look for duplicates.
    assert "could not be checked" in outcome.warnings[0]


def show_later(harness, state, after=BETWEEN):
    """Makes each instance show another state after a while, whatever its task says."""
    ends = harness.clock() + after
    harness.next_look(when=lambda: harness.clock() >= ends, times=None, state=state)


@pytest.mark.parametrize("body", [None, {"data": {}}])
def test_the_state_in_the_error_is_that_of_the_last_look(harness, late, clock, body):
    """``body``: a response without a task, so that the state is waited for."""
    harness.fault(method="POST", **({"kind": "status", "status": 200, "body": body} if body else {"kind": "task_stuck"}))
    harness.seed(name="web1", state="Running")
    began = clock()
    show_later(harness, "Migrating")
    error = failure(harness, DeadlineExceeded, wait_timeout=TIMEOUT, connection={"wrap": late.wrap}, **STOP)
    assert error.message.endswith("the last state seen is Migrating") and error.message.count("last state") == 1
    assert harness.last_run.outcome.actions == ["stop"] and clock() - began == pytest.approx(TIMEOUT)
    assert len(late.sent) == (1 if body else 2)
    assert bool(error.task_id) is not bool(body)


@pytest.mark.parametrize("timeout", [TIMEOUT, 31])
def test_an_instance_that_shows_the_goal_while_its_task_goes_on_is_a_success(harness, timeout):
    harness.fault(method="POST", kind="task_stuck")
    harness.seed(name="web1", state="Running")
    show_later(harness, "Stopped", timeout - 0.01)
    assert harness.run(wait_timeout=timeout, **STOP).instance["state"] == "Stopped"


def test_a_new_instance_whose_id_no_response_gave_is_looked_for(harness):
    harness.settings(task_seconds=1000.0)
    error = failure(harness, DeadlineExceeded, wait_timeout=TIMEOUT, **harness.creation())
    (instance,) = harness.instances("web1")
    assert error.message.endswith(f"the last state seen is {instance['state']}") and error.task_id
    show_later(harness, "Running")
    outcome = harness.run(wait_timeout=TIMEOUT, **harness.creation("web2"))
    assert outcome.instance["state"] == "Running" and "its password, if it has one, is not known" in outcome.warnings[0]
    assert len(harness.instances()) == 2


@pytest.mark.parametrize("name", ["reboot", "associateSSHKey", "update", "attachIso", "resetPassword"])
def test_what_an_instance_does_not_show_is_no_success_while_its_task_goes_on(harness, name):
    """It was running before, so that it runs says nothing."""
    case = CASES[name]
    harness.fault(method=case.method, path=case.path, kind="task_stuck")
    instance_id = harness.seed(name="web1", state="Running")
    show_later(harness, "Running", 1)
    with pytest.raises(DeadlineExceeded) as caught:
        run(harness, case)
    assert caught.value.task_id in harness.simulator.cloud.tasks and len(harness.writes()) == 1
    assert instance_id == harness.instances()[0]["id"]


def test_after_the_last_look_nothing_is_written(harness, late):
    harness.settings(task_seconds=BETWEEN)
    error = failure(harness, DeadlineExceeded, wait_timeout=TIMEOUT, connection={"wrap": late.wrap}, **harness.creation(state="stopped"))
    assert "Could not stop instance" in error.message and error.message.endswith("the last state seen is Running")
    assert harness.last_run.outcome.actions == ["create"] and harness.writes() == ["POST instances"]
    assert {method for method, *_rest in late.sent} == {"GET"}


def test_an_instance_that_was_stopped_for_a_change_is_started_again_after_the_last_look(harness):
    harness.settings(seconds={"stop": BETWEEN})
    harness.seed(name="web1", state="Running")
    given = {"hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    error = failure(harness, wait_timeout=TIMEOUT, name="web1", **given)
    assert "has been started again" in error.sentence
    assert harness.writes() == ["POST stop", "POST start"] and harness.instances("web1")[0]["state"] == "Running"


@pytest.mark.parametrize("ends_as", ["Stopped", "Running"])
def test_a_transition_that_ended_after_the_last_poll_is_the_goal_or_not(harness, ends_as):
    harness.seed(name="web1", state="Stopping")
    show_later(harness, ends_as)
    if ends_as == "Stopped":
        assert harness.run(wait_timeout=TIMEOUT, **STOP).actions == []
    else:
        error = failure(harness, DeadlineExceeded, wait_timeout=TIMEOUT, **STOP)
        assert error.message.endswith("the last state seen is Running")
    assert harness.writes() == []


def test_an_interrupted_run_takes_no_last_look(harness, late, clock):
    harness.settings(task_seconds=1000.0)
    harness.seed(name="web1", state="Running")

    def interrupt(entry):
        if clock() >= 1015 and "/tasks/" in entry["path"]:
            harness.interruption = "SIGTERM"

    with harness.intercepting(after=interrupt):
        error = failure(harness, DeadlineExceeded, wait_timeout=TIMEOUT, **STOP)
    assert "interrupted by SIGTERM while waiting for task" in error.sentence and "/tasks/" in harness.simulator.app.log[-1]["path"]


def test_a_last_look_that_fails_takes_two_seconds_and_leaves_the_state_seen_before(harness, clock):
    harness.settings(task_seconds=1000.0)
    harness.seed(name="web1", state="Running")
    began = clock()

    def fail(_entry):
        if clock() - began >= BETWEEN and not failing:
            failing.append(True)
            harness.fault(method="GET", kind="status", status=503, count=0)

    failing: list[bool] = []
    with harness.intercepting(after=fail):
        harness.clock.sleep(0)
        error = failure(harness, DeadlineExceeded, wait_timeout=TIMEOUT, **STOP)
    assert "last state seen is Running" in error.sentence and error.task_id
    assert clock() - began <= TIMEOUT + LAST_LOOK


def test_the_deleted_instance_that_can_not_be_read_is_not_taken_for_gone(harness):
    harness.fault(method="DELETE", kind="task_stuck")
    harness.seed(name="web1", state="Running")
    harness.fault(method="GET", path="/instances", kind="status", status=403, skip=2, count=0)
    assert failure(harness, DeadlineExceeded, wait_timeout=TIMEOUT, name="web1", state="absent").task_id


@pytest.mark.parametrize("lasts", [BETWEEN, 1000.0])
def test_members_of_a_fleet_take_a_last_look_too(harness, lasts):
    harness.settings(task_seconds=lasts)
    for number in range(4):
        harness.seed(name=f"web{number}", state="Stopped")
    results = harness.fleet([{"name": f"web{number}", "state": "started"} for number in range(4)], wait_timeout=TIMEOUT)
    assert [result["failed"] for result in results] == [lasts > TIMEOUT] * 4
    state = "Running" if lasts < TIMEOUT else "Starting"
    assert [result["instance"]["state"] for result in results] == [state] * 4
    assert all("last state seen is Starting" in result["msg"] for result in results if result["failed"])


def test_a_fleet_s_member_that_is_gone_after_the_last_poll_is_a_success(harness):
    harness.settings(task_seconds=BETWEEN)
    harness.seed(name="web1", state="Destroyed")
    (result,) = harness.fleet([{"name": "web1", "state": "absent", "purge": True}], wait_timeout=TIMEOUT)
    assert not result["failed"] and result["actions"] == ["purge"] and harness.instances() == []


def test_the_time_for_starting_again_gets_no_last_look(harness):
    deadline = harness.deadline(10).extended(60)
    assert deadline.remaining() == deadline.for_looks().remaining() == 70
    assert harness.deadline(10).for_looks().remaining() == 12 and harness.deadline(None).for_looks().remaining() == float("inf")
