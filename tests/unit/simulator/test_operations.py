# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator against the API's documentation: the other operations."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.tests.simulator.operations import OPERATIONS
from ansible_collections.coxedge.compute.tests.unit.simulator.documented import DOCUMENTED_CREATE, MINIMUM, error_of

ALLOWED = {
    "start": {"Stopped"},  # and one more that the documentation does not name: see below
    "stop": {"Running", "Stopping"},
    "reboot": {"Running", "Stopped"},
    "purge": {"Destroyed"},
    "recover": {"Destroyed"},
    "changeComputeOffering": {"Running", "Stopped"},
    "resetPassword": {"Running", "Stopped"},
    "changeNetwork": {"Running", "Stopped"},
    "associateSSHKey": {"Running", "Stopped"},
    "attachIso": {"Running", "Stopped"},
    "detachIso": {"Running", "Stopped"},
    "PUT": {"Running", "Stopped"},
    "DELETE": {"Running", "Stopped", "Error"},
}
BODIES = {
    "changeComputeOffering": {"computeOfferingId": DOCUMENTED_CREATE["computeOfferingId"]},
    "changeNetwork": {"networkId": DOCUMENTED_CREATE["networkId"]},
    "associateSSHKey": {"sshKeyName": "my_ssh_key"},
    "attachIso": {"isoId": "f092a051-8b3f-4941-b47f-5ecb77f3423b"},
    "PUT": {"name": "x"},
}
EVERY_STATE = ("Running", "Stopped", "Starting", "Stopping", "Migrating", "Error", "Destroyed", "Expunging", "Unknown", "Rebooting")


def test_the_states_of_each_operation_are_stated():
    assert set(ALLOWED) == {*OPERATIONS, "PUT", "DELETE"}


@pytest.mark.parametrize("operation", ALLOWED)
@pytest.mark.parametrize("state", EVERY_STATE)
def test_every_operation_in_every_state(api, simulator, operation, state):
    environment = simulator.cloud.environment(None, "compute-on", "test_area")
    iso = "f092a051-8b3f-4941-b47f-5ecb77f3423b" if operation == "detachIso" else None
    instance_id = environment.seed({"name": "a", "state": state, "isoId": iso})["id"]
    body = BODIES.get(operation)
    if operation in ("PUT", "DELETE"):
        response = api.instances(operation, f"/{instance_id}", body)
    else:
        response = api.operate(instance_id, operation, body)
    if state in ALLOWED[operation]:
        assert response.status_code == 200 and response.json()["taskStatus"] == "PENDING"
        return
    error = error_of(response, 400, f"is in state {state}", code=2012)
    assert error["context"]["id"] == instance_id and error["context"]["type"] == "instances"
    assert error["context"]["currentState"] == state
    assert set(error["context"]["expectedStates"]) == ALLOWED[operation]
    assert api.state(instance_id) == state


@pytest.mark.parametrize("operation", ALLOWED)
def test_only_start_is_allowed_in_shutdowned(api, simulator, operation):
    instance_id = simulator.cloud.environment(None, "compute-on", "test_area").seed({"name": "a", "state": "Shutdowned"})["id"]
    if operation in ("PUT", "DELETE"):
        response = api.instances(operation, f"/{instance_id}", BODIES.get(operation))
    else:
        response = api.operate(instance_id, operation, BODIES.get(operation))
    if operation == "start":
        assert api.finished(response)["state"] == "Running"
    else:
        assert set(error_of(response, 400, "Shutdowned", code=2012)["context"]["expectedStates"]) == ALLOWED[operation]


@pytest.mark.parametrize("operation", [name for name in ALLOWED if name not in ("PUT", "DELETE")])
def test_operations_reject_unknown_fields_and_require_their_own(api, simulator, operation):
    state = "Destroyed" if operation in ("purge", "recover") else "Running"
    instance_id = simulator.cloud.environment(None, "compute-on", "test_area").seed({"state": state})["id"]
    error_of(api.operate(instance_id, operation, {**BODIES.get(operation, {}), "extra": 1}), 400, "Unknown field extra", field="extra")
    if operation in BODIES:
        error_of(api.operate(instance_id, operation, {}), 400, "required", field=next(iter(BODIES[operation])))


def test_an_unknown_operation_is_rejected(api):
    instance_id = api.created()
    error_of(api.operate(instance_id, "explode"), 400, "no operation explode", field="operation")
    error_of(api.instances("POST", f"/{instance_id}", {"name": "x"}), 400, "no operation (none given)", field="operation")


def test_stop_passes_through_stopping_and_start_through_starting(api, clock):
    instance_id = api.created()
    response = api.operate(instance_id, "stop", {"forceStop": True})
    assert api.state(instance_id) == "Stopping"
    api.finished(response)
    assert api.state(instance_id) == "Stopped"
    response = api.operate(instance_id, "start")
    assert api.state(instance_id) == "Starting"
    api.finished(response)
    assert api.state(instance_id) == "Running"


def test_stop_on_a_stopping_instance_is_a_forced_stop(api, simulator):
    instance_id = api.created()
    simulator.app.faults.add({"kind": "task_stuck", "path": "operation=stop"})
    first = api.operate(instance_id, "stop").json()["taskId"]
    api.finished(api.operate(instance_id, "stop"))
    assert api.state(instance_id) == "Stopped"
    assert api.task(first)["status"] == "SUCCESS"


