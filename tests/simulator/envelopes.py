# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP bodies: reading those of requests, writing the API's envelopes."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from .model import CODE_PARAMETER, ErrorResponse, invalid
from .settings import Settings
from .tasks import Task, TaskReport

JSON_TYPE = "application/json"
# The operations whose tasks have a result, according to the documentation.
PROMISED = ("create", "resetPassword")
# Query parameter: the request header with the same meaning, in the oldest description of the API.
PAGING_HEADERS = {"page_number": "MC-Current-Page", "page_size": "MC-Page-Size"}


def allow(*methods: str) -> None:
    """Raises a 405 if the request has another method."""
    if request.method not in methods:
        raise ErrorResponse(405, CODE_PARAMETER, f"{request.method} is not allowed here; allowed: {', '.join(methods)}.")


def json_body(typed: bool = True) -> Any:
    """The JSON body of the request; None if there is none. ``typed``: it must be declared as JSON, which curl's DELETE is not."""
    raw = request.get_data()
    if not raw:
        return None
    if typed and request.mimetype != JSON_TYPE:
        raise invalid("The body must be declared as application/json.")
    try:
        return json.loads(raw)
    except ValueError:
        raise invalid("The body is not JSON.") from None


def json_response(value: Any, status: int = 200) -> Response:
    """A JSON response."""
    return Response(json.dumps(value), status=status, content_type=JSON_TYPE)


def shown(value: Any, settings: Settings) -> Any:
    """Data as it is sent: with numbers and booleans as text, if the settings say so."""
    if not settings.text_numbers:
        return value
    if isinstance(value, dict):
        return {name: shown(item, settings) for name, item in value.items()}
    if isinstance(value, list):
        return [shown(item, settings) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value


def data_response(value: Any, settings: Settings) -> Response:
    """A response with data."""
    return json_response({"data": shown(value, settings)})


def _error(code: int, message: str | None, context: dict[str, Any], settings: Settings) -> dict[str, Any]:
    named = {"code": code} if settings.error_code == "code" else {"errorCode": str(code)}
    return {**named, "message": message, "context": context}


def _failure(task: TaskReport, settings: Settings) -> list[dict[str, Any]]:
    return [_error(CODE_PARAMETER, task.failure, {}, settings)]


def error_response(error: ErrorResponse, settings: Settings, task: TaskReport | None = None) -> Response:
    """An error, as an ``errors`` envelope; with a failed task, if there is one."""
    envelope: dict[str, Any] = {"errors": [_error(error.code, error.message, error.context, settings)]}
    if task is not None:
        envelope = {"taskId": task.id, "taskStatus": task.status, **envelope}
    return json_response(envelope, 200 if settings.error_status == "ok" else error.status)


def _result(task: TaskReport, key: str, settings: Settings) -> dict[str, Any]:
    """The result of a task that has ended, if it has one, under a key."""
    has_result = settings.task_results == "all" or task.operation in PROMISED
    return {key: shown(task.result, settings)} if has_result else {}


def write_response(task: Task, settings: Settings) -> Response:
    """The response to the write that started a task."""
    if task.operation == "update" and settings.update_response == "empty":
        return Response(status=204)
    if task.operation == "update" and settings.update_response == "data":
        return data_response(task.result, settings)
    envelope: dict[str, Any] = {"taskId": task.id, "taskStatus": task.status}
    if settings.first_response == "pending_with_data":
        envelope["data"] = {"id": task.instance["id"]} if task.operation == "create" else {}
    if task.status == "SUCCESS":
        if settings.first_response != "done_without_data":
            envelope.update(_result(task, "data", settings))
    elif task.status != "PENDING":
        envelope["errors"] = _failure(task, settings)
    return json_response(envelope)


def task_response(task: TaskReport, settings: Settings) -> Response:
    """The response to a poll."""
    body: dict[str, Any] = {}
    if task.status == "SUCCESS":
        body = _result(task, "result", settings)
    elif task.status != "PENDING":
        said = {"errors": _failure(task, settings), "result": {"errorText": task.failure}}
        body = {settings.failed_detail: said[settings.failed_detail]}
    if settings.task_shape == "flat":
        return json_response({"taskId": task.id, "taskStatus": task.status, **body})
    return json_response({"data": {"id": task.id, "status": task.status, "created": task.created, **body}})


def list_response(resources: list[dict[str, Any]], settings: Settings, counted: bool = True) -> Response:
    """A list, or the page of it that the request asks for. ``counted``: it says how many entries there are."""
    if request.args.get("sort_by"):
        descending = request.args.get("sort_order", "").upper() == "DESC"
        resources = sorted(resources, key=lambda resource: str(resource.get(request.args["sort_by"])), reverse=descending)
    metadata: dict[str, Any] = {"recordCount": len(resources)}
    asked = _asked(settings)
    if settings.page_size or asked:
        number, size = _page(asked, len(resources), settings)
        resources = resources[(number - 1) * size : number * size]
        metadata.update(pageSize=size, pageCurrent=number)
    data = {"data": shown(resources, settings)}
    return json_response({**data, "metadata": metadata} if counted else data)


def _asked(settings: Settings) -> dict[str, str]:
    """What the request says about the page, as far as that has an effect."""
    if settings.paging != "honoured":
        return {}
    names = {name: header if settings.header_paging else name for name, header in PAGING_HEADERS.items()}
    given = request.headers if settings.header_paging else request.args
    return {name: given[where] for name, where in names.items() if where in given}


def _page(asked: dict[str, str], count: int, settings: Settings) -> tuple[int, int]:
    """Number and size of the page that is asked for."""
    try:
        number, size = int(asked.get("page_number", 1)), int(asked.get("page_size", settings.page_size or count or 1))
    except ValueError:
        raise invalid("page_number and page_size must be numbers.") from None
    if number < 1 or size < 1:
        raise invalid("page_number and page_size must be at least 1.")
    return number, min(size, settings.page_size) if settings.page_size else size
