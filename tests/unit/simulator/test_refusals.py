# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulator's own controls refuse. Each refusal names what there is."""

from __future__ import annotations

import pytest
import requests
from ansible_collections.coxedge.compute.tests.simulator.faults import KINDS
from ansible_collections.coxedge.compute.tests.simulator.model import OPERATION_NAMES
from ansible_collections.coxedge.compute.tests.simulator.operations import OPERATIONS
from ansible_collections.coxedge.compute.tests.simulator.seeds import ATTRIBUTES
from ansible_collections.coxedge.compute.tests.simulator.server import Simulator
from ansible_collections.coxedge.compute.tests.simulator.settings import CHOICES, KNOWN
from ansible_collections.coxedge.compute.tests.unit.simulator.documented import UNKNOWN_ID, error_of
from ansible_collections.coxedge.compute.tests.unit.simulator.test_reading import LIST_ATTRIBUTES

KINDS_OF_LISTS = ("computeofferings", "templates", "networks", "diskofferings", "sshkeys", "affinitygroups", "isos", "volumes")
REFUSED = {
    "an unknown setting": ("settings", {"colour": "red"}, "colour", ["task_shape", "lag_seconds"]),
    "an unknown choice": ("settings", {"task_shape": "round"}, "task_shape", ["data", "flat"]),
    "a choice of another type": ("settings", {"paging": True}, "paging", ["honoured, ignored"]),
    "a number as text": ("settings", {"page_size": "many"}, "page_size", ["a whole number of at least 0"]),
    "a fraction": ("settings", {"page_size": 1.5}, "page_size", ["a whole number"]),
    "a negative number": ("settings", {"max_instances": -1}, "max_instances", ["at least 0"]),
    "negative seconds": ("settings", {"task_seconds": -0.1}, "task_seconds", ["a number of at least 0"]),
    "a boolean for seconds": ("settings", {"lag_seconds": True}, "lag_seconds", ["a number"]),
    "a number for a boolean": ("settings", {"normalise": 1}, "normalise", ["true or false"]),
    "an unknown operation": ("settings", {"seconds": {"explode": 1}}, "explode", [*OPERATIONS, "create", "update", "delete"]),
    "negative seconds of an operation": ("settings", {"seconds": {"create": -1}}, "create", ["at least 0"]),
    "settings that are a list": ("settings", ["lenient"], None, ["must be a JSON object"]),
    "an unknown setting at a reset": ("reset", {"colour": "red"}, "colour", ["task_shape"]),
    "an unknown field of a fault": ("faults", {"kind": "status", "colour": 1}, "colour", ["kind", "every", "leaves"]),
    "a counter of a fault": ("faults", {"kind": "status", "hits": 1}, "hits", ["skip"]),
    "an unknown kind": ("faults", {"kind": "boom"}, "kind", list(KINDS)),
    "no kind": ("faults", {}, "kind", list(KINDS)),
    "a list of kinds": ("faults", {"kind": ["status"]}, "kind", list(KINDS)),
    "a fault that is a number": ("faults", [1], None, ["must be a JSON object"]),
    "an unknown verb": ("faults", {"kind": "status", "method": "FETCH"}, "method", ["GET", "DELETE"]),
    "an unknown act": ("faults", {"kind": "status", "act": "maybe"}, "act", ["first, last, never"]),
    "a path that is no expression": ("faults", {"kind": "status", "path": "("}, "path", ["a regular expression"]),
    "a path that is a number": ("faults", {"kind": "status", "path": 1}, "path", ["a string"]),
    "a negative count": ("faults", {"kind": "status", "count": -1}, "count", ["at least 0"]),
    "a skip as text": ("faults", {"kind": "status", "skip": "1"}, "skip", ["a whole number"]),
    "an every of zero": ("faults", {"kind": "status", "every": 0}, "every", ["at least 1"]),
    "an impossible status": ("faults", {"kind": "status", "status": 99}, "status", ["from 200 to 599"]),
    "negative seconds of a fault": ("faults", {"kind": "delay", "seconds": -1}, "seconds", ["at least 0"]),
    "headers that are no object": ("faults", {"kind": "status", "headers": ["a"]}, "headers", ["an object"]),
    "a header of two lines": ("faults", {"kind": "status", "headers": {"a": "b\nc: d"}}, "headers", ["ASCII"]),
    "a location of two lines": ("faults", {"kind": "redirect", "location": "/\n"}, "location", ["one line"]),
    "an unknown attribute": ("instances", {"colour": "red"}, "colour", ["name", "settles_after", "dataVolumes"]),
    "an id": ("instances", {"id": UNKNOWN_ID}, "id", ["can't have id"]),
    "an unknown attribute of one of two": ("instances", [{"name": "a"}, {"colour": "red"}], "colour", ["name"]),
    "an unknown attribute of many": ("instances", {"count": 2, "colour": "red"}, "colour", ["prefix"]),
    "a prefix without a count": ("instances", {"prefix": "a"}, "prefix", ["can't have prefix"]),
    "a count as text": ("instances", {"count": "2"}, "count", ["a whole number"]),
    "an instance that is text": ("instances", "web", None, ["must be a JSON object"]),
    "no instance": ("instances", None, None, ["must be a JSON object"]),
    "a name that is a number": ("instances", {"name": 1}, "name", ["a string or null"]),
    "a size that is text": ("instances", {"cpuCount": "2"}, "cpuCount", ["an integer or null"]),
    "an id that is no UUID": ("instances", {"networkId": "Web"}, "networkId", ["a UUID or null"]),
    "an unknown network": ("instances", {"networkId": UNKNOWN_ID}, "networkId", ["does not exist"]),
    "another instance that does not exist": ("instances", {"shareIpWith": UNKNOWN_ID}, "shareIpWith", ["does not exist"]),
    "an unknown list": ("resources", {"kind": "cats", "entry": {}}, "kind", KINDS_OF_LISTS),
    "no list": ("resources", {"entry": {}}, "kind", ["needs kind"]),
    "no entry": ("resources", {"kind": "templates"}, "entry", ["needs entry"]),
    "an entry that is no object": ("resources", {"kind": "templates", "entry": []}, "entry", ["an object"]),
    "an unknown attribute of an entry": ("resources", {"kind": "templates", "entry": {"colour": 1}}, "colour", ["name", "resizable"]),
    "a size of an entry as text": ("resources", {"kind": "templates", "entry": {"size": "1"}}, "size", ["an integer or null"]),
    "a user without an id": ("resources", {"kind": "publicipaddresses", "entry": {"instances": [{}]}}, "instances", ["id and name"]),
    "zones that are a text": ("resources", {"kind": "isos", "entry": {"availableInZones": "a"}}, "availableInZones", ["strings"]),
    "an unknown part of the body": ("resources", {"kind": "templates", "entries": {}}, "entries", ["kind, entry"]),
    "a body that is a list": ("resources", [1], None, ["must be a JSON object"]),
}


