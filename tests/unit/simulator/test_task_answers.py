# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which the simulator can answer a write and a poll."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.tests.unit.simulator.documented import MINIMUM, UNKNOWN_ID, error_of


@pytest.fixture
def settings(simulator):
    return simulator.cloud.settings.update


def test_polls_can_have_the_flat_shape(api, settings, simulator, clock):
    settings({"task_shape": "flat"})
    task_id = api.instances("POST", body=MINIMUM).json()["taskId"]
    assert api("GET", f"tasks/{task_id}").json() == {"taskId": task_id, "taskStatus": "PENDING"}
    clock.sleep(1)
    ended = api("GET", f"tasks/{task_id}").json()
    assert ended == {"taskId": task_id, "taskStatus": "SUCCESS", "result": ended["result"]} and ended["result"]["state"] == "Running"
    simulator.app.faults.add({"kind": "task_failed", "path": "/tasks/", "message": "no room"})
    failed = api("GET", f"tasks/{task_id}").json()
    assert (failed["taskStatus"], failed["errors"][0]["message"]) == ("FAILED", "no room")


@pytest.mark.parametrize("task_results", ["all", "promised"])
def test_a_first_answer_can_say_done_and_leave_the_result_to_the_task(api, settings, task_results):
    settings({"first_response": "done_without_data", "task_results": task_results})
    first = api.instances("POST", body=MINIMUM).json()
    assert first == {"taskId": first["taskId"], "taskStatus": "SUCCESS"}
    result = api.task(first["taskId"])["result"]
    assert result["password"] and api.state(result["id"]) == "Running"
    reset = api.operate(result["id"], "resetPassword").json()
    assert set(reset) == {"taskId", "taskStatus"} and api.task(reset["taskId"])["result"]["password"]


def test_tasks_can_have_only_the_results_that_are_promised(api, settings, clock):
    settings({"task_results": "promised"})
    instance_id = api.created()
    for operation, body in (("reboot", None), ("stop", {}), ("start", None)):
        first = api.operate(instance_id, operation, body).json()
        clock.sleep(1)
        assert set(api.task(first["taskId"])) == {"id", "status", "created"}
    assert set(api.finished(api.operate(instance_id, "resetPassword"))) == {"password"}
    settings({"first_response": "done"})
    assert "data" not in api.instances("PUT", f"/{instance_id}", {"name": "x"}).json()
    assert api.instances("POST", body=MINIMUM).json()["data"]["password"]


def test_a_refusal_can_carry_a_failed_task(api, settings, clock):
    settings({"refusals": "with_task", "failed_status": "FAILURE", "max_instances": 1})
    instance_id = api.created()
    for response, words in (
        (api.operate(instance_id, "start"), "is in state Running"),
        (api.instances("POST", body=MINIMUM), "quota"),
        (api.instances("PUT", f"/{instance_id}", {"name": ""}), "must not be empty"),
        (api.instances("DELETE", f"/{instance_id}", {"purge": True}), "Unknown field purge"),
    ):
        refused = response.json()
        assert response.status_code == 400 and set(refused) == {"taskId", "taskStatus", "errors"}
        assert refused["taskStatus"] == "FAILURE" and words in refused["errors"][0]["message"]
        task = api.task(refused["taskId"])
        assert task["status"] == "FAILURE" and words in task["errors"][0]["message"]
    assert set(api.instances("GET", f"/{UNKNOWN_ID}").json()) == {"errors"}
    assert set(api.operate(UNKNOWN_ID, "start").json()) == {"errors"}, "only what is there can have a task"
    settings({"refusals": "plain"})
    assert set(api.operate(instance_id, "start").json()) == {"errors"}


def test_a_failed_task_names_its_code_as_errors_do(api, settings, simulator, clock):
    settings({"error_code": "errorCode"})
    simulator.app.faults.add({"kind": "task_failed", "method": "POST"})
    first = api.instances("POST", body=MINIMUM).json()
    clock.sleep(1)
    (error,) = api.task(first["taskId"])["errors"]
    assert error["errorCode"] == "2002" and "code" not in error


def test_a_create_can_name_another_instance(api, simulator, clock):
    other = api.created(name="other")
    simulator.app.faults.add({"kind": "another_id", "method": "POST", "path": "/instances$", "count": 0, "body": other})
    for name in ("a", "b"):
        assert api.instances("POST", body={**MINIMUM, "name": name}).json()["data"] == {"id": other}
    simulator.cloud.settings.update({"first_response": "done"})
    shown = api.instances("POST", body={**MINIMUM, "name": "c"}).json()["data"]
    assert (shown["id"], shown["name"]) == (other, "c")
    assert len({instance["id"] for instance in api.instances("GET").json()["data"]}) == 4


def test_attributes_without_a_value_can_be_left_out(api, settings):
    settings({"report_ssh_key": True, "report_iso": True})
    instance_id = api.created()
    shown = api.detail(instance_id)
    assert shown["sshKeyName"] is None and shown["isoId"] is None
    settings({"omit_empty": True})
    left = {name: value for name, value in shown.items() if name not in ("sshKeyName", "isoId")}
    assert api.detail(instance_id) == left
    assert {"sshKeyName", "isoId"}.isdisjoint(api.instances("GET").json()["data"][0])
    # What the documentation's own examples show: an empty list and an empty text.
    assert left["affinityGroupIds"] == [] and left["userData"] == ""


def test_sizes_can_be_rounded_up(api, settings):
    offerings = {entry["name"]: entry["id"] for entry in api("GET", "services/compute-on/test_area/computeofferings").json()["data"]}
    disks = {entry["name"]: entry["id"] for entry in api("GET", "services/compute-on/test_area/diskofferings").json()["data"]}
    settings({"memory_step": 1000, "disk_step": 8})
    custom = {"computeOfferingId": offerings["Custom CPU.Memory"], "cpuCount": 1, "memoryInMB": 2001}
    disk = {"diskOfferingId": disks["Custom size"], "additionalDiskSizeInGb": 17, "rootVolumeSizeInGb": 24}
    instance_id = api.created(**custom, **disk)
    assert api.detail(instance_id)["memoryInMB"] == 3000
    settings({"normalise": True})
    api.finished(api.operate(instance_id, "changeComputeOffering", {**custom, "memoryInMB": 3001}))
    assert api.detail(instance_id)["memoryInMB"] == 4000
    volumes = api("GET", "services/compute-on/test_area/volumes", instance_id=instance_id).json()["data"]
    assert sorted(volume["sizeInGb"] for volume in volumes) == [24, 24]
    error_of(api.instances("POST", body={**MINIMUM, "rootVolumeSizeInGb": 0}), 400, "smaller than the template", field="rootVolumeSizeInGb")
