# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests the inventory makes, against the simulator in this process."""

from __future__ import annotations

import threading
import time

import pytest
from ansible.errors import AnsibleParserError
from ansible_collections.coxedge.compute.plugins.module_utils.api.client import Client
from ansible_collections.coxedge.compute.plugins.module_utils.api.connection import Connection
from ansible_collections.coxedge.compute.plugins.plugin_utils import reading
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY
from ansible_collections.coxedge.compute.tests.unit.inventory.samples import requested_paths


def test_each_environment_takes_one_request(read, simulator):
    simulator.cloud.environment(None, "compute-on", "prod").seed({"name": "web-prod"})
    simulator.cloud.environment(None, "compute-on", "test_area").seed({"name": "web-test"})
    inventory = read(environment_names=["test_area", "prod"])
    assert requested_paths(simulator) == ["prod/instances", "test_area/instances"]
    assert {name: host.vars["coxedge_environment_name"] for name, host in inventory.hosts.items()} == {
        "web-prod": "prod",
        "web-test": "test_area",
    }


def test_environments_are_read_at_the_same_time(read, monkeypatch):
    # Each request waits until the other one has started. One after the other, they would time out.
    both = threading.Barrier(2, timeout=5)
    fetch_all = Client.fetch_all

    def meet(client, *args, **kwargs):
        both.wait()
        return fetch_all(client, *args, **kwargs)

    monkeypatch.setattr(Client, "fetch_all", meet)
    assert "coxedge" in read(environment_names=["test_area", "prod"]).groups


@pytest.mark.parametrize("limit", [1, 3])
def test_max_concurrency_limits_how_many_details_are_read_at_a_time(read, harness, monkeypatch, limit):
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
    assert len(read(details=True, max_concurrency=limit).hosts) == 12 and peak == limit


def test_the_connection_options_of_the_file_reach_the_client(read, simulator, monkeypatch, tmp_path):
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


def test_public_addresses_take_one_more_request(read, simulator, harness, plugin):
    first = harness.seed(name="web-1", publicIps=1)
    harness.seed(name="web-2")
    harness.seed(name="web-3", publicIps=1)
    inventory = read(connect_with="public_ip")
    assert requested_paths(simulator) == ["test_area/instances", "test_area/publicipaddresses"]
    (address,) = [
        resource["ipAddress"] for resource in harness.environment.resources["publicipaddresses"] if resource["instances"][0]["id"] == first
    ]
    assert inventory.hosts["web-1"].vars["ansible_host"] == address
    assert "ansible_host" not in inventory.hosts["web-2"].vars
    assert [text for text in plugin.warnings if "web-2" in text and "public_ip" in text]


@pytest.mark.parametrize("details", [False, True])
def test_an_address_of_several_instances_is_not_used(read, harness, details):
    shared = harness.seed(name="web-1", publicIps=1)
    harness.seed(name="web-2", shareIpWith=shared)
    twice = [harness.seed(name=f"web-{number}", publicIps=1) for number in (3, 4)]
    for resource in harness.environment.resources["publicipaddresses"]:
        if resource["instances"][0]["id"] in twice:
            resource["ipAddress"] = "192.0.2.1"
    inventory = read(connect_with="public_ip", details=details)
    assert not [name for name, host in inventory.hosts.items() if "ansible_host" in host.vars]


def test_the_first_of_several_addresses_in_numerical_order_is_used(read, harness):
    harness.seed(name="web-1", publicIps=12)
    resources = harness.environment.resources["publicipaddresses"]
    for number, resource in enumerate(resources):
        resource["ipAddress"] = f"192.0.2.{number + 1}"
    resources.reverse()
    assert read(connect_with="public_ip").hosts["web-1"].vars["ansible_host"] == "192.0.2.1"


def test_details_are_read_only_of_instances_that_become_hosts(read, simulator, harness):
    first = harness.seed(name="web-1", publicIps=1, userData="s3cret")
    harness.seed(name="web-2", state="Stopped")
    harness.seed(name="web-3", state="Destroyed")
    inventory = read(details=True, states=["Running"], connect_with="public_ip")
    assert requested_paths(simulator) == ["test_area/instances", f"test_area/instances/{first}", "test_area/publicipaddresses"]
    seen = inventory.hosts["web-1"].vars
    assert seen["coxedge_public_ips"][0]["ip_address"] == seen["ansible_host"]
    assert seen["coxedge_nics"] and "s3cret" not in str(seen)


def test_an_instance_that_disappears_meanwhile_is_not_a_host(read, harness):
    harness.seed(name="web-1", state="Stopping", settles_after=0, settles_as=None)
    harness.seed(name="web-2")
    assert list(read(details=True).hosts) == ["web-2"]


def test_a_404_on_a_listed_instance_is_ignored(read, harness):
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


def test_an_incomplete_list_is_an_error(read, harness):
    harness.settings(page_size=1, paging="ignored")
    harness.seed(name="web-1")
    harness.seed(name="web-2")
    with pytest.raises(AnsibleParserError, match="test_area"):
        read()


def test_slow_and_throttled_responses_are_tolerated(read, harness):
    harness.seed(name="web-1")
    harness.fault(kind="status", status=429, headers={"Retry-After": "0"}, count=1)
    harness.fault(kind="delay", seconds=0.2, count=1)
    assert list(read().hosts) == ["web-1"]


def test_an_environment_that_fails_fails_the_inventory_and_is_named(read, harness, plugin):
    harness.seed(name="web-1")
    harness.fault(kind="status", status=403, path="/prod/instances", count=0)
    with pytest.raises(AnsibleParserError) as caught:
        read(environment_names=["test_area", "prod"])
    words = str(caught.value)
    assert "environment prod" in words and "\n" not in words and API_KEY not in words


@pytest.mark.parametrize("path", ["/publicipaddresses", "/instances/"])
def test_an_error_after_the_list_names_the_environment(read, harness, path):
    harness.seed(name="web-1")
    harness.fault(kind="status", status=400, path=path, count=0)
    with pytest.raises(AnsibleParserError, match="environment test_area"):
        read(connect_with="public_ip", details="instances/" in path)
