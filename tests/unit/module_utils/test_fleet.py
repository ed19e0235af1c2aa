# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets: many instances in one run, against the simulator over real HTTP and on simulated time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.client import Client
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.api.transport import HttpTransport
from ansible_collections.coxedge.compute.plugins.module_utils.instance.fields import STATES
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import merged_options
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.fleet import fleet_problem, summary_of
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.fleet_reader import FleetReader, SharedListing

SOME_ID = "00000000-0000-4000-8000-000000000000"
CREATION = {"template": "Ubuntu 24.04", "compute_offering": "2vCPU.4GB", "network": "Web-test_area"}


def members(count, **options):
    return [{"name": f"web{number}", **options} for number in range(count)]


def actions(results):
    return [result["actions"] for result in results]


# -- requests


def test_a_fleet_with_nothing_to_do_is_one_request(harness):
    for number in range(100):
        harness.seed(name=f"web{number}")
    results = harness.fleet(
        members(100, state="started", compute_offering="1vCPU.512MB", network="Web-test_area", template="CentOS 6.8 PV")
    )
    assert harness.requests() == ["GET instances"]
    assert not any(result["changed"] or result["failed"] for result in results)
    assert [result["instance"]["name"] for result in results] == [f"web{number}" for number in range(100)]
    assert "nics" not in results[0]["instance"] and results[0]["instance"]["ip_address"]


def test_a_fleet_by_ids_is_one_request_too(harness):
    ids = [harness.seed(name=f"web{number}") for number in range(5)]
    results = harness.fleet([{"id": item, "state": "started"} for item in ids])
    assert harness.requests() == ["GET instances"] and not any(result["changed"] or result["failed"] for result in results)


def test_details_retrieve_each(harness):
    for number in range(5):
        harness.seed(name=f"web{number}", publicIps=1)
    results = harness.fleet(members(5), details=True)
    assert len(harness.requests()) == 6 and all(result["instance"]["public_ips"] for result in results)


def test_creates_look_names_up_once_and_list_twice(harness):
    results = harness.fleet(members(20, **CREATION))
    assert actions(results) == [["create"]] * 20 and len({result["id"] for result in results}) == 20
    asked = harness.requests("GET")
    lists = [entry for entry in harness.simulator.app.log if entry["method"] == "GET" and entry["path"].endswith("/instances")]
    assert len(lists) == 2
    assert [asked.count(f"GET {name}") for name in ("templates", "computeofferings", "networks")] == [1, 1, 1]
    assert len(harness.instances()) == 20 and harness.writes() == ["POST instances"] * 20


def test_destroying_reads_volumes_and_addresses_once(harness):
    for number in range(10):
        harness.seed(name=f"web{number}", publicIps=1, dataVolumes=["data"])
    results = harness.fleet(members(10, state="absent", purge=True, public_ips_to_release=["all"], volumes_to_delete=["all"]))
    assert actions(results) == [["delete"]] * 10 and harness.instances() == []
    assert harness.requests("GET").count("GET volumes") == harness.requests("GET").count("GET publicipaddresses") == 1
    assert harness.environment.resources["publicipaddresses"] == [] and not [
        v for v in harness.environment.resources["volumes"] if v["name"] == "data"
    ]


def test_an_id_that_the_list_does_not_show_is_retrieved(harness):
    harness.settings(list_destroyed=False)
    destroyed = harness.seed(name="old", state="Destroyed")
    (result,) = harness.fleet([{"id": destroyed, "state": "recovered"}])
    assert result["actions"] == ["recover"] and result["name"] == "old"


def test_a_gateway_s_404_does_not_overrule_the_list(harness):
    there = harness.seed(name="web0")
    harness.fault(kind="html", status=404, method="GET", path="/instances/")
    (result,) = harness.fleet([{"id": there}], details=True)
    assert not result["failed"] and result["instance"]["id"] == there


def test_an_ssh_key_that_only_retrieving_shows_is_not_associated_again(harness):
    harness.settings(report_ssh_key=True)
    harness.seed(name="web0", sshKeyName="mysshkey")
    listed = harness.environment.list_instances
    harness.environment.list_instances = lambda: [
        {name: instance[name] for name in instance if name != "sshKeyName"} for instance in listed()
    ]
    (result,) = harness.fleet(members(1, ssh_key_name="mysshkey", update_ssh_key="always"))
    assert result["actions"] == [] and not result["failed"] and "nics" not in result["instance"]


