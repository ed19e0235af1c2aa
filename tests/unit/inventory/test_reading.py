# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory reads of the API, when, and what it keeps: against the simulator, in this process."""

from __future__ import annotations

import json
import os
import threading
import time

import pytest
from ansible.errors import AnsibleError, AnsibleParserError
from ansible_collections.coxedge.compute.plugins.module_utils.api.client import Client
from ansible_collections.coxedge.compute.plugins.module_utils.api.connection import Connection
from ansible_collections.coxedge.compute.plugins.plugin_utils import reading
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY

ENVIRONMENT = {
    "COXEDGE_API_KEY": API_KEY,
    "COXEDGE_SERVICE_CODE": "compute-on",
    "COXEDGE_ENVIRONMENT_NAME": "test_area",
    "COXEDGE_API_RETRIES": "2",
    "COXEDGE_API_TIMEOUT": "5",
}


@pytest.fixture
def read(fleet, simulator, monkeypatch):
    """Parses an inventory file with these options against the simulator; the environment variables lead there."""
    for name, value in {**ENVIRONMENT, "COXEDGE_API_URL": simulator.api_url}.items():
        monkeypatch.setenv(name, value)

    def parse(may_use_cache=True, **options):
        simulator.app.log.clear()
        return fleet.parse(options, cache=may_use_cache)

    return parse


def asked(simulator):
    """The requests, as the ends of their paths, in order of the alphabet: those made side by side come in any order."""
    return sorted(entry["path"].split("/compute-on/")[1] for entry in simulator.app.log)


# -- requests


def test_one_request_for_each_environment(read, simulator):
    simulator.cloud.environment(None, "compute-on", "prod").seed({"name": "web-prod"})
    simulator.cloud.environment(None, "compute-on", "test_area").seed({"name": "web-test"})
    inventory = read(environment_names=["test_area", "prod"])
    assert asked(simulator) == ["prod/instances", "test_area/instances"]
    assert {name: host.vars["coxedge_environment_name"] for name, host in inventory.hosts.items()} == {
        "web-prod": "prod",
        "web-test": "test_area",
    }


def test_environments_are_read_side_by_side(read, monkeypatch):
    # Each waits for the other to have been asked: one after the other they would wait in vain.
    both = threading.Barrier(2, timeout=5)
    fetch_all = Client.fetch_all

    def meet(client, *args, **kwargs):
        both.wait()
        return fetch_all(client, *args, **kwargs)

    monkeypatch.setattr(Client, "fetch_all", meet)
    assert "coxedge" in read(environment_names=["test_area", "prod"]).groups


@pytest.mark.parametrize("most", [1, 3])
def test_details_are_retrieved_so_many_at_a_time(read, harness, monkeypatch, most):
    for number in range(12):
        harness.seed(name=f"web-{number}")
    in_flight, peak, lock = 0, 0, threading.Lock()
    fetch_one = Client.fetch_one

    def count(*args, **kwargs):
        nonlocal in_flight, peak
        with lock:
            in_flight += 1
            peak = max(peak, in_flight)
        time.sleep(0.01)
        try:
            return fetch_one(*args, **kwargs)
        finally:
            with lock:
                in_flight -= 1

    monkeypatch.setattr(Client, "fetch_one", count)
    assert len(read(details=True, max_concurrency=most).hosts) == 12 and peak == most


