# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instance a name or an id selects, and what a 404 means."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.outcome import failure_of
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import UNKNOWN_ID, failure


def test_an_ambiguous_name_fails_with_the_ids(harness):
    ids = [harness.seed(name="web1"), harness.seed(name="web1", state="Stopped")]
    for state in ("present", "started", "stopped", "restarted", "recovered", "absent"):
        text = str(failure(harness, Refused, **harness.creation(state=state)))
        assert all(item in text for item in ids)
    assert harness.writes() == []


def test_a_name_does_not_select_destroyed_or_expunging_ones(harness):
    harness.seed(name="web1", state="Destroyed")
    harness.seed(name="web1", state="Expunging")
    outcome = harness.run(name="web1", state="absent")
    assert (outcome.actions, outcome.instance) == ([], None)
    assert harness.run(**harness.creation(purge=True)).actions == ["create"]


def test_names_are_exact(harness):
    harness.seed(name="Web1")
    harness.seed(name="web10")
    assert harness.run(**harness.creation(allow_similar_name=True)).actions == ["create"]


def test_an_unknown_id_is_refused_unless_absent(harness):
    for state in ("present", "started", "stopped", "restarted", "recovered"):
        text = str(failure(harness, Refused, id=UNKNOWN_ID, **harness.creation(state=state)))
        assert f"no instance with the id {UNKNOWN_ID} in environment test_area" in text
    outcome = harness.run(id=UNKNOWN_ID, state="absent")
    assert (outcome.actions, outcome.instance) == ([], None)
    assert harness.writes() == []


def test_an_unknown_id_has_what_the_api_said(harness):
    refused = failure(harness, Refused, id=UNKNOWN_ID)
    said = f"Instance {UNKNOWN_ID} was not found"
    result = failure_of(refused)
    assert f"(the API says: {said} (code 2001; " in result["msg"] and result["msg"].endswith(").")
    assert (result["error"]["status_code"], result["error"]["code"]) == (404, 2001) and said in result["error"]["message"]
    assert result["error"]["context"]["id"] == UNKNOWN_ID
    (member,) = harness.fleet([{"id": UNKNOWN_ID, "state": "started"}])
    assert member["failed"] and member["error"] == result["error"]


@pytest.mark.parametrize("selected", [{"id": UNKNOWN_ID}, {"name": "web1"}])
@pytest.mark.parametrize("wrong", ["environment_name", "service_code"])
def test_a_mistyped_environment_is_an_error_for_absent_too(harness, selected, wrong):
    error = failure(harness, connection={wrong: "typo"}, state="absent", **selected)
    assert wrong in error.sentence and "typo" in error.sentence


def test_recover_and_purge_by_name_need_a_unique_name(harness):
    live, dead = harness.seed(name="web1"), harness.seed(name="web1", state="Destroyed")
    for given in ({"state": "recovered"}, {"state": "absent", "purge": True}):
        text = str(failure(harness, Refused, name="web1", **given))
        assert live in text and dead in text
    harness.environment.remove_instance(harness.environment.instances[live])
    assert harness.run(name="web1", state="recovered").actions == ["recover"]


def test_an_instance_destroyed_between_list_and_look_counts_as_absent(harness):
    instance_id = harness.seed(name="web1", state="Running", settles_after=0, settles_as="Destroyed")
    outcome = harness.run(**harness.creation())
    assert outcome.actions == ["create"] and outcome.instance["id"] != instance_id
    harness.seed(name="web2", state="Running", settles_after=0, settles_as="Destroyed")
    outcome = harness.run(name="web2", state="absent")
    assert (outcome.actions, outcome.instance) == ([], None)


def test_an_expunged_instance_counts_as_absent(harness):
    gone = harness.seed(name="web1", state="Expunging")
    assert "no instance with the id" in str(failure(harness, Refused, id=gone))
    going = harness.seed(name="web1", state="Stopping", settles_after=2, settles_as="Expunging")
    assert "is gone" in str(failure(harness, Refused, id=going))


