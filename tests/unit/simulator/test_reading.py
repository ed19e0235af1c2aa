# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator against the API's documentation: requests that only read, and what all requests have in common."""

from __future__ import annotations

import pytest
import requests
from ansible_collections.coxedge.compute.tests.unit.simulator.documented import (
    KEY,
    MINIMUM,
    NO_INSTANCE,
    UNKNOWN_ID,
    error_of,
)

LIST_ATTRIBUTES = {
    "id", "name", "affinityGroupIds", "computeOfferingId", "computeOfferingName", "cpuCount", "hostname", "imageId", "imageName",
    "ipAddress", "isPasswordEnabled", "macAddress", "memoryInMB", "networkId", "networkName", "state", "username", "vpcId", "vpcName",
    "zoneId", "zoneName",
}  # fmt: skip


@pytest.mark.parametrize("key", [None, "", "wrong"])
def test_every_request_without_the_right_key_is_a_403(api, key):
    for path in ("services/compute-on/test_area/instances", "tasks/x", "environments", "nowhere"):
        error_of(api("GET", path, key=key), 403, "key is not valid" if key else "key is missing")


def test_unknown_service_environment_entity_and_path_are_404s(api):
    for path, words, kind in (
        ("services/other/test_area/instances", "no service connection other", "serviceConnections"),
        ("services/compute-on/other/instances", "no environment other", "environments"),
        ("services/compute-on/test_area/cats", "no entity type cats", "cats"),
        ("x/y", "no such resource", "resources"),
    ):
        assert error_of(api("GET", path), 404, words)["context"] == {"type": kind}


def test_wrong_methods_are_405s(api):
    error_of(api.instances("DELETE"), 405, "DELETE is not allowed", "GET, POST.")
    error_of(api("POST", "environments", {}), 405, "POST is not allowed", "allowed: GET.")
    error_of(api("POST", "tasks/x"), 405, "POST is not allowed", "allowed: GET.")
    error_of(api("POST", "services/compute-on/test_area/networks", {}), 405, "POST is not allowed", "allowed: GET.")


def test_another_organization_has_its_own_instances(api):
    from ansible_collections.coxedge.compute.tests.simulator.model import ORGANIZATION, SUB_ORGANIZATION

    api.created()
    for organization in (SUB_ORGANIZATION, "example-sub"):
        assert api.instances("GET", org_id=organization).json()["metadata"]["recordCount"] == 0
    for organization in (ORGANIZATION, "example"):
        assert api.instances("GET", org_id=organization).json()["metadata"]["recordCount"] == 1
    assert error_of(api.instances("GET", org_id=UNKNOWN_ID), 403, "no access to this organization")["context"] == {"id": UNKNOWN_ID}


def test_bodies_must_be_json_objects_with_the_right_content_type(api, simulator):
    url = f"{simulator.api_url}/services/compute-on/test_area/instances"
    for data, kind, words in (
        (b"{", "application/json", "is not JSON"),
        (b"[]", "application/json", "must be a JSON object"),
        (b'{"name": "a"}', "text/plain", "declared as application/json"),
    ):
        response = requests.post(url, data=data, headers={"MC-Api-Key": KEY, "Content-Type": kind}, timeout=10)
        error_of(response, 400, words)


def test_list_has_the_documented_envelope_and_attributes(api):
    assert api.instances("GET").json() == {"data": [], "metadata": {"recordCount": 0}}
    api.created(name="my_instance")
    body = api.instances("GET").json()
    assert body["metadata"] == {"recordCount": 1}
    assert set(body["data"][0]) == LIST_ATTRIBUTES | {"ipAddressId"}
    assert body["data"][0]["name"] == body["data"][0]["hostname"] == "my_instance"


def test_retrieve_adds_user_data_public_addresses_and_nics(api):
    instance = api.detail(api.created(userData="x", portsToForward=["22"]))
    assert set(instance) == LIST_ATTRIBUTES | {"userData", "ipAddressId", "publicIps", "nics"}
    (address,) = instance["publicIps"]
    assert set(address) == {"id", "ipAddress", "purposes", "ports"}
    assert address["purposes"] == ["PORT_FORWARDING"] and address["ports"] == ["22"]
    (nic,) = instance["nics"]
    assert nic == {"id": nic["id"], "isDefault": True, "networkId": instance["networkId"]}


def test_an_unknown_instance_is_a_404_with_context(api):
    assert error_of(api.instances("GET", f"/{UNKNOWN_ID}"), 404, "was not found")["context"] == NO_INSTANCE
    assert error_of(api.instances("GET", "/no-uuid"), 404, "no-uuid was not found")["context"] == {"id": "no-uuid", "type": "instances"}


def test_a_task_expires_after_half_an_hour(api, clock):
    task_id = api.instances("POST", body=MINIMUM).json()["taskId"]
    clock.sleep(29 * 60)
    assert api.task(task_id)["status"] == "SUCCESS"
    clock.sleep(2 * 60)
    error_of(api("GET", f"tasks/{task_id}"), 404, f"Task {task_id} was not found")
