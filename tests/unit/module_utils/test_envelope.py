# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a response means, from its bytes: no server is asked."""

from __future__ import annotations

import json

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.envelope import Envelopes
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError, ResponseLost, TaskFailed
from ansible_collections.coxedge.compute.plugins.module_utils.api.messages import RawResponse, Request
from ansible_collections.coxedge.compute.plugins.module_utils.api.redaction import Redactor
from ansible_collections.coxedge.compute.tests.unit.module_utils.calls import KEY, failure

START = Request("POST", "instances/i", "start instance i", {"operation": "start"})
LIST = Request("GET", "instances", "list instances")
POLL = Request("GET", "tasks/t", "poll task t", raw=True)
HTML = {"Content-Type": "text/html"}


def page(text):
    return f"<html><body><h1>Bad gateway</h1><p>{text}</p></body></html>".encode()


def read(body, status=200, request=START, key=KEY, secrets=(), headers=None):
    """What a response means. ``body``: JSON, or bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Envelopes(Redactor(key, secrets), "environment e of service s").read(request, RawResponse(status, headers or {}, content))


def error_of(body, status=400, kind=ApiError, **how):
    """The error that a response leads to."""
    return failure(lambda: read(body, status, **how), kind)


def poll(body):
    """What the response to a poll says about the task."""
    return Envelopes(Redactor(KEY), "environment e of service s").read_task(read(body, request=POLL).data, "t")


# --- errors ------------------------------------------------------------------------------------------------------


def test_an_internal_error_of_the_api_is_shown_with_its_reason():
    errors = [{"code": "E1", "message": "out of order", "context": {"zones": ["a", "b"]}}]
    assert "(HTTP 500): out of order (code E1; zones: a, b)" in error_of({"errors": errors}, 500, ResponseLost).sentence
    assert error_of({"errors": [{"message": "out of order"}]}, 500, ResponseLost).sentence.endswith("(HTTP 500): out of order.")


def test_a_context_that_is_too_large_or_nested_too_deeply_is_left_out():
    for context in ({"x": "y" * 10_000}, {"x": [[] for _n in range(100)]}, {"x": [{} for _n in range(100)]}):
        assert error_of({"errors": [{"message": "no", "context": context}]}).context == {}


@pytest.mark.parametrize("body", [{"data": {}}, {"errors": []}])
def test_an_error_without_a_reason_is_still_an_error(body):
    error = error_of(body)
    assert "no reason was given (HTTP 400)" in error.sentence and not isinstance(error, ResponseLost)


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
def test_errors_of_any_shape_are_understood(errors, words):
    error = error_of({"errors": errors})
    assert error.sentence == f"Could not start instance i: {words} (HTTP 400)."
    assert (error.status_code, error.code, error.context) == (400, None, {})


def test_several_errors_show_all_messages_and_the_first_code():
    errors = [{"code": 1, "message": "no room", "context": {"x": "y"}}, {"code": 2, "message": "no host", "context": {}}]
    error = error_of({"errors": errors})
    assert (error.code, error.api_message, error.context) == (1, "no room; no host", {"x": "y"})
    assert error_of({"errors": [{"code": "two\nlines"}]}).code == "two lines"


def test_errors_with_status_200_are_errors():
    error = error_of({"errors": [{"errorCode": "2012", "message": "busy"}]}, 200)
    assert (error.status_code, error.code) == (200, "2012")


def test_a_long_message_of_the_api_is_cut():
    text = error_of({"errors": [{"message": "x" * 501}, {"message": "y" * 500}]}).sentence
    assert "x" * 500 + "..." in text and "x" * 501 not in text and "y" * 500 + " " in text


@pytest.mark.parametrize("status", [300, 302, 304])
def test_a_redirect_without_a_usable_location_is_an_error(status):
    error = error_of(b"", status, headers={"Location": "http://[bad"})
    assert "redirects" in error.message and error.status_code == status and not isinstance(error, ResponseLost)


# --- bodies that are not JSON --------------------------------------------------------------------------------------


def test_an_html_error_of_a_gateway_does_not_ask_to_check_the_url():
    assert "api_url" not in error_of(page("down"), 502, ResponseLost, headers=HTML, request=LIST).sentence


def test_a_400_of_a_gateway_is_an_error_and_not_a_lost_response():
    assert not isinstance(error_of(page("no"), 400, headers=HTML), ResponseLost)


def test_the_text_of_a_response_that_is_not_json_is_cut_and_on_one_line():
    error = error_of(page("x" * 500 + KEY), 403, headers=HTML, request=LIST)
    assert "Bad gateway" in error.sentence and "x" * 201 not in error.sentence and error.status_code == 403


def test_an_empty_response_is_a_lost_response_that_is_called_empty():
    assert error_of(b"", 200, ResponseLost).sentence.endswith("that is empty.")


def test_a_response_that_is_not_text_is_a_lost_response():
    assert "that begins:" in error_of(b"\xff\xfe", 200, ResponseLost).sentence


def test_half_a_surrogate_pair_is_replaced():
    assert read({"data": [{"id": "a", "name": "a\ud800b"}]}, request=LIST).data[0]["name"] == "a?b"


# --- secrets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["1", "null", "a"])
def test_a_key_that_is_also_a_piece_of_json_leaves_contexts_as_they_are(key):
    with pytest.raises(ApiError) as caught:
        read({"errors": [{"message": "m", "context": {"x": [1, None], "y": "z"}}]}, 400, key=key)
    assert caught.value.context == {"x": [1, None], "y": "z"}


def test_an_error_shows_neither_the_key_nor_line_breaks():
    error = error_of({"errors": [{"code": KEY, "message": f"no\n{KEY}\x1b[31m", "context": {"k": [KEY]}}]})
    assert KEY not in str(error.details) and "\x1b" not in error.sentence


@pytest.mark.parametrize(("key", "shown"), [("1234567", "1234567"), ("12345678", "********")])
def test_a_key_in_a_response_is_redacted_unless_it_is_short(key, shown):
    assert read({"data": [{"id": "a", "name": key}]}, request=LIST, key=key).data[0]["name"] == shown


def test_secrets_are_redacted_unless_they_are_short():
    secrets = ("few\n 8letters \n", "unrelated", "8letters and more")
    assert "of ******** and the few" in error_of({"errors": [{"message": "of 8letters and the few"}]}, secrets=secrets).sentence
    assert "of ******** (" in error_of({"errors": [{"message": "of 8letters and more."}]}, secrets=secrets).sentence
    context = {"list": ["8letters"], "map": {"8letters": "8letters"}}
    error = error_of({"errors": [{"message": "no", "context": context}]}, secrets=secrets)
    assert error.context == {"list": ["********"], "map": {"********": "********"}}


# --- successes ---------------------------------------------------------------------------------------------------


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
def test_a_response_with_neither_a_task_nor_a_result_is_unconfirmed(body, unconfirmed):
    assert read(body).unconfirmed is unconfirmed


def test_a_pending_response_without_a_usable_task_id_is_unconfirmed():
    response = read({"taskId": 7, "taskStatus": "PENDING"})
    assert response.unconfirmed and response.task_id is None


def test_the_result_of_a_task_that_has_already_ended_is_the_data():
    response = read({"taskId": "t", "taskStatus": "SUCCESS", "result": {"id": "i"}})
    assert (response.data, response.task_id) == ({"id": "i"}, None)


def test_a_first_response_that_says_failed_has_the_reason_and_the_task():
    error = error_of({"taskId": "t", "taskStatus": "FAILED", "result": "no room"}, 200, TaskFailed)
    assert "no room" in error.message and error.task_id == "t"


# --- tasks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["RUNNING", "", None, 5])
def test_an_unknown_task_status_is_neither_success_nor_failure(status):
    seen = poll({"taskId": "t", "taskStatus": status})
    assert not seen.ended and seen.lost is None


def test_a_task_of_another_shape_is_neither_success_nor_failure():
    seen = poll({"data": ["x"]})
    assert not seen.ended and seen.lost is None


def test_the_status_of_a_task_is_not_looked_for_in_its_data():
    seen = poll({"taskId": "t", "taskStatus": "SUCCESS", "data": {"status": "RUNNING"}, "result": {"id": "x"}})
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
def test_a_failed_task_shows_its_reason_in_any_shape(result, words):
    assert words in failure(lambda: poll({"taskId": "t", "taskStatus": "FAILED", "result": result}), TaskFailed).sentence


def test_a_failed_task_with_errors_beside_its_data_is_failed_and_not_lost():
    body = {"errors": [{"message": "no room"}], "data": {"taskId": "t", "taskStatus": "FAILED"}}
    assert "no room" in failure(lambda: poll(body), TaskFailed).sentence
