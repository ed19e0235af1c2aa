# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API confirmed must show, in the instance and in the list: with an API that rewrites values, or whose reads are behind."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import CREATION, EMPTY_LIST, failure, members

CUSTOM = {"compute_offering": "Custom CPU.Memory", "cpu_count": 2, "memory_in_mb": 1000}
LONG = "w" * 64


# -- an API that rewrites


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"name": LONG}, f"name '{LONG[:63]}' instead of '{LONG}'"),
        # An e and its accent, which together look like the one character that the API shows.
        ({"name": "cafe\u0301"}, r"name 'caf\xe9' instead of 'cafe\u0301'"),
        ({"name": "web1", **CUSTOM}, "memory_in_mb 1024 instead of 1000"),
        ({"name": "web1", "hostname": "web1.example.com"}, "hostname 'web1' instead of 'web1.example.com'"),
    ],
    ids=["long", "accent", "size", "host name"],
)
def test_a_rewritten_value_ends_each_run_with_what_to_put_into_the_task(harness, clock, given, shown):
    harness.settings(normalise=True)
    began = clock()
    error = failure(harness, **harness.creation(**given))
    assert shown in error.sentence and "put that value into the task" in error.sentence
    assert 30 <= clock() - began < 40
    outcome = harness.last_run.outcome
    (created,) = harness.instances()
    assert outcome.so_far()["changed"] and outcome.actions[0] == "create" and outcome.id == created["id"]
    assert outcome.instance["name"] == created["name"]
    # The same task never creates a second server, and says again what is wrong.
    again = failure(harness, Exception, allow_reboot=True, **harness.creation(**given))
    assert isinstance(again, (ApiError, Refused)) and (created["name"] in str(again) or ascii(created["name"]) in str(again))
    assert len(harness.instances()) == 1


@pytest.mark.parametrize(
    "given", [{"name": LONG[:63]}, {"name": "web1", "hostname": "Web-H1"}, {"name": "web1", **CUSTOM, "memory_in_mb": 1024}]
)
def test_with_the_actual_value_in_the_task_the_second_run_changes_nothing(harness, given):
    harness.settings(normalise=True)
    harness.run(**harness.creation(**given))
    assert harness.run(**harness.creation(**given)).actions == []


def test_a_rounded_size_of_an_existing_instance_is_reported(harness):
    harness.run(**harness.creation(**{**CUSTOM, "memory_in_mb": 1024}))
    harness.settings(normalise=True)
    error = failure(harness, allow_reboot=True, name="web1", memory_in_mb=1100)
    assert "changeComputeOffering" in error.sentence and "memory_in_mb 1280 instead of 1100" in error.sentence
    assert harness.last_run.outcome.actions == ["changeComputeOffering"]


def test_several_values_are_named_in_one_sentence(harness):
    harness.settings(normalise=True)
    error = failure(harness, **harness.creation(LONG, **CUSTOM))
    assert "name 'www" in error.sentence and "memory_in_mb 1024 instead of 1000" in error.sentence and "those values" in error.sentence


def test_entries_of_the_catalog_are_named(harness):
    harness.seed(name="web1", state="Stopped")
    harness.next_look(when=harness.writes, times=None, networkId="d5a68379-a9ee-404f-9492-a1964b374d6f", networkName="Web-test_area")
    error = failure(harness, name="web1", network="Db-test_area", allow_network_change=True)
    assert "network 'Web-test_area' instead of 'Db-test_area'" in error.sentence


def test_a_value_that_the_api_does_not_report_is_not_compared(harness):
    harness.settings(report_ssh_key=False)
    assert harness.run(**harness.creation(ssh_key_name="mysshkey")).actions == ["create"]
    harness.settings(report_ssh_key=True)
    harness.next_look(when=lambda: len(harness.writes()) > 1, times=None, sshKeyName="my_ssh_key")
    assert (
        "ssh_key_name 'my_ssh_key' instead of 'mysshkey'" in failure(harness, **harness.creation("web2", ssh_key_name="mysshkey")).sentence
    )


def test_the_time_for_a_value_to_show_ends_with_the_deadline(harness, clock):
    harness.settings(normalise=True)
    began = clock()
    assert "instead of" in failure(harness, wait_timeout=10, **harness.creation(LONG)).sentence
    assert clock() - began <= 13