def test_the_shared_options_of_the_file_reach_the_client(read, simulator, monkeypatch, tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    seen = []

    def take(connections, *_args, **_kwargs):
        seen.extend(connections)
        return []

    monkeypatch.setattr(reading, "read", take)
    shared = {"api_url": "https://example.com/api/v1", "service_code": "other", "organization_id": "o", "api_timeout": 7, "api_retries": 3}
    shared.update(validate_certs=False, ca_path=str(bundle))
    read(api_key="mine", environment_names=["one", "two"], **shared)
    assert seen == [Connection(api_key="mine", environment_name=name, **shared) for name in ("one", "two")]


def test_public_addresses_cost_one_more_request(read, simulator, harness, fleet):
    first = harness.seed(name="web-1", publicIps=1)
    harness.seed(name="web-2")
    harness.seed(name="web-3", publicIps=1)
    inventory = read(connect_with="public_ip")
    assert asked(simulator) == ["test_area/instances", "test_area/publicipaddresses"]
    (address,) = [
        resource["ipAddress"] for resource in harness.environment.resources["publicipaddresses"] if resource["instances"][0]["id"] == first
    ]
    assert inventory.hosts["web-1"].vars["ansible_host"] == address
    assert "ansible_host" not in inventory.hosts["web-2"].vars
    assert [text for text in fleet.warnings if "web-2" in text and "public_ip" in text]


@pytest.mark.parametrize("details", [False, True])
def test_an_address_of_several_instances_is_nobody_s(read, harness, details):
    shared = harness.seed(name="web-1", publicIps=1)
    harness.seed(name="web-2", shareIpWith=shared)
    twice = [harness.seed(name=f"web-{number}", publicIps=1) for number in (3, 4)]
    for resource in harness.environment.resources["publicipaddresses"]:
        if resource["instances"][0]["id"] in twice:
            resource["ipAddress"] = "192.0.2.1"
    inventory = read(connect_with="public_ip", details=details)
    assert not [name for name, host in inventory.hosts.items() if "ansible_host" in host.vars]


def test_of_several_addresses_the_first_in_order(read, harness):
    harness.seed(name="web-1", publicIps=12)
    resources = harness.environment.resources["publicipaddresses"]
    for number, resource in enumerate(resources):
        resource["ipAddress"] = f"192.0.2.{number + 1}"
    resources.reverse()
    assert read(connect_with="public_ip").hosts["web-1"].vars["ansible_host"] == "192.0.2.1"


def test_details_retrieve_those_that_will_be_hosts(read, simulator, harness):
    first = harness.seed(name="web-1", publicIps=1, userData="s3cret")
    harness.seed(name="web-2", state="Stopped")
    harness.seed(name="web-3", state="Destroyed")
    inventory = read(details=True, states=["Running"], connect_with="public_ip")
    assert asked(simulator) == ["test_area/instances", f"test_area/instances/{first}", "test_area/publicipaddresses"]
    seen = inventory.hosts["web-1"].vars
    assert seen["coxedge_public_ips"][0]["ip_address"] == seen["ansible_host"]
    assert seen["coxedge_nics"] and "s3cret" not in str(seen)


def test_an_instance_that_goes_meanwhile_is_no_host(read, harness):
    harness.seed(name="web-1", state="Stopping", settles_after=0, settles_as=None)
    harness.seed(name="web-2")
    assert list(read(details=True).hosts) == ["web-2"]


def test_a_404_of_what_is_listed_is_not_believed(read, harness):
    harness.seed(name="web-1")
    harness.fault(kind="status", status=404, path="/instances/", count=0)
    seen = read(details=True).hosts["web-1"].vars
    assert seen["coxedge_state"] == "Running" and "coxedge_nics" not in seen


def test_pages_are_followed(read, harness):
    harness.settings(page_size=10)
    harness.environment.seed({"name": "x"})
    for number in range(24):
        harness.seed(name=f"web-{number}")
    assert len(read().hosts) == 25


def test_a_short_list_is_an_error(read, harness):
    harness.settings(page_size=1, paging="ignored")
    harness.seed(name="web-1")
    harness.seed(name="web-2")
    with pytest.raises(AnsibleParserError, match="test_area"):
        read()


def test_slowness_and_throttling_are_ridden_out(read, harness):
    harness.seed(name="web-1")
    harness.fault(kind="status", status=429, headers={"Retry-After": "0"}, count=1)
    harness.fault(kind="delay", seconds=0.2, count=1)
    assert list(read().hosts) == ["web-1"]


def test_one_environment_that_fails_fails_all_and_is_named(read, harness, fleet):
    harness.seed(name="web-1")
    harness.fault(kind="status", status=403, path="/prod/instances", count=0)
    with pytest.raises(AnsibleParserError) as caught:
        read(environment_names=["test_area", "prod"])
    words = str(caught.value)
    assert "environment prod" in words and "\n" not in words and API_KEY not in words


@pytest.mark.parametrize("path", ["/publicipaddresses", "/instances/"])
def test_what_fails_after_the_list_names_the_environment_too(read, harness, path):
    harness.seed(name="web-1")
    harness.fault(kind="status", status=400, path=path, count=0)
    with pytest.raises(AnsibleParserError, match="environment test_area"):
        read(connect_with="public_ip", details="instances/" in path)


# -- the environment


def test_the_variables_of_the_environment(read, simulator, monkeypatch):
    monkeypatch.setenv("COXEDGE_ENVIRONMENT_NAMES", "test_area, prod")
    read()
    assert asked(simulator) == ["prod/instances", "test_area/instances"]


def test_of_two_variables_for_the_key_the_longer_one_is_heeded(read, harness, monkeypatch):
    harness.seed(name="web-1")
    monkeypatch.setenv("COXEDGE_KEY", "another")
    assert list(read().hosts) == ["web-1"]


@pytest.mark.parametrize(
    "name",
    [
        "COXEDGE_API_KEY",
        "COXEDGE_ENVIRONMENT_NAMES",
        "COXEDGE_ORGANIZATION_ID",
        "COXEDGE_API_TIMEOUT",
        "COXEDGE_API_RETRIES",
        "COXEDGE_VALIDATE_CERTS",
        "COXEDGE_CA_PATH",
        "ANSIBLE_INVENTORY_CACHE",
        "ANSIBLE_INVENTORY_CACHE_TIMEOUT",
        "ANSIBLE_INVENTORY_USE_EXTRA_VARS",
    ],
)
def test_an_empty_variable_counts_as_not_set(read, simulator, harness, monkeypatch, name):
    harness.seed(name="web-1")
    monkeypatch.setenv("COXEDGE_KEY", API_KEY)
    monkeypatch.setenv(name, "")
    made = []
    real_read = reading.read
    monkeypatch.setattr(
        reading, "read", lambda connections, *args, **kwargs: (made.extend(connections), real_read(connections, *args, **kwargs))[1]
    )
    assert list(read().hosts) == ["web-1"]
    defaults = {"COXEDGE_API_TIMEOUT": {"api_timeout": 60}, "COXEDGE_API_RETRIES": {"api_retries": 5}}.get(name, {})
    others = {"service_code": "compute-on", "api_url": simulator.api_url, "api_timeout": 5, "api_retries": 2, **defaults}
    # Of the two variables for the key the second is heeded, of the two for environments the older one.
    assert made == [Connection(api_key=API_KEY, environment_name="test_area", **others)]
    # It is only out of core's sight, not gone.
    assert os.environ[name] == ""


def test_an_empty_url_is_the_default(read, monkeypatch):
    monkeypatch.setenv("COXEDGE_API_URL", "")
    seen = []

    def take(connections, *_args, **_kwargs):
        seen.extend(connections)
        return []

    monkeypatch.setattr(reading, "read", take)
    read()
    assert seen[0].api_url == "https://portal.coxedge.com/api/v2"


def test_blanks_and_commas_in_lists_of_the_environment(read, simulator, monkeypatch, harness):
    monkeypatch.setenv("COXEDGE_ENVIRONMENT_NAMES", "test_area, ,")
    monkeypatch.setenv("COXEDGE_API_KEY", "  ")
    monkeypatch.setenv("COXEDGE_KEY", API_KEY)
    read()
    assert asked(simulator) == ["test_area/instances"]
    with pytest.raises(AnsibleParserError, match="environment_names"):
        read(environment_names=[" "])


@pytest.mark.parametrize("key", ["{{ 'KEYLEAK' | nothing }}", ["KEYLEAK"], {"KEYLEAK": 1}, "{{ ('KEYLEAK'"])
def test_a_key_that_can_t_be_worked_out_is_not_shown(read, key):
    with pytest.raises(AnsibleParserError, match="api_key") as caught:
        read(api_key=key)
    assert "KEYLEAK" not in str(caught.value) and caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("option", "variables"),
    [("api_key", ["COXEDGE_API_KEY"]), ("service_code", ["COXEDGE_SERVICE_CODE"]), ("environment_names", ["COXEDGE_ENVIRONMENT_NAME"])],
)
def test_what_is_missing_is_named_with_the_ways_to_give_it(read, monkeypatch, option, variables):
    for name in variables:
        monkeypatch.setenv(name, "")
    for empty in ({}, {option: ""}, {option: None}):
        with pytest.raises(AnsibleParserError, match=f"{option} is needed.*{variables[0]}"):
            read(**empty)


