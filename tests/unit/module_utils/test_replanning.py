# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""If the state changed between reading and writing, a run reads and plans again, once."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import SHAPE
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import START, STOP, failure, interfering, to_state


@pytest.mark.parametrize(
    ("before", "meanwhile", "given", "actions", "after"),
    [
        ("Running", "Stopped", STOP, [], "Stopped"),
        ("Stopped", "Running", START, [], "Running"),
        ("Running", "Destroyed", {"name": "web1", "state": "absent"}, [], "Destroyed"),
        ("Running", "Stopped", {"name": "web1", "state": "restarted"}, ["reboot"], "Running"),
        ("Stopped", "Starting", START, [], "Running"),
    ],
)
def test_after_a_race_the_run_reads_and_plans_again_once(harness, before, meanwhile, given, actions, after):
    harness.seed(name="web1", state=before)
    with interfering(
        harness, 1, to_state(harness, meanwhile, **({"settles_after": 2, "settles_as": "Running"} if meanwhile == "Starting" else {}))
    ):
        outcome = harness.run(**given)
    assert outcome.actions == actions
    if not actions:
        assert outcome.diff == {"before": {}, "after": {}}
    assert [instance["state"] for instance in harness.instances("web1")] == [after]


def test_a_second_race_fails_with_the_error_of_the_api(harness):
    harness.seed(name="web1", state="Stopped")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Stopped"}}]}
    harness.fault(method="POST", kind="status", status=400, body=body, count=0)
    assert failure(harness, **START).code == 2012
    assert harness.writes() == ["POST start"] * 2


def test_a_race_after_a_create_does_not_create_a_second_instance(harness):
    with interfering(harness, 2, to_state(harness, "Destroyed")):
        text = str(failure(harness, Refused, **harness.creation(hostname="hal")))
    assert "destroyed" in text and len(harness.instances("web1")) == 1
    assert harness.last_run.outcome.actions == ["create"]


def test_a_race_after_a_create_still_configures_the_new_instance(harness):
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Migrating"}}]}
    harness.fault(method="PUT", kind="status", status=400, body=body)
    outcome = harness.run(**harness.creation(hostname="hal", ssh_key_name="mysshkey", update_ssh_key="always"))
    assert outcome.actions == ["create", "update"] and outcome.diff["before"] == {}
    assert [(instance["hostname"], instance["state"]) for instance in harness.instances("web1")] == [("hal", "Running")]


def test_a_new_instance_that_disappears_in_a_race_is_not_created_again(harness):
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Expunging"}}]}
    harness.fault(method="PUT", kind="status", status=400, body=body)
    with interfering(harness, 2, harness.environment.remove_instance):
        assert failure(harness, **harness.creation(hostname="hal")).code == 2012
    assert harness.requests("POST") == ["POST instances"]


def test_an_instance_that_others_start_after_the_changes_is_not_rebooted_again(harness):
    harness.seed(name="web1", state="Running")
    with interfering(harness, 4, to_state(harness, "Running")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True, "state": "restarted"}
        assert harness.run(**given).actions == ["stop", "update", "changeComputeOffering"]
    assert harness.instances("web1")[0]["state"] == "Running"


def test_a_second_plan_does_not_repeat_warnings(harness):
    harness.seed(name="web1", state="Stopped")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Migrating"}}]}
    harness.fault(method="POST", kind="status", status=400, body=body)
    outcome = harness.run(**START, template="Ubuntu 24.04")
    assert outcome.actions == ["start"] and harness.writes() == ["POST start"] * 2
    assert len(outcome.warnings) == 1 and "another template" in outcome.warnings[0]


def test_an_instance_that_disappears_before_a_write_is_an_error(harness):
    harness.seed(name="web1", state="Stopped")
    with interfering(harness, 1, harness.environment.remove_instance):
        assert "is gone" in failure(harness, **START).sentence


def test_the_diff_shows_the_whole_new_instance_after_others_destroyed_the_old_one(harness):
    harness.seed(name="web1", state="Stopped")
    with interfering(harness, 1, to_state(harness, "Destroyed")):
        outcome = harness.run(**harness.creation(state="started"))
    assert outcome.actions == ["create"] and outcome.diff["before"] == {} and set(SHAPE) <= set(outcome.diff["after"])