def test_an_interruption_ends_the_wait_for_a_value(harness, clock):
    harness.settings(normalise=True)

    def interrupt(_entry):
        if clock() > 1010:
            harness.interruption = "SIGTERM"

    with harness.intercepting(interrupt):
        assert "interrupted by SIGTERM" in failure(harness, **harness.creation(LONG)).sentence
    assert harness.last_run.outcome.so_far()["changed"]


def test_without_waiting_a_first_answer_with_another_name_is_an_error_too(harness):
    harness.settings(normalise=True, first_response="done")
    assert "instead of" in failure(harness, wait=False, **harness.creation(LONG)).sentence


def test_each_member_of_a_fleet_says_it_for_itself(harness):
    harness.settings(normalise=True)
    long, short = harness.fleet([{"name": LONG}, {"name": "web1"}], CREATION)
    assert long["failed"] and long["changed"] and "put that value into the task" in long["msg"] and long["id"]
    assert not short["failed"] and len(harness.instances()) == 2


# -- an API whose reads are behind


@pytest.mark.parametrize("lag", [2, 10, 25])
@pytest.mark.parametrize("given", [{}, {"state": "stopped"}, {"hostname": "mine"}, {"state": "stopped", "hostname": "mine"}])
def test_a_create_waits_until_all_reads_show_it(harness, lag, given):
    harness.settings(lag_seconds=lag)
    created = harness.run(**harness.creation(**given))
    (instance,) = harness.instances()
    assert created.instance["id"] == instance["id"] and not created.warnings
    again = harness.run(**harness.creation(**given))
    assert again.actions == [] and again.instance == created.instance


@pytest.mark.parametrize("lag", [2, 25])
def test_changes_wait_until_the_instance_shows_them(harness, clock, lag):
    harness.seed(name="web1")
    clock.sleep(60)
    harness.settings(lag_seconds=lag)
    wanted = {"name": "web1", "hostname": "other", "compute_offering": "4vCPU.8GB", "network": "Db-test_area"}
    allowed = {"allow_reboot": True, "allow_network_change": True}
    changed = harness.run(**wanted, **allowed)
    assert changed.actions == ["stop", "update", "changeComputeOffering", "changeNetwork", "start"]
    assert (changed.instance["hostname"], changed.instance["state"]) == ("other", "Running")
    for state, actions in (("stopped", ["stop"]), ("started", ["start"]), ("absent", ["delete"]), ("recovered", ["recover"])):
        assert harness.run(name="web1", state=state).actions == actions
        assert harness.run(name="web1", state=state).actions == []
    assert harness.run(name="web1", state="absent", purge=True).actions == ["delete"]
    assert harness.instances() == [] and harness.run(name="web1", state="absent", purge=True).actions == []


def test_a_fleet_waits_until_the_list_shows_all_new_members(harness):
    harness.settings(lag_seconds=20)
    results = harness.fleet(members(5, **CREATION))
    assert all(result["actions"] == ["create"] and not result["failed"] for result in results) and not harness.last_fleet.warnings
    assert all(result["actions"] == [] for result in harness.fleet(members(5, **CREATION)))


@pytest.mark.parametrize("timeout", [600, 20])
def test_a_list_that_stays_behind_leads_to_a_warning(harness, clock, timeout):
    harness.fault(method="GET", path="/instances$", **EMPTY_LIST, skip=1, count=0)
    began = clock()
    outcome = harness.run(wait_timeout=timeout, **harness.creation())
    assert outcome.actions == ["create"] and clock() - began < min(timeout, 40) + 1
    (warning,) = outcome.warnings
    assert outcome.instance["id"] in warning and "is behind" in warning and "Do not run this task again" in warning


def test_a_list_that_stays_behind_is_named_for_each_member(harness):
    harness.fault(method="GET", path="/instances$", **EMPTY_LIST, skip=1, count=0)
    results = harness.fleet(members(2, **CREATION))
    assert not any(result["failed"] for result in results)
    assert [text.split(":")[0] for text in harness.last_fleet.warnings] == ["instances[0] (web0)", "instances[1] (web1)"]
    assert all("is behind" in text for text in harness.last_fleet.warnings)


def test_the_list_is_read_once_if_it_shows_the_new_instance(harness):
    harness.run(**harness.creation())
    lists = [entry for entry in harness.simulator.app.log if entry["path"].endswith("/instances") and entry["method"] == "GET"]
    assert len(lists) == 2