def test_unknown_ids_are_one_list_and_a_look_each(harness):
    ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(3)]
    results = harness.fleet([{"id": item, "state": "absent"} for item in ids])
    assert [result["id"] for result in results] == ids
    assert len(harness.requests()) == 4 and not any(result["changed"] or result["failed"] for result in results)
    (result,) = harness.fleet([{"id": ids[0]}])
    assert result["failed"] and ids[0] in result["msg"]
    (result,) = harness.fleet([{"name": "nobody", "state": "absent"}])
    assert (result["name"], result["id"]) == ("nobody", None)


def test_the_bound_is_on_requests_in_flight_and_not_on_the_work_under_way(harness, monkeypatch):
    in_flight, peak, lock = 0, 0, threading.Lock()
    exchange = HttpTransport.exchange

    def count(*args):
        nonlocal in_flight, peak
        with lock:
            in_flight += 1
            peak = max(peak, in_flight)
        try:
            return exchange(*args)
        finally:
            with lock:
                in_flight -= 1

    monkeypatch.setattr(HttpTransport, "exchange", count)
    results = harness.fleet(members(20, **CREATION), max_concurrency=3)
    assert peak == 3 and not any(result["failed"] for result in results)
    # All creates are sent before the first of their tasks is asked for a second time.
    log = harness.simulator.app.log
    last = max(number for number, entry in enumerate(log) if entry["method"] == "POST")
    polled = [entry["path"] for entry in log[:last] if "/tasks/" in entry["path"]]
    assert len(polled) == len(set(polled))


# -- independence


def test_a_member_that_fails_stops_no_other_and_a_second_run_finishes_the_rest(harness):
    harness.settings(max_instances=3)
    twins = [harness.seed(name="twin") for _n in range(2)]
    fleet = [*members(2, **CREATION), {"name": "twin"}, {"name": "web9", **CREATION, "template": "Ubuntu 1"}]
    results = harness.fleet(fleet)
    ends = [result["failed"] for result in results]
    assert sorted(ends[:2]) == [False, True] and ends[2:] == [True, True]
    refused = next(result for result in results[:2] if result["failed"])
    assert refused["error"]["code"] == 2020 and "quota" in refused["msg"] and refused["actions"] == []
    assert all(item in results[2]["msg"] for item in twins) and "Ubuntu 24.04" in results[3]["msg"]
    assert summary_of(results) == {"created": 1, "destroyed": 0, "changed": 0, "unchanged": 0, "failed": 3}
    harness.settings(max_instances=0)
    fleet[3]["template"] = "Ubuntu 24.04"
    second = harness.fleet([*fleet[:2], fleet[3]])
    assert sorted(map(tuple, actions(second))) == [(), ("create",), ("create",)]
    assert sorted(instance["name"] for instance in harness.instances()) == ["twin", "twin", "web0", "web1", "web9"]


def test_a_name_that_is_not_clear_is_nobody_else_s_failure(harness):
    for name in ("web0", "twin", "twin"):
        harness.seed(name=name)
    assert [result["failed"] for result in harness.fleet([{"name": "web0"}, {"name": "twin"}])] == [False, True]


