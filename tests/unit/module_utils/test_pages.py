# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists are read as a whole, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.messages import RawResponse
from ansible_collections.coxedge.compute.tests.unit.module_utils.calls import Rewriting, failure, listing


def test_a_list_needs_one_request(harness, web1):
    assert [instance["id"] for instance in listing(harness)()] == [web1]
    assert harness.requests() == ["GET instances"]


def test_a_paged_list_is_read_to_its_end(harness):
    ids = {harness.seed(name=f"n{n}") for n in range(7)}
    harness.settings(page_size=3)
    assert {instance["id"] for instance in listing(harness)()} == ids
    assert len(harness.requests()) == 3
    harness.environment.remove_instance(harness.environment.instances[ids.pop()])
    harness.simulator.app.log.clear()
    assert {instance["id"] for instance in listing(harness)()} == ids
    assert len(harness.requests()) == 2


@pytest.mark.parametrize("size", [1, 2])
def test_further_pages_have_the_size_of_the_first(harness, size):
    for number in range(2 * size):
        harness.seed(name=f"n{number}")
    harness.settings(page_size=size)
    listing(harness)()
    queries = [entry["query"] for entry in harness.simulator.app.log]
    assert queries == [{}, {"page_number": "2", "page_size": str(size)}]


def test_a_short_list_that_can_not_be_completed_is_an_error(harness):
    for n in range(3):
        harness.seed(name=f"n{n}")
    harness.settings(page_size=2, paging="ignored")
    assert "there are 3 but shows 2" in failure(listing(harness)).message
    # The list, the next page by parameters and by headers.
    assert harness.requests() == ["GET instances"] * 3


def test_a_list_that_shrinks_while_paging_is_read_again(harness):
    ids = [harness.seed(name=f"n{n}") for n in range(6)]
    harness.settings(page_size=2)

    def shrink(_entry):
        if len(harness.requests()) == 1:
            harness.environment.remove_instance(harness.environment.instances[ids[0]])

    with harness.intercepting(after=shrink):
        assert {instance["id"] for instance in listing(harness)()} == set(ids[1:])
    # The first page, a second one with another count, and then all three again.
    assert len(harness.requests()) == 5


def test_a_list_that_changes_each_time_is_an_error(harness):
    for n in range(4):
        harness.seed(name=f"n{n}")
    harness.settings(page_size=2)
    with harness.intercepting(after=lambda _entry: harness.seed(name="another")):
        assert "changed each time" in failure(listing(harness)).sentence
    assert harness.requests() == ["GET instances"] * 6


def assert_whole_with_count(harness, instances, count):
    """Lists so many instances in pages of two, while the API says that there are ``count``."""
    ids = {harness.seed(name=f"n{n}") for n in range(instances)}
    harness.settings(page_size=2)

    def change(_request, document):
        document["metadata"]["recordCount"] = count
        del document["metadata"]["pageCurrent"]

    client = harness.client(lambda transport: Rewriting(transport, change))
    assert {resource["id"] for resource in client.fetch_all("instances", harness.deadline())} == ids
    return len(harness.requests())


@pytest.mark.parametrize("count", [3.0, "3"])
def test_the_count_may_be_a_number_of_any_kind(harness, count):
    assert assert_whole_with_count(harness, 3, count) == 2


UNUSABLE = [None, -1, True, "many", 2.5, [], 0, 1, 1e400, "9" * 400]


@pytest.mark.parametrize("count", UNUSABLE)
def test_without_a_usable_count_pages_are_read_until_one_brings_nothing_new(harness, count):
    assert assert_whole_with_count(harness, 3, count) == 3


@pytest.mark.parametrize("size", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "metadata", [None, [], "x", {}, {"recordCount": None}, {"recordCount": None, "pageSize": None}, {"recordCount": -1}]
)
def test_a_list_without_a_count_is_complete_only_if_another_page_brings_nothing_new(harness, size, metadata):
    """Whatever else its metadata says: none of these shapes may hide an instance, which would lead to a second server."""
    ids = {harness.seed(name=f"n{number}") for number in range(size)}
    harness.settings(page_size=1)

    def change(_request, document):
        document["metadata"] = metadata

    client = harness.client(lambda transport: Rewriting(transport, change))
    assert {resource["id"] for resource in client.fetch_all("instances", harness.deadline())} == ids
    assert len(harness.requests()) == max(size, 1) + 1


def test_a_list_that_shows_the_same_page_again_is_complete(harness, web1):
    def change(_request, document):
        document["metadata"] = {}

    harness.settings(paging="ignored")
    client = harness.client(lambda transport: Rewriting(transport, change))
    assert [resource["id"] for resource in client.fetch_all("instances", harness.deadline())] == [web1]
    assert len(harness.requests()) == 2 and client.paged == set()


@pytest.mark.parametrize("metadata", [{}, {"recordCount": 10**9}])
def test_a_list_that_never_ends_is_an_error(harness, metadata):
    answered = []

    class Endless:
        def exchange(self, _request, _deadline):
            answered.append(1)
            return RawResponse(200, {}, json.dumps({"data": [{"id": str(len(answered))}], "metadata": metadata}).encode())

    client = harness.client(lambda _transport: Endless())
    error = failure(lambda: client.fetch_all("instances", harness.deadline(None)))
    assert "more than 1000 pages" in error.sentence and len(answered) == 1000


