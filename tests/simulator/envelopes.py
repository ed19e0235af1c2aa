# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP bodies: reading those of requests, writing the API's envelopes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from flask import Response, request

from .cloud import Task
from .model import CODE_PARAMETER, ErrorResponse, Settings, invalid

JSON_TYPE = "application/json"


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
        return json_response({"data": task.result})
    envelope: dict[str, Any] = {"taskId": task.id, "taskStatus": task.status}
    if settings.first_response == "pending_with_data":
        envelope["data"] = {"id": task.instance["id"]} if task.operation == "create" else {}
    if task.status == "SUCCESS":
        envelope["data"] = task.result
    elif task.status != "PENDING":
        envelope["errors"] = _failure(task)
    return json_response(envelope)


def task_response(task: Task, settings: Settings) -> Response:
    """The response to a poll."""
    body: dict[str, Any] = {}
    if task.status == "SUCCESS":
        body["result"] = task.result
    elif task.status != "PENDING":
        if settings.failed_detail == "errors":
            body["errors"] = _failure(task)
        else:
            body["result"] = {"errorText": task.failure}
    if settings.task_shape == "flat":
        return json_response({"taskId": task.id, "taskStatus": task.status, **body})
    created = datetime.now(timezone.utc).isoformat()
    return json_response({"data": {"id": task.id, "status": task.status, "created": created, **body}})


def list_response(resources: list[dict[str, Any]], query: Mapping[str, str], settings: Settings) -> Response:
    """A list, or the page of it that the query asks for."""
    if query.get("sort_by"):
        descending = query.get("sort_order", "").upper() == "DESC"
        resources = sorted(resources, key=lambda resource: str(resource.get(query["sort_by"])), reverse=descending)
    metadata: dict[str, Any] = {"recordCount": len(resources)}
    honoured = settings.paging == "honoured"
    if settings.page_size or (honoured and ("page_number" in query or "page_size" in query)):
        number, size = _page(query, len(resources), settings) if honoured else (1, settings.page_size)
        resources = resources[(number - 1) * size : number * size]
        metadata.update(pageSize=size, pageCurrent=number)
    return json_response({"data": resources, "metadata": metadata})


def _page(query: Mapping[str, str], count: int, settings: Settings) -> tuple[int, int]:
    """Number and size of the page that the query asks for."""
    try:
        number, size = int(query.get("page_number", 1)), int(query.get("page_size", settings.page_size or count or 1))
    except ValueError:
        raise invalid("page_number and page_size must be numbers.") from None
    if number < 1 or size < 1:
        raise invalid("page_number and page_size must be at least 1.")
    return number, min(size, settings.page_size) if settings.page_size else size
