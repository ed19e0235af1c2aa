# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating an instance."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import TaskFailed
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import UNKNOWN_ID, failure


def test_create_returns_instance_and_password(harness):
    outcome = harness.run(**harness.creation(user_data="secret"))
    assert outcome.instance["state"] == "Running" and outcome.password.startswith("Pw-")
    assert "secret" not in str(outcome.result()) and "password" not in outcome.instance
    assert outcome.warnings == []


@pytest.mark.parametrize("settings", [{"first_response": "done"}, {"first_response": "pending_with_data"}, {"task_shape": "flat"}])
@pytest.mark.parametrize("update_response", ["task", "data", "empty"])
def test_create_understands_each_form_of_response(harness, settings, update_response):
    harness.settings(update_response=update_response, **settings)
    outcome = harness.run(**harness.creation(hostname="hal", state="stopped"))
    assert outcome.actions == ["create", "update", "stop"]
    assert (outcome.instance["hostname"], outcome.instance["state"]) == ("hal", "Stopped")
    assert outcome.password


def test_the_host_name_is_updated_only_if_the_server_chose_another(harness):
    harness.settings(hostname_suffix="-x")
    assert harness.run(**harness.creation(hostname="web1-x")).actions == ["create"]
    assert harness.run(**harness.creation("web2", hostname="web2")).actions == ["create", "update"]


def test_the_host_name_is_updated_without_wait_too(harness):
    harness.settings(hostname_suffix="-x")
    assert harness.run(wait=False, **harness.creation(hostname="web1")).actions == ["create", "update"]


def test_a_create_that_the_api_rejects_is_not_in_actions(harness):
    harness.settings(max_instances=1)
    harness.seed(name="other")
    error = failure(harness, **harness.creation())
    assert "quota" in error.sentence and harness.last_run.outcome.actions == []
    assert harness.instances("web1") == []


def test_a_create_whose_task_fails_is_in_actions(harness):
    harness.fault(kind="task_failed", method="POST", message="no host has room")
    error = failure(harness, TaskFailed, **harness.creation())
    assert "no host has room" in error.sentence and error.task_id
    assert harness.last_run.outcome.actions == ["create"]


def test_a_create_that_ends_in_error_fails(harness):
    harness.fault(kind="task_lost", method="POST")
    run = harness.run(**harness.creation())
    assert run.actions == ["create"]
    harness.fault(kind="task_failed", method="POST", leaves="Error", message="no host has room")
    assert "no host has room" in failure(harness, TaskFailed, **harness.creation("web2")).sentence
    # Also if no task reports it.
    harness.fault(kind="task_failed", method="POST", leaves="Error")
    harness.fault(kind="task_lost", method="GET", path="/tasks/", count=0)
    assert "is in state Error after create" in failure(harness, **harness.creation("web3")).sentence
    assert harness.last_run.outcome.actions == ["create"]
    assert [instance["state"] for name in ("web2", "web3") for instance in harness.instances(name)] == ["Error"] * 2


def test_a_task_that_the_api_has_forgotten_does_not_fail_the_create(harness):
    harness.settings(task_seconds=5.0)
    harness.fault(kind="task_lost", method="POST")
    outcome = harness.run(**harness.creation())
    assert outcome.instance["state"] == "Running" and len(harness.instances("web1")) == 1


def test_unknown_names_are_refused_with_similar_names(harness):
    given = harness.creation(template="ubuntu 24.4", network="Web-test_aera")
    text = str(failure(harness, Refused, **given))
    assert "'Ubuntu 24.04'" in text and "'Web-test_area'" in text and "template:" in text and "network:" in text
    assert harness.writes() == []


def test_unknown_ids_and_ambiguous_names_are_refused(harness):
    assert UNKNOWN_ID in str(failure(harness, Refused, **harness.creation(compute_offering=UNKNOWN_ID)))
    harness.environment.resources["templates"].append({**harness.environment.resources["templates"][1], "id": UNKNOWN_ID})
    text = str(failure(harness, Refused, **harness.creation()))
    assert UNKNOWN_ID in text and harness.environment.resources["templates"][1]["id"] in text
    assert harness.writes() == []


def test_create_accepts_ids(harness):
    resources = harness.environment.resources
    by_id = {"template": "templates", "compute_offering": "computeofferings", "network": "networks"}
    outcome = harness.run(name="web1", **{option: resources[kind][0]["id"].upper() for option, kind in by_id.items()})
    assert outcome.instance["image_name"] == "CentOS 6.8 PV"


def test_an_ssh_key_is_selected_by_its_name_and_not_its_id(harness):
    harness.environment.resources["sshkeys"][0]["id"] = UNKNOWN_ID
    harness.run(**harness.creation(ssh_key_name="mysshkey"))
    (body,) = [entry["body"] for entry in harness.simulator.app.log if entry["method"] == "POST"]
    assert body["sshKeyName"] == "mysshkey"


@pytest.mark.parametrize("data", [{"state": "Running"}, {"id": "x", "password": ""}, {"id": 5, "password": 5}])
@pytest.mark.parametrize("wait", [True, False])
def test_an_instance_is_found_in_the_list_if_the_response_has_no_id(harness, data, wait):
    harness.fault(method="POST", kind="status", status=200, body={"data": data}, act="first")
    outcome = harness.run(wait=wait, **harness.creation())
    assert outcome.instance["id"] == harness.instances("web1")[0]["id"] and outcome.password is None
    assert outcome.warnings == []


def test_a_create_that_ends_at_once_returns_the_password_without_wait_too(harness):
    harness.settings(first_response="done")
    outcome = harness.run(wait=False, **harness.creation())
    assert outcome.password and outcome.instance["id"] == harness.instances("web1")[0]["id"]


def test_only_a_create_returns_a_password(harness):
    instance_id = harness.seed(name="web1", state="Stopped")
    done = {"id": instance_id, "password": "of another"}
    harness.fault(method="PUT", kind="status", status=200, body={"data": done}, act="first")
    harness.fault(method="GET", path="/tasks/", kind="status", status=200, body={"taskId": "t", "taskStatus": "SUCCESS", "result": done})
    outcome = harness.run(name="web1", hostname="hal", state="started")
    assert outcome.actions == ["update", "start"] and outcome.password is None


def test_a_duplicate_leads_to_a_warning_and_is_not_destroyed(harness):
    harness.settings(task_seconds=5.0)

    def interfere(entry):
        if "/tasks/" in entry["path"] and not harness.instances("web1")[1:]:
            harness.seed(name="web1")

    with harness.intercepting(after=interfere):
        outcome = harness.run(**harness.creation())
    ids = {instance["id"] for instance in harness.instances("web1")}
    assert len(ids) == 2 and all(item in outcome.warnings[0] for item in ids)
    assert harness.requests("DELETE") == []


def test_a_failed_check_for_duplicates_is_a_warning(harness):
    harness.fault(method="GET", path="/instances$", kind="status", status=403, skip=1)
    outcome = harness.run(**harness.creation())
    assert outcome.actions == ["create"] and "could not be checked" in outcome.warnings[0]


def test_duplicates_are_looked_for_even_if_the_run_fails_after_the_create(harness):
    harness.fault(method="PUT", kind="status", status=400)

    def interfere(entry):
        if entry["method"] == "POST":
            harness.seed(name="web1")

    with harness.intercepting(after=interfere):
        assert failure(harness, **harness.creation(hostname="hal")).message.startswith("Could not update instance ")
    ids = {instance["id"] for instance in harness.instances("web1")}
    (warning,) = harness.last_run.outcome.warnings
    assert len(ids) == 2 and all(item in warning for item in ids)
