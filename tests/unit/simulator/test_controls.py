# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's controls: settings, faults, instances and the request log, over HTTP."""

from __future__ import annotations

import pytest
import requests

KEY = {"MC-Api-Key": "simulator-key"}


@pytest.fixture
def url(simulator):
    return simulator.url


def control(url, method, what, body=None, **params):
    response = requests.request(method, f"{url}/_simulator/{what}", json=body, params=params, timeout=10)
    return response.status_code, response.json()


def api(url, method="GET", tail="", body=None, **params):
    address = f"{url}/api/v2/services/compute-on/test_area/instances{tail}"
    return requests.request(method, address, json=body, params=params, headers=KEY, timeout=10, allow_redirects=False)


def test_a_fault_can_hit_every_nth_request(url):
    control(
        url,
        "POST",
        "faults",
        [{"kind": "status", "status": 503, "every": 3, "count": 0, "skip": 1}, {"kind": "html", "every": 4, "count": 0}],
    )
    assert [api(url).status_code for _n in range(8)] == [502, 503, 200, 200, 503, 200, 502, 503]
    assert control(url, "POST", "faults", {"kind": "html", "every": 0})[0] == 400


def test_a_fault_hits_count_times(url):
    assert control(url, "POST", "faults", {"kind": "status", "status": 503, "count": 2, "headers": {"Retry-After": "7"}})[0] == 200
    responses = [api(url) for _n in range(3)]
    assert [a.status_code for a in responses] == [503, 503, 200]
    assert responses[0].headers["Retry-After"] == "7" and responses[0].json()["errors"][0]["message"]


def test_a_count_of_zero_lasts_until_a_reset(url):
    control(url, "POST", "faults", {"kind": "status", "count": 0})
    assert {api(url).status_code for _n in range(5)} == {500}
    control(url, "POST", "reset")
    assert api(url).status_code == 200


def test_a_fault_matches_method_and_path_with_query(url):
    control(url, "POST", "faults", [{"kind": "status", "method": "POST", "path": "operation=start$", "count": 0}])
    (instance_id,) = control(url, "POST", "instances", {"name": "a", "state": "Stopped"})[1]
    assert api(url).status_code == 200
    assert api(url, "POST", f"/{instance_id}", operation="start").status_code == 500
    assert api(url, "POST", f"/{instance_id}", operation="reboot").status_code == 200


@pytest.mark.parametrize(
    ("fault", "acts"),
    [
        ({"kind": "drop_before"}, False),
        ({"kind": "drop_after"}, True),
        ({"kind": "status"}, False),
        ({"kind": "status", "act": "first"}, True),
        ({"kind": "html"}, False),
        ({"kind": "broken_json"}, True),
        ({"kind": "empty"}, True),
        ({"kind": "redirect", "location": "http://127.0.0.1:1/"}, False),
        ({"kind": "delay", "seconds": 0.01}, True),
        ({"kind": "delay", "seconds": 0.01, "act": "never"}, False),
        ({"kind": "drip", "seconds": 0.01}, True),
    ],
)
def test_whether_the_request_is_carried_out_depends_on_the_fault(url, simulator, fault, acts):
    (instance_id,) = control(url, "POST", "instances", {"state": "Stopped"})[1]
    control(url, "POST", "faults", {**fault, "method": "POST"})
    try:
        response = api(url, "POST", f"/{instance_id}", operation="start")
    except requests.ConnectionError:
        assert fault["kind"].startswith("drop") or fault.get("act") == "never"
    else:
        assert not fault["kind"].startswith("drop")
        if fault["kind"] == "html":
            assert response.status_code == 502 and "<html>" in response.text
        if fault["kind"] == "broken_json":
            with pytest.raises(ValueError):
                response.json()
        if fault["kind"] == "redirect":
            assert response.status_code == 302 and response.headers["Location"] == "http://127.0.0.1:1/"
    assert (api(url, tail=f"/{instance_id}").json()["data"]["state"] == "Starting") is acts


