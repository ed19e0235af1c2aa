# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``environment_names: ['*']``: every environment of the service that the key can see."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleParserError

CONNECTION = {"id": "c-1", "serviceCode": "compute-on"}


@pytest.fixture
def served(simulator, harness):
    """An instance in each environment of the simulator."""
    harness.seed(name="web-1")
    simulator.cloud.environment(None, "compute-on", "prod").seed({"name": "web-2"})


def paths(simulator):
    """The ends of the paths of all requests, in order; those to environments are sent at the same time."""
    found = [entry["path"].split("/v2/")[1] for entry in simulator.app.log]
    return [found[0], *sorted(found[1:])]


def shown(harness, *environments, path="/environments$", **more):
    """Has the API list these environments."""
    harness.fault(path=path, kind="status", status=200, count=0, body={"data": list(environments), **more})


def environment(name, state="PROVISIONED", **connection):
    """An environment as the API lists it."""
    return {"name": name, "state": state, "serviceConnection": connection or CONNECTION}


def test_a_star_means_every_environment_for_one_more_request(read, served, simulator):
    inventory = read(environment_names=["*"])
    assert {name: host.vars["coxedge_environment_name"] for name, host in inventory.hosts.items()} == {
        "web-1": "test_area",
        "web-2": "prod",
    }
    assert paths(simulator) == ["environments", "services/compute-on/prod/instances", "services/compute-on/test_area/instances"]


@pytest.mark.parametrize("variable", ["COXEDGE_ENVIRONMENT_NAMES", "COXEDGE_ENVIRONMENT_NAME"])
def test_a_star_can_come_from_the_environment_or_as_text(read, served, monkeypatch, variable):
    monkeypatch.setenv(variable, " * ")
    assert sorted(read().hosts) == ["web-1", "web-2"]
    assert sorted(read(environment_names="*").hosts) == ["web-1", "web-2"]


def test_other_services_and_states_are_left_out(read, served, harness, simulator):
    others = [environment("a", serviceCode="compute-qc"), environment("b", "PURGED"), environment("c", "PENDING")]
    shown(harness, environment("prod", None), environment("test_area", "provisioned"), *others)
    assert sorted(read(environment_names=["*"]).hosts) == ["web-1", "web-2"] and len(paths(simulator)) == 3


def test_without_a_service_code_the_connection_tells_it(read, served, harness, simulator):
    shown(harness, environment("prod", id="c-1"), environment("lab", id="c-2"))
    shown(harness, CONNECTION, {"id": "c-2", "serviceCode": "compute-qc"}, path="/services/connections$")
    assert list(read(environment_names=["*"]).hosts) == ["web-2"]
    assert paths(simulator) == ["environments", "services/compute-on/prod/instances", "services/connections"]


@pytest.mark.parametrize(
    ("environments", "words"),
    [
        ([environment("a", serviceCode="compute-qc"), environment("b", serviceCode="objects")], "this api_key can see compute-qc, objects"),
        ([], "this api_key can see none"),
        ([environment("test_area", "PURGED"), environment("b", "PENDING")], "is PROVISIONED: b is PENDING, test_area is PURGED"),
        ([environment("prod", id="c-9")], "which service the environment 'prod' belongs to"),
        ([environment("..")], "an environment that can't be read"),
    ],
)
def test_no_matching_environment_is_an_error_that_says_what_exists(read, served, harness, environments, words):
    shown(harness, *environments)
    with pytest.raises(AnsibleParserError) as caught:
        read(environment_names=["*"])
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_list_of_environments_that_is_not_complete_is_an_error(read, served, harness):
    shown(harness, environment("prod"), metadata={"recordCount": 2})
    with pytest.raises(AnsibleParserError, match="says that there are 2 but shows 1"):
        read(environment_names=["*"])


def test_an_environment_that_fails_fails_the_inventory(read, served, harness):
    harness.fault(kind="status", status=403, path="/prod/instances", count=0)
    with pytest.raises(AnsibleParserError, match="environment prod"):
        read(environment_names=["*"])


def test_the_list_of_environments_is_retried(read, served, harness):
    harness.fault(kind="status", status=503, path="/environments$", count=1)
    assert sorted(read(environment_names=["*"]).hosts) == ["web-1", "web-2"]


def test_a_star_and_names_exclude_each_other(read, simulator):
    with pytest.raises(AnsibleParserError, match="give '\\*' alone"):
        read(environment_names=["*", "prod"])
    assert simulator.app.log == []


def test_the_cache_holds_all_environments(read, served, simulator, harness, tmp_path):
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    assert sorted(read(environment_names=["*"], **cache).hosts) == ["web-1", "web-2"]
    harness.seed(name="web-3")
    assert sorted(read(environment_names=["*"], **cache).hosts) == ["web-1", "web-2"] and simulator.app.log == []
    # An entry for named environments is another one.
    assert sorted(read(environment_names=["test_area", "prod"], **cache).hosts) == ["web-1", "web-2", "web-3"]
    # An empty list of environments is not taken for all.
    assert sorted(read(may_use_cache=False, environment_names=["*"], **cache).hosts) == ["web-1", "web-2", "web-3"]


def test_a_url_that_has_no_list_of_environments_is_named_first(read, harness):
    harness.fault(path="/environments$", kind="status", status=404)
    with pytest.raises(AnsibleParserError, match=r"The API knows no list of environments \(HTTP 404\): check api_url"):
        read(environment_names=["*"])
