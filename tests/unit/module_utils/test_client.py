# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client against the simulator, over real HTTP; waiting is on simulated time."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.client import Client
from ansible_collections.coxedge.compute.plugins.module_utils.api.connection import Connection
from ansible_collections.coxedge.compute.plugins.module_utils.api.deadline import Deadline
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import (
    ApiError,
    DeadlineExceeded,
    NotProcessed,
    ResponseLost,
    TaskFailed,
)

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
KEY = "simulator-key"


@pytest.fixture
def web1(harness):
    return harness.seed(name="web1", state="Stopped")


@pytest.fixture
def sent(monkeypatch):
    """The requests that go out, each with what the adapter of requests is told about certificates and proxies."""
    from requests.adapters import HTTPAdapter

    real, seen = HTTPAdapter.send, []

    def send(adapter, request, **told):
        seen.append((request, told))
        return real(adapter, request, **told)

    monkeypatch.setattr(HTTPAdapter, "send", send)
    return seen


def failure(call, kind=ApiError):
    with pytest.raises(kind) as caught:
        call()
    text = caught.value.sentence
    assert text.endswith(".") and "\n" not in text and KEY not in text
    return caught.value


def listing(harness, seconds=None, **connection):
    return lambda: harness.client(**connection).fetch_all("instances", harness.deadline(seconds))


# --- options -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"api_url": "http://portal.example.com/api/v2"}, "api_url must begin with https"),
        ({"api_url": "portal.example.com"}, "api_url"),
        ({"api_url": "ftp://127.0.0.1"}, "api_url"),
        ({"api_url": "https://user:word@host/api"}, "api_url"),
        ({"api_url": "https://host/api?x=1"}, "api_url"),
        ({"api_url": "https://host/api#x"}, "api_url"),
        ({"api_url": "https://host:port/api"}, "api_url"),
        ({"api_key": "two\nlines"}, "api_key"),
        ({"api_key": "schlüssel"}, "api_key"),
        ({"service_code": ".."}, "service_code"),
        ({"environment_name": "."}, "environment_name"),
        ({"api_timeout": 0}, "api_timeout"),
        ({"api_timeout": 86401}, "api_timeout"),
        ({"service_code": "a\tb"}, "service_code"),
        ({"api_url": "http://[::1"}, "api_url"),
        ({"api_url": "https://[foo]/"}, "api_url"),
        ({"api_retries": -1}, "api_retries"),
        ({"ca_path": "/nowhere/bundle.pem"}, "ca_path"),
    ],
)
def test_a_connection_that_can_not_work(harness, changes, words):
    problem = harness.connection(**changes).problem()
    assert words in problem and problem.endswith(".")
    assert changes.get("api_key", "nothing") not in problem


@pytest.mark.parametrize("url", ["http://localhost:1/x", "http://127.0.0.1/x", "http://127.9.9.9", "http://[::1]:8080/x", "https://host/x"])
def test_plain_http_is_for_loopback_alone(harness, url):
    assert harness.connection(api_url=url).problem() is None


def test_what_is_just_within_the_bounds_can_work(harness):
    for changes in ({"api_timeout": 1}, {"api_timeout": 86400}, {"api_retries": 0}, {"environment_name": "_"}):
        assert harness.connection(**changes).problem() is None


def test_the_key_is_not_in_the_repr():
    assert "hidden-key" not in repr(Connection("hidden-key", "s", "e"))


# --- lists -------------------------------------------------------------------------------------------------------


def test_a_list_is_one_request(harness, web1):
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
def test_only_what_is_missing_is_asked_for_by_page_in_pages_of_the_first_one_s_size(harness, size):
    for number in range(2 * size):
        harness.seed(name=f"n{number}")
    harness.settings(page_size=size)
    listing(harness)()
    queries = [entry["query"] for entry in harness.simulator.app.log]
    assert queries == [{}, {"page_number": "2", "page_size": str(size)}]


def test_a_short_list_that_can_not_be_completed_fails(harness):
    for n in range(3):
        harness.seed(name=f"n{n}")
    harness.settings(page_size=2, paging="ignored")
    assert "there are 3 but shows 2" in failure(listing(harness)).message


def test_a_list_that_shrinks_while_paging_is_read_again(harness):
    ids = [harness.seed(name=f"n{n}") for n in range(6)]
    harness.settings(page_size=2)

    def shrink(_entry):
        if len(harness.requests()) == 1:
            harness.environment.remove_instance(harness.environment.instances[ids[0]])

    with harness.intercepting(after=shrink):
        assert {instance["id"] for instance in listing(harness)()} == set(ids[1:])
    # The first page, a second one that tells of the change, and then all three anew.
    assert len(harness.requests()) == 5


