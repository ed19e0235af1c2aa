# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords and ISOs, against the simulator over real HTTP and on simulated time."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.jobs import drive
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.catalog import Catalog
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.imperative import ImperativeRun, selection
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.run import Run


@pytest.fixture
def operate(harness, clock):
    """Runs one operation. Returns the run and what the job returned."""

    def run(job, check_mode=False, connection=None, **selected):
        client, deadline = harness.client(**(connection or {})), harness.deadline(100)
        operation = ImperativeRun(Run(client, Catalog(client, deadline), deadline, selection(selected), check_mode=check_mode))
        harness.last_run = operation
        return operation, drive(job(operation), clock.sleep)

    return run


def reset(run):
    return run.reset_password()


def iso(name):
    return lambda run: run.set_iso(name)


# -- passwords


@pytest.mark.parametrize("shape", ["flat", "data"])
@pytest.mark.parametrize("first", ["pending", "done"])
def test_a_reset_returns_the_new_password_of_the_task(harness, operate, shape, first):
    harness.settings(task_shape=shape, first_response=first)
    harness.seed(name="web1")
    one, instance = operate(reset, name="web1")
    two, _instance = operate(reset, id=instance["id"])
    assert one.outcome.password and two.outcome.password and one.outcome.password != two.outcome.password
    assert one.outcome.actions == ["resetPassword"] and instance["username"] == "cca-user"
    assert one.outcome.diff == {"before": {"password": "the one before"}, "after": {"password": "a new one"}}


def test_check_mode_resets_nothing(harness, operate):
    harness.seed(name="web1")
    run, instance = operate(reset, name="web1", check_mode=True)
    assert (
        instance["name"] == "web1" and run.outcome.actions == ["resetPassword"] and run.outcome.password is None and harness.writes() == []
    )


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "broken_json"])
def test_a_lost_response_of_a_reset_is_not_sent_again(harness, operate, kind):
    harness.seed(name="web1")
    harness.fault(kind=kind, method="POST", count=1)
    with pytest.raises(ApiError, match="unknown"):
        operate(reset, name="web1")
    assert harness.writes() == ["POST resetPassword"] and harness.last_run.outcome.actions == ["resetPassword"]


def test_a_reset_whose_task_is_lost_or_fails_is_an_error(harness, operate):
    harness.seed(name="web1")
    for kind, word in (("task_lost", "unknown"), ("task_failed", "no agent")):
        harness.fault(kind=kind, method="POST", message="no agent", count=1)
        with pytest.raises(ApiError, match=word):
            operate(reset, name="web1")
    assert harness.writes() == ["POST resetPassword"] * 2


def test_a_reset_without_a_new_password_is_an_error(harness, operate):
    harness.seed(name="web1")
    harness.fault(path="/tasks/", kind="status", status=200, body={"taskStatus": "SUCCESS", "result": {}})
    with pytest.raises(ApiError, match="did not return the new one"):
        operate(reset, name="web1")


def test_past_the_deadline_the_error_has_the_task_and_the_last_state(harness, operate):
    harness.seed(name="web1")
    harness.fault(kind="task_stuck", method="POST")
    with pytest.raises(ApiError, match="last state seen is Running") as caught:
        operate(reset, name="web1")
    assert caught.value.task_id in harness.simulator.cloud.tasks


def test_a_missing_or_destroyed_instance_is_refused(harness, operate):
    harness.seed(name="old", state="Destroyed")
    for job in (reset, iso("guest tools"), iso(None)):
        with pytest.raises(Refused, match="no instance with the name"):
            operate(job, name="web1")
        with pytest.raises(Refused, match="is destroyed"):
            operate(job, id=harness.instances("old")[0]["id"])
    assert harness.writes() == []


def test_a_reset_in_the_wrong_state_shows_the_error_of_the_api(harness, operate):
    harness.seed(name="web1", state="Error")
    with pytest.raises(ApiError, match="resetPassword") as caught:
        operate(reset, name="web1")
    assert caught.value.details["context"]["currentState"] == "Error"


# -- ISOs


@pytest.fixture
def isos(harness):
    """The ids of ISOs by name: two that can be attached, one that is bootable and one that is not ready."""
    for number, name in enumerate(("first", "second", "boot", "unready")):
        entry = {"id": f"00000000-0000-4000-8000-{number:012}", "name": name, "ready": name != "unready", "bootable": name == "boot"}
        harness.environment.resources["isos"].append(entry)
    return {resource["name"]: resource["id"] for resource in harness.environment.resources["isos"]}


def attached(harness, instance_id):
    return harness.environment.private[instance_id]["isoId"]


def test_a_reported_iso_is_attached_and_detached_only_if_needed(harness, operate, isos):
    harness.settings(report_iso=True)
    server = harness.seed(name="web1")
    steps = [
        ("first", ["attachIso"]),
        ("first", []),
        (isos["first"], []),
        ("second", ["detachIso", "attachIso"]),
        (None, ["detachIso"]),
        (None, []),
    ]
    for name, actions in steps:
        before = len(harness.writes())
        there = attached(harness, server)
        predicted, instance = operate(iso(name), name="web1", check_mode=True)
        assert len(harness.writes()) == before and instance["iso_id"] == there
        run, instance = operate(iso(name), name="web1")
        assert run.outcome.actions == actions == predicted.outcome.actions and run.outcome.diff == predicted.outcome.diff
        wanted = isos.get(name, isos["first"] if name == isos["first"] else None)
        assert run.outcome.diff == ({"before": {"iso_id": there}, "after": {"iso_id": wanted}} if actions else {"before": {}, "after": {}})
        assert run.msg == "" and attached(harness, server) == instance["iso_id"] == wanted


