# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP bodies: reading those of requests, writing the API's envelopes."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from .cloud import Task
from .model import CODE_PARAMETER, ErrorResponse, invalid
from .settings import Settings

JSON_TYPE = "application/json"
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


def error_response(error: ErrorResponse, settings: Settings) -> Response:
    """An error, as an ``errors`` envelope."""
    body: dict[str, Any] = {"message": error.message, "context": error.context}
    if settings.error_code == "code":
        body["code"] = error.code
    else:
        body["errorCode"] = str(error.code)
    return json_response({"errors": [body]}, 200 if settings.error_status == "ok" else error.status)


def _failure(task: Task) -> list[dict[str, Any]]:
    return [{"code": CODE_PARAMETER, "message": task.failure, "context": {}}]


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
        envelope["data"] = shown(task.result, settings)
    elif task.status != "PENDING":
        envelope["errors"] = _failure(task)
    return json_response(envelope)


def task_response(task: Task, settings: Settings) -> Response:
    """The response to a poll."""
    body: dict[str, Any] = {}
    if task.status == "SUCCESS":
        body["result"] = shown(task.result, settings)
    elif task.status != "PENDING":
        if settings.failed_detail == "errors":
            body["errors"] = _failure(task)
        else:
            body["result"] = {"errorText": task.failure}
    if settings.task_shape == "flat":
        return json_response({"taskId": task.id, "taskStatus": task.status, **body})
    return json_response({"data": {"id": task.id, "status": task.status, "created": task.created, **body}})


def list_response(resources: list[dict[str, Any]], settings: Settings) -> Response:
    """A list, or the page of it that the request asks for."""
    if request.args.get("sort_by"):
        descending = request.args.get("sort_order", "").upper() == "DESC"
        resources = sorted(resources, key=lambda resource: str(resource.get(request.args["sort_by"])), reverse=descending)
    metadata: dict[str, Any] = {"recordCount": len(resources)}
    asked = _asked(settings)
    if settings.page_size or asked:
        number, size = _page(asked, len(resources), settings)
        resources = resources[(number - 1) * size : number * size]
        metadata.update(pageSize=size, pageCurrent=number)
    return json_response({"data": shown(resources, settings), "metadata": metadata})


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
