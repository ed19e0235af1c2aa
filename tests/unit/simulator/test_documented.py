# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator against the API's documentation, endpoint by endpoint: everything else is believed because of it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

KEY = "simulator-key"
LIST_ATTRIBUTES = {
    "id", "name", "affinityGroupIds", "computeOfferingId", "computeOfferingName", "cpuCount", "hostname", "imageId", "imageName",
    "ipAddress", "isPasswordEnabled", "macAddress", "memoryInMB", "networkId", "networkName", "state", "username", "vpcId", "vpcName",
    "zoneId", "zoneName",
}  # fmt: skip
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
# The documentation's own request body for a create.
DOCUMENTED_CREATE = {
    "name": "jarvis",
    "additionalDiskIops": 1000,
    "additionalDiskSizeInGb": 20,
    "affinityGroupId": "1c0bfd2b-d609-4892-a43e-273654532d26",
    "computeOfferingId": "3caab5ed-b5a2-4d8a-82e4-51c46168ee6c",
    "diskOfferingId": "f16f7f1b-462d-47b9-97bb-25a19e47a648",
    "networkId": "55ccea7f-8286-479e-a648-dd4a45866daf",
    "portsToForward": ["80", "9999"],
    "rootVolumeSizeInGb": 60,
    "sshKeyName": "mysshkey",
    "templateId": "5f968ad6-56d0-4d0d-ad7e-f8f4a5b5d986",
    "userData": "#!/bin/bash\necho 'hello world'",
    "volumeIdToAttach": "2478012b-3cf3-4eef-a8d6-85eb8599df6d",
}
MINIMUM = {k: DOCUMENTED_CREATE[k] for k in ("name", "computeOfferingId", "networkId", "templateId")}


