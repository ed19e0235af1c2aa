# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory keeps in its cache, and when it reads it."""

from __future__ import annotations

import json
import os

import pytest
from ansible.errors import AnsibleParserError
from ansible_collections.coxedge.compute.plugins.plugin_utils import reading
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY
from ansible_collections.coxedge.compute.tests.unit.inventory.samples import requested_paths


@pytest.fixture
def cached(read, tmp_path):
    """Parses with a cache in a folder."""
    options = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}

    def parse(may_use_cache=True, **more):
        return read(may_use_cache, **{**options, **more})

    parse.folder = tmp_path / "cache"
    return parse


def test_a_second_run_makes_no_request_and_has_the_same_hosts(cached, simulator, harness):
    harness.seed(name="{{ x }}", networkName="a{b", state="Stopped")
    harness.seed(name="web-1")
    first = cached()
    assert len(simulator.app.log) == 1
    second = cached()
    assert simulator.app.log == []
    assert {name: host.vars for name, host in first.hosts.items()} == {name: host.vars for name, host in second.hosts.items()}


def test_an_entry_is_used_for_other_filters_and_names(cached, simulator, harness):
    harness.seed(name="web-1", state="Stopped")
    harness.seed(name="web-2", hostname="h", publicIps=1)
    harness.seed(name="web-3", state="Destroyed")
    for details in (False, True):
        cached(states=["Stopped"], details=details)
        simulator.app.log.clear()
        inventory = cached(hostnames=["hostname"], states=["Running", "Destroyed"], filters=["coxedge_name != 'x'"], details=details)
        assert simulator.app.log == [] and list(inventory.hosts) == ["h", "web-3"]
        assert ("coxedge_nics" in inventory.hosts["web-3"].vars) is details


def test_a_filter_value_that_matches_nothing_gives_a_warning_with_the_cache_too(cached, plugin, simulator, harness):
    harness.seed(name="web-1")
    for _time in range(2):
        cached(zones=["QC-9"])
        (warning,) = plugin.warnings
        assert "zones: no instance has 'QC-9'; the nearest name is 'QC-1'" in warning
    assert simulator.app.log == []


def test_the_cache_can_be_refreshed(cached, simulator, harness):
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
def test_another_account_or_service_does_not_use_the_entry(cached, simulator, harness, change, words, monkeypatch):
    monkeypatch.setenv("COXEDGE_API_RETRIES", "0")
    harness.seed(name="web-1")
    cached()
    with pytest.raises(AnsibleParserError, match=words):
        cached(**change)
    # The first account's entry is still there.
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
def test_options_that_need_other_requests_do_not_use_the_entry(cached, simulator, harness, change, asks, hosts):
    instance_id = harness.seed(name="web-1")
    simulator.cloud.environment(None, "compute-on", "prod").seed({"name": "web-prod"})
    assert list(cached().hosts) == ["web-1"]
    assert sorted(cached(**change).hosts) == hosts
    assert [path.replace(instance_id, "ID") for path in requested_paths(simulator)] == asks
    # Both entries are kept.
    for again in ({}, change):
        cached(**again)
        assert simulator.app.log == []


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"__payload__": "x"}', '{"format": 1}', "\x00"])
def test_a_damaged_file_is_ignored_and_replaced(cached, simulator, harness, text):
    harness.seed(name="web-1")
    cached()
    for _time in range(2):
        (file,) = cached.folder.iterdir()
        file.write_text(text)
        assert list(cached().hosts) == ["web-1"] and len(simulator.app.log) == 1
    cached()
    assert simulator.app.log == []


def test_a_damaged_entry_is_rejected():
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


def test_secrets_are_not_cached(cached, harness):
    harness.seed(name="web-1", userData="s3cret-data", password="s3cret-word")
    for details in (False, True):
        cached(details=details)
    files = list(cached.folder.rglob("*"))
    assert len(files) == 2
    for file in files:
        text = file.name + file.read_text()
        assert "web-1" in text and API_KEY not in text and "s3cret" not in text


def test_an_old_entry_expires(cached, simulator, harness):
    cached()
    (file,) = cached.folder.iterdir()
    os.utime(file, (0, 0))
    harness.seed(name="web-1")
    assert list(cached().hosts) == ["web-1"] and len(simulator.app.log) == 1
