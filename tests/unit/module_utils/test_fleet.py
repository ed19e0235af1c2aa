# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets: which requests they make, and what they return."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.fields import STATES
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.fleet import summary_of
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import CREATION, actions, members


def test_a_fleet_without_changes_needs_one_request(harness):
    for number in range(100):
        harness.seed(name=f"web{number}")
    results = harness.fleet(
        members(100, state="started", compute_offering="1vCPU.512MB", network="Web-test_area", template="CentOS 6.8 PV")
    )
    assert harness.requests() == ["GET instances"]
    assert not any(result["changed"] or result["failed"] for result in results)
    assert [result["instance"]["name"] for result in results] == [f"web{number}" for number in range(100)]
    assert "nics" not in results[0]["instance"] and results[0]["instance"]["ip_address"]


def test_a_fleet_selected_by_id_needs_one_request_too(harness):
    ids = [harness.seed(name=f"web{number}") for number in range(5)]
    results = harness.fleet([{"id": item, "state": "started"} for item in ids])
    assert harness.requests() == ["GET instances"] and not any(result["changed"] or result["failed"] for result in results)


def test_with_details_each_member_is_retrieved(harness):
    for number in range(5):
        harness.seed(name=f"web{number}", publicIps=1)
    results = harness.fleet(members(5), details=True)
    assert len(harness.requests()) == 6 and all(result["instance"]["public_ips"] for result in results)


def test_a_fleet_of_creates_looks_up_names_once_and_lists_twice_and_once_a_second(harness, clock):
    began = clock()
    results = harness.fleet(members(20, **CREATION))
    assert actions(results) == [["create"]] * 20 and len({result["id"] for result in results}) == 20
    asked = harness.requests("GET")
    lists = [entry for entry in harness.simulator.app.log if entry["method"] == "GET" and entry["path"].endswith("/instances")]
    assert 2 <= len(lists) <= 3 + clock() - began
    assert [asked.count(f"GET {name}") for name in ("templates", "computeofferings", "networks")] == [1, 1, 1]
    assert len(harness.instances()) == 20 and harness.writes() == ["POST instances"] * 20


def test_a_fleet_of_destroys_reads_volumes_and_addresses_once(harness):
    for number in range(10):
        harness.seed(name=f"web{number}", publicIps=1, dataVolumes=["data"])
    results = harness.fleet(members(10, state="absent", purge=True, public_ips_to_release=["all"], volumes_to_delete=["all"]))
    assert actions(results) == [["delete"]] * 10 and harness.instances() == []
    assert harness.requests("GET").count("GET volumes") == harness.requests("GET").count("GET publicipaddresses") == 1
    assert harness.environment.resources["publicipaddresses"] == [] and not [
        v for v in harness.environment.resources["volumes"] if v["name"] == "data"
    ]


def test_an_id_that_is_not_in_the_list_is_retrieved(harness):
    harness.settings(list_destroyed=False)
    destroyed = harness.seed(name="old", state="Destroyed")
    (result,) = harness.fleet([{"id": destroyed, "state": "recovered"}])
    assert result["actions"] == ["recover"] and result["name"] == "old"


def test_an_ssh_key_that_the_list_does_not_show_is_not_associated_again(harness):
    harness.settings(report_ssh_key=True)
    harness.seed(name="web0", sshKeyName="mysshkey")
    listed = harness.environment.list_instances
    harness.environment.list_instances = lambda: [
        {name: instance[name] for name in instance if name != "sshKeyName"} for instance in listed()
    ]
    (result,) = harness.fleet(members(1, ssh_key_name="mysshkey", update_ssh_key="always"))
    assert result["actions"] == [] and not result["failed"] and "nics" not in result["instance"]


def test_unknown_ids_need_one_list_and_one_look_each(harness):
    ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(3)]
    results = harness.fleet([{"id": item, "state": "absent"} for item in ids])
    assert [result["id"] for result in results] == ids
    assert len(harness.requests()) == 4 and not any(result["changed"] or result["failed"] for result in results)
    (result,) = harness.fleet([{"id": ids[0]}])
    assert result["failed"] and ids[0] in result["msg"]
    (result,) = harness.fleet([{"name": "missing", "state": "absent"}])
    assert (result["name"], result["id"]) == ("missing", None)


def test_addresses_are_read_only_if_they_will_be_released(harness):
    for number in range(2):
        harness.seed(name=f"web{number}", publicIps=1)
    harness.fleet(members(2, state="absent"), check_mode=True)
    assert harness.requests() == ["GET instances"]
    (released, kept) = harness.fleet([{"name": "web0", "public_ips_to_release": ["all"]}, {"name": "web1"}], {"state": "absent"})
    assert [result["actions"] for result in (released, kept)] == [["delete"]] * 2
    assert [resource["instances"][0]["name"] for resource in harness.environment.resources["publicipaddresses"]] == ["web1"]


def test_addresses_that_only_the_instance_shows_are_released_too(harness):
    harness.seed(name="web0", publicIps=1)
    (address,) = harness.environment.resources["publicipaddresses"]
    body = {"data": [{**address, "instances": []}], "metadata": {"recordCount": 1}}
    harness.fault(path="/publicipaddresses$", kind="status", status=200, body=body)
    assert actions(harness.fleet(members(1, state="absent", public_ips_to_release=["all"]))) == [["delete"]]
    (body,) = [entry["body"] for entry in harness.simulator.app.log if entry["method"] == "DELETE"]
    assert body["publicIpIdsToRelease"] == [address["id"]]


