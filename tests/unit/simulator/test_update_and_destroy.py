# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator against the API's documentation: updating, destroying, purging and recovering instances."""

from __future__ import annotations

import requests
from ansible_collections.coxedge.compute.tests.unit.simulator.documented import DOCUMENTED_CREATE, KEY, NO_INSTANCE, UNKNOWN_ID, error_of


def test_updating_the_name_does_not_reboot(api):
    instance_id = api.created()
    response = api.instances("PUT", f"/{instance_id}", {"name": "hal"})
    assert api.state(instance_id) == "Running"
    assert api.finished(response)["name"] == "hal"


def test_updating_the_host_name_reboots(api, clock):
    instance_id = api.created()
    api.instances("PUT", f"/{instance_id}", {"name": "hal", "hostname": "hal_9000"})
    states = [api.state(instance_id)]
    for _step in range(2):
        clock.sleep(0.5)
        states.append(api.state(instance_id))
    assert states == ["Stopping", "Starting", "Running"]
    assert api.detail(instance_id)["hostname"] == "hal_9000"


def test_update_rejects_bad_bodies(api):
    instance_id = api.created()
    for body, words in (
        ({"Name": "x"}, "Unknown field"),
        ({"hostname": "a b"}, "not a valid host name"),
        ({"name": ""}, "must not be empty"),
        ({"name": 1}, "must be a string"),
        ({"state": "Stopped"}, "Unknown field"),
    ):
        error_of(api.instances("PUT", f"/{instance_id}", body), 400, words, field=next(iter(body)))
    assert error_of(api.instances("PUT", f"/{UNKNOWN_ID}", {"name": "x"}), 404, "was not found")["context"] == NO_INSTANCE


def test_a_destroyed_instance_can_be_recovered(api):
    instance_id = api.created()
    response = api.instances("DELETE", f"/{instance_id}")
    assert api.state(instance_id) == "Stopping"
    api.finished(response)
    assert api.state(instance_id) == "Destroyed"
    api.finished(api.operate(instance_id, "recover"))
    assert api.state(instance_id) == "Stopped"


def test_destroy_removes_the_resources_in_its_body(api):
    instance_id = api.created(portsToForward=["22"], volumeIdToAttach=DOCUMENTED_CREATE["volumeIdToAttach"])
    address = api.detail(instance_id)["publicIps"][0]["id"]
    body = {
        "deleteSnapshots": True,
        "purgeImmediately": True,
        "publicIpIdsToRelease": [address],
        "volumeIdsToDelete": [DOCUMENTED_CREATE["volumeIdToAttach"]],
    }
    api.finished(api.instances("DELETE", f"/{instance_id}", body))
    error_of(api.instances("GET", f"/{instance_id}"), 404, f"Instance {instance_id} was not found")
    assert api("GET", "services/compute-on/test_area/publicipaddresses").json()["data"] == []
    assert DOCUMENTED_CREATE["volumeIdToAttach"] not in api("GET", "services/compute-on/test_area/volumes").text


def test_resources_that_are_not_in_the_body_remain(api):
    instance_id = api.created(portsToForward=["22"], volumeIdToAttach=DOCUMENTED_CREATE["volumeIdToAttach"])
    api.finished(api.instances("DELETE", f"/{instance_id}", {"purgeImmediately": True}))
    (address,) = api("GET", "services/compute-on/test_area/publicipaddresses").json()["data"]
    assert not {"instances", "networkId"} & set(address)
    volumes = api("GET", "services/compute-on/test_area/volumes").json()["data"]
    assert ["instanceId" in v for v in volumes if v["id"] == DOCUMENTED_CREATE["volumeIdToAttach"]] == [False]
    assert not [v for v in volumes if v["type"] == "os"]


def test_destroy_rejects_resources_of_other_instances(api, simulator):
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
        error_of(api.instances("DELETE", f"/{first}", body), 400, words, field=next(iter(body)))
    assert api.state(first) == "Running"


def test_destroy_accepts_the_content_type_that_curl_sends(api, simulator):
    instance_id = api.created()
    headers = {"MC-Api-Key": KEY, "Content-Type": "application/x-www-form-urlencoded"}
    url = f"{simulator.api_url}/services/compute-on/test_area/instances/{instance_id}"
    api.finished(requests.delete(url, data='{"purgeImmediately": true}', headers=headers, timeout=10))
    error_of(api.instances("GET", f"/{instance_id}"), 404, f"Instance {instance_id} was not found")


def test_purge_removes_a_destroyed_instance(api):
    instance_id = api.created()
    api.finished(api.instances("DELETE", f"/{instance_id}"))
    response = api.operate(instance_id, "purge")
    assert api.state(instance_id) == "Expunging"
    api.finished(response)
    error_of(api.instances("GET", f"/{instance_id}"), 404, f"Instance {instance_id} was not found")
