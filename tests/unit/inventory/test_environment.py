# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's environment variables, its API key, and options that are empty or missing."""

from __future__ import annotations

import os

import pytest
from ansible.errors import AnsibleError, AnsibleParserError
from ansible_collections.coxedge.compute.plugins.module_utils.api.connection import Connection
from ansible_collections.coxedge.compute.plugins.plugin_utils import reading
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY
from ansible_collections.coxedge.compute.tests.unit.inventory.samples import requested_paths


def test_environment_names_can_come_from_an_environment_variable(read, simulator, monkeypatch):
    monkeypatch.setenv("COXEDGE_ENVIRONMENT_NAMES", "test_area, prod")
    read()
    assert requested_paths(simulator) == ["prod/instances", "test_area/instances"]


def test_coxedge_api_key_overrides_coxedge_key(read, harness, monkeypatch):
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
    # The second variable for the key and the singular one for environments are used in place of the empty ones.
    assert made == [Connection(api_key=API_KEY, environment_name="test_area", **others)]
    # It is hidden from core only while the options are read.
    assert os.environ[name] == ""


def test_an_empty_url_means_the_default(read, monkeypatch):
    monkeypatch.setenv("COXEDGE_API_URL", "")
    seen = []

    def take(connections, *_args, **_kwargs):
        seen.extend(connections)
        return []

    monkeypatch.setattr(reading, "read", take)
    read()
    assert seen[0].api_url == "https://portal.coxedge.com/api/v2"


def test_blanks_and_extra_commas_in_environment_variables_are_ignored(read, simulator, monkeypatch, harness):
    monkeypatch.setenv("COXEDGE_ENVIRONMENT_NAMES", "test_area, ,")
    monkeypatch.setenv("COXEDGE_API_KEY", "  ")
    monkeypatch.setenv("COXEDGE_KEY", API_KEY)
    read()
    assert requested_paths(simulator) == ["test_area/instances"]
    with pytest.raises(AnsibleParserError, match="environment_names"):
        read(environment_names=[" "])


@pytest.mark.parametrize("key", ["{{ 'KEYLEAK' | nothing }}", ["KEYLEAK"], {"KEYLEAK": 1}, "{{ ('KEYLEAK'"])
def test_a_key_that_can_t_be_evaluated_is_not_shown(read, key):
    with pytest.raises(AnsibleParserError, match="api_key") as caught:
        read(api_key=key)
    assert "KEYLEAK" not in str(caught.value) and caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("option", "variables"),
    [("api_key", ["COXEDGE_API_KEY"]), ("service_code", ["COXEDGE_SERVICE_CODE"]), ("environment_names", ["COXEDGE_ENVIRONMENT_NAME"])],
)
def test_the_error_about_a_missing_option_names_its_variable(read, monkeypatch, option, variables):
    for name in variables:
        monkeypatch.setenv(name, "")
    for empty in ({}, {option: ""}, {option: None}):
        with pytest.raises(AnsibleParserError, match=f"{option} is needed.*{variables[0]}"):
            read(**empty)


def test_empty_options_of_the_file_count_as_not_set(read, harness):
    harness.seed(name="web-1", state="Stopped")
    names = ["api_key", "api_url", "service_code", "organization_id", "api_timeout", "api_retries", "validate_certs", "ca_path", "details"]
    names += [
        "connect_with",
        "set_ansible_user",
        "max_concurrency",
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


def test_a_value_that_is_neither_true_nor_false_is_rejected(read, monkeypatch):
    monkeypatch.setenv("COXEDGE_VALIDATE_CERTS", "yess")
    with pytest.raises(AnsibleError, match="validate_certs must be true or false"):
        read()


def test_the_key_can_be_a_template(read, monkeypatch, harness):
    harness.seed(name="web-1")
    monkeypatch.setenv("COXEDGE_API_KEY", "")
    monkeypatch.setenv("MY_KEY", API_KEY)
    key = "{{ lookup('ansible.builtin.env', 'MY_KEY') }}"
    assert list(read(api_key=key).hosts) == ["web-1"]
    monkeypatch.setenv("MY_KEY", "")
    with pytest.raises(AnsibleParserError, match="api_key is needed"):
        read(api_key=key)
    # If the template results in nothing, the environment variables are used.
    monkeypatch.setenv("COXEDGE_KEY", API_KEY)
    assert list(read(api_key=key).hosts) == ["web-1"]


def test_environment_variables_are_not_templated(read, monkeypatch):
    monkeypatch.setenv("COXEDGE_API_KEY", "{{ 1 + 1 }}")
    with pytest.raises(AnsibleParserError, match="does not accept this api_key"):
        read()
