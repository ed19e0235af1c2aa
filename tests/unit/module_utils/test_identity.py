# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer about another instance, or another task, is not taken for that of the run; ids may come in any letter case."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.jobs import drive
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.catalog import Catalog
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.imperative import ImperativeRun, selection
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.run import Run
from ansible_collections.coxedge.compute.plugins.module_utils.text import UUID_PATTERN
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import failure, members


def untouched(harness, instance_id):
    """Whether an instance is as it was, and nothing was sent to it."""
    writes = [entry for entry in harness.simulator.app.log if entry["method"] != "GET" and instance_id in entry["path"]]
    return not writes and harness.environment.instances[instance_id]["state"] == "Running"


# -- the answer to a create


@pytest.mark.parametrize("first_response", ["pending", "pending_with_data", "done"])
@pytest.mark.parametrize("task_shape", ["flat", "data"])
@pytest.mark.parametrize("where", [{"method": "POST", "path": "/instances$"}, {"method": "GET", "path": "/tasks/"}])
@pytest.mark.parametrize("given", [{"state": "stopped"}, {"hostname": "mine"}])
def test_another_instance_in_the_answer_to_a_create_is_left_alone(harness, first_response, task_shape, where, given):
    harness.settings(first_response=first_response, task_shape=task_shape)
    other = harness.seed(name="db1")
    harness.fault(kind="another_id", body=other, count=0, **where)
    if where["method"] == "GET" and first_response == "done":
        pytest.skip("then there is no poll")
    error = failure(harness, **harness.creation(**given))
    (new,) = harness.instances("web1")
    assert other in error.sentence and "existed before" in error.sentence and new["id"] in error.sentence
    assert untouched(harness, other) and harness.last_run.outcome.actions == ["create"]
    assert len(harness.requests("POST")) == 1


@pytest.mark.parametrize("wait", [True, False])
def test_without_waiting_another_instance_is_refused_too(harness, wait):
    harness.settings(first_response="pending_with_data")
    other = harness.seed(name="db1")
    harness.fault(kind="another_id", body=other.upper(), method="POST", count=0)
    assert "existed before" in failure(harness, wait=wait, **harness.creation()).sentence
    assert untouched(harness, other)


def test_two_ids_in_the_answers_to_one_create_are_refused(harness):
    harness.settings(first_response="pending_with_data")
    stray = "00000000-0000-4000-8000-00000000000a"
    harness.fault(kind="another_id", body=stray, path="/tasks/", count=0)
    error = failure(harness, **harness.creation(state="stopped"))
    (new,) = harness.instances("web1")
    assert f"which is not the one that it named first, {new['id']}" in error.sentence and stray in error.sentence
    assert harness.writes() == ["POST instances"]


def test_an_instance_with_another_name_is_not_taken_for_the_new_one(harness):
    """It is new too: another run created it at the same time."""
    others = []

    def create_another(entry):
        if entry["method"] == "POST" and not others:
            others.append(harness.seed(name="db1"))
            harness.fault(kind="another_id", body=others[0], path="/tasks/", count=0)

    with harness.intercepting(create_another):
        error = failure(harness, **harness.creation(state="stopped"))
    (new,) = harness.instances("web1")
    assert f"instance {others[0]}, which has the name 'db1'" in error.sentence and new["id"] in error.sentence
    assert untouched(harness, others[0]) and harness.writes() == ["POST instances"]


def test_a_fleet_does_not_touch_an_instance_twice(harness):
    """Each create is answered with the id of the first member's new instance."""
    first = []

    def answered_with_the_first(entry):
        if entry["method"] == "POST" and not first and harness.instances("web0"):
            first.append(harness.instances("web0")[0]["id"])
            harness.fault(kind="another_id", body=first[0], path="/tasks/", count=0)

    with harness.intercepting(after=answered_with_the_first):
        results = harness.fleet(
            members(3, state="stopped"), {k: v for k, v in harness.creation().items() if k != "name"}, max_concurrency=1
        )
    assert [result["failed"] for result in results] == [False, True, True]
    assert all(first[0] in result["msg"] for result in results[1:])
    states = {instance["name"]: (instance["id"], instance["state"]) for instance in harness.instances()}
    assert [states[f"web{number}"][1] for number in range(3)] == ["Stopped", "Running", "Running"]
    # What is returned for them is their own instance, as far as that is known.
    assert [result["id"] for result in results] == [states[f"web{number}"][0] for number in range(3)]
    assert [result["instance"] for result in results[1:]] == [None, None]


# -- answers of polls


@pytest.mark.parametrize("task_shape", ["flat", "data"])
def test_the_answer_about_another_task_is_not_trusted(harness, task_shape):
    harness.settings(task_shape=task_shape)
    harness.fault(kind="another_task", path="/tasks/", count=2)
    outcome = harness.run(**harness.creation())
    (new,) = harness.instances("web1")
    assert outcome.instance["id"] == new["id"] and outcome.password not in (None, "another's")