def control(simulator, method, what, body):
    return requests.request(method, f"{simulator.url}/_simulator/{what}", json=body, timeout=10)


@pytest.mark.parametrize("case", REFUSED)
def test_a_control_refuses_what_does_not_exist_and_names_what_does(simulator, case):
    what, body, field, words = REFUSED[case]
    before = control(simulator, "GET", "settings", None).json()
    error = error_of(control(simulator, "POST", what, body), 400, *words)
    assert error["context"] == ({} if field is None else {"field": field})
    assert field is None or field in error["message"]
    assert control(simulator, "GET", "settings", None).json() == before
    assert control(simulator, "GET", "faults", None).json() == []
    assert simulator.cloud.environment(None, "compute-on", "test_area").instances == {}


@pytest.mark.parametrize(
    ("body", "field", "word"),
    [
        ({"colour": "red"}, "colour", "gone"),
        ({"publicIps": 1}, "publicIps", "name"),
        ({"gone": "yes"}, "gone", "true or false"),
        ({"settles_after": -1}, "settles_after", "at least 0"),
    ],
)
def test_a_change_of_an_instance_is_checked_too(simulator, body, field, word):
    (instance_id,) = control(simulator, "POST", "instances", {"name": "a"}).json()
    error_of(control(simulator, "PATCH", f"instances/{instance_id}", body), 400, field, word, field=field)
    error_of(control(simulator, "PATCH", f"instances/{instance_id}", [1]), 400, "must be a JSON object")