def test_an_iso_that_is_not_reported_is_always_attached_with_a_message(harness, operate, isos):
    server = harness.seed(name="web1")
    run, _instance = operate(iso("first"), name="web1")
    assert run.outcome.actions == ["attachIso"] and "does not report" in run.msg
    assert run.outcome.diff == {"before": {"iso_id": "not reported"}, "after": {"iso_id": isos["first"]}}
    run, _instance = operate(iso("second"), name="web1")
    assert run.outcome.actions == ["detachIso", "attachIso"] and attached(harness, server) == isos["second"]
    run, _instance = operate(iso(None), name="web1")
    assert run.outcome.actions == ["detachIso"] and attached(harness, server) is None
    run, _instance = operate(iso(None), name="web1")
    assert run.outcome.actions == [] and "No ISO was attached" in run.msg and run.outcome.diff == {"before": {}, "after": {}}


def test_an_iso_whose_booleans_are_text_is_judged_alike(harness, operate, isos):
    harness.seed(name="web1")
    for entry in harness.environment.resources["isos"]:
        entry.update({name: str(entry[name]).lower() for name in ("ready", "bootable") if name in entry})
    for name, word in (("boot", "iso: .* is bootable,"), ("unready", "iso: .* is not ready yet:")):
        with pytest.raises(Refused, match=word):
            operate(iso(name), name="web1")
    run, _instance = operate(iso("first"), name="web1", check_mode=True)
    assert run.outcome.actions == ["attachIso"]


def test_an_unusable_iso_is_refused_before_the_other_is_detached(harness, operate, isos):
    server = harness.seed(name="web1", isoId=isos["first"])
    for name, word in (("boot", "iso: .* is bootable,"), ("unready", "iso: .* is not ready yet:"), ("frst", "iso: .*'first'")):
        with pytest.raises(Refused, match=word):
            operate(iso(name), name="web1")
    assert attached(harness, server) == isos["first"] and harness.writes() == []


@pytest.mark.parametrize("report", [False, True])
@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
@pytest.mark.parametrize("name", ["first", None])
@pytest.mark.parametrize("first", ["pending", "done"])
def test_the_right_iso_is_attached_after_lost_responses(harness, operate, isos, report, kind, name, first):
    harness.settings(report_iso=report, first_response=first)
    server = harness.seed(name="web1", isoId=None if name else isos["second"])
    harness.fault(kind=kind, method="POST", count=1)
    run, _instance = operate(iso(name), name="web1")
    assert attached(harness, server) == (isos[name] if name else None) and run.outcome.actions
    assert run.outcome.diff["after"] == {"iso_id": isos[name] if name else None}


@pytest.mark.parametrize("name", ["first", None])
def test_an_iso_operation_in_the_wrong_state_shows_the_error_of_the_api(harness, operate, isos, name):
    server = harness.seed(name="web1", state="Error", isoId=isos["second"])
    with pytest.raises(ApiError) as caught:
        operate(iso(name), name="web1")
    assert caught.value.context["currentState"] == "Error" and attached(harness, server) == isos["second"]


@pytest.mark.parametrize("report", [False, True])
def test_after_an_unconfirmed_response_the_instance_must_show_the_reported_iso(harness, operate, isos, report):
    harness.settings(report_iso=report, first_response="done")
    server = harness.seed(name="web1")
    unconfirmed = {"method": "POST", "kind": "status", "status": 200, "body": {"data": {}}}
    harness.fault(**unconfirmed, act="first")
    run, _instance = operate(iso("first"), name="web1")
    assert run.outcome.actions == ["attachIso"] and attached(harness, server) == isos["first"]
    if report:
        harness.fault(**unconfirmed)
        with pytest.raises(ApiError, match="unknown"):
            operate(iso(None), name="web1")


@pytest.mark.parametrize("losses", [0, 1])
def test_an_iso_that_others_attached_meanwhile_is_detached_first(harness, operate, isos, losses):
    harness.settings(report_iso=True)
    server = harness.seed(name="web1")
    body = {"data": harness.environment.detail(server)}
    harness.environment.private[server]["isoId"] = isos["second"]
    harness.fault(kind="status", status=200, method="GET", path="/instances/", body=body)
    if losses:
        harness.fault(kind="drop_after", path="operation=detachIso")
    run, instance = operate(iso("first"), name="web1")
    assert run.outcome.actions == ["detachIso", "attachIso"] and instance["iso_id"] == attached(harness, server) == isos["first"]


def test_a_failed_attach_says_that_the_other_iso_was_detached(harness, operate, isos):
    harness.seed(name="web1", isoId=isos["second"])
    harness.fault(kind="task_failed", method="POST", path="operation=attachIso", message="no space", count=0)
    with pytest.raises(ApiError, match=r"no space.*has been detached"):
        operate(iso("first"), name="web1")
