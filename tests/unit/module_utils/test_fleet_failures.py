# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures in fleets: each fails only its own member, and nothing is created twice."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.fleet import summary_of
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.fleet_reader import FleetReader
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import CREATION, actions, members


def test_a_member_that_fails_does_not_stop_others_and_a_second_run_finishes_the_rest(harness):
    harness.settings(max_instances=3)
    duplicates = [harness.seed(name="duplicate") for _n in range(2)]
    fleet = [*members(2, **CREATION), {"name": "duplicate"}, {"name": "web9", **CREATION, "template": "Ubuntu 1"}]
    results = harness.fleet(fleet)
    ends = [result["failed"] for result in results]
    assert sorted(ends[:2]) == [False, True] and ends[2:] == [True, True]
    rejected = next(result for result in results[:2] if result["failed"])
    assert rejected["error"]["code"] == 2020 and "quota" in rejected["msg"] and rejected["actions"] == []
    assert all(item in results[2]["msg"] for item in duplicates) and "Ubuntu 24.04" in results[3]["msg"]
    assert summary_of(results) == {"created": 1, "destroyed": 0, "changed": 0, "unchanged": 0, "failed": 3}
    harness.settings(max_instances=0)
    fleet[3]["template"] = "Ubuntu 24.04"
    second = harness.fleet([*fleet[:2], fleet[3]])
    assert sorted(map(tuple, actions(second))) == [(), ("create",), ("create",)]
    assert sorted(instance["name"] for instance in harness.instances()) == ["duplicate", "duplicate", "web0", "web1", "web9"]


def test_an_ambiguous_name_fails_only_its_own_member(harness):
    for name in ("web0", "duplicate", "duplicate"):
        harness.seed(name=name)
    assert [result["failed"] for result in harness.fleet([{"name": "web0"}, {"name": "duplicate"}])] == [False, True]


