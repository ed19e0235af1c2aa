# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance that was stopped for a change is started again, even if the change fails."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import TaskFailed
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import failure, interfering, to_state


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
