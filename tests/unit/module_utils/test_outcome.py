# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run returns, even if it fails."""

from __future__ import annotations

from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError, TaskFailed
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.outcome import failure_of
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import START, STOP, failure


def test_a_run_returns_its_outcome_even_if_it_fails(harness):
    result = harness.run(**harness.creation()).result(with_password=True)
    assert set(result) == {"changed", "instance", "actions", "plan", "risks", "diff", "drift", "password"}
    assert (result["changed"], result["actions"], result["password"][:3]) == (True, ["create"], "Pw-")
    result = harness.run(wait=False, **STOP).result(waited=False)
    assert set(result) == {"changed", "instance", "actions", "plan", "risks", "diff", "drift", "task_id"} and result["task_id"]
    harness.fault(method="PUT", kind="status", status=400)
    assert failure(harness, **harness.creation("web2", hostname="hal")).status_code == 400
    done = harness.last_run.outcome.so_far(with_password=True)
    assert (done["changed"], done["actions"], done["password"][:3]) == (True, ["create"], "Pw-")
    assert "required to create it" in str(failure(harness, Refused, name="web3"))
    assert harness.last_run.outcome.so_far() == {
        "changed": False,
        "actions": [],
        "instance": None,
        "id": None,
        "plan": None,
        "risks": [],
        "diff": {"before": {}, "after": {}, "before_header": "web3", "after_header": "web3"},
    }


def test_a_failed_run_returns_the_instance_as_it_was_last_seen_and_the_planned_diff(harness):
    instance_id = harness.seed(name="web1")
    harness.fault(kind="task_failed", method="POST", path="operation=stop", leaves="Error")
    failure(harness, TaskFailed, **STOP)
    done = harness.last_run.outcome.so_far()
    assert (done["id"], done["instance"]["name"], done["actions"]) == (instance_id, "web1", ["stop"])
    assert done["diff"]["before"] == {"state": "Running"} and done["diff"]["after"] == {"state": "Stopped"}
    assert done["diff"]["before_header"] == f"web1 ({instance_id})"
    assert done["diff"]["after_header"] == done["plan"] == "web1: stop; interrupts the server"


def test_a_refused_run_returns_the_instance_too(harness):
    instance_id = harness.seed(name="web1")
    failure(harness, Refused, name="web1", hostname="another")
    done = harness.last_run.outcome.so_far()
    assert (done["changed"], done["id"], done["instance"]["state"]) == (False, instance_id, "Running")


def test_a_password_is_returned_only_if_it_is_wanted(harness):
    outcome = harness.run(**harness.creation())
    assert outcome.password and "password" not in outcome.result() and "password" not in outcome.so_far()


def test_a_write_whose_first_response_says_failed_is_in_actions(harness):
    harness.seed(name="web1", state="Stopped")
    harness.settings(first_response="done")
    harness.fault(kind="task_failed", method="POST", message="no room")
    assert "no room" in failure(harness, TaskFailed, **START).sentence
    assert harness.last_run.outcome.actions == ["start"]


def test_a_failure_names_its_task_once():
    for message in ("No room", "Task t-1 has failed"):
        error = ApiError(message)
        error.task_id = "t-1"
        failure = failure_of(error)
        assert failure["task_id"] == "t-1" and failure["msg"].count("t-1") == 1 and failure["msg"].startswith(message)
