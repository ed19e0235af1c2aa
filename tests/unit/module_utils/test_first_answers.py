# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A first answer that says SUCCESS but shows nothing: the result is in the task alone. And tasks without a result."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError, TaskFailed
from ansible_collections.coxedge.compute.plugins.module_utils.jobs import drive
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.catalog import Catalog
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.imperative import ImperativeRun, selection
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.run import Run
from ansible_collections.coxedge.compute.tests.unit.module_utils.calls import Rewriting
from ansible_collections.coxedge.compute.tests.unit.module_utils.operations_table import CASES, run
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import CREATION, failure


def without_data(request, document):
    """Work that has ended is reported without its result."""
    if request.method != "GET" and document.get("taskStatus") == "SUCCESS":
        document.pop("data", None)


def without_result(request, document):
    """No task shows what came of its work."""
    if request.path.startswith("tasks/"):
        for part in (document, document.get("data", {})):
            part.pop("result", None)


def connection(change):
    """The argument of Harness.run for a server whose responses are changed so."""
    return {"wrap": lambda transport: Rewriting(transport, change)}


def polls(harness):
    return [entry["path"] for entry in harness.simulator.app.log if "/tasks/" in entry["path"]]


def reset_password(harness, change):
    """Resets a password; returns what the run has done and returned."""
    client, deadline = harness.client(**connection(change)), harness.deadline()
    operation = ImperativeRun(Run(client, Catalog(client, deadline), deadline, selection({"name": "web1"})))
    drive(operation.reset_password(), harness.clock.sleep)
    return operation.outcome


@pytest.mark.parametrize("shape", ["flat", "data"])
@pytest.mark.parametrize("wait", [True, False])
def test_the_result_of_a_create_that_ended_at_once_is_read_from_its_task(harness, clock, wait, shape):
    harness.settings(first_response="done", task_shape=shape)
    began = clock()
    outcome = harness.run(wait=wait, connection=connection(without_data), **harness.creation())
    assert outcome.instance["id"] == harness.instances("web1")[0]["id"] and outcome.password.startswith("Pw-")
    assert outcome.actions == ["create"] and outcome.task_id is None and outcome.warnings == []
    assert len(polls(harness)) == 1 and clock() == began


def test_the_password_of_a_reset_that_ended_at_once_is_read_from_its_task(harness, clock):
    harness.settings(first_response="done")
    harness.seed(name="web1")
    began = clock()
    outcome = reset_password(harness, without_data)
    assert outcome.password.startswith("Pw-") and outcome.actions == ["resetPassword"]
    assert len(polls(harness)) == 1 and clock() == began


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.method != "GET"])
def test_every_operation_is_done_with_such_an_answer(harness, name):
    case = CASES[name]
    harness.settings(first_response="done", report_ssh_key=True, report_iso=True)
    if case.state is not None:
        harness.seed(name="web1", state=case.state, **case.setup)
    run(harness, case, harness.client(**connection(without_data)))
    assert case.done(harness) and len(harness.writes()) == 1


@pytest.mark.parametrize("wait", [True, False])
def test_a_new_instance_is_found_in_the_list_if_its_task_is_forgotten(harness, wait):
    harness.settings(first_response="done")
    harness.fault(method="GET", path="/tasks/", kind="status", status=404, count=0)
    outcome = harness.run(wait=wait, connection=connection(without_data), **harness.creation())
    assert outcome.instance["id"] == harness.instances("web1")[0]["id"] and outcome.password is None
    assert harness.requests("POST") == ["POST instances"] and len(polls(harness)) == 1


def test_a_password_that_a_forgotten_task_had_is_asked_for_again(harness):
    harness.settings(first_response="done")
    harness.seed(name="web1")
    harness.fault(method="GET", path="/tasks/", kind="status", status=404, count=0)
    with pytest.raises(ApiError, match=r"was reset, but the API did not return the new one: reset it once more\."):
        reset_password(harness, without_data)
    assert harness.writes() == ["POST resetPassword"]


def test_a_task_that_goes_on_although_it_was_said_to_have_ended_is_waited_for(harness):
    def early(request, document):
        if request.method == "POST":
            document["taskStatus"] = "SUCCESS"

    harness.settings(task_seconds=5.0)
    outcome = harness.run(connection=connection(early), **harness.creation())
    assert outcome.instance["state"] == "Running" and outcome.password and harness.requests("POST") == ["POST instances"]


@pytest.mark.parametrize("fault", [{"kind": "task_failed", "message": "no room"}, {"kind": "status", "status": 403}])
def test_if_the_task_can_not_be_read_the_error_has_it_and_the_create_counts_as_done(harness, fault):
    harness.settings(first_response="done")
    harness.fault(method="GET", path="/tasks/", count=0, **fault)
    kind = TaskFailed if fault["kind"] == "task_failed" else ApiError
    error = failure(harness, kind, connection=connection(without_data), **harness.creation())
    assert error.task_id in harness.simulator.cloud.tasks
    assert harness.last_run.outcome.actions == ["create"] and harness.requests("POST") == ["POST instances"]


def test_members_of_a_fleet_read_the_results_of_their_tasks(harness):
    harness.settings(first_response="done")
    members = [{"name": f"web{number}", "return_password": True, **CREATION} for number in range(3)]
    results = harness.fleet(members, **connection(without_data))
    assert all(result["password"] and result["instance"]["state"] == "Running" for result in results)


# -- tasks without a result


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.method != "GET" and name != "resetPassword"])
def test_a_task_without_a_result_is_enough_for_all_but_passwords(harness, name):
    case = CASES[name]
    harness.settings(report_ssh_key=True, report_iso=True)
    if case.state is not None:
        harness.seed(name="web1", state=case.state, **case.setup)
    run(harness, case, harness.client(**connection(without_result)))
    assert case.done(harness) and len(harness.writes()) == 1


def test_a_reset_without_a_result_says_that_the_password_is_not_known(harness):
    harness.seed(name="web1")
    with pytest.raises(ApiError, match="the API did not return the new one"):
        reset_password(harness, without_result)
    assert harness.writes() == ["POST resetPassword"]


# -- refusals that carry a failed task


@pytest.mark.parametrize("task_status", ["FAILED", "failed", "FAILURE"])
def test_a_refusal_with_a_failed_task_reads_as_the_refusal(harness, task_status):
    harness.seed(name="web1", state="Stopped")
    body = {"taskId": "t", "taskStatus": task_status, "errors": [{"code": 2012, "message": "no room"}]}
    harness.fault(method="POST", kind="status", status=400, body=body)
    error = failure(harness, name="web1", state="started")
    assert error.message.endswith(": no room (code 2012) (HTTP 400).") and (error.status_code, error.code) == (400, 2012)
    assert harness.last_run.outcome.actions == []
    harness.fault(method="POST", kind="status", status=200, body=body)
    error = failure(harness, TaskFailed, name="web1", state="started")
    assert "task t has failed: no room" in error.message and harness.last_run.outcome.actions == ["start"]
