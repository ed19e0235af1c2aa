# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's calls: one resource, a write, a task."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import TaskFailed
from ansible_collections.coxedge.compute.tests.unit.module_utils.calls import failure, listing, write
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import UNKNOWN_ID


def test_fetch_one_returns_the_resource_or_none(harness, web1):
    assert harness.client().fetch_one("instances", web1, harness.deadline())["name"] == "web1"
    assert harness.client().fetch_one("instances", UNKNOWN_ID, harness.deadline()) is None


@pytest.mark.parametrize("data", [None, [], {}, {"id": 1}, {"id": UNKNOWN_ID}])
def test_a_response_with_another_resource_is_an_error(harness, web1, data):
    harness.fault(kind="status", status=200, body={"data": data})
    error = failure(lambda: harness.client().fetch_one("instances", web1, harness.deadline()))
    other = isinstance(data, dict) and data.get("id") == UNKNOWN_ID
    why = f"the API responded with another one, {UNKNOWN_ID}" if other else "the response holds no such resource"
    assert error.message.startswith(f"Could not read instances {web1}: {why}")


def test_an_api_key_that_is_not_accepted_is_named_in_the_error(harness):
    error = failure(listing(harness, api_key="wrong"))
    assert "does not accept this api_key" in error.sentence and error.status_code == 403
    harness.fault(kind="status", status=401)
    assert "does not accept this api_key" in failure(listing(harness)).sentence


def test_an_error_has_code_message_and_context(harness, web1):
    error = failure(write(harness, web1, "stop"))
    assert f"Could not stop instance {web1}: " in error.sentence
    assert (error.status_code, error.code) == (400, 2012)
    assert error.context["currentState"] == "Stopped" and error.context["expectedStates"] == ["Running", "Stopping"]
    assert "code 2012" in error.sentence and "currentState: Stopped" in error.sentence
    assert set(error.details) == {"status_code", "code", "message", "context"}


def test_an_error_says_what_could_not_be_done(harness, web1):
    harness.fault(kind="status", status=400, count=3)
    for method, instance_id, words in (
        ("POST", None, "create an instance"),
        ("PUT", web1, f"update instance {web1}"),
        ("DELETE", web1, f"delete instance {web1}"),
    ):
        error = failure(lambda: harness.client().write(method, "instances", instance_id, harness.deadline(), {}))  # noqa: B023
        assert error.message.startswith(f"Could not {words}: ")


@pytest.mark.parametrize("first_response", ["pending", "pending_with_data", "done"])
def test_first_responses_of_every_kind_are_understood(harness, web1, clock, first_response):
    harness.settings(first_response=first_response)
    response = write(harness, web1)()
    assert not response.unconfirmed
    if first_response == "done":
        assert response.task_id is None and (response.data["id"], response.data["state"]) == (web1, "Running")
        return
    assert response.data == (None if first_response == "pending" else {})
    # The task is that of this write.
    clock.sleep(1)
    ended = harness.client().task(response.task_id, harness.deadline())
    assert ended.ended and (ended.result["id"], ended.result["state"]) == (web1, "Running")


def test_a_first_response_that_says_failed_raises(harness, web1):
    harness.fault(kind="task_failed", message="no room", count=0)
    for status in ("FAILED", "FAILURE"):
        harness.settings(first_response="done", failed_status=status)
        assert "no room" in failure(write(harness, web1), TaskFailed).message


def test_a_204_is_an_unconfirmed_success(harness, web1):
    harness.settings(update_response="empty")
    response = harness.client().write("PUT", "instances", web1, harness.deadline(), {"name": "x"})
    assert (response.data, response.task_id, response.unconfirmed) == (None, None, True)


@pytest.mark.parametrize("shape", ["flat", "data"])
@pytest.mark.parametrize("status", ["FAILED", "FAILURE"])
@pytest.mark.parametrize("detail", ["errors", "result"])
def test_tasks_of_every_shape_are_understood(harness, web1, clock, shape, status, detail):
    harness.settings(task_shape=shape, failed_status=status, failed_detail=detail)
    client = harness.client()
    task_id = write(harness, web1)().task_id
    assert not client.task(task_id, harness.deadline()).ended
    clock.sleep(1)
    status = client.task(task_id, harness.deadline())
    assert status.ended and status.result["state"] == "Running"
    harness.fault(kind="task_failed", message="no room", method="POST")
    task_id = write(harness, web1, "stop")().task_id
    clock.sleep(1)
    error = failure(lambda: client.task(task_id, harness.deadline()), TaskFailed)
    assert "no room" in error.message and error.task_id == task_id


def test_a_task_that_the_api_does_not_know_is_lost(harness):
    harness.fault(kind="status", status=200, body={"errors": [{"message": "gone"}]})
    for status in (200, 404):
        seen = harness.client().task("t", harness.deadline())
        assert seen.lost.status_code == status and not seen.ended
    harness.fault(kind="status", status=200, body={"errors": [{"message": "gone"}], "data": {"id": "t"}})
    gone = harness.client().task("t", harness.deadline())
    assert gone.lost is not None and "gone" in gone.lost.message and not gone.ended
    asked = len(harness.requests())
    unusable = harness.client().task("..", harness.deadline())
    assert unusable.lost is not None and not unusable.ended and len(harness.requests()) == asked
