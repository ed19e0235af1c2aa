# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Destroying and purging, with addresses and volumes."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import UNKNOWN_ID, failure, later_looks_show


def test_all_volumes_and_addresses_are_removed_except_shared_ones(harness):
    instance_id = harness.seed(name="web1", publicIps=2, dataVolumes=["a", "b"])
    shared = harness.environment.resources["publicipaddresses"][0]
    shared["instances"].append({"id": harness.seed(name="other", dataVolumes=["c"]), "name": "other"})
    outcome = harness.run(name="web1", state="absent", public_ips_to_release=["all"], volumes_to_delete=["all"])
    assert shared["ipAddress"] in outcome.warnings[0]
    assert [resource["id"] for resource in harness.environment.resources["publicipaddresses"]] == [shared["id"]]
    left = {resource["name"] for resource in harness.environment.resources["volumes"] if resource["type"] == "data"}
    assert left == {"c", "archive", "scratch"} and outcome.instance["id"] == instance_id


def test_other_instances_keep_their_volumes_if_the_api_ignores_filters(harness):
    harness.seed(name="web1", publicIps=1, dataVolumes=["a"])
    harness.seed(name="other", publicIps=1, dataVolumes=["b"])
    real = harness.environment.list_resources
    harness.environment.list_resources = lambda kind, query: real(kind, {})
    harness.run(name="web1", state="absent", purge=True, public_ips_to_release=["all"], volumes_to_delete=["all"])
    assert len(harness.environment.resources["publicipaddresses"]) == 1
    assert {resource["name"] for resource in harness.environment.resources["volumes"]} >= {"b"}


def test_volumes_and_addresses_are_selected_by_name_address_or_id(harness):
    harness.seed(name="web1", publicIps=2, dataVolumes=["a", "b"])
    first, second = harness.environment.resources["publicipaddresses"]
    volume = next(resource["id"] for resource in harness.environment.resources["volumes"] if resource["name"] == "b")
    given = {"public_ips_to_release": [first["ipAddress"], second["id"]], "volumes_to_delete": ["a", volume]}
    harness.run(name="web1", state="absent", **given)
    assert harness.environment.resources["publicipaddresses"] == []
    assert not {"a", "b"} & {resource["name"] for resource in harness.environment.resources["volumes"]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"public_ips_to_release": ["192.0.2.1"]}, "no public IP address '192.0.2.1'"),
        ({"volumes_to_delete": ["archive"]}, "no data volume 'archive'"),
        ({"volumes_to_delete": ["twice"]}, "several with the name 'twice'"),
        ({"volumes_to_delete": [UNKNOWN_ID]}, f"no data volume '{UNKNOWN_ID}'"),
    ],
)
def test_volumes_and_addresses_of_other_instances_are_refused_before_any_write(harness, given, words):
    harness.seed(name="web1", publicIps=1, dataVolumes=["twice", "twice"])
    text = str(failure(harness, Refused, name="web1", state="absent", **given))
    assert words in text and all(f"{option}: " in text for option in given)
    assert harness.writes() == []


def test_a_shared_address_that_is_given_explicitly_is_refused(harness):
    first = harness.seed(name="web1", publicIps=1)
    harness.seed(name="other", shareIpWith=first)
    address = harness.environment.resources["publicipaddresses"][0]["ipAddress"]
    text = str(failure(harness, Refused, name="web1", state="absent", public_ips_to_release=[address]))
    assert f"public_ips_to_release: {address} is used by other instances too and can't be released with web1 (" in text
    assert harness.writes() == []


@pytest.mark.parametrize("strange", [7, "x", [{"id": ["x"]}], [None]])
def test_addresses_of_any_shape_do_not_stop_a_destroy(harness, strange):
    harness.seed(name="web1", publicIps=1)
    harness.environment.resources["publicipaddresses"][0]["instances"] = []
    harness.next_look(times=None, publicIps=strange)
    assert harness.run(name="web1", state="absent", public_ips_to_release=["all"]).actions == ["delete"]


def test_a_destroyed_instance_is_purged_with_a_warning_about_options_without_effect(harness):
    instance_id = harness.seed(name="web1", state="Destroyed")
    outcome = harness.run(id=instance_id, state="absent", purge=True, delete_snapshots=True)
    assert (outcome.actions, outcome.instance) == (["purge"], None) and "no effect" in outcome.warnings[0]
    assert harness.instances() == []


def test_a_destroyed_instance_that_is_not_listed_is_returned_as_last_known(harness):
    harness.settings(list_destroyed=False)
    instance_id = harness.seed(name="web1")
    outcome = harness.run(name="web1", state="absent")
    assert (outcome.instance["id"], outcome.instance["state"]) == (instance_id, "Destroyed")
    assert harness.run(id=instance_id, state="absent").instance["state"] == "Destroyed"