def test_a_list_that_changes_each_time_is_given_up(harness):
    for n in range(4):
        harness.seed(name=f"n{n}")
    harness.settings(page_size=2)
    with harness.intercepting(after=lambda _entry: harness.seed(name="another")):
        assert "changed each time" in failure(listing(harness)).sentence
    assert harness.requests() == ["GET instances"] * 6


@pytest.mark.parametrize("count", [3.0, "3", None])
def test_a_page_is_not_taken_for_the_whole_where_the_count_is_odd_or_missing(harness, count):
    _whole_with_count(harness, 3, count)


def test_a_full_page_may_be_the_last_one(harness):
    _whole_with_count(harness, 2, None)


class RewritingTransport:
    """Lets another transport do the work, and changes the JSON that arrives."""

    def __init__(self, transport, change):
        self.transport, self.change = transport, change

    def exchange(self, request, deadline):
        response = self.transport.exchange(request, deadline)
        document = json.loads(response.content)
        self.change(document)
        return replace(response, content=json.dumps(document).encode())


def _whole_with_count(harness, instances, count):
    """Lists so many instances, two to a page, while the API says that there are ``count``."""
    ids = {harness.seed(name=f"n{n}") for n in range(instances)}
    harness.settings(page_size=2)

    def change(document):
        document["metadata"]["recordCount"] = count
        del document["metadata"]["pageCurrent"]

    client = harness.client(lambda transport: RewritingTransport(transport, change))
    assert {resource["id"] for resource in client.fetch_all("instances", harness.deadline())} == ids
    assert len(harness.requests()) == 2


@pytest.mark.parametrize("count", [-1, True, "many", 2.5, []])
def test_a_count_that_makes_no_sense_fails(harness, count):
    harness.fault(kind="status", status=200, body={"data": [], "metadata": {"recordCount": count}})
    assert failure(listing(harness)).sentence.endswith(f"says that there are {count} of them, so the list may not be complete.")
    assert len(harness.requests()) == 1


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
def test_a_list_answer_that_is_no_list_fails(harness, data, words):
    harness.fault(kind="status", status=200, body={"data": data, "metadata": {"recordCount": 1}})
    assert failure(listing(harness)).sentence.endswith(f": {words}")


def test_metadata_that_makes_no_sense_counts_nothing(harness):
    harness.fault(kind="status", status=200, body={"data": [], "metadata": ["x"]})
    assert listing(harness)() == []


def test_an_unknown_environment_names_the_options_and_what_exists(harness):
    error = failure(listing(harness, environment_name="tset_area"))
    for words in ("tset_area", "environment_name", "service_code", "prod, test_area"):
        assert words in error.sentence
    assert error.status_code == 404
    assert "nope" in failure(listing(harness, service_code="nope")).sentence


@pytest.mark.parametrize("fault", [{"status": 403}, *[{"status": 200, "body": {"data": data}} for data in (5, [{"name": 5}], ["x"])]])
def test_where_environments_can_not_be_had_the_error_is_the_same_without_the_hint(harness, fault):
    harness.fault(path="/environments$", kind="status", **fault)
    error = failure(listing(harness, environment_name="tset_area"))
    assert "tset_area" in error.sentence and error.sentence.endswith("service_code.") and error.status_code == 404


def test_an_error_of_the_api_s_own_is_told_with_its_reason(harness, web1):
    harness.fault(kind="status", status=500, body={"errors": [{"code": "E1", "message": "out of order", "context": {"zones": ["a", "b"]}}]})
    text = failure(write(harness, web1), ResponseLost).sentence
    assert "(HTTP 500): out of order (code E1; zones: a, b)" in text
    harness.fault(kind="status", status=500, body={"errors": [{"message": "out of order"}]})
    assert failure(write(harness, web1), ResponseLost).sentence.endswith("(HTTP 500): out of order.")


def test_a_context_that_is_too_big_or_nested_without_end_is_left_out(harness, web1):
    for context in ({"x": "y" * 10_000}, {"x": [[] for _n in range(100)]}, {"x": [{} for _n in range(100)]}):
        harness.fault(kind="status", status=400, body={"errors": [{"message": "no", "context": context}]})
        assert failure(write(harness, web1)).context == {}


def test_a_refused_key_is_called_that(harness):
    error = failure(listing(harness, api_key="wrong"))
    assert "does not accept this api_key" in error.sentence and error.status_code == 403
    harness.fault(kind="status", status=401)
    assert "does not accept this api_key" in failure(listing(harness)).sentence