class Api:
    """Plain requests, as curl would send them."""

    def __init__(self, simulator: Any, clock: Any) -> None:
        self.simulator, self.clock = simulator, clock

    def __call__(self, method: str, path: str, body: Any = None, key: str | None = KEY, **params: Any) -> requests.Response:
        headers = {"MC-Api-Key": key} if key else {}
        url = f"{self.simulator.api_url}/{path}"
        return requests.request(method, url, params=params, json=body, headers=headers, timeout=10)

    def instances(self, method: str, tail: str = "", body: Any = None, **params: Any) -> requests.Response:
        """A request on the instances of test_area."""
        return self(method, f"services/compute-on/test_area/instances{tail}", body, **params)

    def operate(self, instance_id: str, operation: str, body: Any = None) -> requests.Response:
        """An operation on an instance."""
        return self.instances("POST", f"/{instance_id}", body, operation=operation)

    def detail(self, instance_id: str) -> dict[str, Any]:
        """An instance as retrieved."""
        answer = self.instances("GET", f"/{instance_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def state(self, instance_id: str) -> str:
        """Its state."""
        return self.detail(instance_id)["state"]

    def finished(self, answer: requests.Response) -> Any:
        """Lets the task of an answer end; its result."""
        assert answer.status_code == 200, answer.text
        first = answer.json()
        assert first["taskStatus"] == "PENDING"
        assert self("GET", f"tasks/{first['taskId']}").json() == {"taskId": first["taskId"], "taskStatus": "PENDING"}
        self.clock.sleep(1.0)
        ended = self("GET", f"tasks/{first['taskId']}").json()
        assert ended["taskStatus"] == "SUCCESS", ended
        return ended["result"]

    def created(self, **values: Any) -> str:
        """The id of a new, running instance."""
        return self.finished(self.instances("POST", body={**MINIMUM, **values}))["id"]


@pytest.fixture
def api(simulator, clock):
    return Api(simulator, clock)


CODES = {400: 2002, 403: 1001, 404: 2001, 405: 2002}
NO_INSTANCE = {"id": UNKNOWN_ID, "type": "instances"}


def refused(answer: requests.Response, status: int, *words: str, field: str | None = None, code: int | None = None) -> dict[str, Any]:
    """The error of an answer that must be a refusal, for the reason that the words are about; ``field``: the one it complains of."""
    assert words or field, "any reason would do"
    assert answer.status_code == status, answer.text
    (error,) = answer.json()["errors"]
    assert {"code", "message", "context"} == set(error)
    assert error["code"] == (code or CODES[status]), error
    for word in words:
        assert word in error["message"], error
    if field is not None:
        assert error["context"] == {"field": field}, error
    return error


# --- transport ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, "", "wrong"])
def test_without_the_right_key_everything_is_a_403(api, key):
    for path in ("services/compute-on/test_area/instances", "tasks/x", "environments", "nowhere"):
        refused(api("GET", path, key=key), 403, "key is not valid" if key else "key is missing")


def test_unknown_service_environment_entity_and_path_are_404s(api):
    for path, words, kind in (
        ("services/other/test_area/instances", "no service connection other", "serviceConnections"),
        ("services/compute-on/other/instances", "no environment other", "environments"),
        ("services/compute-on/test_area/cats", "no entity type cats", "cats"),
        ("x/y", "no such resource", "resources"),
    ):
        assert refused(api("GET", path), 404, words)["context"] == {"type": kind}


def test_wrong_verbs_are_405s(api):
    refused(api.instances("DELETE"), 405, "DELETE is not allowed", "GET, POST.")
    refused(api("POST", "tasks/x"), 405, "POST is not allowed", "allowed: GET.")
    refused(api("POST", "services/compute-on/test_area/networks", {}), 405, "POST is not allowed", "allowed: GET.")


def test_another_organization_has_instances_of_its_own(api):
    from ansible_collections.coxedge.compute.tests.simulator.model import SUB_ORGANIZATION

    api.created()
    assert api.instances("GET", org_id=SUB_ORGANIZATION).json()["metadata"]["recordCount"] == 0
    assert refused(api.instances("GET", org_id=UNKNOWN_ID), 403, "no access to this organization")["context"] == {"id": UNKNOWN_ID}


def test_bodies_must_be_json_objects_and_declared_so(api, simulator):
    url = f"{simulator.api_url}/services/compute-on/test_area/instances"
    for data, kind, words in (
        (b"{", "application/json", "is not JSON"),
        (b"[]", "application/json", "must be a JSON object"),
        (b'{"name": "a"}', "text/plain", "declared as application/json"),
    ):
        answer = requests.post(url, data=data, headers={"MC-Api-Key": KEY, "Content-Type": kind}, timeout=10)
        refused(answer, 400, words)


# --- list and retrieve -------------------------------------------------------------------------------------------


def test_list_has_the_documented_envelope_and_attributes(api):
    assert api.instances("GET").json() == {"data": [], "metadata": {"recordCount": 0}}
    api.created(name="my_instance")
    body = api.instances("GET").json()
    assert body["metadata"] == {"recordCount": 1}
    assert set(body["data"][0]) == LIST_ATTRIBUTES
    assert body["data"][0]["name"] == body["data"][0]["hostname"] == "my_instance"


def test_retrieve_adds_user_data_public_addresses_and_nics(api):
    instance = api.detail(api.created(userData="x", portsToForward=["22"]))
    assert set(instance) == LIST_ATTRIBUTES | {"userData", "publicIps", "nics"}
    (address,) = instance["publicIps"]
    assert set(address) == {"id", "ipAddress", "purposes", "ports"}
    assert address["purposes"] == ["PORT_FORWARDING"] and address["ports"] == ["22"]
    (nic,) = instance["nics"]
    assert nic == {"id": nic["id"], "isDefault": True, "networkId": instance["networkId"]}


def test_an_unknown_instance_is_a_404_with_context(api):
    assert refused(api.instances("GET", f"/{UNKNOWN_ID}"), 404, "was not found")["context"] == NO_INSTANCE
    assert refused(api.instances("GET", "/no-uuid"), 404, "no-uuid was not found")["context"] == {"id": "no-uuid", "type": "instances"}


# --- create ------------------------------------------------------------------------------------------------------


def test_create_with_the_documented_body(api):
    answer = api.instances("POST", body=DOCUMENTED_CREATE)
    (resource,) = api.instances("GET").json()["data"]
    assert resource["state"] == "Starting"
    instance = api.finished(answer)
    assert instance["id"] == resource["id"] and instance["state"] == "Running" and instance["password"]
    shown = api.detail(resource["id"])
    assert shown["affinityGroupIds"] == [DOCUMENTED_CREATE["affinityGroupId"]]
    assert shown["userData"] == DOCUMENTED_CREATE["userData"]
    assert shown["publicIps"][0]["ports"] == ["80", "9999"]
    volumes = api("GET", "services/compute-on/test_area/volumes", instance_id=resource["id"]).json()["data"]
    assert sorted((v["type"], v["sizeInGb"]) for v in volumes) == [("data", 20), ("data", 100), ("os", 60)]
    assert DOCUMENTED_CREATE["volumeIdToAttach"] in [v["id"] for v in volumes]


@pytest.mark.parametrize("missing", sorted(MINIMUM))
def test_create_needs_its_required_fields(api, missing):
    body = {k: v for k, v in MINIMUM.items() if k != missing}
    refused(api.instances("POST", body=body), 400, f"{missing} is required", field=missing)
    assert api.instances("GET").json()["data"] == []


WRONG = {
    "an unknown field": ({"colour": "red"}, "colour", "Unknown field"),
    "a field of the client's option names": ({"compute_offering": "x"}, "compute_offering", "Unknown field"),
    "a number as text": ({"rootVolumeSizeInGb": "60"}, "rootVolumeSizeInGb", "must be an integer"),
    "a boolean as number": ({"rootVolumeSizeInGb": True}, "rootVolumeSizeInGb", "must be an integer"),
    "an id that is no UUID": ({"networkId": "Web"}, "networkId", "must be a UUID"),
    "an id that does not exist": ({"templateId": UNKNOWN_ID}, "templateId", "does not exist"),
    "a port as number": ({"portsToForward": [80]}, "portsToForward", "must be an array of strings"),
    "a port out of range": ({"portsToForward": ["65536"]}, "portsToForward", "65536 is not a port number"),
    "a size with a fixed offering": ({"cpuCount": 2}, "cpuCount", "only allowed with a custom compute offering"),
    "a disk size with no disk": ({"additionalDiskSizeInGb": 20}, "additionalDiskSizeInGb", "needs diskOfferingId"),
    "IOPS with no disk": ({"additionalDiskIops": 20}, "additionalDiskIops", "needs diskOfferingId"),
    "a root volume below the template": ({"rootVolumeSizeInGb": 1}, "rootVolumeSizeInGb", "smaller than the template"),
    "an address outside the network": ({"ipAddress": "192.0.2.1"}, "ipAddress", "not within"),
    "the gateway's address": ({"ipAddress": "10.165.0.1"}, "ipAddress", "not within"),
    "no address": ({"ipAddress": "ten"}, "ipAddress", "not an IPv4 address"),
    "an unknown SSH key": ({"sshKeyName": "nobody"}, "sshKeyName", "does not exist"),
    "two keys": ({"sshKeyName": "mysshkey", "publicKey": "ssh-ed25519 A"}, "publicKey", "can't be used together"),
    "an unknown affinity group": ({"affinityGroupId": UNKNOWN_ID}, "affinityGroupId", "does not exist"),
}


@pytest.mark.parametrize("case", WRONG)
def test_create_refuses(api, case):
    extra, field, words = WRONG[case]
    refused(api.instances("POST", body={**MINIMUM, **extra}), 400, words, field=field)
    assert api.instances("GET").json()["data"] == []


def test_create_refuses_disks_that_do_not_fit_their_offering(api):
    offerings = {resource["name"]: resource["id"] for resource in api("GET", "services/compute-on/test_area/diskofferings").json()["data"]}
    for name, extra, field, words in (
        ("50GB", {"additionalDiskSizeInGb": 5}, "additionalDiskSizeInGb", "customSize"),
        ("Custom size", {}, "additionalDiskSizeInGb", "The disk offering needs"),
        ("Custom size", {"additionalDiskSizeInGb": 5, "additionalDiskIops": 5}, "additionalDiskIops", "customIops"),
    ):
        refused(api.instances("POST", body={**MINIMUM, "diskOfferingId": offerings[name], **extra}), 400, words, field=field)


def test_a_custom_offering_needs_its_size_and_keeps_to_its_values(api):
    offerings = {resource["name"]: resource for resource in api("GET", "services/compute-on/test_area/computeofferings").json()["data"]}
    assert "cpuCount" not in offerings["Custom steps"]
    body = {**MINIMUM, "computeOfferingId": offerings["Custom steps"]["id"]}
    for size, field, words in (
        ({}, "cpuCount", "needs cpuCount"),
        ({"cpuCount": 2}, "memoryInMB", "needs memoryInMB"),
        ({"cpuCount": 3, "memoryInMB": 2048}, "cpuCount", "cpuCount 3 is not allowed"),
        ({"cpuCount": 1, "memoryInMB": 8192}, "memoryInMB", "MB for each CPU"),
    ):
        refused(api.instances("POST", body={**body, **size}), 400, words, field=field)
    instance = api.detail(api.created(**{**body, "cpuCount": 2, "memoryInMB": 8192}))
    assert (instance["cpuCount"], instance["memoryInMB"]) == (2, 8192)


def test_addresses_and_volumes_are_not_given_twice(api):
    api.created(ipAddress="10.165.3.4", volumeIdToAttach=DOCUMENTED_CREATE["volumeIdToAttach"])
    refused(api.instances("POST", body={**MINIMUM, "ipAddress": "10.165.3.4"}), 400, "in use", field="ipAddress")
    body = {**MINIMUM, "volumeIdToAttach": DOCUMENTED_CREATE["volumeIdToAttach"]}
    refused(api.instances("POST", body=body), 400, "in use", field="volumeIdToAttach")


def test_names_are_not_unique(api):
    assert api.created(name="twin") != api.created(name="twin")


def test_bare_metal_is_not_created_here(api):
    offerings = api("GET", "services/compute-on/test_area/computeofferings").json()["data"]
    (metal,) = [resource["id"] for resource in offerings if resource.get("type") == "BareMetal"]
    refused(api.instances("POST", body={**MINIMUM, "computeOfferingId": metal}), 400, "acquire", field="computeOfferingId")


# --- update ------------------------------------------------------------------------------------------------------


def test_update_of_the_name_reboots_nothing(api):
    instance_id = api.created()
    answer = api.instances("PUT", f"/{instance_id}", {"name": "hal"})
    assert api.state(instance_id) == "Running"
    assert api.finished(answer)["name"] == "hal"


def test_update_of_the_host_name_reboots(api, clock):
    instance_id = api.created()
    api.instances("PUT", f"/{instance_id}", {"name": "hal", "hostname": "hal_9000"})
    states = [api.state(instance_id)]
    for _step in range(2):
        clock.sleep(0.5)
        states.append(api.state(instance_id))
    assert states == ["Stopping", "Starting", "Running"]
    assert api.detail(instance_id)["hostname"] == "hal_9000"


def test_update_refuses_what_it_does_not_know(api):
    instance_id = api.created()
    for body, words in (
        ({"Name": "x"}, "Unknown field"),
        ({"hostname": "a b"}, "not a valid host name"),
        ({"name": ""}, "must not be empty"),
        ({"name": 1}, "must be a string"),
        ({"state": "Stopped"}, "Unknown field"),
    ):
        refused(api.instances("PUT", f"/{instance_id}", body), 400, words, field=next(iter(body)))
    assert refused(api.instances("PUT", f"/{UNKNOWN_ID}", {"name": "x"}), 404, "was not found")["context"] == NO_INSTANCE


# --- destroy, purge, recover -------------------------------------------------------------------------------------


def test_destroy_leaves_an_instance_that_can_be_recovered(api):
    instance_id = api.created()
    answer = api.instances("DELETE", f"/{instance_id}")
    assert api.state(instance_id) == "Stopping"
    api.finished(answer)
    assert api.state(instance_id) == "Destroyed"
    api.finished(api.operate(instance_id, "recover"))
    assert api.state(instance_id) == "Stopped"


def test_destroy_takes_along_what_its_body_says(api):
    instance_id = api.created(portsToForward=["22"], volumeIdToAttach=DOCUMENTED_CREATE["volumeIdToAttach"])
    address = api.detail(instance_id)["publicIps"][0]["id"]
    body = {
        "deleteSnapshots": True,
        "purgeImmediately": True,
        "publicIpIdsToRelease": [address],
        "volumeIdsToDelete": [DOCUMENTED_CREATE["volumeIdToAttach"]],
    }
    api.finished(api.instances("DELETE", f"/{instance_id}", body))
    refused(api.instances("GET", f"/{instance_id}"), 404, f"Instance {instance_id} was not found")
    assert api("GET", "services/compute-on/test_area/publicipaddresses").json()["data"] == []
    assert DOCUMENTED_CREATE["volumeIdToAttach"] not in api("GET", "services/compute-on/test_area/volumes").text


def test_what_is_not_named_outlives_the_instance(api):
    instance_id = api.created(portsToForward=["22"], volumeIdToAttach=DOCUMENTED_CREATE["volumeIdToAttach"])
    api.finished(api.instances("DELETE", f"/{instance_id}", {"purgeImmediately": True}))
    (address,) = api("GET", "services/compute-on/test_area/publicipaddresses").json()["data"]
    assert address["instances"] == []
    volumes = api("GET", "services/compute-on/test_area/volumes").json()["data"]
    assert [v["instanceId"] for v in volumes if v["id"] == DOCUMENTED_CREATE["volumeIdToAttach"]] == [None]
    assert not [v for v in volumes if v["type"] == "os"]


def test_destroy_refuses_what_is_not_the_instance_s(api, simulator):
    environment = simulator.cloud.environment(None, "compute-on", "test_area")
    first = environment.seed({"name": "a", "publicIps": 1})["id"]
    environment.seed({"name": "b", "shareIpWith": first})
    other = environment.seed({"name": "c", "publicIps": 1, "dataVolumes": ["d"]})["id"]
    shared = api.detail(first)["publicIps"][0]["id"]
    foreign = api.detail(other)["publicIps"][0]["id"]
    (volume,) = [v["id"] for v in environment.resources["volumes"] if v["name"] == "d"]
    for body, words in (
        ({"publicIpIdsToRelease": [shared]}, "used by other instances"),
        ({"publicIpIdsToRelease": [foreign]}, "does not belong to this instance"),
        ({"volumeIdsToDelete": [volume]}, "not a data volume of this instance"),
        ({"purge": True}, "Unknown field"),
        ({"purgeImmediately": "yes"}, "true or false"),
    ):
        refused(api.instances("DELETE", f"/{first}", body), 400, words, field=next(iter(body)))
    assert api.state(first) == "Running"


def test_a_delete_may_come_as_curl_sends_it(api, simulator):
    instance_id = api.created()
    headers = {"MC-Api-Key": KEY, "Content-Type": "application/x-www-form-urlencoded"}
    url = f"{simulator.api_url}/services/compute-on/test_area/instances/{instance_id}"
    api.finished(requests.delete(url, data='{"purgeImmediately": true}', headers=headers, timeout=10))
    refused(api.instances("GET", f"/{instance_id}"), 404, f"Instance {instance_id} was not found")


def test_purge_removes_a_destroyed_instance(api):
    instance_id = api.created()
    api.finished(api.instances("DELETE", f"/{instance_id}"))
    answer = api.operate(instance_id, "purge")
    assert api.state(instance_id) == "Expunging"
    api.finished(answer)
    refused(api.instances("GET", f"/{instance_id}"), 404, f"Instance {instance_id} was not found")


# --- the other operations ----------------------------------------------------------------------------------------

ALLOWED = {
    "start": {"Stopped"},
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
EVERY_STATE = ("Running", "Stopped", "Starting", "Stopping", "Migrating", "Error", "Destroyed", "Expunging", "Unknown")


@pytest.mark.parametrize("operation", ALLOWED)
@pytest.mark.parametrize("state", EVERY_STATE)
def test_every_operation_in_every_state(api, simulator, operation, state):
    environment = simulator.cloud.environment(None, "compute-on", "test_area")
    iso = "f092a051-8b3f-4941-b47f-5ecb77f3423b" if operation == "detachIso" else None
    instance_id = environment.seed({"name": "a", "state": state, "isoId": iso})["id"]
    body = BODIES.get(operation)
    if operation in ("PUT", "DELETE"):
        answer = api.instances(operation, f"/{instance_id}", body)
    else:
        answer = api.operate(instance_id, operation, body)
    if state in ALLOWED[operation]:
        assert answer.status_code == 200 and answer.json()["taskStatus"] == "PENDING"
        return
    error = refused(answer, 400, f"is in state {state}", code=2012)
    assert error["context"]["id"] == instance_id and error["context"]["type"] == "instances"
    assert error["context"]["currentState"] == state
    assert set(error["context"]["expectedStates"]) == ALLOWED[operation]
    assert api.state(instance_id) == state


@pytest.mark.parametrize("operation", [name for name in ALLOWED if name not in ("PUT", "DELETE")])
def test_operations_refuse_unknown_fields_and_need_theirs(api, simulator, operation):
    state = "Destroyed" if operation in ("purge", "recover") else "Running"
    instance_id = simulator.cloud.environment(None, "compute-on", "test_area").seed({"state": state})["id"]
    refused(api.operate(instance_id, operation, {**BODIES.get(operation, {}), "extra": 1}), 400, "Unknown field extra", field="extra")
    if operation in BODIES:
        refused(api.operate(instance_id, operation, {}), 400, "required", field=next(iter(BODIES[operation])))


def test_an_operation_that_does_not_exist(api):
    instance_id = api.created()
    refused(api.operate(instance_id, "explode"), 400, "no operation explode", field="operation")
    refused(api.instances("POST", f"/{instance_id}", {"name": "x"}), 400, "no operation (none given)", field="operation")


def test_stop_passes_through_stopping_and_start_through_starting(api, clock):
    instance_id = api.created()
    answer = api.operate(instance_id, "stop", {"forceStop": True})
    assert api.state(instance_id) == "Stopping"
    api.finished(answer)
    assert api.state(instance_id) == "Stopped"
    answer = api.operate(instance_id, "start")
    assert api.state(instance_id) == "Starting"
    api.finished(answer)
    assert api.state(instance_id) == "Running"


def test_stop_on_a_stopping_instance_is_a_forced_stop(api, simulator):
    instance_id = api.created()
    simulator.app.faults.add({"kind": "task_stuck", "path": "operation=stop"})
    first = api.operate(instance_id, "stop").json()["taskId"]
    api.finished(api.operate(instance_id, "stop"))
    assert api.state(instance_id) == "Stopped"
    assert api("GET", f"tasks/{first}").json()["taskStatus"] == "SUCCESS"


def test_reboot_ends_running_from_both_states(api):
    instance_id = api.created()
    api.finished(api.operate(instance_id, "reboot"))
    assert api.state(instance_id) == "Running"
    api.finished(api.operate(instance_id, "stop"))
    api.finished(api.operate(instance_id, "reboot"))
    assert api.state(instance_id) == "Running"


def test_change_of_the_compute_offering(api):
    offerings = {resource["name"]: resource for resource in api("GET", "services/compute-on/test_area/computeofferings").json()["data"]}
    instance_id = api.created()
    answer = api.operate(instance_id, "changeComputeOffering", {"computeOfferingId": offerings["2vCPU.4GB"]["id"]})
    assert api.state(instance_id) == "Stopping"
    api.finished(answer)
    assert api.detail(instance_id)["memoryInMB"] == 4096
    custom = {"computeOfferingId": offerings["Custom CPU.Memory"]["id"]}
    refused(api.operate(instance_id, "changeComputeOffering", custom), 400, "needs cpuCount", field="cpuCount")
    api.finished(api.operate(instance_id, "changeComputeOffering", {**custom, "cpuCount": 3, "memoryInMB": 3000}))
    assert api.detail(instance_id)["cpuCount"] == 3


def test_change_of_the_network_drops_port_forwarding_and_takes_another_address(api):
    instance_id = api.created(portsToForward=["22"])
    before = api.detail(instance_id)
    api.finished(api.operate(instance_id, "changeNetwork", {"networkId": "d5a68379-a9ee-404f-9492-a1964b374d6f"}))
    after = api.detail(instance_id)
    assert after["networkName"] == "Web-test_area" and after["ipAddress"].startswith("10.164.")
    assert after["publicIps"] == [] and after["nics"] != before["nics"]


def test_reset_of_the_password_tells_it_in_the_task(api, simulator):
    instance_id = api.created()
    first, second = (api.finished(api.operate(instance_id, "resetPassword"))["password"] for _n in range(2))
    assert first != second
    simulator.cloud.environment(None, "compute-on", "test_area").instances[instance_id]["isPasswordEnabled"] = False
    assert refused(api.operate(instance_id, "resetPassword"), 400, "does not support passwords")["context"] == {"id": instance_id}


def test_one_iso_at_a_time_and_no_bootable_one(api):
    isos = {resource["name"]: resource["id"] for resource in api("GET", "services/compute-on/test_area/isos").json()["data"]}
    instance_id = api.created()
    assert refused(api.operate(instance_id, "detachIso"), 400, "No ISO is attached")["context"] == {"id": instance_id}
    refused(api.operate(instance_id, "attachIso", {"isoId": isos["installer"]}), 400, "bootable", field="isoId")
    api.finished(api.operate(instance_id, "attachIso", {"isoId": isos["guest-tools"]}))
    refused(api.operate(instance_id, "attachIso", {"isoId": isos["drivers"]}), 400, "Another")
    api.finished(api.operate(instance_id, "detachIso"))
    api.finished(api.operate(instance_id, "attachIso", {"isoId": isos["drivers"]}))


def test_associating_an_ssh_key_reboots(api):
    instance_id = api.created()
    answer = api.operate(instance_id, "associateSSHKey", {"sshKeyName": "my_ssh_key"})
    assert api.state(instance_id) == "Stopping"
    api.finished(answer)
    refused(api.operate(instance_id, "associateSSHKey", {"sshKeyName": "nobody"}), 400, "does not exist", field="sshKeyName")


# --- tasks and resources ------------------------------------------------------------------------------------------


def test_a_task_is_forgotten_after_half_an_hour(api, clock):
    task_id = api.instances("POST", body=MINIMUM).json()["taskId"]
    clock.sleep(29 * 60)
    assert api("GET", f"tasks/{task_id}").json()["taskStatus"] == "SUCCESS"
    clock.sleep(2 * 60)
    refused(api("GET", f"tasks/{task_id}"), 404, f"Task {task_id} was not found")


@pytest.mark.parametrize(
    "entity",
    [
        "computeofferings",
        "templates",
        "networks",
        "diskofferings",
        "sshkeys",
        "affinitygroups",
        "isos",
        "volumes",
        "publicipaddresses",
        "zones",
    ],
)
def test_resource_lists_and_single_entries(api, entity):
    api.created(portsToForward=["22"])
    body = api("GET", f"services/compute-on/test_area/{entity}").json()
    assert body["metadata"]["recordCount"] == len(body["data"]) > 0
    resource = body["data"][0]
    assert api("GET", f"services/compute-on/test_area/{entity}/{resource.get('id') or resource['name']}").json() == {"data": resource}
    missing = refused(api("GET", f"services/compute-on/test_area/{entity}/{UNKNOWN_ID}"), 404, "was not found")
    assert missing["context"] == {"id": UNKNOWN_ID, "type": entity}


def test_resource_filters(api):
    instance_id = api.created(portsToForward=["22"], volumeIdToAttach=DOCUMENTED_CREATE["volumeIdToAttach"])
    api.created(portsToForward=["22"])

    def ids(entity, **query):
        return api("GET", f"services/compute-on/test_area/{entity}", **query).json()["data"]

    assert len(ids("volumes")) == 4 and len(ids("volumes", instance_id=instance_id)) == 2
    assert [v["id"] for v in ids("volumes", instance_id=instance_id, type="data")] == [DOCUMENTED_CREATE["volumeIdToAttach"]]
    assert len(ids("publicipaddresses")) == 2 and len(ids("publicipaddresses", instance_id=instance_id)) == 1
    assert ids("networks", vpc_id=UNKNOWN_ID) == []


def test_environments_and_connections_join(api):
    environments = api("GET", "environments").json()["data"]
    (connection,) = api("GET", "services/connections").json()["data"]
    assert [resource["name"] for resource in environments] == ["test_area", "prod"]
    assert {resource["serviceConnection"]["id"] for resource in environments} == {connection["id"]}
    assert connection["serviceCode"] == "compute-on" and connection["status"]["reachable"]