def test_renames_share_one_list_and_one_a_second(harness, clock):
    began = clock()
    ids = [harness.seed(name=f"web{number}") for number in range(10)]
    results = harness.fleet([{"id": item, "name": f"new{number}"} for number, item in enumerate(ids)])
    lists = [entry for entry in harness.simulator.app.log if entry["method"] == "GET" and entry["path"].endswith("/instances")]
    assert actions(results) == [["update"]] * 10 and len(lists) <= 2 + clock() - began


class CountingTransport:
    """Passes requests to another transport, and counts how many requests are in flight at the same time."""

    def __init__(self, transport):
        self.transport, self.lock = transport, threading.Lock()
        self.in_flight = self.peak = 0

    def exchange(self, request, deadline):
        with self.lock:
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)
        try:
            return self.transport.exchange(request, deadline)
        finally:
            with self.lock:
                self.in_flight -= 1


def test_the_limit_is_on_requests_in_flight_and_not_on_work_in_progress(harness):
    counting = []

    def wrap(transport):
        counting.append(CountingTransport(transport))
        return counting[0]

    results = harness.fleet(members(20, **CREATION), max_concurrency=3, wrap=wrap)
    assert counting[0].peak == 3 and not any(result["failed"] for result in results)
    # All creates are sent before any of their tasks is polled a second time.
    log = harness.simulator.app.log
    last = max(number for number, entry in enumerate(log) if entry["method"] == "POST")
    polled = [entry["path"] for entry in log[:last] if "/tasks/" in entry["path"]]
    assert len(polled) == len(set(polled))


def test_every_result_has_all_keys(harness):
    harness.seed(name="web0")
    results = harness.fleet([{"name": "web0"}, {"name": "web1"}, {"name": "web2", **CREATION}])
    keys = {"name", "id", "changed", "failed", "msg", "error", "actions", "plan", "risks", "diff", "drift", "task_id", "password"}
    keys.add("instance")
    assert all(set(result) == keys for result in results)
    assert results[2]["password"] is None and results[1]["failed"] and results[2]["task_id"] is None


def test_a_password_is_returned_only_if_a_member_wants_it(harness):
    first, second = harness.fleet([{"name": "web0", "return_password": True}, {"name": "web1"}], CREATION)
    assert first["password"].startswith("Pw-") and second["password"] is None


@pytest.mark.parametrize("state", STATES)
def test_check_mode_predicts_each_member(harness, state):
    for current in ("Running", "Stopped", "Error", "Destroyed"):
        harness.seed(name=current, state=current)
    harness.seed(name="starting", state="Starting", settles_after=1, settles_as="Running")
    fleet = [{"name": name} for name in ("Running", "Stopped", "Error", "Destroyed", "starting", "none")]
    common = {"state": state, "compute_offering": "1vCPU.512MB", "template": "CentOS 6.8 PV", "network": "Web-test_area"}
    predicted = harness.fleet(fleet, common, check_mode=True)
    assert harness.writes() == []
    done = harness.fleet(fleet, common)
    for before, after in zip(predicted, done):
        for key in ("changed", "failed", "actions", "diff", "msg"):
            assert before[key] == after[key], (before["name"], key)
    if state != "restarted":
        assert not any(result["changed"] for result in harness.fleet(fleet, common))


def test_a_predicted_create_has_every_attribute(harness):
    (result,) = harness.fleet(members(1, **CREATION), check_mode=True, details=True)
    assert result["id"] is None and result["instance"]["id"] is None and result["instance"]["public_ips"] == []


def test_a_fleet_without_members_returns_no_results(harness):
    assert harness.fleet([]) == []


def test_the_summary_counts_each_kind_of_result(harness):
    for name, state in (("gone", "Running"), ("purged", "Destroyed"), ("changed", "Stopped"), ("same", "Running")):
        harness.seed(name=name, state=state)
    fleet = [
        {"name": "gone", "state": "absent"},
        {"name": "purged", "state": "absent", "purge": True},
        {"name": "changed", "state": "started"},
        {"name": "same", "state": "started"},
        {"name": "new", **CREATION},
        {"name": "none", "state": "recovered"},
    ]
    assert summary_of(harness.fleet(fleet)) == {"created": 1, "destroyed": 2, "changed": 1, "unchanged": 1, "failed": 1}


def test_without_wait_each_result_has_its_task(harness):
    results = harness.fleet(members(3, **CREATION), wait=False)
    assert all(result["task_id"] and result["actions"] == ["create"] for result in results)
    assert harness.requests("GET").count("GET instances") == 1


def test_the_result_of_a_purge_has_the_id(harness):
    there = harness.seed(name="web0")
    (result,) = harness.fleet(members(1, state="absent", purge=True))
    assert result["id"] == there and result["instance"] is None


def test_a_name_that_is_not_text_matches_no_member(harness):
    harness.seed(name="web0")
    harness.environment.instances[harness.seed(name="other")]["name"] = ["x"]
    assert harness.fleet(members(1))[0]["failed"] is False
