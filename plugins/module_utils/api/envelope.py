# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the bytes of a response to what it means: a Response, a TaskStatus or an ApiError. There is no I/O here.

The API wraps everything in envelopes. ``{"data": ..., "metadata": ...}`` is a success, ``{"errors": [...]}`` a failure whatever
the status, ``{"taskId": ..., "taskStatus": ...}`` work that goes on. The clients of the API that exist disagree about details, so
each known form is accepted.
"""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .decoding import decoded
from .errors import ApiError, NotProcessed, ResponseLost, TaskFailed, Unreadable
from .messages import RawResponse, Request, Response, TaskStatus
from .redaction import Redactor

# How many characters of a text that is not JSON an error shows.
SHOWN_TEXT = 200
# How many bytes of it are read for that: blanks are not shown.
READ_TEXT = 10_000
# How many characters of JSON the context of an error may have; a larger one is left out.
MAX_CONTEXT = 10_000
# Statuses with which a server gave up waiting for the request, or did not want it yet: a read may be sent again.
TOO_EARLY = (408, 425)
# What a failed task is called: the documentation says FAILED, one client knows FAILURE.
FAILED = ("FAILED", "FAILURE")


class Envelopes:
    """Reads responses. Its errors show no secrets, and name the environment."""

    def __init__(self, redactor: Redactor, label: str) -> None:
        self._redactor, self._label = redactor, label

    def read(self, request: Request, response: RawResponse) -> Response:
        """What a response means. Raises NotProcessed, ResponseLost, TaskFailed or another ApiError."""
        status, headers, purpose = response.status, response.headers, request.purpose
        if status == 429:
            limited = NotProcessed(f"Could not {purpose}: the API is limiting the rate of requests (HTTP 429)", 429)
            limited.retry_after = _retry_after(headers.get("Retry-After"))
            raise limited
        if 300 <= status < 400:
            raise self._redirect(status, headers, purpose)
        if status == 204:
            return Response(unconfirmed=True)
        content = response.content
        document = self._document(content)
        if document is None and 400 <= status < 500:
            # The error of a gateway in front of the API, most often HTML.
            document = {"errors": [{"message": self._beginning(content) or "the response was empty"}]}
        if status >= 500 or document is None:
            raise self._response_lost(status, headers, content, document, purpose)
        if request.raw and status < 300 and ("taskStatus" in document or isinstance(document.get("data"), dict)):
            return Response(document)
        failed_already = status < 300 and _upper(document.get("taskStatus")) in FAILED
        if (document.get("errors") and not failed_already) or status >= 400:
            error = self._error_response(status, document, purpose)
            if status in TOO_EARLY:
                error.retryable, error.retry_after = True, _retry_after(headers.get("Retry-After"))
            raise error
        return self._success(document)

    def read_task(self, document: Any, task_id: str) -> TaskStatus:
        """What the response to a poll says about a task, in either documented form. Raises TaskFailed."""
        if not isinstance(document, dict):
            return TaskStatus(False)
        task = document
        if "taskStatus" not in document and isinstance(document.get("data"), dict):
            task = document["data"]
        shown_id = task.get("taskId", task.get("id"))
        if isinstance(shown_id, str) and shown_id.lower() != task_id.lower():
            # It is about another task, so it says nothing about this one.
            return TaskStatus(False)
        status = _upper(task.get("taskStatus", task.get("status")))
        errors = document.get("errors") or task.get("errors")
        created = task["created"] if isinstance(task.get("created"), str) else None
        if status in FAILED:
            failed = self._task_failure(errors, task.get("result"), task_id)
            failed.created, failed.result = created, task.get("result")
            raise failed
        if status == "SUCCESS":
            return TaskStatus(True, task.get("result"), status=status, created=created)
        if errors and not status:
            purpose = f"poll task {self._redactor.for_display(task_id)}"
            return TaskStatus(False, lost=self._error_response(200, {"errors": errors}, purpose))
        return TaskStatus(False, status=status, created=created)

    def _success(self, document: Mapping[str, Any]) -> Response:
        """The envelope of a success. Raises TaskFailed if it says that the work has already failed."""
        task_id = document.get("taskId")
        task_id = task_id if isinstance(task_id, str) and task_id else None
        status = _upper(document.get("taskStatus"))
        metadata = document.get("metadata")
        data = document.get("data")
        if status in FAILED:
            raise self._task_failure(document.get("errors"), document.get("result") or data, task_id or "")
        ended = status == "SUCCESS"
        if ended:
            data = data or document.get("result")
            task_id = None if data else task_id
        unconfirmed = task_id is None and not ended and (bool(status) or not data)
        return Response(data, metadata if isinstance(metadata, dict) else {}, task_id, ended, unconfirmed)

    def _redirect(self, status: int, headers: Mapping[str, str], purpose: str) -> ApiError:
        target = self._redactor.for_display(_host_of(headers.get("Location") or "") or "another place")
        return ApiError(
            f"Could not {purpose}: the API redirects to {target} (HTTP {status}), which is not followed because the api_key would be"
            " sent there too; set api_url to where the API really is.",
            status,
        )

    def _response_lost(
        self, status: int, headers: Mapping[str, str], content: bytes, document: Mapping[str, Any] | None, purpose: str
    ) -> ResponseLost:
        """The error for a response that does not say what became of the request."""
        if document is not None:
            code, message, context = self._first_error(document.get("errors"))
            reason = self._reason(code, message, context)
            lost = ResponseLost(
                f"Could not {purpose}: the API had an internal error (HTTP {status}): {reason}", status, code, message, context
            )
        else:
            beginning = self._beginning(content)
            shown = f"that begins: {beginning}" if beginning else "that is empty"
            text = f"Could not {purpose}: expected JSON but got a response (HTTP {status}) {shown}"
            lost = ResponseLost(text, status, None, beginning)
            if status < 300 and "html" in (headers.get("Content-Type") or "").lower():
                # It will be HTML again: another server is behind the URL.
                lost = Unreadable(f"{text}; check that api_url leads to the API", status, None, beginning)
        lost.retry_after = _retry_after(headers.get("Retry-After")) if status in (500, 502, 503, 504) else None
        return lost

    def _document(self, content: bytes) -> dict[str, Any] | None:
        """The JSON object of a body, without the key; None if the body is anything else."""
        try:
            document, text = decoded(content)
            redacted = self._redactor.redact_document(document, text)
        except (ValueError, RecursionError):
            return None
        return redacted if isinstance(redacted, dict) else None

    def _beginning(self, content: bytes) -> str:
        """The beginning of a body that is not JSON, for an error."""
        text = content[:READ_TEXT].decode("utf-8", "replace")
        if len(content) > READ_TEXT:
            # The last word may be a part of the key, and blanks before it do not count.
            text = re.sub(r"(?<=\s)\S*$", "", text)
        return self._redactor.for_display(text)[:SHOWN_TEXT]

    def _error_response(self, status: int, document: Mapping[str, Any], purpose: str) -> ApiError:
        """The error for a response that says no."""
        code, message, context = self._first_error(document.get("errors"))
        reason = self._reason(code, message, context)
        if status in (401, 403):
            sentence = (
                f"Could not {purpose}: the API does not accept this api_key here;"
                f" check the key and what its owner may do in {self._label} (the API says: {reason})."
            )
        else:
            sentence = f"Could not {purpose}: {reason}{'' if status < 400 else f' (HTTP {status})'}."
        error = ApiError(sentence, status, code, message, context)
        error.reason = reason if message or code is not None else None
        return error

    def _task_failure(self, errors: Any, result: Any, task_id: str) -> TaskFailed:
        code, message, context = self._first_error(errors)
        if message is None and result:
            if isinstance(result, dict):
                result = next((value for name, value in result.items() if re.search("error|message|reason", name, re.I)), result)
            message = self._redactor.for_display(result)
        reason = self._reason(code, message, context)
        shown_id = self._redactor.for_display(task_id)
        failed = TaskFailed(f"The API reports that task {shown_id} has failed: {reason}.", None, code, message, context)
        failed.task_id = task_id
        return failed

    def _first_error(self, errors: Any) -> tuple[int | str | None, str | None, dict[str, Any]]:
        """Code, message and context of an ``errors`` field; the messages of further entries are joined to the first's."""
        code: int | str | None = None
        messages: list[str] = []
        context: dict[str, Any] = {}
        for entry in errors if isinstance(errors, list) else [errors]:
            if entry is None or entry == "":
                continue
            if not isinstance(entry, dict):
                messages.append(self._redactor.for_display(entry))
                continue
            if entry.get("message"):
                messages.append(self._redactor.for_display(entry["message"]))
            if code is None:
                code = entry.get("code", entry.get("errorCode"))
                context = entry["context"] if isinstance(entry.get("context"), dict) else {}
        if code is not None and not isinstance(code, int):
            code = self._redactor.for_display(code)
        return code, "; ".join(messages) or None, self._redactor.redact(context) if _is_readable(context) else {}

    def _reason(self, code: int | str | None, message: str | None, context: Mapping[str, Any]) -> str:
        """Message, code and context as a clause."""
        for_display = self._redactor.for_display
        details = [f"code {code}"] if code is not None else []
        for name, value in context.items():
            shown = ", ".join(str(item) for item in value) if isinstance(value, list) else value
            details.append(f"{for_display(name)}: {for_display(shown)}")
        reason = (message or "no reason was given").rstrip(". ")
        return f"{reason} ({'; '.join(details)})" if details else reason


def _upper(status: Any) -> str:
    return status.upper() if isinstance(status, str) else ""


def _is_readable(context: Mapping[str, Any]) -> bool:
    """Whether the context of an error is small and flat enough to be shown."""
    try:
        text = json.dumps(context)
    except RecursionError:
        return False
    return len(text) <= MAX_CONTEXT and text.count("[") + text.count("{") < 100


def _host_of(url: str) -> str | None:
    """The host of a URL; None if it has none or is not a URL."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _retry_after(value: str | None) -> float | None:
    """Seconds of a Retry-After header, which has a number or a date; None if it has neither."""
    if not value:
        return None
    if re.fullmatch(r"\d{1,9}", value.strip()):
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError, OSError):
        return None