def test_an_unknown_control_names_those_that_exist(simulator):
    error_of(control(simulator, "GET", "siblings", None), 404, "no control siblings", "faults", "resources", "settings")


def test_a_reset_with_a_wrong_setting_resets_nothing(simulator):
    control(simulator, "POST", "instances", {"name": "a"})
    assert control(simulator, "POST", "reset", {"colour": "red"}).status_code == 400
    assert len(simulator.cloud.environment(None, "compute-on", "test_area").instances) == 1


def test_settings_from_python_are_checked_too(simulator):
    with pytest.raises(Exception, match="one of data, flat"):
        Simulator(task_shape="round")


def test_the_tables_are_about_all_that_exists(simulator):
    assert set(OPERATION_NAMES) == {"create", "update", "delete", *OPERATIONS}
    assert {*ATTRIBUTES, "id"} >= LIST_ATTRIBUTES
    assert set(CHOICES) <= set(KNOWN) == set(vars(simulator.cloud.settings))
    for name, choices in CHOICES.items():
        for choice in choices:
            assert control(simulator, "POST", "settings", {name: choice}).status_code == 200


def test_a_resource_that_is_added_has_an_id_of_its_own(api, simulator):
    added = control(simulator, "POST", "resources", {"kind": "templates", "entry": {"name": "Mine"}}).json()
    listed = api("GET", "services/compute-on/test_area/templates").json()["data"]
    assert [entry["id"] for entry in listed if entry["name"] == "Mine"] == [added["id"]]
    assert len({entry["id"] for entry in listed}) == len(listed)


@pytest.mark.parametrize("kind", ["volumes", "publicipaddresses", "networks", "computeofferings"])
def test_a_resource_that_is_added_is_as_if_it_had_been_there(api, simulator, kind):
    instance_id = api.created(portsToForward=["22"])
    simulator.cloud.environment(None, "compute-on", "test_area").volumes.resources.clear()
    added = control(simulator, "POST", "resources", {"kind": kind, "entry": {}}).json()
    assert added["id"] and instance_id not in str(added)
    assert api("GET", f"services/compute-on/test_area/{kind}/{added['id']}").json()["data"]["id"] == added["id"]
    if kind == "publicipaddresses":
        api.created(portsToForward=["80"])
        (user,) = api("GET", f"services/compute-on/test_area/{kind}/{added['id']}").json()["data"]["instances"]
        assert user["id"] != instance_id


def test_a_private_address_that_was_given_is_not_given_again(api, simulator):
    environment = simulator.cloud.environment(None, "compute-on", "test_area")
    taken = environment.seed({"name": "a", "ipAddress": "10.164.0.10"})["id"]
    network = environment.instances[taken]["networkId"]
    assert api.detail(api.created(networkId=network))["ipAddress"] == "10.164.0.11"
    environment.patch(environment.instances[taken], {"ipAddress": "10.164.0.12"})
    assert api.detail(api.created(networkId=network))["ipAddress"] == "10.164.0.13"
    assert api.detail(api.created(networkId=network, ipAddress="10.164.0.10"))["ipAddress"] == "10.164.0.10"


def test_a_public_address_that_was_released_does_not_come_back(api, simulator):
    environment = simulator.cloud.environment(None, "compute-on", "test_area")
    first, second = (environment.seed({"name": name, "publicIps": 1})["id"] for name in "ab")
    released = api.detail(first)["publicIps"][0]
    api.finished(api.instances("DELETE", f"/{first}", {"publicIpIdsToRelease": [released["id"]]}))
    third = environment.seed({"name": "c", "publicIps": 1})["id"]
    addresses = {api.detail(instance_id)["publicIps"][0]["ipAddress"] for instance_id in (second, third)}
    assert len(addresses) == 2 and released["ipAddress"] not in addresses


@pytest.mark.parametrize("kind", ["task_failed", "task_lost", "task_stuck"])
def test_a_poll_that_a_fault_hits_needs_the_key_too(api, simulator, kind):
    api.created()
    (task_id,) = simulator.cloud.tasks
    simulator.app.faults.add({"kind": kind, "path": "/tasks/", "count": 0})
    error_of(api("GET", f"tasks/{task_id}", key="wrong"), 403, "key is not valid")
    assert api("GET", f"tasks/{task_id}").status_code in (200, 404)