def test_empty_options_of_the_file_count_as_not_given(read, harness):
    harness.seed(name="web-1", state="Stopped")
    names = ["api_key", "api_url", "service_code", "organization_id", "api_timeout", "api_retries", "validate_certs", "ca_path", "details"]
    names += [
        "connect_with",
        "set_ansible_user",
        "max_concurrency",
        "hostvars_prefix",
        "group",
        "strict",
        "cache",
        "cache_timeout",
        "cache_plugin",
    ]
    lists = [
        "environment_names",
        "states",
        "zones",
        "vpcs",
        "networks",
        "compute_offerings",
        "templates",
        "filters",
        "hostnames",
        "keyed_groups",
    ]
    for empty in ("", None):
        options = {**dict.fromkeys(names, empty), **dict.fromkeys(lists, empty), "compose": empty, "groups": empty}
        assert list(read(**options).hosts) == ["web-1"]
    options = {**dict.fromkeys(names, ""), **{name: [""] for name in lists[:-1]}, "keyed_groups": []}
    inventory = read(**options)
    assert list(inventory.hosts) == ["web-1"] and "coxedge" in inventory.groups


def test_neither_true_nor_false_is_refused(read, monkeypatch):
    monkeypatch.setenv("COXEDGE_VALIDATE_CERTS", "yess")
    with pytest.raises(AnsibleError, match="validate_certs must be true or false"):
        read()


