# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fault makes of a request."""

from __future__ import annotations

import contextlib
import json
import socket
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from flask import Response, request

from .cloud import Cloud
from .envelopes import JSON_TYPE, json_response, task_response
from .faults import TASK_KINDS, Fault
from .model import not_found
from .tasks import TaskFault

# Where the server puts the connection's socket into a request's WSGI environment.
CONNECTION = "simulator.connection"
# Marks a response that never arrives, for the log.
DROPPED = "X-Dropped"
HTML = "<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1><p>{}</p></body></html>"


def misbehave(fault: Fault, carry_out: Callable[[TaskFault | None], Response], pause: Callable[[float], None]) -> Response:
    """Returns what a fault makes of the response.

    ``carry_out`` does what the request asks for; it is called if the fault says so. ``pause`` waits for some seconds.
    """
    if fault.kind in TASK_KINDS:
        return carry_out(TaskFault(fault.kind, fault.message, fault.leaves))
    if fault.kind == "delay":
        return _delayed(fault, carry_out, pause)
    proper = carry_out(None) if fault.acts == "first" else None
    if fault.kind in ("drop_before", "drop_after"):
        return _drop()
    response = _drip(fault, proper, pause) if fault.kind == "drip" else RESPONSES[fault.kind](fault, proper)
    response.headers.update(fault.headers)
    return response


def misreport(fault: Fault, cloud: Cloud, task_id: str) -> Response:
    """The response to a poll that says failed, unknown or pending, whatever the task has come to."""
    cloud.advance()
    if fault.kind == "task_lost":
        raise not_found(f"Task {task_id} was not found.", id=task_id, type="tasks")
    status = cloud.settings.failed_status if fault.kind == "task_failed" else "PENDING"
    return task_response(replace(cloud.task(task_id), status=status, failure=fault.message, result=None), cloud.settings)


def _delayed(fault: Fault, carry_out: Callable[[TaskFault | None], Response], pause: Callable[[float], None]) -> Response:
    proper = carry_out(None) if fault.acts == "first" else None
    pause(fault.seconds)
    if proper is not None:
        return proper
    return _drop() if fault.acts == "never" else carry_out(None)


def _drop() -> Response:
    """Ends the connection without a response. What Flask then writes is not sent."""
    connection = request.environ.get(CONNECTION)
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500, headers={DROPPED: "1"})


def _status(fault: Fault, _proper: Response | None) -> Response:
    status = fault.status or 500
    if fault.body is not None:
        return json_response(fault.body, status)
    if status == 204:
        return Response(status=204)
    return json_response({"errors": [{"code": status, "message": fault.message, "context": {}}]}, status)


def _html(fault: Fault, _proper: Response | None) -> Response:
    return Response(HTML.format(fault.message), status=fault.status or 502, content_type="text/html")


def _broken_json(fault: Fault, proper: Response | None) -> Response:
    text = proper.get_data(as_text=True) if proper is not None else '{"data": [{"id": "9db8ff2f'
    return Response(text[: max(1, len(text) // 2)], status=fault.status or 200, content_type=JSON_TYPE)


def _empty(fault: Fault, _proper: Response | None) -> Response:
    return Response(b"", status=fault.status or 200, content_type=JSON_TYPE)


def _drip(fault: Fault, proper: Response | None, pause: Callable[[float], None]) -> Response:
    """The proper response, its bytes spread over some seconds."""
    response = proper if proper is not None else json_response({})
    data = response.get_data()
    step = max(1, len(data) // 50)

    def drops() -> Iterator[bytes]:
        for start in range(0, len(data), step):
            pause(fault.seconds * step / max(1, len(data)))
            yield data[start : start + step]

    slow = Response(drops(), status=response.status_code, content_type=response.content_type)
    slow.headers["Content-Length"] = str(len(data))
    return slow


def _redirect(fault: Fault, _proper: Response | None) -> Response:
    return Response(status=fault.status or 302, headers={"Location": fault.location})


def _interim(_fault: Fault, proper: Response | None) -> Response:
    """The proper response after two interim ones."""
    connection = request.environ.get(CONNECTION)
    if connection is not None:
        connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n")
    return proper or json_response({})


def _another_id(fault: Fault, proper: Response | None) -> Response:
    """The proper response with another instance's id, in a response to a write and in the result of a task as well."""
    document = _document(proper)
    data = document.get("data")
    inside = [document.get("result"), data, data.get("result") if isinstance(data, dict) else None]
    for place in inside:
        # A task has an id too.
        if isinstance(place, dict) and "id" in place and "status" not in place:
            place["id"] = fault.body
    if "taskId" in document and "data" not in document and request.method != "GET":
        document["data"] = {"id": fault.body}
    return json_response(document, proper.status_code if proper is not None else 200)


def _another_task(_fault: Fault, proper: Response | None) -> Response:
    """The response to a poll as if it were about another task, which is done."""
    document = _document(proper)
    task = {"id": str(uuid.uuid4()), "status": "SUCCESS", "result": {"id": str(uuid.uuid4()), "password": "another's"}}
    if "taskStatus" in document:
        return json_response({"taskId": task["id"], "taskStatus": task["status"], "result": task["result"]})
    return json_response({"data": task})


def _no_count(_fault: Fault, proper: Response | None) -> Response:
    """The proper response without the number of entries."""
    document = _document(proper)
    document.pop("metadata", None)
    return json_response(document, proper.status_code if proper is not None else 200)


def _document(proper: Response | None) -> dict[str, Any]:
    document = json.loads(proper.get_data()) if proper is not None and proper.get_data() else {}
    return document if isinstance(document, dict) else {}


# Kind: makes what arrives instead of the proper response, which is None if the request was not carried out.
RESPONSES: dict[str, Callable[[Fault, Response | None], Response]] = {
    "status": _status,
    "html": _html,
    "broken_json": _broken_json,
    "empty": _empty,
    "redirect": _redirect,
    "interim": _interim,
    "another_id": _another_id,
    "another_task": _another_task,
    "no_count": _no_count,
}
