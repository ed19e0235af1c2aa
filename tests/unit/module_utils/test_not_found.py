# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error for a list that is a 404 names the wrong option first, what exists, and what the API said."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.tests.unit.module_utils.calls import KEY, failure, listing
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import failure as run_failure

CONNECTION = "73983e65-cdd7-43d3-9d4e-d4c3f4ea6fb4"


def environments(*pairs, key="serviceCode"):
    """The body of a list of environments, each with a service code, or another attribute of its connection, and a name."""
    return {"data": [{"name": name, "serviceConnection": {key: code}} for code, name in pairs]}


BOTH = environments(("compute-on", "test_area"), ("compute-on", "prod"), ("compute-qc", "lab"))


def shown(harness, body, path="/environments$", **more):
    harness.fault(path=path, kind="status", **{"status": 200, "body": body, **more})


def test_a_wrong_api_url_is_named_first(harness):
    url = harness.simulator.api_url
    error = failure(listing(harness, api_url=f"{url.removesuffix('/v2')}/v7"))
    assert "check api_url, then environment_name and service_code" in error.sentence and error.status_code == 404
    harness.fault(kind="html", status=404, path="/v2/", count=0)
    error = failure(listing(harness))
    assert "check api_url, then" in error.sentence and "(the API says: <" in error.sentence


def test_an_unknown_service_names_those_that_exist_with_one_request(harness):
    shown(harness, BOTH)
    error = failure(listing(harness, service_code="nope"))
    assert error.sentence.startswith("The API knows no service nope, and so no environment test_area of service nope (HTTP 404): check")
    assert "check service_code; this api_key can see compute-on, compute-qc (the API says: There is no service" in error.sentence
    assert "environment_name" not in error.sentence and len(harness.requests()) == 2


def test_an_unknown_environment_names_those_of_its_service(harness):
    shown(harness, BOTH)
    error = failure(listing(harness, environment_name="tset_area"))
    assert "check environment_name; this api_key can see the environments prod, test_area in service compute-on (the" in error.sentence
    assert "lab" not in error.sentence and "service_code" not in error.sentence and len(harness.requests()) == 2


def test_the_message_and_the_details_have_what_the_api_said(harness):
    errors = [{"code": 2001, "message": f"Nobody\nknows {KEY}.", "context": {"type": "environments"}}]
    harness.fault(path="/instances$", kind="status", status=404, body={"errors": errors})
    error = failure(listing(harness))
    assert "(the API says: Nobody knows ******** (code 2001; type: environments))." in error.sentence
    assert error.details == {"status_code": 404, "code": 2001, "message": "Nobody knows ********.", "context": {"type": "environments"}}


@pytest.mark.parametrize("body", [{}, {"errors": []}])
def test_a_404_that_says_nothing_is_not_quoted(harness, body):
    harness.fault(path="/instances$", kind="status", status=404, body=body)
    shown(harness, BOTH)
    assert "the API says" not in failure(listing(harness, environment_name="tset_area")).sentence


def test_an_environment_that_can_be_seen_is_not_blamed(harness):
    harness.fault(path="/instances$", kind="status", status=404)
    shown(harness, BOTH)
    error = failure(listing(harness))
    assert "although this api_key can see that environment (HTTP 404): try again later" in error.sentence
    assert "environment_name" not in error.sentence


def test_without_service_codes_environments_are_joined_with_their_connections(harness):
    shown(harness, environments((CONNECTION, "test_area"), ("another", "lab"), key="id"), count=2)
    body = {"data": [{"id": CONNECTION, "serviceCode": "compute-on"}, {"id": "another", "serviceCode": "compute-qc"}]}
    shown(harness, body, "/services/connections$", count=2)
    error = failure(listing(harness, service_code="nope"))
    assert "check service_code; this api_key can see compute-on, compute-qc" in error.sentence and len(harness.requests()) == 3
    error = failure(listing(harness, environment_name="tset_area"))
    assert "the environments test_area in service compute-on" in error.sentence


@pytest.mark.parametrize(
    "connections", [{"status": 404}, {"status": 200, "body": {"data": 5}}, {"status": 200, "body": {"data": ["x", {}]}}]
)
def test_without_any_service_codes_both_options_are_named(harness, connections):
    shown(harness, environments((CONNECTION, "test_area"), (None, "lab"), key="id"))
    harness.fault(path="/services/connections$", kind="status", **connections)
    error = failure(listing(harness, environment_name="tset_area"))
    assert "check environment_name and service_code; this api_key can see the environments lab, test_area (the" in error.sentence


def test_an_environment_of_an_unknown_service_may_be_the_one(harness):
    """Then the service code may be right: it is not said that there is no such service."""
    shown(harness, {"data": [{"name": "a", "serviceConnection": {"serviceCode": "other"}}, {"name": "b"}]})
    harness.fault(path="/services/connections$", kind="status", status=403)
    error = failure(listing(harness, environment_name="tset_area"))
    assert (
        "no service" not in error.sentence
        and "check environment_name and service_code; this api_key can see the environments b (" in error.sentence
    )


@pytest.mark.parametrize("body", [{"data": []}, {"data": [{"name": 5}]}, {"data": ["x"]}])
def test_a_key_that_sees_nothing_is_told_so(harness, body):
    shown(harness, body)
    assert "can see the environments none" in failure(listing(harness, environment_name="tset_area")).sentence


@pytest.mark.parametrize("fault", [{"status": 403}, {"status": 200, "body": {"data": 5}}, {"status": 503}])
def test_the_error_has_no_hint_if_environments_can_not_be_read(harness, fault):
    harness.fault(path="/environments$", kind="status", **fault)
    error = failure(listing(harness, environment_name="tset_area"))
    assert "check environment_name and service_code (the API says: There is no environment tset_area" in error.sentence
    assert error.status_code == 404


def test_many_names_are_cut(harness):
    shown(harness, environments(*[("compute-on", f"e{number:02}") for number in range(25)]))
    sentence = failure(listing(harness, environment_name="tset_area")).sentence
    assert "e19 and 5 more in service" in sentence and "e20" not in sentence


def test_an_instance_that_is_gone_before_a_write_has_the_message_of_the_api_too(harness):
    harness.seed(name="web1", state="Stopped")
    harness.fault(method="PUT", kind="status", status=404, message="no such instance")
    error = run_failure(harness, name="web1", hostname="hal")
    assert (
        "is gone: it was removed while this run was in progress" in error.sentence and "(the API says: no such instance" in error.sentence
    )