def test_names_in_paths_are_escaped(harness, sent):
    error = failure(listing(harness, environment_name="a/../prod"))
    assert error.status_code == 404 and "knows no environment a/../prod " in error.sentence
    assert harness.client().fetch_one("instances", "../networks?x#y", harness.deadline()) is None
    assert harness.client().task("../environments", harness.deadline()).lost.status_code == 404
    assert [request.url.removeprefix(harness.simulator.api_url) for request, _told in sent] == [
        "/services/compute-on/a%2F..%2Fprod/instances",
        # For the hint.
        "/environments",
        "/services/compute-on/test_area/instances/..%2Fnetworks%3Fx%23y",
        "/tasks/..%2Fenvironments",
    ]
    assert not [entry for entry in harness.simulator.app.log if entry["status"] == 200 and entry["path"].endswith("instances")]


def test_the_organization_goes_with_every_call(harness, simulator):
    from ansible_collections.coxedge.compute.tests.simulator.model import SUB_ORGANIZATION

    client = harness.client(organization_id=SUB_ORGANIZATION)
    client.fetch_all("instances", harness.deadline())
    client.fetch_one("instances", UNKNOWN_ID, harness.deadline())
    client.task("x", harness.deadline())
    failure(lambda: client.write("POST", "instances", None, harness.deadline(), {}))
    assert {entry["query"].get("org_id") for entry in simulator.app.log} == {SUB_ORGANIZATION}


# --- retries of reads --------------------------------------------------------------------------------------------

PASSING = [
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503, "headers": {"Retry-After": "3"}},
    {"kind": "html"},
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "broken_json"},
    {"kind": "empty"},
]


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}")
def test_a_read_outlasts_passing_faults(harness, web1, fault):
    harness.fault(**fault, count=5)
    assert len(listing(harness)()) == 1
    assert len(harness.requests()) == 6


def test_a_read_gives_up_after_api_retries(harness):
    harness.fault(kind="status", status=502, count=0)
    assert "tried 3 times" in failure(listing(harness, api_retries=2)).message
    assert len(harness.requests()) == 3
    assert "tried 2 times" in failure(listing(harness, api_retries=1)).message
    alone = failure(listing(harness, api_retries=0)).message
    assert alone.endswith("(code 502)")


def test_back_off_doubles_up_to_its_cap(harness, clock):
    harness.fault(kind="status", status=500, count=9)
    listing(harness, api_retries=9)()
    assert clock.slept == [0.5 * 2**n * 0.75 for n in range(6)] + [30 * 0.75] * 3


def test_retry_after_is_obeyed_as_number_and_as_date(harness, clock):
    harness.fault(kind="status", status=429, headers={"Retry-After": "17"})
    listing(harness)()
    assert clock.slept == [17.0]
    harness.fault(kind="status", status=429, headers={"Retry-After": "Fri, 01 Jan 2021 00:00:00 GMT"})
    listing(harness)()
    assert clock.slept == [17.0, 0.0]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_retry_after_is_obeyed_with_each_passing_fault(harness, clock, status):
    harness.fault(kind="status", status=status, headers={"Retry-After": "17"})
    listing(harness)()
    assert clock.slept == [17.0]


@pytest.mark.parametrize("value", ["soon", "-5", "", "nan", "1e9", "Fri, 31 Dec 99999999999 23:59:59 GMT"])
def test_a_retry_after_that_makes_no_sense_is_ignored(harness, clock, value):
    harness.fault(kind="status", status=429, headers={"Retry-After": value})
    listing(harness)()
    assert clock.slept == [0.375]


def test_a_long_retry_after_fails_at_once(harness, clock):
    harness.fault(kind="status", status=429, headers={"Retry-After": "61"}, count=0)
    error = failure(listing(harness))
    assert "wait for 61 seconds" in error.message and error.status_code == 429
    assert "wait for 61 seconds" in failure(listing(harness, 60)).message
    assert clock.slept == []
    harness.simulator.app.faults.clear()
    harness.fault(kind="status", status=429, headers={"Retry-After": "61"})
    assert listing(harness, 600)() == []
    assert clock.slept == [61.0]


def test_a_retry_after_of_a_minute_is_waited_for_without_a_deadline_too(harness, clock):
    harness.fault(kind="status", status=429, headers={"Retry-After": "60"})
    listing(harness)()
    assert clock.slept == [60.0]


def test_a_retry_after_within_the_deadline_is_waited_for(harness, clock):
    harness.fault(kind="status", status=429, headers={"Retry-After": "300"})
    listing(harness, 600)()
    assert clock.slept == [300.0]