def test_tasks_can_fail_get_lost_and_get_stuck(url, clock):
    def begun(kind, **more):
        (instance_id,) = control(url, "POST", "instances", {"state": "Stopped"})[1]
        control(url, "POST", "faults", {"kind": kind, "path": "operation=start", **more})
        task_id = api(url, "POST", f"/{instance_id}", operation="start").json()["taskId"]
        clock.sleep(2)
        task = requests.get(f"{url}/api/v2/tasks/{task_id}", headers=KEY, timeout=10)
        return task, api(url, tail=f"/{instance_id}").json()["data"]["state"]

    task, state = begun("task_failed", message="no capacity")
    assert (task.json()["data"]["status"], task.json()["data"]["errors"][0]["message"], state) == ("FAILED", "no capacity", "Stopped")
    task, state = begun("task_failed", leaves="Error")
    assert state == "Error"
    task, state = begun("task_lost")
    assert (task.status_code, state) == (404, "Running")
    task, state = begun("task_stuck")
    assert (task.json()["data"]["status"], state) == ("PENDING", "Starting")


def test_task_faults_can_hit_a_poll(url, clock):
    (instance_id,) = control(url, "POST", "instances", {"state": "Stopped"})[1]
    task_id = api(url, "POST", f"/{instance_id}", operation="start").json()["taskId"]
    clock.sleep(2)
    seen = []
    for kind in ("task_failed", "task_stuck", "task_lost"):
        control(url, "POST", "faults", {"kind": kind, "path": "/tasks/"})
        response = requests.get(f"{url}/api/v2/tasks/{task_id}", headers=KEY, timeout=10)
        seen.append((response.status_code, response.json().get("data", {}).get("status")))
    assert seen == [(200, "FAILED"), (200, "PENDING"), (404, None)]


@pytest.mark.parametrize("fault", [{}, {"kind": "boom"}, {"kind": "status", "colour": 1}, {"kind": "status", "path": "("}, [1]])
def test_an_invalid_fault_is_rejected(url, fault):
    assert control(url, "POST", "faults", fault)[0] == 400


def test_requests_are_logged(url):
    api(url, page_number="1")
    api(url, "POST", body={"name": "x"})
    control(url, "POST", "faults", {"kind": "drop_before"})
    with pytest.raises(requests.ConnectionError):
        api(url, "DELETE", "/x")
    path = "/api/v2/services/compute-on/test_area/instances"
    assert control(url, "GET", "requests") == (
        200,
        [
            {"method": "GET", "path": path, "query": {"page_number": "1"}, "body": None, "status": 200},
            {"method": "POST", "path": path, "query": {}, "body": {"name": "x"}, "status": 400},
            {"method": "DELETE", "path": path + "/x", "query": {}, "body": None, "status": None},
        ],
    )
    control(url, "DELETE", "requests")
    assert control(url, "GET", "requests") == (200, [])


def test_settings_change_the_shapes_of_responses(url, clock, simulator):
    control(url, "POST", "settings", {"failed_status": "FAILURE", "failed_detail": "result", "task_seconds": 2})
    (instance_id,) = control(url, "POST", "instances", {"state": "Stopped", "publicIps": 1})[1]
    control(url, "POST", "faults", {"kind": "task_failed", "message": "no capacity", "method": "POST"})
    task_id = api(url, "POST", f"/{instance_id}", operation="start").json()["taskId"]
    clock.sleep(2)
    task = requests.get(f"{url}/api/v2/tasks/{task_id}", headers=KEY, timeout=10).json()["data"]
    assert (task["id"], task["status"], task["result"]) == (task_id, "FAILURE", {"errorText": "no capacity"})
    control(url, "POST", "settings", {"first_response": "done", "public_ips_key": "publicIPs", "image_key": "template"})
    response = api(url, "POST", f"/{instance_id}", operation="start").json()
    assert response["taskStatus"] == "SUCCESS" and response["data"]["state"] == "Running" and response["data"]["publicIPs"]
    assert response["data"]["templateId"] and "imageId" not in response["data"]
    control(url, "POST", "settings", {"error_code": "errorCode", "error_status": "ok"})
    response = api(url, "POST", f"/{instance_id}", operation="start")
    assert response.status_code == 200 and response.json()["errors"][0]["errorCode"] == "2012"
    for kind, status in (("data", 200), ("empty", 204)):
        control(url, "POST", "settings", {"update_response": kind})
        assert api(url, "PUT", f"/{instance_id}", {"name": kind}).status_code == status
    assert simulator.cloud.environment(None, "compute-on", "test_area").instances[instance_id]["name"] == "empty"


