# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module task_info in real ansible-playbook runs against the simulator."""

from __future__ import annotations

import json

from ansible_collections.coxedge.compute.tests.functional.conftest import writes

UNKNOWN = "00000000-0000-4000-8000-00000000000F"
STOP = {"coxedge.compute.instance": {"name": "web1", "state": "stopped", "wait": False}}


def task(**options):
    return {"coxedge.compute.task_info": options}


def test_the_end_of_a_task_is_awaited_and_shown_without_secrets(runner, creation):
    create = {"coxedge.compute.instance": {"name": "web2", "user_data": "s3cret-data", "wait": False, **creation}}
    created, now, ended, again = runner.play(
        [create, task(id="{{ result_0.task_id }}"), task(id="{{ result_0.task_id | upper }}", wait=True), task(id="{{ result_0.task_id }}")]
    ).results
    assert not now["changed"] and now["task"]["id"] == created["task_id"] and now["finished"] is (now["task"]["status"] == "SUCCESS")
    shown = ended["task"]
    assert set(shown) == {"id", "status", "created", "result", "error"} and ended["finished"] is True and shown == again["task"]
    assert (shown["status"], shown["error"], shown["id"]) == ("SUCCESS", None, created["task_id"]) and shown["created"]
    (instance,) = runner.instances("web2")
    assert shown["result"]["id"] == instance["id"] and shown["result"]["memory_in_mb"] == 4096
    passwords = [kept.result["password"] for kept in runner.simulator.cloud.tasks.values() if isinstance(kept.result, dict)]
    assert passwords and not any(password in json.dumps(ended) for password in passwords)
    assert "password" not in shown["result"] and "user_data" not in shown["result"]


def test_a_failed_task_fails_the_module_only_if_it_waits(runner):
    runner.environment.seed({"name": "web1"})
    runner.simulator.app.faults.add({"kind": "task_failed", "method": "POST", "message": "There is no host."})
    started = runner.play([STOP]).results[0]["task_id"]
    awaited, seen, predicted = (
        *runner.play([task(id=started, wait=True), task(id=started)]).results,
        *runner.play([task(id=started)], "--check").results,
    )
    assert awaited["failed"] and "has failed: There is no host" in awaited["msg"] and awaited["finished"] is True
    assert not seen["failed"] and seen["finished"] is True and seen["task"]["status"] == "FAILED"
    assert seen["task"] == awaited["task"] == predicted["task"] and seen["task"]["error"] == awaited["error"]
    assert seen["task"]["error"]["message"] == "There is no host."


def test_time_runs_out(runner):
    runner.environment.seed({"name": "web1"})
    runner.simulator.app.faults.add({"kind": "task_stuck", "method": "POST"})
    (started,) = runner.play([STOP]).results
    (result,) = runner.play([task(id=started["task_id"], wait=True, wait_timeout=1)]).results
    assert result["failed"] and result["finished"] is False and result["task"]["status"] == "PENDING"
    assert f"while waiting for task {started['task_id']}; its work on the server goes on" in result["msg"], result["msg"]


def test_bad_ids_are_refused_with_the_remedy(runner):
    cases = (
        (task(), "missing required arguments: id"),
        (task(id=None), "id is null: check mode, and a run with nothing to do, start no task"),
        (task(id="web1"), "id must be the UUID of a task, which 'web1' is not"),
        (task(id=True), "id must be text"),
        (task(id=UNKNOWN, wait=True, wait_timeout=0), "wait_timeout"),
    )
    outcome = runner.play([case for case, _words in cases])
    for (_case, words), result in zip(cases, outcome.results):
        assert result["failed"] and words in result["msg"] and result["task"] is None, result
    assert not outcome.requests and "Traceback" not in outcome.output
    for wait in (False, True):
        outcome = runner.play([task(id=UNKNOWN, wait=wait)])
        (gone,) = outcome.results
        assert "Tasks are kept for about 30 minutes; after that, coxedge.compute.instance_info shows" in gone["msg"]
        assert gone["error"]["status_code"] == 404 and [entry["path"].rsplit("/", 1)[1] for entry in outcome.requests] == [UNKNOWN.lower()]


def test_check_mode_reads_too(runner):
    runner.environment.seed({"name": "web1"})
    outcome = runner.play([STOP, task(id="{{ result_0.task_id }}")], "--check")
    assert "id is null" in outcome.results[1]["msg"] and not writes(runner)