def test_the_deadline_ends_the_tries(harness, clock):
    harness.fault(kind="status", status=500, count=0)
    began = clock()
    error = failure(listing(harness, 10, api_retries=100), DeadlineExceeded)
    assert "10 seconds" in error.sentence and "500" in error.sentence
    assert clock() - began <= 10
    # Rather once more a second before the end than not at all.
    assert clock.slept == [0.375, 0.75, 1.5, 3.0, 3.375, 1.0] and len(harness.requests()) == 6
    assert failure(listing(harness, 0), DeadlineExceeded).sentence.endswith("the wait_timeout of 0 seconds is over.")


def test_a_moment_before_the_deadline_is_time_enough_to_ask(harness, web1):
    assert len(listing(harness, 0.5)()) == 1


def test_no_is_not_asked_again(harness):
    for status in (400, 401, 403, 404, 405):
        harness.fault(kind="status", status=status)
        assert failure(listing(harness)).status_code == status
    harness.fault(kind="status", status=200, body={"errors": [{"errorCode": "FOO", "message": "m"}]})
    error = failure(listing(harness))
    assert (error.code, error.api_message) == ("FOO", "m")
    assert harness.requests("GET").count("GET instances") == 6


def test_html_with_status_200_is_another_server_and_not_asked_again(harness):
    harness.fault(kind="html", status=200, message="Welcome")
    error = failure(listing(harness))
    assert "expected JSON" in error.sentence and "Welcome" in error.sentence and "api_url" in error.sentence
    assert len(harness.requests()) == 1


def test_html_of_a_gateway_in_trouble_is_no_reason_to_check_the_url(harness):
    harness.fault(kind="html")
    assert "api_url" not in failure(listing(harness, api_retries=0)).sentence


@pytest.mark.parametrize("body", [{"data": {}}, {"errors": []}])
def test_no_without_a_reason_is_no_too(harness, web1, body):
    harness.fault(kind="status", status=400, body=body)
    error = failure(write(harness, web1))
    assert "no reason was given (HTTP 400)" in error.sentence and not isinstance(error, ResponseLost)


def test_a_gateway_s_own_no_is_one(harness, web1):
    harness.fault(kind="html", status=400)
    assert not isinstance(failure(write(harness, web1)), ResponseLost)


def test_the_text_of_an_answer_that_is_no_json_is_cut_and_on_one_line(harness):
    harness.fault(kind="html", status=403, message="x" * 500 + KEY)
    error = failure(listing(harness))
    assert "Bad gateway" in error.sentence and "x" * 201 not in error.sentence and error.status_code == 403


def test_a_dripping_answer_is_cut_off(harness):
    harness.fault(kind="drip", seconds=8, count=0)
    began = time.monotonic()
    error = failure(listing(harness, api_timeout=0.4, api_retries=0))
    assert "did not end within 0.8 seconds" in error.message
    assert time.monotonic() - began < 10


def test_a_dripping_answer_does_not_outlast_the_deadline(harness):
    harness.fault(kind="drip", seconds=8, count=0)
    error = failure(lambda: harness.client(api_timeout=60).fetch_all("instances", Deadline(1.0)), DeadlineExceeded)
    assert "the wait_timeout of 1 seconds is over; before that: " in error.message
    # It was cut off at the deadline, and not at the end of its own, longer time.
    waited = re.search(r"did not end within ([0-9.]+) seconds$", error.message)
    assert waited and float(waited[1]) <= 1.0


def test_dripping_headers_are_cut_off_too(harness):
    def drip(server):
        connection, _address = server.accept()
        with connection:
            for _n in range(50):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return
                time.sleep(0.1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=(server,), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert "did not end" in failure(listing(harness, api_url=url, api_timeout=0.4, api_retries=0)).message


# --- writes ------------------------------------------------------------------------------------------------------


def write(harness, web1, operation="start", **connection):
    return lambda: harness.client(**connection).write("POST", "instances", web1, harness.deadline(), None, operation)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "html"},
        {"kind": "drop_before"},
        {"kind": "drop_after"},
        {"kind": "broken_json"},
        {"kind": "empty"},
        {"kind": "html", "status": 200},
        {"kind": "status", "status": 200, "body": [1]},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
def test_a_write_whose_answer_is_lost_is_sent_once_and_says_so(harness, web1, fault):
    harness.fault(**fault, count=0)
    failure(write(harness, web1), ResponseLost)
    assert harness.requests() == ["POST start"]


def test_a_lost_answer_that_is_empty_is_called_so(harness, web1):
    harness.fault(kind="empty")
    assert failure(write(harness, web1), ResponseLost).sentence.endswith("that is empty.")


def test_work_that_is_done_at_once_may_be_told_as_a_task_s_result(harness, web1):
    harness.fault(kind="status", status=200, body={"taskId": "t", "taskStatus": "SUCCESS", "result": {"id": web1}})
    answer = write(harness, web1)()
    assert (answer.data, answer.task_id) == ({"id": web1}, None)