def test_a_bug_is_raised_and_not_reported_as_a_failed_member(harness, monkeypatch):
    harness.seed(name="web0")
    monkeypatch.setattr(FleetReader, "settled", lambda *_args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        harness.fleet(members(1))


def test_a_refused_change_fails_only_its_own_member(harness):
    harness.seed(name="web0")
    harness.seed(name="web1", state="Stopped")
    results = harness.fleet(members(2, compute_offering="2vCPU.4GB"))
    assert results[0]["failed"] and "allow_reboot" in results[0]["msg"] and results[0]["instance"]["name"] == "web0"
    assert results[1]["actions"] == ["changeComputeOffering"] and harness.writes() == ["POST changeComputeOffering"]
    assert results[0]["diff"]["before"] == results[0]["diff"]["after"] == {} and results[1]["diff"]["after"]["memory_in_mb"] == 4096


def test_a_failed_task_fails_only_its_own_member(harness):
    harness.fault(kind="task_failed", method="POST", path="/instances$", message="no host", count=1)
    results = harness.fleet(members(3, **CREATION))
    failed = [result for result in results if result["failed"]]
    assert len(failed) == 1 and "no host" in failed[0]["msg"] and failed[0]["actions"] == ["create"] and failed[0]["task_id"]
    assert failed[0]["diff"]["before"] == {} and failed[0]["diff"]["after"]["name"] == failed[0]["name"]
    assert set(failed[0]["error"]) == {"status_code", "code", "message", "context"}
    assert len(harness.instances()) == 2


def test_a_member_that_disappears_fails_only_itself(harness):
    harness.seed(name="web0", state="Stopped")
    harness.seed(name="web1", state="Stopped")
    harness.fault(kind="status", status=404, method="POST", path="operation=start", count=1)
    results = harness.fleet(members(2, state="started"))
    assert sorted(result["failed"] for result in results) == [False, True]


def test_a_failed_lookup_is_made_once_and_does_not_delay_other_members(harness, clock):
    for number in range(5):
        harness.seed(name=f"web{number}")
    harness.fault(kind="status", status=503, path="/templates$", count=0)
    began = clock.now
    results = harness.fleet([*members(5, state="stopped"), *[{"name": f"new{number}", **CREATION} for number in range(12)]])
    assert actions(results[:5]) == [["stop"]] * 5 and all(result["failed"] and "templates" in result["msg"] for result in results[5:])
    assert harness.requests("GET").count("GET templates") == 6 and clock.now - began < 120
    assert not harness.instances("new0")


def test_the_result_has_the_id_of_a_created_member_even_if_a_later_step_fails(harness):
    harness.fault(kind="task_failed", method="POST", path="operation=stop", message="no agent", count=0)
    (result,) = harness.fleet(members(1, state="stopped", **CREATION))
    (made,) = harness.instances("web0")
    assert result["failed"] and result["id"] == made["id"] and result["instance"]["id"] == made["id"]
    harness.settings(first_response="pending_with_data", seconds={"create": 1000.0})
    (result,) = harness.fleet([{"name": "slow", **CREATION}], wait_timeout=10)
    assert result["failed"] and result["id"] == harness.instances("slow")[0]["id"]


def test_a_mistyped_environment_fails_the_whole_run(harness):
    with pytest.raises(ApiError, match="tset"):
        harness.fleet(members(2, state="absent"), connection={"environment_name": "tset"})


def test_a_gateway_s_404_does_not_overrule_the_list(harness):
    there = harness.seed(name="web0")
    harness.fault(kind="html", status=404, method="GET", path="/instances/")
    (result,) = harness.fleet([{"id": there}], details=True)
    assert not result["failed"] and result["instance"]["id"] == there


@pytest.mark.parametrize("kind", ["drop_after", "broken_json"])
def test_fifty_creates_whose_responses_are_lost_make_fifty_servers(harness, kind):
    harness.fault(kind=kind, method="POST", path="/instances$", count=25)
    results = harness.fleet(members(50, **CREATION), max_concurrency=25)
    assert not [result["msg"] for result in results if result["failed"]]
    assert sorted(instance["name"] for instance in harness.instances()) == sorted(f"web{number}" for number in range(50))
    by_name = {instance["name"]: instance["id"] for instance in harness.instances()}
    assert all(result["id"] == by_name[result["name"]] for result in results)
    assert harness.writes() == ["POST instances"] * 50


def test_creates_that_were_not_processed_are_unknown_and_not_sent_again(harness):
    harness.fault(kind="drop_before", method="POST", path="/instances$", count=5)
    results = harness.fleet(members(10, **CREATION))
    failed = [result for result in results if result["failed"]]
    assert len(failed) == 5 and all("unknown" in result["msg"] for result in failed)
    assert len(harness.instances()) == 5 and len(harness.writes()) == 10


def test_creates_are_sent_again_after_rate_limiting(harness):
    harness.fault(kind="status", status=429, method="POST", headers={"Retry-After": "1"}, count=5)
    results = harness.fleet(members(10, **CREATION))
    assert not any(result["failed"] for result in results) and len(harness.instances()) == 10


def test_one_deadline_applies_to_all_members(harness, clock):
    harness.settings(seconds={"create": 1000.0})
    began = clock.now
    results = harness.fleet([*members(3, **CREATION)], wait_timeout=60)
    assert all(result["failed"] and result["task_id"] and "60 seconds" in result["msg"] for result in results)
    assert 60 <= clock.now - began < 62


def test_a_duplicate_of_another_run_leads_to_a_warning(harness):
    original = harness.environment.add_instance

    def with_duplicate(values):
        instance = original(values)
        if values.name == "web1" and len(harness.instances("web1")) == 1:
            original(values)
        return instance

    harness.environment.add_instance = with_duplicate
    results = harness.fleet(members(3, **CREATION))
    assert not any(result["failed"] for result in results)
    (warning,) = harness.last_fleet.warnings
    assert warning.startswith("instances[1] (web1): Another instance has the name") and results[1]["id"] in warning


def test_a_failed_check_for_duplicates_is_one_warning_for_all(harness):
    harness.fault(method="GET", path="/instances$", kind="status", status=403, skip=1)
    results = harness.fleet(members(3, **CREATION))
    (warning,) = harness.last_fleet.warnings
    assert not any(result["failed"] for result in results) and "could not be checked" in warning