def test_reboot_ends_in_running_from_both_states(api):
    instance_id = api.created()
    api.finished(api.operate(instance_id, "reboot"))
    assert api.state(instance_id) == "Running"
    api.finished(api.operate(instance_id, "stop"))
    api.finished(api.operate(instance_id, "reboot"))
    assert api.state(instance_id) == "Running"


def test_changing_the_compute_offering_resizes_the_instance(api):
    offerings = {resource["name"]: resource for resource in api("GET", "services/compute-on/test_area/computeofferings").json()["data"]}
    instance_id = api.created()
    response = api.operate(instance_id, "changeComputeOffering", {"computeOfferingId": offerings["2vCPU.4GB"]["id"]})
    assert api.state(instance_id) == "Stopping"
    api.finished(response)
    assert api.detail(instance_id)["memoryInMB"] == 4096
    custom = {"computeOfferingId": offerings["Custom CPU.Memory"]["id"]}
    error_of(api.operate(instance_id, "changeComputeOffering", custom), 400, "needs cpuCount", field="cpuCount")
    api.finished(api.operate(instance_id, "changeComputeOffering", {**custom, "cpuCount": 3, "memoryInMB": 3000}))
    assert api.detail(instance_id)["cpuCount"] == 3


def test_changing_the_network_drops_port_forwarding_and_changes_the_address(api):
    instance_id = api.created(portsToForward=["22"])
    before = api.detail(instance_id)
    api.finished(api.operate(instance_id, "changeNetwork", {"networkId": "d5a68379-a9ee-404f-9492-a1964b374d6f"}))
    after = api.detail(instance_id)
    assert after["networkName"] == "Web-test_area" and after["ipAddress"].startswith("10.164.")
    assert after["publicIps"] == [] and after["nics"] != before["nics"] and after["ipAddressId"] != before["ipAddressId"]


def test_the_task_of_a_password_reset_returns_the_password(api, simulator):
    instance_id = api.created()
    first, second = (api.finished(api.operate(instance_id, "resetPassword"))["password"] for _n in range(2))
    assert first != second
    simulator.cloud.environment(None, "compute-on", "test_area").instances[instance_id]["isPasswordEnabled"] = False
    assert error_of(api.operate(instance_id, "resetPassword"), 400, "does not support passwords")["context"] == {"id": instance_id}


def test_one_iso_can_be_attached_at_a_time_and_no_bootable_one(api):
    isos = {resource["name"]: resource["id"] for resource in api("GET", "services/compute-on/test_area/isos").json()["data"]}
    instance_id = api.created()
    assert error_of(api.operate(instance_id, "detachIso"), 400, "No ISO is attached")["context"] == {"id": instance_id}
    error_of(api.operate(instance_id, "attachIso", {"isoId": isos["installer"]}), 400, "bootable", field="isoId")
    api.finished(api.operate(instance_id, "attachIso", {"isoId": isos["guest-tools"]}))
    error_of(api.operate(instance_id, "attachIso", {"isoId": isos["drivers"]}), 400, "Another")
    api.finished(api.operate(instance_id, "detachIso"))
    api.finished(api.operate(instance_id, "attachIso", {"isoId": isos["drivers"]}))


def test_associating_an_ssh_key_reboots(api):
    instance_id = api.created()
    response = api.operate(instance_id, "associateSSHKey", {"sshKeyName": "my_ssh_key"})
    assert api.state(instance_id) == "Stopping"
    api.finished(response)
    error_of(api.operate(instance_id, "associateSSHKey", {"sshKeyName": "unknown-key"}), 400, "does not exist", field="sshKeyName")


def test_an_operation_on_all_instances_does_not_create_one(api):
    response = api.instances("POST", body=MINIMUM, operation="acquireBareMetal")
    error_of(response, 400, "no operation acquireBareMetal", field="operation")
    error_of(api.instances("POST", body=MINIMUM, operation=""), 400, "no operation", field="operation")
    assert api.instances("GET").json()["data"] == []


def test_operations_that_overlap_each_have_their_effect(api, clock, simulator):
    simulator.cloud.settings.update({"seconds": {"update": 3.0, "resetPassword": 3.0}})
    instance_id = api.created()
    renaming = api.instances("PUT", f"/{instance_id}", {"name": "new"}).json()["taskId"]
    resetting = api.operate(instance_id, "resetPassword").json()["taskId"]
    api.finished(api.operate(instance_id, "stop"))
    clock.sleep(2)
    assert api.task(renaming)["result"]["name"] == "new" and api.task(resetting)["result"]["password"]
    assert api.state(instance_id) == "Stopped", "a change without a reboot leaves the state alone"


def test_a_change_that_fails_without_a_reboot_leaves_the_state_alone(api, clock, simulator):
    instance_id = api.created()
    simulator.cloud.settings.update({"seconds": {"update": 3.0}})
    simulator.app.faults.add({"kind": "task_failed", "method": "PUT"})
    api.instances("PUT", f"/{instance_id}", {"name": "new"})
    api.finished(api.operate(instance_id, "stop"))
    clock.sleep(2)
    assert (api.state(instance_id), api.detail(instance_id)["name"]) == ("Stopped", "jarvis")
