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
def test_a_race_is_read_and_planned_again_once(harness, before, meanwhile, given, actions, after):
    harness.seed(name="web1", state=before)
    with interfering(
        harness, 1, to_state(harness, meanwhile, **({"settles_after": 2, "settles_as": "Running"} if meanwhile == "Starting" else {}))
    ):
        outcome = harness.run(**given)
    assert outcome.actions == actions
    if not actions:
        assert outcome.diff == {"before": {}, "after": {}}
    assert [instance["state"] for instance in harness.instances("web1")] == [after]


def test_a_second_race_fails_with_the_api_s_words(harness):
    harness.seed(name="web1", state="Stopped")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Stopped"}}]}
    harness.fault(method="POST", kind="status", status=400, body=body, count=0)
    assert failure(harness, **START).code == 2012
    assert harness.writes() == ["POST start"] * 2


def test_a_race_after_the_create_never_creates_a_second_one(harness):
    with interfering(harness, 2, to_state(harness, "Destroyed")):
        text = str(failure(harness, Refused, **harness.creation(hostname="hal")))
    assert "destroyed" in text and len(harness.instances("web1")) == 1
    assert harness.last_run.outcome.actions == ["create"]


def test_a_race_after_the_create_ends_with_the_new_one_as_wanted(harness):
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Migrating"}}]}
    harness.fault(method="PUT", kind="status", status=400, body=body)
    outcome = harness.run(**harness.creation(hostname="hal", ssh_key_name="mysshkey", update_ssh_key="always"))
    assert outcome.actions == ["create", "update"] and outcome.diff["before"] == {}
    assert [(instance["hostname"], instance["state"]) for instance in harness.instances("web1")] == [("hal", "Running")]


def test_a_new_one_that_vanishes_in_a_race_is_not_created_again(harness):
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Expunging"}}]}
    harness.fault(method="PUT", kind="status", status=400, body=body)
    with interfering(harness, 2, harness.environment.remove_instance):
        assert failure(harness, **harness.creation(hostname="hal")).code == 2012
    assert harness.requests("POST") == ["POST instances"]


def test_one_that_others_start_after_the_changes_is_not_rebooted_once_more(harness):
    harness.seed(name="web1", state="Running")
    with interfering(harness, 4, to_state(harness, "Running")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True, "state": "restarted"}
        assert harness.run(**given).actions == ["stop", "update", "changeComputeOffering"]
    assert harness.instances("web1")[0]["state"] == "Running"


def test_a_warning_is_told_once_where_the_run_is_planned_again(harness):
    harness.seed(name="web1", state="Stopped")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Migrating"}}]}
    harness.fault(method="POST", kind="status", status=400, body=body)
    outcome = harness.run(**START, template="Ubuntu 24.04")
    assert outcome.actions == ["start"] and harness.writes() == ["POST start"] * 2
    assert len(outcome.warnings) == 1 and "another template" in outcome.warnings[0]


def test_one_that_vanishes_between_reading_and_writing(harness):
    harness.seed(name="web1", state="Stopped")
    with interfering(harness, 1, harness.environment.remove_instance):
        assert "is gone" in failure(harness, **START).sentence


def test_one_destroyed_by_others_and_created_anew_shows_the_new_one_whole(harness):
    harness.seed(name="web1", state="Stopped")
    with interfering(harness, 1, to_state(harness, "Destroyed")):
        outcome = harness.run(**harness.creation(state="started"))
    assert outcome.actions == ["create"] and outcome.diff["before"] == {} and set(SHAPE) <= set(outcome.diff["after"])