def test_a_write_that_times_out_is_a_lost_answer(harness, web1):
    harness.fault(kind="delay", seconds=1.0)
    assert "did not respond within 0.2 seconds" in failure(write(harness, web1, api_timeout=0.2), ResponseLost).message
    assert harness.requests() == ["POST start"]


def test_a_write_is_sent_again_after_429(harness, web1):
    harness.fault(kind="status", status=429, count=3)
    assert write(harness, web1)().task_id
    assert harness.requests() == ["POST start"] * 4


def test_a_write_is_sent_again_after_a_refused_connection(harness, web1, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    client = harness.client(api_url=f"http://127.0.0.1:{port}/api/v2", api_retries=3)
    error = failure(lambda: client.write("POST", "instances", web1, harness.deadline(), None, "start"), NotProcessed)
    assert "connection refused" in error.message and "tried 4 times" in error.message


@pytest.fixture
def broken(monkeypatch):
    """Has the adapter of requests raise an exception in place of sending anything."""
    from requests.adapters import HTTPAdapter

    def breaks(error):
        def send(*_args, **_kwargs):
            raise error

        monkeypatch.setattr(HTTPAdapter, "send", send)

    return breaks


def test_a_reset_behind_a_proxy_is_a_lost_answer_and_a_dead_proxy_is_not(harness, web1, broken):
    from requests import exceptions
    from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError, ReadTimeoutError

    def seen(reason):
        broken(exceptions.ProxyError(MaxRetryError(None, "/", ProxyError("Unable to connect to proxy", reason))))
        error = failure(write(harness, web1, api_retries=0))
        return type(error), error.message.removeprefix(f"Could not start instance {web1}: ")

    dead = "no connection to the proxy of the environment"
    assert seen(ConnectionResetError(104, "Connection reset by peer")) == (
        ResponseLost,
        "the connection to 127.0.0.1 broke off (connection reset by peer)",
    )
    assert seen(NewConnectionError(None, "refused")) == (NotProcessed, f"{dead} (NewConnectionError)")
    assert seen(ConnectTimeoutError(None, "no answer while connecting")) == (NotProcessed, f"{dead} (ConnectTimeoutError)")
    assert seen(ReadTimeoutError(None, "/", "no answer")) == (ResponseLost, "127.0.0.1 did not respond within 5 seconds")
    assert seen(OSError("Tunnel connection failed: 502 Bad Gateway")) == (NotProcessed, f"{dead} (OSError)")


def test_an_exception_that_nobody_knows_is_a_lost_answer_and_a_missing_package_is_none(harness, web1, broken):
    broken(ValueError("odd"))
    assert "unexpected ValueError" in failure(write(harness, web1), ResponseLost).sentence
    broken(ImportError("no such package"))
    with pytest.raises(ImportError, match="no such package"):
        write(harness, web1)()


def test_an_unknown_host_is_one_sentence(harness):
    assert "nowhere.invalid" in failure(listing(harness, api_url="https://nowhere.invalid/api", api_retries=0), NotProcessed).message


def test_a_refusal_carries_code_message_and_context(harness, web1):
    error = failure(write(harness, web1, "stop"))
    assert f"Could not stop instance {web1}: " in error.sentence
    assert (error.status_code, error.code) == (400, 2012)
    assert error.context["currentState"] == "Stopped" and error.context["expectedStates"] == ["Running", "Stopping"]
    assert "code 2012" in error.sentence and "currentState: Stopped" in error.sentence
    assert set(error.details) == {"status_code", "code", "message", "context"}


def test_a_refusal_says_what_could_not_be_done(harness, web1):
    harness.fault(kind="status", status=400, count=3)
    for method, instance_id, words in (
        ("POST", None, "create an instance"),
        ("PUT", web1, f"update instance {web1}"),
        ("DELETE", web1, f"delete instance {web1}"),
    ):
        error = failure(lambda: harness.client().write(method, "instances", instance_id, harness.deadline(), {}))  # noqa: B023
        assert error.message.startswith(f"Could not {words}: ")


def test_of_several_errors_all_messages_and_the_first_code_are_told(harness, web1):
    errors = [{"code": 1, "message": "no room", "context": {"x": "y"}}, {"code": 2, "message": "no host", "context": {}}]
    harness.fault(kind="status", status=400, body={"errors": errors})
    error = failure(write(harness, web1))
    assert (error.code, error.api_message, error.context) == (1, "no room; no host", {"x": "y"})
    harness.fault(kind="status", status=400, body={"errors": [{"code": "two\nlines"}]})
    assert failure(write(harness, web1)).code == "two lines"


def test_errors_with_status_200_are_failures(harness, web1):
    harness.settings(error_status="ok", error_code="errorCode")
    error = failure(write(harness, web1, "stop"))
    assert (error.status_code, error.code) == (200, "2012")


def test_a_redirect_is_not_followed_and_names_its_target(harness, web1):
    harness.fault(kind="redirect", location="https://evil.example.com/steal?x=1")
    error = failure(write(harness, web1))
    assert "evil.example.com" in error.message and "steal" not in error.message
    assert harness.requests() == ["POST start"]


@contextmanager
def answering(answer):
    """The URL of a server that answers one request with these bytes."""

    def serve(server):
        connection, _address = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_an_answer_that_is_no_text_is_a_lost_one(harness, web1):
    with answering(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n\xff\xfe") as url:
        assert "that begins:" in failure(write(harness, web1, api_url=url), ResponseLost).sentence


@pytest.mark.parametrize("status", [300, 302, 304])
def test_a_redirect_to_nowhere_is_one_too(harness, web1, status):
    with answering(f"HTTP/1.1 {status} X\r\nLocation: http://[bad\r\nContent-Length: 0\r\n\r\n".encode()) as url:
        error = failure(write(harness, web1, api_url=url))
    assert "redirects" in error.message and error.status_code == status and not isinstance(error, ResponseLost)


@pytest.mark.parametrize("key", ["1", "null", "a"])
def test_a_key_that_is_a_piece_of_json_does_not_spoil_contexts(harness, web1, key):
    harness.fault(kind="status", status=400, body={"errors": [{"message": "m", "context": {"x": [1, None], "y": "z"}}]})
    with pytest.raises(ApiError) as caught:
        write(harness, web1, api_key=key)()
    assert caught.value.context == {"x": [1, None], "y": "z"}


def test_half_a_surrogate_pair_is_no_text(harness):
    harness.seed(name="a\ud800b")
    assert listing(harness)()[0]["name"] == "a?b"


def test_work_that_goes_on_as_no_task_is_not_taken_for_done(harness, web1):
    harness.fault(kind="status", status=200, body={"taskId": 7, "taskStatus": "PENDING"})
    answer = write(harness, web1)()
    assert answer.unconfirmed and answer.task_id is None


def test_the_server_s_text_can_not_show_the_key_or_break_lines(harness, web1):
    harness.fault(kind="status", status=400, body={"errors": [{"code": KEY, "message": f"no\n{KEY}\x1b[31m", "context": {"k": [KEY]}}]})
    error = failure(write(harness, web1))
    assert KEY not in str(error.details) and "\x1b" not in error.sentence


@pytest.mark.parametrize(("key", "shown"), [("1234567", "1234567"), ("12345678", "********")])
def test_a_key_that_is_told_back_is_blotted_out_of_results_unless_it_is_short(harness, key, shown):
    harness.fault(kind="status", status=200, body={"data": [{"id": "a", "name": key}]})
    assert listing(harness, api_key=key)()[0]["name"] == shown


def test_secrets_are_blotted_out_unless_they_are_short_words(harness, web1):
    harness.fault(kind="status", status=400, body={"errors": [{"message": "of 8letters and the few"}]})
    client = Client(harness.connection(), secrets=("few\n 8letters \n", "unrelated", "8letters and more"))
    error = failure(lambda: client.write("POST", "instances", web1, harness.deadline(), None, "start"))
    assert "of ******** and the few" in error.sentence
    harness.fault(kind="status", status=400, body={"errors": [{"message": "of 8letters and more."}]})
    error = failure(lambda: client.write("POST", "instances", web1, harness.deadline(), None, "start"))
    assert "of ******** (" in error.sentence
    context = {"list": ["8letters"], "map": {"8letters": "8letters"}}
    harness.fault(kind="status", status=400, body={"errors": [{"message": "no", "context": context}]})
    error = failure(lambda: client.write("POST", "instances", web1, harness.deadline(), None, "start"))
    assert error.context == {"list": ["********"], "map": {"********": "********"}}


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ("text", "text"),
        (["text"], "text"),
        ({"message": "text"}, "text"),
        ([{"message": "text"}, {"message": "more"}], "text; more"),
        ([{"message": "text", "context": "odd"}], "text"),
        ([{}], "no reason was given"),
        ([None, "text"], "text"),
    ],
)
def test_errors_of_any_shape(harness, web1, errors, words):
    harness.fault(kind="status", status=400, body={"errors": errors})
    error = failure(write(harness, web1))
    assert error.sentence == f"Could not start instance {web1}: {words} (HTTP 400)."
    assert (error.status_code, error.code, error.context) == (400, None, {})