def test_unknown_settings_and_wrong_values_are_rejected(url):
    assert control(url, "POST", "settings", {"colour": "red"})[0] == 400
    assert control(url, "POST", "settings", {"page_size": "many"})[0] == 400


def test_paging_can_be_honoured_or_ignored(url):
    control(url, "POST", "instances", {"count": 5, "prefix": "p-"})
    control(url, "POST", "settings", {"page_size": 2})
    first = api(url).json()
    assert first["metadata"] == {"recordCount": 5, "pageSize": 2, "pageCurrent": 1}
    names = [instance["name"] for n in (1, 2, 3, 4) for instance in api(url, page_number=n, page_size=50).json()["data"]]
    assert names == [f"p-{n:05d}" for n in range(5)]
    control(url, "POST", "settings", {"paging": "ignored"})
    assert api(url, page_number=2).json()["data"] == first["data"]


def test_destroyed_instances_can_be_left_out_of_the_list_and_expunged(url, clock, simulator):
    control(url, "POST", "settings", {"expunge_after": 60.0})
    (instance_id,) = control(url, "POST", "instances", {"name": "a"})[1]
    api(url, "DELETE", f"/{instance_id}")
    clock.sleep(2)
    assert [instance["state"] for instance in api(url).json()["data"]] == ["Destroyed"]
    control(url, "POST", "settings", {"list_destroyed": False})
    assert api(url).json() == {"data": [], "metadata": {"recordCount": 0}}
    assert api(url, tail=f"/{instance_id}").json()["data"]["state"] == "Destroyed"
    clock.sleep(60)
    assert api(url, tail=f"/{instance_id}").status_code == 404


def test_max_instances_is_a_quota(url):
    control(url, "POST", "settings", {"max_instances": 1})
    control(url, "POST", "instances", {})
    body = {
        "name": "b",
        "computeOfferingId": "3caab5ed-b5a2-4d8a-82e4-51c46168ee6c",
        "networkId": "55ccea7f-8286-479e-a648-dd4a45866daf",
        "templateId": "5f968ad6-56d0-4d0d-ad7e-f8f4a5b5d986",
    }
    response = api(url, "POST", body=body)
    assert response.status_code == 400 and "quota" in response.json()["errors"][0]["message"]


def test_lenient_accepts_unknown_fields(url):
    control(url, "POST", "settings", {"lenient": True})
    (instance_id,) = control(url, "POST", "instances", {"state": "Stopped"})[1]
    assert api(url, "POST", f"/{instance_id}", {"extra": 1}, operation="start").status_code == 200


def test_instances_can_be_changed_and_removed_from_outside(url):
    (instance_id,) = control(url, "POST", "instances", {"name": "a", "state": "Starting", "settles_after": 1, "settles_as": "Running"})[1]
    assert [api(url, tail=f"/{instance_id}").json()["data"]["state"] for _n in range(2)] == ["Starting", "Running"]
    control(url, "PATCH", f"instances/{instance_id}", {"state": "Error", "name": "b"})
    assert api(url, tail=f"/{instance_id}").json()["data"]["state"] == "Error"
    control(url, "PATCH", f"instances/{instance_id}", {"gone": True})
    assert api(url, tail=f"/{instance_id}").status_code == 404


def test_ten_thousand_instances_have_unique_ids_and_addresses(url):
    control(url, "POST", "instances", {"count": 10000})
    instances = api(url).json()["data"]
    assert (
        len({instance["id"] for instance in instances})
        == len({instance["ipAddress"] for instance in instances})
        == len({instance["macAddress"] for instance in instances})
        == 10000
    )


def test_a_stopped_simulator_frees_its_port():
    from ansible_collections.coxedge.compute.tests.simulator.server import Simulator

    with Simulator() as first:
        port = first.server.bind_addr[1]
    with Simulator(port) as second:
        assert second.server.bind_addr[1] == port
        assert requests.get(f"{second.url}/_simulator/requests", timeout=5).json() == []