def test_the_first_page_may_have_the_number_0(harness):
    ids = {harness.seed(name=f"n{n}") for n in range(3)}
    harness.settings(page_size=2)
    asked = []

    class FromZero(Rewriting):
        def exchange(self, request, deadline):
            number = request.params.get("page_number")
            asked.append(number)
            if number is not None:
                request = replace(request, params={**request.params, "page_number": str(int(number) + 1)})
            return super().exchange(request, deadline)

    def change(_request, document):
        document["metadata"] = {"pageCurrent": document["metadata"]["pageCurrent"] - 1}

    client = harness.client(lambda transport: FromZero(transport, change))
    assert {resource["id"] for resource in client.fetch_all("instances", harness.deadline())} == ids
    assert asked == [None, "1", "2"]


class ByHeaders:
    """Pages by headers alone, with the paging by parameters of another transport."""

    def __init__(self, transport, ends_after=None):
        self.transport, self.asked, self.ends_after = transport, [], ends_after

    def exchange(self, request, deadline):
        number, size = (request.headers.get(name) for name in ("MC-Current-Page", "MC-Page-Size"))
        self.asked.append("headers" if number else "parameters" if "page_number" in request.params else "no page")
        if number and self.ends_after and int(number) > self.ends_after:
            number = "1"
        own = {name: value for name, value in request.params.items() if not name.startswith("page_")}
        params = {**own, "page_number": number, "page_size": size} if number else own
        return self.transport.exchange(replace(request, params=params, headers={}), deadline)


@pytest.fixture
def by_headers(harness):
    """A client for a server that pages by headers, and its transport."""

    def made(**how):
        harness.settings(page_size=2)
        transports = []

        def wrap(transport):
            transports.append(ByHeaders(transport, **how))
            return transports[0]

        return harness.client(wrap), transports[0]

    return made


def test_pages_are_asked_for_by_headers_if_parameters_bring_nothing_new(harness, by_headers):
    ids = {harness.seed(name=f"n{n}") for n in range(7)}
    client, transport = by_headers()
    assert {instance["id"] for instance in client.fetch_all("instances", harness.deadline())} == ids
    assert transport.asked == ["no page", "parameters", "headers", "headers", "headers"] and client.paged == {"instances"}
    # What was learned is used for the next list.
    transport.asked.clear()
    assert {instance["id"] for instance in client.fetch_all("instances", harness.deadline())} == ids
    assert transport.asked == ["no page", "headers", "headers", "headers"]


def test_no_instance_of_a_list_in_pages_by_headers_is_created_again(harness):
    for number in range(5):
        harness.seed(name=f"n{number}")
    harness.settings(page_size=2)
    given = harness.creation("n4", compute_offering="1vCPU.512MB")
    assert harness.run(connection={"wrap": ByHeaders}, **given).actions == [] and harness.writes() == []


def test_a_list_that_headers_do_not_complete_either_is_an_error(harness, by_headers):
    for number in range(6):
        harness.seed(name=f"n{number}")
    client, transport = by_headers(ends_after=2)
    error = failure(lambda: client.fetch_all("instances", harness.deadline()))
    assert "there are 6 but shows 4" in error.message
    assert transport.asked == ["no page", "parameters", "headers", "headers", "parameters"]


def test_a_list_that_shrinks_while_pages_are_asked_for_by_headers_is_read_again(harness, by_headers):
    ids = [harness.seed(name=f"n{n}") for n in range(6)]
    client, transport = by_headers()

    def shrink(_entry):
        if transport.asked[-1] == "headers" and len(harness.instances()) == 6:
            harness.environment.remove_instance(harness.environment.instances[ids[0]])

    with harness.intercepting(after=shrink):
        assert {instance["id"] for instance in client.fetch_all("instances", harness.deadline())} == set(ids[1:])


def test_headers_of_pages_reach_the_server_beside_the_key(harness, sent):
    for number in range(3):
        harness.seed(name=f"n{number}")
    harness.settings(page_size=2, paging="ignored")
    failure(listing(harness))
    headers = sent[-1][0].headers
    assert (headers["MC-Current-Page"], headers["MC-Page-Size"]) == ("2", "2") and headers["MC-Api-Key"] == "simulator-key"
    assert "page_number" not in sent[-1][0].url and "MC-Current-Page" not in sent[0][0].headers


NO_LIST = "the response holds no list of objects in its field data; check that api_url leads to the API."
NO_ID = "an entry of the response has no id."


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, NO_LIST),
        ({}, NO_LIST),
        ("x", NO_LIST),
        ([1], NO_LIST),
        ([{"name": "no id"}], NO_ID),
        ([{"id": ""}], NO_ID),
        ([{"id": 5}], NO_ID),
    ],
)
def test_a_response_that_is_not_a_list_is_an_error(harness, data, words):
    harness.fault(kind="status", status=200, body={"data": data, "metadata": {"recordCount": 1}})
    assert failure(listing(harness)).sentence.endswith(f": {words}")


def test_invalid_metadata_is_ignored(harness):
    harness.fault(kind="status", status=200, body={"data": [], "metadata": ["x"]})
    assert listing(harness)() == []
