# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as an API that stores and shows values in another way than it is sent them."""

from __future__ import annotations

import pytest
import requests
from ansible_collections.coxedge.compute.tests.unit.simulator.documented import KEY, MINIMUM, error_of

LONG = "x" * 62
COMPOSED, DECOMPOSED = "web\u00e9", "webe\u0301"


@pytest.fixture
def settings(simulator):
    return simulator.cloud.settings.update


@pytest.mark.parametrize(
    ("sent", "name", "host"),
    [
        ("  Web 1\t", "Web 1", "web-1"),
        (DECOMPOSED, COMPOSED, "web"),
        (f"{LONG}{DECOMPOSED}", f"{LONG}w", f"{LONG}w"),
        ("a" * 64, "a" * 63, "a" * 63),
    ],
)
def test_names_are_stored_trimmed_composed_and_cut(api, settings, sent, name, host):
    settings({"normalise": True})
    instance_id = api.created(name=sent)
    assert (api.detail(instance_id)["name"], api.detail(instance_id)["hostname"]) == (name, host)
    api.finished(api.instances("PUT", f"/{instance_id}", {"name": "other"}))
    api.finished(api.instances("PUT", f"/{instance_id}", {"name": sent}))
    assert api.detail(instance_id)["name"] == name


def test_a_name_of_blanks_is_no_name(api, settings):
    settings({"normalise": True})
    error_of(api.instances("POST", body={**MINIMUM, "name": "  "}), 400, "name is required", field="name")
    error_of(api.instances("PUT", f"/{api.created()}", {"name": "  "}), 400, "must not be empty", field="name")


def test_host_names_are_stored_in_lower_case_without_their_domain(api, settings):
    settings({"normalise": True, "hostname_suffix": "-A.example.com"})
    instance_id = api.created(name="Web")
    assert api.detail(instance_id)["hostname"] == "web-a"
    api.finished(api.instances("PUT", f"/{instance_id}", {"hostname": "DB.Example.com"}))
    assert api.detail(instance_id)["hostname"] == "db"
    # The host name is what it was, so nothing reboots.
    api.instances("PUT", f"/{instance_id}", {"hostname": "Db"})
    assert api.state(instance_id) == "Running"


def test_the_memory_of_custom_offerings_is_rounded_up(api, settings):
    settings({"normalise": True})
    offerings = {entry["name"]: entry["id"] for entry in api("GET", "services/compute-on/test_area/computeofferings").json()["data"]}
    body = {"computeOfferingId": offerings["Custom CPU.Memory"], "cpuCount": 1}
    instance_id = api.created(**body, memoryInMB=1000)
    assert api.detail(instance_id)["memoryInMB"] == 1024
    for sent, stored in ((2049, 2304), (2048, 2048), (1, 256)):
        api.finished(api.operate(instance_id, "changeComputeOffering", {**body, "memoryInMB": sent}))
        assert api.detail(instance_id)["memoryInMB"] == stored


def test_by_default_values_are_stored_as_they_are_sent(api):
    instance_id = api.created(name=f" {DECOMPOSED}{'a' * 70} ")
    api.finished(api.instances("PUT", f"/{instance_id}", {"hostname": "Web"}))
    shown = api.detail(instance_id)
    assert (shown["name"], shown["hostname"]) == (f" {DECOMPOSED}{'a' * 70} ", "Web")


def test_numbers_and_booleans_can_be_text(api, settings):
    settings({"text_numbers": True})
    first = api.instances("POST", body=MINIMUM).json()
    api.clock.sleep(1)
    result = api.task(first["taskId"])["result"]
    listed = api.instances("GET").json()
    for shown in (result, listed["data"][0], api.detail(result["id"])):
        assert (shown["cpuCount"], shown["memoryInMB"], shown["isPasswordEnabled"]) == ("1", "512", "true")
    assert listed["metadata"] == {"recordCount": 1}
    offerings = api("GET", "services/compute-on/test_area/computeofferings").json()["data"]
    assert (offerings[0]["cpuCount"], offerings[0]["custom"]) == ("1", "false")
    assert next(entry for entry in offerings if entry["name"] == "Custom steps")["availableCpuCountValues"] == ["1", "2", "4", "8"]
    assert api("GET", f"services/compute-on/test_area/computeofferings/{offerings[0]['id']}").json()["data"] == offerings[0]
    error_of(api.instances("POST"), 400, "name is required", field="name")
    settings({"first_response": "done"})
    assert api.instances("POST", body=MINIMUM).json()["data"]["cpuCount"] == "1"
    settings({"update_response": "data"})
    assert api.instances("PUT", f"/{result['id']}", {"name": "x"}).json()["data"]["cpuCount"] == "1"


def pages(api, **params):
    """The names on each of three pages, asked for with parameters and with headers."""
    url = f"{api.simulator.api_url}/services/compute-on/test_area/instances"

    def names(number):
        by_parameter = api.instances("GET", page_number=number, page_size=2)
        headers = {"MC-Api-Key": KEY, "MC-Current-Page": str(number), "MC-Page-Size": "2"}
        by_header = requests.get(url, headers=headers, timeout=10)
        assert {r.json()["metadata"]["recordCount"] for r in (by_parameter, by_header)} == {5}
        return ["".join(entry["name"] for entry in response.json()["data"]) for response in (by_parameter, by_header)]

    return list(zip(*(names(number) for number in (1, 2, 3))))


def test_paging_can_need_headers(api, settings, simulator):
    environment = simulator.cloud.environment(None, "compute-on", "test_area")
    for name in "abcde":
        environment.seed({"name": name})
    settings({"page_size": 2})
    assert pages(api) == [("ab", "cd", "e"), ("ab", "ab", "ab")]
    settings({"header_paging": True})
    assert pages(api) == [("ab", "ab", "ab"), ("ab", "cd", "e")]
    settings({"paging": "ignored"})
    assert pages(api) == [("ab", "ab", "ab"), ("ab", "ab", "ab")]
