# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance that was stopped for a change is started again, even if the change fails."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import TaskFailed
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import failure, interfering, to_state


def test_what_was_stopped_for_a_change_is_started_again_when_the_change_fails(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert "no room" in failure(harness, **given).sentence
    assert harness.last_run.outcome.actions == ["stop", "update", "start"]
    assert [instance["state"] for instance in harness.instances("web1")] == ["Running"]


def test_one_that_is_stopping_for_a_change_when_the_run_fails_is_started_again(harness):
    harness.settings(task_seconds=5.0)
    harness.seed(name="web1", state="Running")
    harness.fault(kind="status", status=403, path="/tasks/")
    error = failure(harness, name="web1", hostname="hal", compute_offering="4vCPU.8GB", allow_reboot=True)
    assert error.status_code == 403 and "poll task" in error.sentence
    assert harness.last_run.outcome.actions == ["stop", "start"]
    assert [instance["state"] for instance in harness.instances("web1")] == ["Running"]


def test_what_somebody_else_stopped_is_not_started_when_a_change_fails(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    with interfering(harness, 1, to_state(harness, "Stopped")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
        assert "no room" in failure(harness, **given).sentence
    assert harness.last_run.outcome.actions == ["update"]
    assert [instance["state"] for instance in harness.instances("web1")] == ["Stopped"]


def test_what_was_to_be_stopped_is_not_started_when_a_change_fails(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    assert "no room" in failure(harness, name="web1", state="stopped", compute_offering="4vCPU.8GB").sentence
    assert harness.last_run.outcome.actions == ["stop"] and harness.instances("web1")[0]["state"] == "Stopped"


def test_what_somebody_else_started_again_is_not_started(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    with interfering(harness, 3, to_state(harness, "Running")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
        assert "no room" in failure(harness, **given).sentence
    assert harness.writes() == ["POST stop", "PUT instances", "POST changeComputeOffering"]


def test_a_race_in_the_middle_of_changes_leaves_a_running_instance_running(harness):
    harness.seed(name="web1", state="Running")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Stopped"}}]}
    harness.fault(path="changeComputeOffering", kind="status", status=400, body=body)
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert harness.run(**given).actions == ["stop", "update", "changeComputeOffering", "start"]
    assert [(instance["state"], instance["cpuCount"]) for instance in harness.instances("web1")] == [("Running", 4)]


@pytest.mark.parametrize("count", [2, 0])
def test_a_second_race_in_the_middle_of_changes_leaves_a_running_instance_running_too(harness, count):
    harness.seed(name="web1", state="Running")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Migrating"}}]}
    harness.fault(path="changeComputeOffering", kind="status", status=400, body=body, count=count)
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert "busy" in failure(harness, **given).sentence
    assert harness.last_run.outcome.actions == ["stop", "update", "start"]
    assert [instance["state"] for instance in harness.instances("web1")] == ["Running"]


@pytest.mark.parametrize("context", [{}, {"currentState": "Migrating"}])
def test_when_it_can_not_be_started_again_the_error_says_so(harness, context):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    harness.fault(path="operation=start", kind="status", status=400, body={"errors": [{"message": "no host", "context": context}]})
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    text = failure(harness, **given).sentence
    assert "no room" in text and "could not be started again: Could not start" in text and "no host" in text


def test_a_start_after_the_changes_that_fails_is_not_tried_twice(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="operation=start", kind="task_failed", message="no host")
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert "no host" in failure(harness, TaskFailed, **given).sentence
    assert harness.last_run.outcome.actions == ["stop", "update", "changeComputeOffering", "start"]


def test_when_a_refusal_is_followed_by_that_both_are_told(harness):
    harness.seed(name="web1", state="Running")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Stopped"}}]}
    harness.fault(path="changeComputeOffering", kind="status", status=400, body=body)
    harness.fault(path="operation=start", kind="status", status=400, message="no host")
    with interfering(harness, 3, lambda instance: instance.update(name="other")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
        text = str(failure(harness, Refused, **given))
    assert "renamed" in text and "could not be started again" in text and "no host" in text