@pytest.mark.parametrize("first_response", ["pending", "pending_with_data", "done"])
def test_first_answers_of_every_kind(harness, web1, clock, first_response):
    harness.settings(first_response=first_response)
    answer = write(harness, web1)()
    assert not answer.unconfirmed
    if first_response == "done":
        assert answer.task_id is None and (answer.data["id"], answer.data["state"]) == (web1, "Running")
        return
    assert answer.data == (None if first_response == "pending" else {})
    # The task is that of this write.
    clock.sleep(1)
    ended = harness.client().task(answer.task_id, harness.deadline())
    assert ended.ended and (ended.result["id"], ended.result["state"]) == (web1, "Running")


def test_a_first_answer_that_says_failed(harness, web1):
    harness.fault(kind="task_failed", message="no room", count=0)
    for word in ("FAILED", "FAILURE"):
        harness.settings(first_response="done", failed_status=word)
        assert "no room" in failure(write(harness, web1), TaskFailed).message


def test_a_first_answer_that_says_failed_tells_reason_and_task(harness, web1):
    harness.fault(kind="status", status=200, body={"taskId": "t", "taskStatus": "FAILED", "result": "no room"})
    error = failure(write(harness, web1), TaskFailed)
    assert "no room" in error.message and error.task_id == "t"


