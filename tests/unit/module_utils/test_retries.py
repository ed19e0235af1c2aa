# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a request is sent again, and when it is not."""

from __future__ import annotations

import socket

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import DeadlineExceeded, NotProcessed, ResponseLost
from ansible_collections.coxedge.compute.tests.unit.module_utils.calls import failure, listing, write

TEMPORARY = [
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503, "headers": {"Retry-After": "3"}},
    {"kind": "html"},
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "broken_json"},
    {"kind": "empty"},
]


@pytest.mark.parametrize("fault", TEMPORARY, ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}")
def test_a_read_is_sent_again_after_temporary_faults(harness, web1, fault):
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


def test_backoff_doubles_up_to_its_maximum(harness, clock):
    harness.fault(kind="status", status=500, count=9)
    listing(harness, api_retries=9)()
    assert clock.slept == [0.5 * 2**n * 1.25 for n in range(6)] + [30] * 3


def test_retry_after_can_be_a_number_or_a_date(harness, clock):
    harness.fault(kind="status", status=429, headers={"Retry-After": "17"})
    listing(harness)()
    assert clock.slept == [17.0]
    harness.fault(kind="status", status=429, headers={"Retry-After": "Fri, 01 Jan 2021 00:00:00 GMT"})
    listing(harness)()
    # A date in the past asks for no wait, but four requests within a moment are no help.
    assert clock.slept == [17.0, 0.5]
    harness.fault(kind="status", status=429, headers={"Retry-After": "0"})
    listing(harness)()
    assert clock.slept == [17.0, 0.5, 0.5]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_retry_after_is_followed_with_each_temporary_fault(harness, clock, status):
    harness.fault(kind="status", status=status, headers={"Retry-After": "17"})
    listing(harness)()
    assert clock.slept == [17.0]


@pytest.mark.parametrize("value", ["soon", "-5", "", "nan", "1e9", "Fri, 31 Dec 99999999999 23:59:59 GMT"])
def test_an_invalid_retry_after_is_ignored(harness, clock, value):
    harness.fault(kind="status", status=429, headers={"Retry-After": value})
    listing(harness)()
    assert clock.slept == [0.625]


def test_a_retry_after_that_is_too_long_fails_at_once(harness, clock):
    harness.fault(kind="status", status=429, headers={"Retry-After": "61"}, count=0)
    error = failure(listing(harness))
    assert "wait for 61 seconds" in error.message and error.status_code == 429
    assert "wait for 61 seconds" in failure(listing(harness, 60)).message
    assert clock.slept == []
    harness.simulator.app.faults.clear()
    harness.fault(kind="status", status=429, headers={"Retry-After": "61"})
    assert listing(harness, 600)() == []
    assert clock.slept == [61.0]


def test_without_a_deadline_a_retry_after_of_a_minute_is_followed(harness, clock):
    harness.fault(kind="status", status=429, headers={"Retry-After": "60"})
    listing(harness)()
    assert clock.slept == [60.0]


def test_a_retry_after_within_the_deadline_is_followed(harness, clock):
    harness.fault(kind="status", status=429, headers={"Retry-After": "300"})
    listing(harness, 600)()
    assert clock.slept == [300.0]


def test_the_deadline_ends_retries(harness, clock):
    harness.fault(kind="status", status=500, count=0)
    began = clock()
    error = failure(listing(harness, 10, api_retries=100), DeadlineExceeded)
    assert "10 seconds" in error.sentence and "500" in error.sentence
    assert clock() - began <= 10
    # The last try is one second before the end.
    assert clock.slept == [0.625, 1.25, 2.5, 4.625, 0.5, 0.5] and len(harness.requests()) == 6
    assert failure(listing(harness, 0), DeadlineExceeded).sentence.endswith("the wait_timeout of 0 seconds is over.")


def test_a_request_is_sent_shortly_before_the_deadline(harness, web1):
    assert len(listing(harness, 0.5)()) == 1


def test_errors_are_not_retried(harness):
    for status in (400, 401, 403, 404, 405):
        harness.fault(kind="status", status=status)
        assert failure(listing(harness)).status_code == status
    harness.fault(kind="status", status=200, body={"errors": [{"errorCode": "FOO", "message": "m"}]})
    error = failure(listing(harness))
    assert (error.code, error.api_message) == ("FOO", "m")
    assert harness.requests("GET").count("GET instances") == 6


def test_html_with_status_200_is_not_retried(harness):
    harness.fault(kind="html", status=200, message="Welcome")
    error = failure(listing(harness))
    assert "expected JSON" in error.sentence and "Welcome" in error.sentence and "api_url" in error.sentence
    assert len(harness.requests()) == 1


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
def test_a_write_whose_response_is_lost_is_sent_once(harness, web1, fault):
    harness.fault(**fault, count=0)
    failure(write(harness, web1), ResponseLost)
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
