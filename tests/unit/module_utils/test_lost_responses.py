# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A write whose response is lost, or does not say what the server did."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import (
    LOST_AFTER_ACTING,
    LOST_BEFORE_ACTING,
    OPERATIONS,
    START,
    STOP,
    failure,
    fault_name,
)


@pytest.mark.parametrize("fault", LOST_AFTER_ACTING, ids=fault_name)
def test_a_create_whose_response_is_lost_is_adopted(harness, fault):
    harness.seed(name="web1", state="Destroyed")
    harness.fault(method="POST", **fault)
    outcome = harness.run(**harness.creation(hostname="hal"))
    assert outcome.actions == ["create", "update"] and outcome.instance["state"] == "Running"
    assert "was lost" in outcome.warnings[0]
    assert len(harness.instances("web1")) == 2 and harness.requests("POST") == ["POST instances"]


@pytest.mark.parametrize("fault", LOST_BEFORE_ACTING, ids=fault_name)
def test_a_create_that_never_appears_is_unknown_after_30_seconds_and_not_sent_again(harness, clock, fault):
    harness.fault(method="POST", **fault, count=0)
    began = clock()
    error = failure(harness, **harness.creation())
    assert "outcome of create for an instance with the name 'web1' is unknown" in error.sentence and "no id" not in error.sentence
    assert "several" not in error.sentence
    assert clock() - began == pytest.approx(30, abs=2)
    assert harness.requests("POST") == ["POST instances"] and harness.last_run.outcome.actions == ["create"]


def test_a_short_deadline_ends_the_search_for_a_created_instance(harness, clock):
    harness.fault(method="POST", kind="drop_before")
    began = clock()
    assert "unknown" in failure(harness, wait_timeout=7, **harness.creation()).sentence
    assert clock() - began <= 7.1


def test_two_new_instances_with_the_name_are_both_named_and_neither_adopted(harness):
    def interfere(_entry):
        if harness.requests("POST") and len(harness.instances("web1")) == 1:
            harness.seed(name="web1")

    harness.fault(method="POST", kind="drop_after")
    with harness.intercepting(after=interfere):
        error = failure(harness, **harness.creation())
    instances = harness.instances("web1")
    assert len(instances) == 2 and all(instance["id"] in error.sentence for instance in instances)


def test_the_outcome_is_unknown_if_listing_fails_after_a_lost_response_of_a_create(harness):
    harness.fault(method="POST", kind="drop_after")
    harness.fault(method="GET", path="/instances$", kind="status", status=500, skip=1, count=0)
    text = failure(harness, connection={"api_retries": 1}, **harness.creation()).sentence
    assert "unknown" in text and "then:" in text and "500" in text


def test_a_confirmed_create_that_never_appears_is_unknown(harness):
    harness.fault(method="POST", kind="status", status=200, body={"data": {"state": "Running"}})
    text = failure(harness, **harness.creation()).sentence
    assert "unknown" in text and "has no id" in text and harness.requests("POST") == ["POST instances"]


def test_an_old_instance_that_is_recovered_is_not_adopted(harness):
    harness.seed(name="web1", state="Destroyed")
    harness.fault(method="POST", kind="drop_before")

    def recover(_entry):
        if harness.requests("POST"):
            for instance in harness.instances("web1"):
                instance["state"] = "Running"

    with harness.intercepting(recover):
        assert "unknown" in failure(harness, **harness.creation()).sentence


# How often operations are sent that do not show an effect at once. An SSH key never shows.
SHOWS_AFTER = {"recover": 2, "changeNetwork": 2, "associateSSHKey": 3}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", LOST_AFTER_ACTING + LOST_BEFORE_ACTING, ids=fault_name)
def test_a_repeatable_write_is_sent_again_only_if_it_shows_no_effect(harness, clock, operation, fault):
    before, given, after = OPERATIONS[operation]
    harness.seed(name="web1", state=before)
    harness.fault(method="DELETE" if operation == "instances" else "POST", **fault, count=2)
    outcome = harness.run(**given)
    assert outcome.actions == ["delete" if operation == "instances" else operation]
    clock.sleep(5)
    assert [instance["state"] for instance in harness.instances("web1")] == ([] if after is None else [after])
    assert len(harness.writes()) == (3 if fault in LOST_BEFORE_ACTING else SHOWS_AFTER.get(operation, 1))


@pytest.mark.parametrize("fault", LOST_AFTER_ACTING + LOST_BEFORE_ACTING, ids=fault_name)
def test_an_update_is_sent_again_only_if_it_shows_no_effect(harness, fault):
    instance_id = harness.seed(name="web1", state="Stopped")
    harness.fault(method="PUT", **fault, count=2)
    outcome = harness.run(id=instance_id, name="web2", hostname="hal")
    assert outcome.actions == ["update"] and outcome.instance["hostname"] == "hal"
    # An update of a stopped instance does not show before it has ended.
    assert len(harness.requests("PUT")) == (3 if fault in LOST_BEFORE_ACTING else 2)


def test_a_repeatable_write_gives_up_after_api_retries_with_longer_pauses(harness, clock):
    harness.seed(name="web1", state="Stopped")
    harness.fault(method="POST", kind="drop_before", count=0)
    error = failure(harness, connection={"api_retries": 2}, **START)
    assert "unknown" in error.sentence and harness.writes() == ["POST start"] * 3
    assert clock.slept == [0.625, 1.25, 2.5]


