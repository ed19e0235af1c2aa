# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at one task, once or until it has ended, as task_info does."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError, DeadlineExceeded, TaskFailed
from ansible_collections.coxedge.compute.plugins.module_utils.jobs import drive
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.waiting import look_at_task
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import UNKNOWN_ID

POLLS = "/tasks/"


@pytest.fixture
def started(harness):
    """The id of a task that takes 5 seconds; nothing has asked for it yet."""
    harness.settings(task_seconds=5.0)
    harness.seed(name="web1")
    task_id = harness.run(wait=False, name="web1", state="stopped").task_id
    harness.simulator.app.log.clear()
    return task_id


@pytest.fixture
def look(harness):
    """Looks at a task; ``seen`` has the status of each look."""

    def run(task_id, waits=False, seconds=600, **connection):
        client = harness.client(**connection)
        seen.clear()
        return drive(
            look_at_task(client, task_id, harness.deadline(seconds), waits, lambda status: seen.append(status.status)), client.sleep
        )

    seen = run.seen = []
    return run


def test_without_waiting_there_is_one_request_and_no_pause(harness, clock, started, look):
    began = clock()
    status = look(started)
    assert (status.status, status.ended, clock() - began) == ("PENDING", False, 0) and status.created
    assert len(harness.requests()) == 1


def test_waiting_polls_once_a_second_and_notices_the_end_soon(harness, clock, started, look):
    began = clock()
    status = look(started, waits=True)
    assert status.status == "SUCCESS" and 5 <= clock() - began <= 6.2
    assert len(harness.requests()) <= clock() - began + 1 and look.seen == ["PENDING"] * (len(look.seen) - 1) + ["SUCCESS"]


def test_waiting_ends_at_the_deadline(clock, started, look):
    began = clock()
    with pytest.raises(DeadlineExceeded, match=started):
        look(started, waits=True, seconds=3)
    assert clock() - began == pytest.approx(3, abs=0.1)


def test_an_interruption_ends_it(harness, started, look):
    harness.interruption = "the run was interrupted"
    with pytest.raises(ApiError, match="interrupted"):
        look(started, waits=True)


@pytest.mark.parametrize(("waits", "requests"), [(False, 3), (True, 11)])
def test_failing_reads_are_retried_a_few_times_and_while_waiting_until_the_deadline(harness, started, look, waits, requests):
    harness.fault(path=POLLS, kind="status", status=503, count=10)
    if waits:
        assert look(started, waits=True, api_retries=2).status == "SUCCESS"
    else:
        with pytest.raises(ApiError, match="503"):
            look(started, api_retries=2)
    assert len(harness.requests()) >= requests


def test_a_response_about_another_task_is_not_trusted(harness, started, look):
    other = {"data": {"id": UNKNOWN_ID, "status": "SUCCESS"}}
    harness.fault(path=POLLS, kind="status", status=200, body=other, count=2)
    assert look(started).status == "PENDING" and len(harness.requests()) == 3
    harness.fault(path=POLLS, kind="status", status=200, body=other, count=0)
    with pytest.raises(ApiError, match="the API answers with something else"):
        look(started)


def test_a_task_that_is_gone_fails_whether_the_run_waits_or_not(harness, started, look):
    for waits in (False, True):
        with pytest.raises(ApiError, match=r"knows no task .* \(HTTP 404\)\. Tasks are kept for about 30 minutes.*instance_info") as caught:
            look(UNKNOWN_ID, waits)
        assert caught.value.status_code == 404
    harness.fault(path=POLLS, kind="status", status=200, body={"errors": [{"code": 7, "message": "no"}]})
    with pytest.raises(ApiError, match=r"says nothing about task .*instance_info shows .*the API says: no"):
        look(started)


@pytest.mark.parametrize("shape", ["data", "flat"])
@pytest.mark.parametrize("word", ["FAILED", "FAILURE", "failed"])
def test_a_failed_task_is_told_in_each_shape(harness, started, look, shape, word):
    task = {"created": "2026-12-01", "errors": [{"code": 7, "message": "no host", "context": {"a": 1}}], "result": {"id": started}}
    body = {"data": {"id": started, "status": word, **task}} if shape == "data" else {"taskId": started, "taskStatus": word, **task}
    harness.fault(path=POLLS, kind="status", status=200, body=body)
    with pytest.raises(TaskFailed) as caught:
        look(started)
    assert caught.value.details == {"status_code": None, "code": 7, "message": "no host", "context": {"a": 1}}
    assert (caught.value.created, caught.value.result) == ("2026-12-01", {"id": started})


def test_a_status_that_nobody_knows_is_not_an_end(harness, started, look):
    harness.fault(path=POLLS, kind="status", status=200, body={"data": {"id": started, "status": "queued"}})
    assert look(started).status == "QUEUED"
