# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a response means, from its bytes."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.client import Client
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import (
    ApiError,
    ResponseLost,
    TaskFailed,
)
from ansible_collections.coxedge.compute.tests.unit.module_utils.calls import KEY, failure, listing, write


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


def test_a_lost_answer_that_is_empty_is_called_so(harness, web1):
    harness.fault(kind="empty")
    assert failure(write(harness, web1), ResponseLost).sentence.endswith("that is empty.")


def test_an_answer_that_is_no_text_is_a_lost_one(harness, web1):
    with answering(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n\xff\xfe") as url:
        assert "that begins:" in failure(write(harness, web1, api_url=url), ResponseLost).sentence


@pytest.mark.parametrize("status", [300, 302, 304])
def test_a_redirect_to_nowhere_is_one_too(harness, web1, status):
    with answering(f"HTTP/1.1 {status} X\r\nLocation: http://[bad\r\nContent-Length: 0\r\n\r\n".encode()) as url:
        error = failure(write(harness, web1, api_url=url))
    assert "redirects" in error.message and error.status_code == status and not isinstance(error, ResponseLost)


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


def test_work_that_is_done_at_once_may_be_told_as_a_task_s_result(harness, web1):
    harness.fault(kind="status", status=200, body={"taskId": "t", "taskStatus": "SUCCESS", "result": {"id": web1}})
    answer = write(harness, web1)()
    assert (answer.data, answer.task_id) == ({"id": web1}, None)


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


def test_a_long_text_of_the_api_is_cut(harness, web1):
    harness.fault(kind="status", status=400, body={"errors": [{"message": "x" * 501}, {"message": "y" * 500}]})
    text = failure(write(harness, web1)).sentence
    assert "x" * 500 + "..." in text and "x" * 501 not in text and "y" * 500 + " " in text


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