def test_a_host_name_update_whose_response_is_lost_is_sent_once(harness):
    harness.settings(update_response="data")
    harness.fault(method="PUT", kind="drop_after")
    outcome = harness.run(**harness.creation(hostname="hal"))
    assert outcome.actions == ["create", "update"] and len(harness.requests("PUT")) == 1


@pytest.mark.parametrize("fault", LOST_AFTER_ACTING, ids=fault_name)
@pytest.mark.parametrize("operation", ["stop", "reboot"])
def test_a_stop_or_reboot_that_shows_an_effect_continues(harness, operation, fault):
    harness.seed(name="web1", state="Running")
    harness.fault(method="POST", **fault)
    state = "stopped" if operation == "stop" else "restarted"
    outcome = harness.run(name="web1", state=state)
    assert outcome.actions == [operation] and harness.writes() == [f"POST {operation}"]
    assert outcome.instance["state"] == ("Stopped" if operation == "stop" else "Running")


@pytest.mark.parametrize("fault", LOST_BEFORE_ACTING, ids=fault_name)
@pytest.mark.parametrize("operation", ["stop", "reboot"])
def test_a_stop_or_reboot_that_shows_no_effect_is_unknown_and_not_sent_again(harness, clock, operation, fault):
    harness.seed(name="web1", state="Running")
    harness.fault(method="POST", **fault, count=0)
    began = clock()
    error = failure(harness, name="web1", state="stopped" if operation == "stop" else "restarted")
    assert f"outcome of {operation} for Instance web1 (" in error.sentence and "unknown" in error.sentence
    assert clock() - began == pytest.approx(30, abs=2)
    # It may have been done, so it counts as an action.
    assert harness.writes() == [f"POST {operation}"] and harness.last_run.outcome.actions == [operation]


def test_a_stop_that_shows_its_effect_late_continues(harness):
    instance_id = harness.seed(name="web1", state="Running")
    harness.settings(task_seconds=5.0)
    harness.fault(method="POST", kind="drop_after")
    stale = {"data": {**harness.environment.instances[instance_id], "state": "Running"}}
    harness.fault(method="GET", path=f"/{instance_id}$", kind="status", status=200, body=stale, skip=1, count=2)
    outcome = harness.run(**STOP)
    assert outcome.actions == ["stop"] and outcome.instance["state"] == "Stopped" and harness.writes() == ["POST stop"]


def test_the_outcome_is_unknown_if_reading_fails_after_a_lost_response(harness):
    harness.seed(name="web1", state="Stopped")
    harness.fault(method="POST", kind="drop_after")
    harness.fault(method="GET", path="instances/", kind="status", status=500, skip=1, count=0)
    error = failure(harness, connection={"api_retries": 1}, **START)
    assert "unknown" in error.sentence and "500" in error.sentence and harness.writes() == ["POST start"]
    assert harness.last_run.outcome.actions == ["start"]


def test_a_second_try_that_is_rejected_because_the_first_took_effect_is_a_success(harness):
    instance_id = harness.seed(name="web1", state="Stopped")
    harness.settings(task_seconds=5.0)
    harness.fault(method="POST", kind="drop_after")
    instance = harness.environment.instances[instance_id]
    # Reads lag behind: the two looks after the lost response still show the old state.
    stale = {"data": {**instance, "state": "Stopped"}}
    harness.fault(method="GET", path=f"/{instance_id}$", kind="status", status=200, body=stale, skip=1, count=2)
    outcome = harness.run(**START)
    assert outcome.actions == ["start"] and harness.writes() == ["POST start"] * 2
    assert outcome.instance["state"] == "Running"


def test_a_lost_response_followed_by_an_error_is_an_unknown_outcome_and_an_action(harness):
    harness.seed(name="web1", state="Stopped")
    harness.fault(method="POST", kind="drop_before")
    harness.fault(method="POST", kind="status", status=403)
    assert "unknown" in failure(harness, **START).sentence
    assert harness.last_run.outcome.actions == ["start"]


def test_work_of_others_is_not_mistaken_for_a_change_whose_response_is_lost(harness):
    harness.seed(name="web1", state="Stopped")
    harness.fault(method="PUT", kind="drop_before")
    harness.next_look(when=harness.writes, keep=True, state="Migrating", settles_after=2, settles_as="Stopped")
    assert "unknown" in failure(harness, name="web1", hostname="hal").sentence


@pytest.mark.parametrize("task_id", [7, "00000000-0000-4000-8000-000000000001"])
def test_a_change_without_a_usable_task_must_show_its_effect(harness, task_id):
    harness.seed(name="web1", state="Stopped")
    harness.fault(method="PUT", kind="status", status=200, body={"taskId": task_id, "taskStatus": "PENDING"})
    assert "unknown" in failure(harness, name="web1", hostname="hal").sentence


def test_a_change_that_the_api_does_not_report_need_not_show_an_effect(harness):
    harness.seed(name="web1", state="Stopped")
    harness.fault(path="associateSSHKey", kind="status", status=200, body={"data": {}}, act="first")
    assert harness.run(name="web1", ssh_key_name="mysshkey", update_ssh_key="always").actions == ["associateSSHKey"]