@pytest.mark.parametrize(
    ("body", "unconfirmed"),
    [
        ({"data": {"id": "x"}}, False),
        ({"data": {}}, True),
        ({"taskStatus": "SUCCESS"}, False),
        ({"taskStatus": "PENDING", "data": {"id": "x"}}, True),
        ({"taskStatus": "PENDING", "taskId": "t"}, False),
    ],
)
def test_an_answer_that_shows_neither_work_nor_its_end_is_unconfirmed(harness, web1, body, unconfirmed):
    harness.fault(kind="status", status=200, body=body)
    assert write(harness, web1)().unconfirmed is unconfirmed


def test_204_is_success(harness, web1):
    harness.settings(update_response="empty")
    answer = harness.client().write("PUT", "instances", web1, harness.deadline(), {"name": "x"})
    assert (answer.data, answer.task_id, answer.unconfirmed) == (None, None, True)


# --- one resource, tasks -----------------------------------------------------------------------------------------


def test_retrieving(harness, web1):
    assert harness.client().fetch_one("instances", web1, harness.deadline())["name"] == "web1"
    assert harness.client().fetch_one("instances", UNKNOWN_ID, harness.deadline()) is None


@pytest.mark.parametrize("data", [None, [], {}, {"id": 1}, {"id": UNKNOWN_ID}])
def test_a_retrieved_answer_of_something_else_fails(harness, web1, data):
    harness.fault(kind="status", status=200, body={"data": data})
    error = failure(lambda: harness.client().fetch_one("instances", web1, harness.deadline()))
    other = isinstance(data, dict) and data.get("id") == UNKNOWN_ID
    why = f"the API responded with another one, {UNKNOWN_ID}" if other else "the response holds no such resource"
    assert error.message.startswith(f"Could not read instances {web1}: {why}")


@pytest.mark.parametrize("shape", ["flat", "data"])
@pytest.mark.parametrize("word", ["FAILED", "FAILURE"])
@pytest.mark.parametrize("detail", ["errors", "result"])
def test_tasks_in_every_shape(harness, web1, clock, shape, word, detail):
    harness.settings(task_shape=shape, failed_status=word, failed_detail=detail)
    client = harness.client()
    task_id = write(harness, web1)().task_id
    assert not client.task(task_id, harness.deadline()).ended
    clock.sleep(1)
    status = client.task(task_id, harness.deadline())
    assert status.ended and status.result["state"] == "Running"
    harness.fault(kind="task_failed", message="no room", method="POST")
    task_id = write(harness, web1, "stop")().task_id
    clock.sleep(1)
    error = failure(lambda: client.task(task_id, harness.deadline()), TaskFailed)
    assert "no room" in error.message and error.task_id == task_id


@pytest.mark.parametrize("status", ["RUNNING", "", None, 5])
def test_an_unknown_task_status_is_neither_success_nor_failure(harness, status):
    harness.fault(kind="status", status=200, body={"taskId": "t", "taskStatus": status})
    seen = harness.client().task("t", harness.deadline())
    assert not seen.ended and seen.lost is None


def test_a_task_of_another_shape_is_neither_success_nor_failure(harness):
    harness.fault(kind="status", status=200, body={"data": ["x"]})
    seen = harness.client().task("t", harness.deadline())
    assert not seen.ended and seen.lost is None