@pytest.mark.parametrize("state", ["present", "started", "stopped", "absent"])
def test_an_instance_renamed_between_list_and_look_is_not_changed(harness, state):
    instance_id = harness.seed(name="web1")
    instance = harness.environment.instances[instance_id]
    harness.fault(kind="status", status=200, path=f"/{instance_id}$", body={"data": {**instance, "name": "other"}})
    assert "renamed" in str(failure(harness, Refused, **harness.creation(state=state)))
    assert harness.writes() == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_instance_renamed_while_it_settles_is_not_changed(harness, state):
    harness.seed(name="web1", state="Starting", settles_after=2, settles_as="Running")
    harness.next_look(when=lambda: harness.instances()[0]["state"] == "Running", keep=True, name="other")
    assert "renamed" in str(failure(harness, Refused, **harness.creation(state=state)))
    assert harness.writes() == []


def test_an_instance_destroyed_while_it_settles_is_returned_as_last_known(harness):
    instance_id = harness.seed(name="web1", state="Stopping", settles_after=1, settles_as="Destroyed")
    outcome = harness.run(name="web1", state="absent")
    assert outcome.actions == [] and (outcome.instance["id"], outcome.instance["state"]) == (instance_id, "Destroyed")


@pytest.mark.parametrize("by", ["name", "id"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_404_does_not_overrule_a_list_that_shows_the_instance(harness, by, state):
    instance_id = harness.seed(name="web1", state="Running")
    harness.fault(kind="html", status=404, method="GET", path="/instances/")
    given = harness.creation(state=state, compute_offering="1vCPU.512MB", **({"id": instance_id} if by == "id" else {}))
    assert harness.run(**given).actions == ([] if state == "present" else ["delete"])
    assert len(harness.instances("web1")) == 1


def test_a_404_that_lasts_while_the_list_shows_the_instance_is_an_error(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(kind="html", status=404, method="GET", path="/instances/", count=0)
    error = failure(harness, **harness.creation())
    assert "The list shows" in error.sentence and error.status_code == 404
    assert harness.writes() == []


@pytest.mark.parametrize("how", ["settling", "race"])
def test_an_instance_that_others_created_meanwhile_is_used(harness, how):
    more = {"state": "Stopping", "settles_after": 2, "settles_as": "Destroyed"} if how == "settling" else {"state": "Stopped"}
    harness.seed(name="web1", **more)
    made: list[str] = []

    def create(_entry):
        if not made and len(harness.requests() if how == "settling" else harness.writes()) == (3 if how == "settling" else 1):
            for instance in harness.instances("web1"):
                instance["state"] = "Destroyed" if how == "race" else instance["state"]
            made.append(harness.seed(name="web1", state="Running"))

    given = harness.creation(template="CentOS 6.8 PV", compute_offering="1vCPU.512MB", state="started")
    with harness.intercepting(create):
        outcome = harness.run(**given)
    assert outcome.actions == [] and outcome.instance["id"] == made[0]
    assert "POST instances" not in harness.writes()


def test_deeply_nested_attributes_do_not_raise(harness):
    instance_id = harness.seed(name="web1")
    endless: list = []
    for _n in range(300):
        endless = [endless]
    harness.environment.instances[instance_id]["strange"] = endless
    assert harness.run(name="web1").actions == []


@pytest.mark.parametrize(("by", "expected"), [("name", 2), ("id", 1)])
@pytest.mark.parametrize("state", ["present", "started"])
def test_a_run_without_changes_needs_one_request_by_id_and_two_by_name(harness, by, expected, state):
    created = harness.run(**harness.creation(hostname="web1")).instance
    harness.simulator.app.log.clear()
    given = harness.creation(hostname="web1", state=state, cpu_count=2, memory_in_mb=4096, ip_address=created["ip_address"])
    outcome = harness.run(**given, **({"id": created["id"]} if by == "id" else {}))
    assert outcome.actions == [] and outcome.instance == created
    assert len(harness.requests()) == expected