@pytest.mark.parametrize(
    ("before", "given", "action"),
    [("Running", {"purge": True}, "delete"), ("Running", {}, "delete"), ("Destroyed", {"purge": True}, "purge")],
)
def test_a_404_on_a_destroy_is_a_success_if_the_instance_is_gone(harness, before, given, action):
    harness.seed(name="web1", state=before)
    harness.fault(method="POST" if action == "purge" else "DELETE", kind="status", status=404)

    def remove(_entry):
        for instance in harness.instances("web1"):
            if len(harness.requests()) == 2:
                harness.environment.remove_instance(instance)

    with harness.intercepting(after=remove):
        outcome = harness.run(name="web1", state="absent", **given)
    assert outcome.actions == [action] and harness.instances("web1") == []


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("purge", [True, False])
def test_a_404_of_a_gateway_on_a_destroy_is_an_error(harness, wait, purge):
    harness.seed(name="web1", state="Running")
    harness.fault(kind="html", status=404, method="DELETE")
    harness.fault(kind="html", status=404, method="GET", path="/instances/", skip=1)
    error = failure(harness, wait=wait, name="web1", state="absent", purge=purge)
    assert error.message.startswith("Could not delete instance ") and error.status_code == 404
    assert [instance["state"] for instance in harness.instances("web1")] == ["Running"]


@pytest.mark.parametrize("before", ["Stopped", "Destroyed"])
def test_a_purge_without_wait_returns_no_instance(harness, before):
    instance_id = harness.seed(name="web1", state=before)
    outcome = harness.run(wait=False, id=instance_id, state="absent", purge=True)
    assert outcome.instance is None and outcome.task_id


def test_a_purge_ends_only_when_the_instance_is_gone(harness):
    instance_id = harness.seed(name="web1")
    later_looks_show(harness, instance_id, 2, state="Destroyed")
    assert harness.run(name="web1", state="absent", purge=True).instance is None
    assert len([entry for entry in harness.simulator.app.log if entry["method"] == "GET" and entry["path"].endswith(instance_id)]) == 4


@pytest.mark.parametrize(("before", "purge"), [("Running", True), ("Destroyed", True), ("Running", False)])
def test_an_instance_that_is_being_expunged_counts_as_gone(harness, before, purge):
    instance_id = harness.seed(name="web1", state=before)
    later_looks_show(harness, instance_id, 0, state="Expunging")
    left = harness.run(name="web1", state="absent", purge=purge).instance
    assert left is None if purge else (left["state"], left["hostname"]) == ("Destroyed", "web1")


def test_a_destroyed_instance_is_returned_as_last_shown(harness):
    later_looks_show(harness, harness.seed(name="web1"), 0, state="Destroyed", hostname="last")
    assert harness.run(name="web1", state="absent").instance["hostname"] == "last"


@pytest.mark.parametrize("wait", [True, False])
def test_an_instance_that_is_gone_at_once_is_returned_as_last_known(harness, wait):
    harness.settings(first_response="done", list_destroyed=False)
    instance_id = harness.seed(name="web1")
    harness.fault(method="GET", path="/instances/", kind="status", status=404, skip=1, count=0)
    outcome = harness.run(wait=wait, name="web1", state="absent")
    assert (outcome.instance["id"], outcome.instance["state"]) == (instance_id, "Destroyed")


def released(harness):
    """The addresses that the delete asked to release."""
    (body,) = [entry["body"] for entry in harness.simulator.app.log if entry["method"] == "DELETE"]
    return body["publicIpIdsToRelease"]


def test_an_address_whose_users_are_not_listed_belongs_to_the_instance_that_reports_it(harness):
    harness.seed(name="web1", publicIps=1)
    (own,) = harness.environment.resources["publicipaddresses"]
    entries = [{"id": own["id"], "ipAddress": own["ipAddress"]}, {"id": f"{0:08}{own['id'][8:]}", "ipAddress": "192.0.2.9"}]
    harness.fault(kind="status", status=200, body={"data": entries, "metadata": {"recordCount": 2}}, path="/publicipaddresses")
    harness.run(name="web1", state="absent", public_ips_to_release=["all"])
    assert released(harness) == [own["id"]]


def test_an_address_that_is_named_twice_is_released_once(harness):
    harness.seed(name="web1", publicIps=1)
    (own,) = harness.environment.resources["publicipaddresses"]
    harness.run(name="web1", state="absent", public_ips_to_release=[own["id"], own["ipAddress"]])
    assert released(harness) == [own["id"]]