def test_the_key_may_be_a_template(read, monkeypatch, harness):
    harness.seed(name="web-1")
    monkeypatch.setenv("COXEDGE_API_KEY", "")
    monkeypatch.setenv("MY_KEY", API_KEY)
    key = "{{ lookup('ansible.builtin.env', 'MY_KEY') }}"
    assert list(read(api_key=key).hosts) == ["web-1"]
    monkeypatch.setenv("MY_KEY", "")
    with pytest.raises(AnsibleParserError, match="api_key is needed"):
        read(api_key=key)
    # One that is empty leaves the others in force.
    monkeypatch.setenv("COXEDGE_KEY", API_KEY)
    assert list(read(api_key=key).hosts) == ["web-1"]


def test_other_options_are_no_templates(read, monkeypatch):
    monkeypatch.setenv("COXEDGE_API_KEY", "{{ 1 + 1 }}")
    with pytest.raises(AnsibleParserError, match="does not accept this api_key"):
        read()


# -- the cache


@pytest.fixture
def cached(read, tmp_path):
    """Parses with a cache in a folder."""
    options = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}

    def parse(may_use_cache=True, **more):
        return read(may_use_cache, **{**options, **more})

    parse.folder = tmp_path / "cache"
    return parse


def test_a_second_run_makes_no_request_and_has_the_same(cached, simulator, harness):
    harness.seed(name="{{ x }}", networkName="a{b", state="Stopped")
    harness.seed(name="web-1")
    first = cached()
    assert len(simulator.app.log) == 1
    second = cached()
    assert simulator.app.log == []
    assert {name: host.vars for name, host in first.hosts.items()} == {name: host.vars for name, host in second.hosts.items()}


def test_what_is_kept_serves_other_filters_and_names(cached, simulator, harness):
    harness.seed(name="web-1", state="Stopped")
    harness.seed(name="web-2", hostname="h", publicIps=1)
    harness.seed(name="web-3", state="Destroyed")
    for details in (False, True):
        cached(states=["Stopped"], details=details)
        simulator.app.log.clear()
        inventory = cached(hostnames=["hostname"], states=["Running", "Destroyed"], filters=["coxedge_name != 'x'"], details=details)
        assert simulator.app.log == [] and list(inventory.hosts) == ["h", "web-3"]
        assert ("coxedge_nics" in inventory.hosts["web-3"].vars) is details