def test_a_mistake_of_the_program_is_no_member_s_failure(harness, monkeypatch):
    harness.seed(name="web0")
    monkeypatch.setattr(FleetReader, "settled", lambda *_args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        harness.fleet(members(1))


def test_a_refused_change_is_the_member_s_failure(harness):
    harness.seed(name="web0")
    harness.seed(name="web1", state="Stopped")
    results = harness.fleet(members(2, compute_offering="2vCPU.4GB"))
    assert results[0]["failed"] and "allow_reboot" in results[0]["msg"] and results[0]["instance"]["name"] == "web0"
    assert results[1]["actions"] == ["changeComputeOffering"] and harness.writes() == ["POST changeComputeOffering"]
    assert results[0]["diff"] == {"before": {}, "after": {}} and results[1]["diff"]["after"]["memory_in_mb"] == 4096


def test_a_failed_task_is_the_member_s_failure(harness):
    harness.fault(kind="task_failed", method="POST", path="/instances$", message="no host", count=1)
    results = harness.fleet(members(3, **CREATION))
    failed = [result for result in results if result["failed"]]
    assert len(failed) == 1 and "no host" in failed[0]["msg"] and failed[0]["actions"] == ["create"] and failed[0]["task_id"]
    assert failed[0]["diff"] == {"before": {}, "after": {}}
    assert set(failed[0]["error"]) == {"status_code", "code", "message", "context"}
    assert len(harness.instances()) == 2


def test_all_keys_are_there_for_each(harness):
    harness.seed(name="web0")
    results = harness.fleet([{"name": "web0"}, {"name": "web1"}, {"name": "web2", **CREATION}])
    keys = {"name", "id", "changed", "failed", "msg", "error", "actions", "diff", "drift", "task_id", "password", "instance"}
    assert all(set(result) == keys for result in results)
    assert results[2]["password"] and results[1]["failed"] and results[2]["task_id"] is None


# -- prediction


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


def test_a_predicted_create_has_the_full_shape(harness):
    (result,) = harness.fleet(members(1, **CREATION), check_mode=True, details=True)
    assert result["id"] is None and result["instance"]["id"] is None and result["instance"]["public_ips"] == []


# -- options


def test_members_are_laid_over_the_common_options_before_defaults_apply():
    common = {"state": "stopped", "allow_reboot": True, "network": "n"}
    assert merged_options({"name": "a", "state": "started", "allow_reboot": False}, common)["state"] == "started"
    whole = merged_options({"name": "a", "allow_reboot": False}, common)
    assert (whole["state"], whole["allow_reboot"], whole["network"], whole["purge"]) == ("stopped", False, "n", False)
    assert merged_options({"name": "a"}, None)["state"] == "present"


@pytest.mark.parametrize(
    ("fleet", "words"),
    [
        ([{"name": "a"}, {"name": "b", "cpu_count": 0}], ["instances[1] (b): cpu_count"]),
        ([{"name": "a"}, {"state": "started"}], ["instances[1]: Give id or name"]),
        ([{"id": "x"}], ["instances[0] (x): id must be a UUID"]),
        ([{"name": "a"}, {"name": "a"}], ["instances[1] (a)", "instances[0] (a)"]),
        (
            [{"id": "0" * 8 + "-0000-4000-8000-" + "a" * 12}, {"id": "0" * 8 + "-0000-4000-8000-" + "A" * 12, "name": "b"}],
            ["same instance"],
        ),
        ([{"name": "a", "public_key": "k"}], None),
        ([{"id": SOME_ID, "name": "a"}, {"name": "a"}], ["same name"]),
        ([{"id": SOME_ID, "name": "a", "state": "absent"}, {"name": "a"}], None),
        ([{"id": SOME_ID, "name": "a", "state": "recovered"}, {"name": "a"}], None),
        ([{"id": SOME_ID, "state": "absent"}, {"name": "a"}], None),
    ],
)
def test_bad_options_name_the_member(fleet, words):
    problem = fleet_problem([merged_options(member, None) for member in fleet])
    assert problem is None if words is None else all(word in problem for word in words)


def test_exclusions_hold_for_what_comes_of_both():
    assert "public_key" in fleet_problem([merged_options({"name": "a", "public_key": "k"}, {"ssh_key_name": "mysshkey"})])


def test_a_name_and_an_id_of_the_same_instance_are_refused_before_any_write(harness):
    there = harness.seed(name="web0")
    for _n in range(2):
        harness.seed(name="twin")
    for other in ({"state": "absent"}, {"name": "twin"}):
        with pytest.raises(Refused, match=r"instances\[1\].*same instance as instances\[0\] \(web0\)"):
            harness.fleet([{"name": "web0", "state": "stopped"}, {"id": there.upper(), **other}, {"name": "new", **CREATION}])
    assert harness.writes() == []


def test_a_mistyped_environment_fails_the_whole_run(harness):
    with pytest.raises(ApiError, match="tset"):
        harness.fleet(members(2, state="absent"), connection={"environment_name": "tset"})


def test_nobody(harness):
    assert harness.fleet([]) == []


# -- lost answers, deadlines, races


@pytest.mark.parametrize("kind", ["drop_after", "broken_json"])
def test_fifty_creates_whose_answers_are_lost_are_fifty_servers(harness, kind):
    harness.fault(kind=kind, method="POST", path="/instances$", count=25)
    results = harness.fleet(members(50, **CREATION), max_concurrency=25)
    assert not [result["msg"] for result in results if result["failed"]]
    assert sorted(instance["name"] for instance in harness.instances()) == sorted(f"web{number}" for number in range(50))
    by_name = {instance["name"]: instance["id"] for instance in harness.instances()}
    assert all(result["id"] == by_name[result["name"]] for result in results)
    assert harness.writes() == ["POST instances"] * 50


def test_creates_that_were_never_taken_are_unknown_and_not_sent_again(harness):
    harness.fault(kind="drop_before", method="POST", path="/instances$", count=5)
    results = harness.fleet(members(10, **CREATION))
    failed = [result for result in results if result["failed"]]
    assert len(failed) == 5 and all("unknown" in result["msg"] for result in failed)
    assert len(harness.instances()) == 5 and len(harness.writes()) == 10


def test_throttling_is_ridden_out(harness):
    harness.fault(kind="status", status=429, method="POST", headers={"Retry-After": "1"}, count=5)
    results = harness.fleet(members(10, **CREATION))
    assert not any(result["failed"] for result in results) and len(harness.instances()) == 10


def test_one_deadline_for_all(harness, clock):
    harness.settings(seconds={"create": 1000.0})
    began = clock.now
    results = harness.fleet([*members(3, **CREATION)], wait_timeout=60)
    assert all(result["failed"] and result["task_id"] and "60 seconds" in result["msg"] for result in results)
    assert 60 <= clock.now - began < 62


def test_a_twin_of_another_run_is_warned_of(harness):
    original = harness.environment.add_instance

    def with_twin(name, *args, **kwargs):
        instance = original(name, *args, **kwargs)
        if name == "web1" and len(harness.instances("web1")) == 1:
            original(name, *args, **kwargs)
        return instance

    harness.environment.add_instance = with_twin
    results = harness.fleet(members(3, **CREATION))
    assert not any(result["failed"] for result in results)
    (warning,) = harness.last_fleet.warnings
    assert warning.startswith("instances[1] (web1): Another instance has the name") and results[1]["id"] in warning


def test_addresses_are_read_where_they_are_to_be_released_alone(harness):
    for number in range(2):
        harness.seed(name=f"web{number}", publicIps=1)
    harness.fleet(members(2, state="absent"), check_mode=True)
    assert harness.requests() == ["GET instances"]
    (released, kept) = harness.fleet([{"name": "web0", "public_ips_to_release": ["all"]}, {"name": "web1"}], {"state": "absent"})
    assert [result["actions"] for result in (released, kept)] == [["delete"]] * 2
    assert [resource["instances"][0]["name"] for resource in harness.environment.resources["publicipaddresses"]] == ["web1"]


def test_addresses_that_only_the_instance_itself_shows_are_released_too(harness):
    harness.seed(name="web0", publicIps=1)
    (address,) = harness.environment.resources["publicipaddresses"]
    body = {"data": [{**address, "instances": []}], "metadata": {"recordCount": 1}}
    harness.fault(path="/publicipaddresses$", kind="status", status=200, body=body)
    assert actions(harness.fleet(members(1, state="absent", public_ips_to_release=["all"]))) == [["delete"]]
    (body,) = [entry["body"] for entry in harness.simulator.app.log if entry["method"] == "DELETE"]
    assert body["publicIpIdsToRelease"] == [address["id"]]


def test_a_list_of_twins_that_can_not_be_read_is_one_warning(harness):
    harness.fault(method="GET", path="/instances$", kind="status", status=403, skip=1)
    results = harness.fleet(members(3, **CREATION))
    (warning,) = harness.last_fleet.warnings
    assert not any(result["failed"] for result in results) and "could not be checked" in warning


def test_the_summary_counts_each_kind_of_end(harness):
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


def test_without_waiting_each_has_its_task(harness):
    results = harness.fleet(members(3, **CREATION), wait=False)
    assert all(result["task_id"] and result["actions"] == ["create"] for result in results)
    assert harness.requests("GET").count("GET instances") == 1


def test_a_member_that_is_gone_meanwhile_is_its_own_failure(harness):
    harness.seed(name="web0", state="Stopped")
    harness.seed(name="web1", state="Stopped")
    harness.fault(kind="status", status=404, method="POST", path="operation=start", count=1)
    results = harness.fleet(members(2, state="started"))
    assert sorted(result["failed"] for result in results) == [False, True]


def test_a_name_that_can_t_be_looked_up_holds_up_nobody_else_and_is_asked_for_once(harness, clock):
    for number in range(5):
        harness.seed(name=f"web{number}")
    harness.fault(kind="status", status=503, path="/templates$", count=0)
    began = clock.now
    results = harness.fleet([*members(5, state="stopped"), *[{"name": f"new{number}", **CREATION} for number in range(12)]])
    assert actions(results[:5]) == [["stop"]] * 5 and all(result["failed"] and "templates" in result["msg"] for result in results[5:])
    assert harness.requests("GET").count("GET templates") == 6 and clock.now - began < 120
    assert not harness.instances("new0")


def test_the_id_of_what_was_created_is_told_also_where_a_later_step_fails(harness):
    harness.fault(kind="task_failed", method="POST", path="operation=stop", message="no agent", count=0)
    (result,) = harness.fleet(members(1, state="stopped", **CREATION))
    (made,) = harness.instances("web0")
    assert result["failed"] and result["id"] == made["id"] and result["instance"]["id"] == made["id"]
    harness.settings(first_response="pending_with_data", seconds={"create": 1000.0})
    (result,) = harness.fleet([{"name": "slow", **CREATION}], wait_timeout=10)
    assert result["failed"] and result["id"] == harness.instances("slow")[0]["id"]


def test_the_id_of_what_was_purged_is_told(harness):
    there = harness.seed(name="web0")
    (result,) = harness.fleet(members(1, state="absent", purge=True))
    assert result["id"] == there and result["instance"] is None


class Door:
    """A lock that lets nobody in before so many have come."""

    def __init__(self, many):
        self.lock, self.many, self.came = threading.Lock(), many, []

    def wait_for(self, many):
        while len(self.came) < many:
            time.sleep(0.001)

    def __enter__(self):
        self.came.append(True)
        self.wait_for(self.many)
        self.lock.acquire()

    def __exit__(self, *_error):
        self.lock.release()


@pytest.fixture
def listing(harness, monkeypatch):
    """A listing behind a door for so many, which fetches what a function returns."""

    def make(many, fetch):
        made = SharedListing(harness.client(), harness.deadline())
        monkeypatch.setattr(made, "_lock", Door(many))
        monkeypatch.setattr(Client, "fetch_all", lambda *_args: fetch())
        return made

    return make


def test_all_who_ask_at_the_same_time_share_one_list(listing):
    fetched = []

    def fetch():
        fetched.append({"id": "x"})
        return fetched

    shared = listing(3, fetch)
    with ThreadPoolExecutor(3) as pool:
        assert [future.result() for future in [pool.submit(shared.instances) for _n in range(3)]] == [[{"id": "x"}]] * 3


def test_a_list_that_is_under_way_is_too_old_for_who_asks_then(listing):
    fetched, later = [], []

    def fetch():
        if not fetched:
            later.extend(pool.submit(shared.instances) for _n in range(2))
            shared._lock.wait_for(3)
        fetched.append(True)
        return len(fetched)

    shared = listing(1, fetch)
    with ThreadPoolExecutor(2) as pool:
        assert [shared.instances(), *[future.result() for future in later]] == [1, 2, 2]


def test_a_list_that_fails_leaves_no_old_one_to_those_who_wait(listing):
    def fetch():
        raise ApiError("no list")

    shared = listing(3, fetch)
    with ThreadPoolExecutor(3) as pool:
        assert [str(future.exception()) for future in [pool.submit(shared.instances) for _n in range(3)]] == ["no list"] * 3


def test_renames_look_at_the_one_list(harness):
    ids = [harness.seed(name=f"web{number}") for number in range(10)]
    results = harness.fleet([{"id": item, "name": f"new{number}"} for number, item in enumerate(ids)])
    lists = [entry for entry in harness.simulator.app.log if entry["method"] == "GET" and entry["path"].endswith("/instances")]
    assert actions(results) == [["update"]] * 10 and len(lists) == 1


def test_a_name_that_is_no_text_is_nobody_s(harness):
    harness.seed(name="web0")
    harness.environment.instances[harness.seed(name="odd")]["name"] = ["x"]
    assert harness.fleet(members(1))[0]["failed"] is False