def test_answers_about_another_task_until_the_deadline_are_an_error_unless_the_goal_shows(harness):
    harness.fault(kind="another_task", path="/tasks/", count=0)
    outcome = harness.run(wait_timeout=20, **harness.creation())
    assert outcome.instance["id"] == harness.instances("web1")[0]["id"] and outcome.password is None
    assert outcome.instance["id"] in outcome.warnings[0] and "password" in outcome.warnings[0]
    harness.settings(task_seconds=30.0)
    assert "wait_timeout" in failure(harness, wait_timeout=20, **harness.creation("web2")).sentence


def test_a_task_may_come_in_another_letter_case(harness):
    client = harness.client()
    task = client.write("POST", "instances", harness.seed(name="web1", state="Stopped"), harness.deadline(), None, "start").task_id
    harness.clock.sleep(5)
    assert client._envelopes.read_task({"taskId": task.upper(), "taskStatus": "SUCCESS"}, task).ended


def test_the_password_of_another_instance_is_not_returned(harness):
    harness.seed(name="web1")
    other = harness.seed(name="db1")
    result = {"id": other, "password": "of db1"}
    harness.fault(kind="status", status=200, body={"taskStatus": "SUCCESS", "result": result}, path="/tasks/")
    deadline, client = harness.deadline(), harness.client()
    run = Run(client, Catalog(client, deadline), deadline, selection({"name": "web1"}))
    with pytest.raises(ApiError, match=f"password of another instance, {other}"):
        drive(ImperativeRun(run).reset_password(), harness.clock.sleep)
    assert run.outcome.password is None


# -- letter case


class UpperCase:
    """A transport whose responses show all ids in upper case."""

    def __init__(self, transport):
        self.transport = transport

    def exchange(self, request, deadline):
        # The simulator knows its ids in lower case only.
        body = json.loads(UUID_PATTERN.sub(lambda found: found[0].lower(), json.dumps(request.body)))
        response = self.transport.exchange(replace(request, path=request.path.lower(), body=body), deadline)
        text = UUID_PATTERN.sub(lambda found: found[0].upper(), response.content.decode())
        return replace(response, content=text.encode())


@pytest.fixture
def upper_case(harness, monkeypatch):
    """Every client of the harness sees ids in upper case."""
    real = harness.client
    monkeypatch.setattr(harness, "client", lambda wrap=None, *args, **kwargs: real(UpperCase, *args, **kwargs))
    return harness


def test_ids_in_upper_case_change_nothing(upper_case):
    harness = upper_case
    created = harness.run(**harness.creation())
    assert created.actions == ["create"]
    instance_id = created.instance["id"].lower()
    network = harness.environment.instances[instance_id]["networkId"]
    offering = harness.environment.instances[instance_id]["computeOfferingId"]
    same = {"network": network, "compute_offering": offering}
    assert harness.run(**{**harness.creation(), **same}).actions == []
    assert harness.run(id=instance_id, **same).actions == []
    assert harness.run(id=instance_id, name="web9", allow_reboot=True).actions == ["update"]
    assert harness.run(id=instance_id, state="stopped", compute_offering="4vCPU.8GB").actions == ["stop", "changeComputeOffering"]
    assert harness.run(id=instance_id, compute_offering="4vCPU.8GB").actions == []


@pytest.mark.parametrize("kind", ["data", "DATA", "Data"])
def test_data_volumes_are_deleted_however_their_type_is_spelled(upper_case, kind):
    harness = upper_case
    instance_id = harness.seed(name="web1")
    volume = {"id": "00000000-0000-4000-8000-0000000000aa", "name": "disk", "type": kind, "instanceId": instance_id}
    # A server that ignores the filter.
    body = {"data": [volume], "metadata": {"recordCount": 1}}
    harness.fault(kind="status", status=200, body=body, path="/volumes")
    harness.environment.resources["volumes"].append({**volume, "type": "data"})
    harness.run(name="web1", state="absent", volumes_to_delete=["all"])
    (deleted,) = [entry["body"]["volumeIdsToDelete"] for entry in harness.simulator.app.log if entry["method"] == "DELETE"]
    assert deleted == [volume["id"]]


def test_an_address_that_others_share_is_kept_in_any_letter_case(upper_case):
    harness = upper_case
    shared = harness.seed(name="web1")
    users = [{"id": shared}, {"id": harness.seed(name="web2")}]
    address = {"id": "00000000-0000-4000-8000-0000000000ab", "ipAddress": "192.0.2.9", "instances": users}
    body = {"data": [address], "metadata": {"recordCount": 1}}
    harness.fault(kind="status", status=200, body=body, path="/publicipaddresses")
    outcome = harness.run(name="web1", state="absent", public_ips_to_release=["all"])
    assert any("192.0.2.9 is kept" in text for text in outcome.warnings)


@pytest.mark.parametrize("attached", ["", None])
def test_an_empty_id_of_an_iso_means_none(harness, attached):
    harness.settings(report_iso=True)
    harness.seed(name="web1")
    harness.next_look(times=None, isoId=attached)
    deadline, client = harness.deadline(), harness.client()
    run = Run(client, Catalog(client, deadline), deadline, selection({"name": "web1"}))
    drive(ImperativeRun(run).set_iso(None), harness.clock.sleep)
    assert harness.writes() == []