def test_it_can_be_told_to_read_anew(cached, simulator, harness):
    cached()
    harness.seed(name="web-1")
    assert list(cached().hosts) == []
    assert list(cached(may_use_cache=False).hosts) == ["web-1"] and len(simulator.app.log) == 1
    assert list(cached().hosts) == ["web-1"] and simulator.app.log == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"api_key": "another"}, "does not accept this api_key"),
        ({"api_url": "http://127.0.0.1:9/api/v2"}, "no connection to 127.0.0.1"),
        ({"service_code": "other"}, "test_area of service other"),
        ({"organization_id": "other"}, "has no access to this organization"),
    ],
)
def test_another_account_or_place_does_not_read_it(cached, simulator, harness, change, words, monkeypatch):
    monkeypatch.setenv("COXEDGE_API_RETRIES", "0")
    harness.seed(name="web-1")
    cached()
    with pytest.raises(AnsibleParserError, match=words):
        cached(**change)
    # The first one's is still there.
    assert list(cached().hosts) == ["web-1"] and simulator.app.log == []


@pytest.mark.parametrize(
    ("change", "asks", "hosts"),
    [
        ({"environment_names": ["prod"]}, ["prod/instances"], ["web-prod"]),
        ({"environment_names": ["test_area", "prod"]}, ["prod/instances", "test_area/instances"], ["web-1", "web-prod"]),
        ({"details": True}, ["test_area/instances", "test_area/instances/ID"], ["web-1"]),
        ({"connect_with": "public_ip"}, ["test_area/instances", "test_area/publicipaddresses"], ["web-1"]),
    ],
)
def test_what_needs_other_requests_does_not_read_it(cached, simulator, harness, change, asks, hosts):
    instance_id = harness.seed(name="web-1")
    simulator.cloud.environment(None, "compute-on", "prod").seed({"name": "web-prod"})
    assert list(cached().hosts) == ["web-1"]
    assert sorted(cached(**change).hosts) == hosts
    assert [path.replace(instance_id, "ID") for path in asked(simulator)] == asks
    # Both are kept.
    for again in ({}, change):
        cached(**again)
        assert simulator.app.log == []


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"__payload__": "x"}', '{"format": 1}', "\x00"])
def test_a_damaged_file_is_read_anew(cached, simulator, harness, text):
    harness.seed(name="web-1")
    cached()
    for _time in range(2):
        (file,) = cached.folder.iterdir()
        file.write_text(text)
        assert list(cached().hosts) == ["web-1"] and len(simulator.app.log) == 1
    cached()
    assert simulator.app.log == []


def test_damage_within_is_noticed():
    kept = reading.to_cache_entry([reading.Environment("e", [{"id": "1"}], None)], "b")
    assert reading.from_cache_entry(kept, "b", ["e"]) == [reading.Environment("e", [{"id": "1"}], None)]
    for change in (
        {"format": 0},
        {"bound_to": "c"},
        {"environments": "["},
        {"environments": '[{"name": "e", "instances": [1]}]'},
        {"environments": "[1]"},
    ):
        assert reading.from_cache_entry({**kept, **change}, "b", ["e"]) is None
    assert reading.from_cache_entry({**kept, "environments": json.dumps([{"name": "e", "instances": None}])}, "b", ["e"]) is None


def test_no_secret_is_kept(cached, harness):
    harness.seed(name="web-1", userData="s3cret-data", password="s3cret-word")
    for details in (False, True):
        cached(details=details)
    for file in cached.folder.rglob("*"):
        text = file.name + file.read_text()
        assert API_KEY not in text and "s3cret" not in text


def test_an_old_entry_expires(cached, simulator, harness):
    cached()
    (file,) = cached.folder.iterdir()
    os.utime(file, (0, 0))
    harness.seed(name="web-1")
    assert list(cached().hosts) == ["web-1"] and len(simulator.app.log) == 1