def test_the_status_of_a_task_is_not_looked_for_in_its_data(harness):
    body = {"taskId": "t", "taskStatus": "SUCCESS", "data": {"status": "RUNNING"}, "result": {"id": "x"}}
    harness.fault(kind="status", status=200, body=body)
    seen = harness.client().task("t", harness.deadline())
    assert seen.ended and seen.result == {"id": "x"}


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (None, "has failed: no reason was given."),
        ("no room", "has failed: no room."),
        ({"id": "x", "errorMessage": "no room"}, "has failed: no room."),
        ({"id": "x", "reason": "no room"}, "has failed: no room."),
        ({"id": "x"}, "x"),
    ],
)
def test_a_failed_task_says_why_in_any_shape(harness, result, words):
    harness.fault(kind="status", status=200, body={"taskId": "t", "taskStatus": "FAILED", "result": result})
    assert words in failure(lambda: harness.client().task("t", harness.deadline()), TaskFailed).sentence


def test_a_failed_task_with_errors_beside_its_data_is_not_lost(harness):
    harness.fault(kind="status", status=200, body={"errors": [{"message": "no room"}], "data": {"taskId": "t", "taskStatus": "FAILED"}})
    assert "no room" in failure(lambda: harness.client().task("t", harness.deadline()), TaskFailed).sentence


def test_a_lost_task(harness):
    harness.fault(kind="status", status=200, body={"errors": [{"message": "gone"}]})
    for status in (200, 404):
        seen = harness.client().task("t", harness.deadline())
        assert seen.lost.status_code == status and not seen.ended
    harness.fault(kind="status", status=200, body={"errors": [{"message": "gone"}], "data": {"id": "t"}})
    gone = harness.client().task("t", harness.deadline())
    assert gone.lost is not None and "gone" in gone.lost.message and not gone.ended
    asked = len(harness.requests())
    unusable = harness.client().task("..", harness.deadline())
    assert unusable.lost is not None and not unusable.ended and len(harness.requests()) == asked


# --- TLS, proxies ------------------------------------------------------------------------------------------------


def test_certificates_are_checked_with_every_call(harness, web1, sent, monkeypatch):
    def checked(**connection):
        client = harness.client(**connection)
        client.fetch_all("instances", harness.deadline())
        client.fetch_one("instances", web1, harness.deadline())
        client.task("x", harness.deadline())
        client.write("PUT", "instances", web1, harness.deadline(), {})
        (seen,) = {told["verify"] for _request, told in sent[-4:]}
        return seen

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/bundle.pem")
    assert checked(validate_certs=False) is False
    assert checked() == "/bundle.pem"
    assert checked(ca_path="/mine.pem") == "/mine.pem"
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    assert checked() is True
    assert len(sent) == 16


@pytest.mark.parametrize("where", ["ca_path", "REQUESTS_CA_BUNDLE"])
def test_a_bundle_that_is_none_is_named(harness, monkeypatch, tmp_path, where):
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("no certificates")
    given = {"ca_path": str(bundle)} if where == "ca_path" else {}
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert f"{where} " in failure(listing(harness, api_url="https://127.0.0.1:1", **given)).sentence


def test_a_long_text_of_the_api_is_cut(harness, web1):
    harness.fault(kind="status", status=400, body={"errors": [{"message": "x" * 501}, {"message": "y" * 500}]})
    text = failure(write(harness, web1)).sentence
    assert "x" * 500 + "..." in text and "x" * 501 not in text and "y" * 500 + " " in text


def test_loopback_never_goes_through_a_proxy(harness, web1, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert len(listing(harness)()) == 1
    # What is not on loopback does, and nothing listens there.
    error = failure(listing(harness, api_url="https://portal.example.com", api_retries=0), NotProcessed)
    assert "no connection to the proxy of the environment" in error.message


def test_the_key_travels_in_its_header_alone_and_no_password_of_netrc(harness, web1, simulator, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password of-another-server\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    seen = []
    real = simulator.app.dispatch

    def watching(path):
        from flask import request

        seen.append((dict(request.headers), request.url, request.get_data()))
        return real(path)

    simulator.app.dispatch = watching
    try:
        write(harness, web1)()
    finally:
        simulator.app.dispatch = real
    ((headers, url, body),) = seen
    assert [name for name, value in headers.items() if KEY in value] == ["Mc-Api-Key"]
    assert KEY not in url and body == b""
    assert "Authorization" not in headers and headers["User-Agent"] == "ansible-collection coxedge.compute"


def test_importing_the_client_does_not_import_requests():
    import subprocess
    import sys

    path = f"sys.path.insert(0, {os.environ['ANSIBLE_COLLECTIONS_PATH']!r})"
    name = "ansible_collections.coxedge.compute.plugins.module_utils.api.client"
    code = f"import sys; {path}; import {name}; sys.exit('requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
