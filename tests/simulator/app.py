# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP face of the simulator: the API under /api/v2, its controls under /_simulator."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from .cloud import (
    API_KEY,
    BASE_PATH,
    CODE_KEY,
    CODE_PARAMETER,
    CODE_UNKNOWN,
    CONNECTION_ID,
    ENVIRONMENTS,
    ORGANIZATION,
    SERVICE_CODE,
    SUB_ORGANIZATION,
    Cloud,
    Environment,
    Refusal,
    Task,
    TaskFault,
    is_uuid,
)
from .faults import TASK_KINDS, Fault, Faults

# Where the server puts the connection's socket into a request's WSGI environment.
CONNECTION = "simulator.connection"
JSON_TYPE = "application/json"
HTML = "<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1><p>{}</p></body></html>"


class Face:
    """Turns requests into calls of a Cloud and what it returns into envelopes; applies faults; keeps the log."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.faults = Faults()
        self.log: list[dict[str, Any]] = []
        # One request at a time changes the cloud; waiting (delays) happens outside of it.
        self.lock = threading.RLock()

    # -- envelopes

    def json(self, value: Any, status: int = 200) -> Response:
        """A JSON answer."""
        return Response(json.dumps(value), status=status, content_type=JSON_TYPE)

    def refusal(self, refusal: Refusal) -> Response:
        """An ``errors`` envelope."""
        settings = self.cloud.settings
        error: dict[str, Any] = {"message": refusal.message, "context": refusal.context}
        if settings.error_code == "code":
            error["code"] = refusal.code
        else:
            error["errorCode"] = str(refusal.code)
        return self.json({"errors": [error]}, 200 if settings.error_status == "ok" else refusal.status)

    def started(self, task: Task) -> Response:
        """The first answer to a write."""
        settings = self.cloud.settings
        if task.operation == "update" and settings.update_answer == "empty":
            return Response(status=204)
        if task.operation == "update" and settings.update_answer == "data":
            return self.json({"data": task.result})
        envelope: dict[str, Any] = {"taskId": task.id, "taskStatus": task.status}
        if settings.first_answer == "pending_with_data":
            envelope["data"] = {"id": task.instance["id"]} if task.operation == "create" else {}
        if task.status == "SUCCESS":
            envelope["data"] = task.result
        elif task.status != "PENDING":
            envelope["errors"] = [{"code": CODE_PARAMETER, "message": task.failure, "context": {}}]
        return self.json(envelope)

    def task(self, task: Task) -> Response:
        """The answer to a poll, in the shape that the settings say."""
        settings = self.cloud.settings
        body: dict[str, Any] = {}
        if task.status == "SUCCESS":
            body["result"] = task.result
        elif task.status != "PENDING":
            if settings.failed_detail == "errors":
                body["errors"] = [{"code": CODE_PARAMETER, "message": task.failure, "context": {}}]
            else:
                body["result"] = {"errorText": task.failure}
        if settings.task_shape == "flat":
            return self.json({"taskId": task.id, "taskStatus": task.status, **body})
        created = datetime.now(timezone.utc).isoformat()
        errors = {"errors": body.pop("errors")} if "errors" in body else {}
        return self.json({"data": {"id": task.id, "status": task.status, "created": created, **body, **errors}})

    def listed(self, rows: list[dict[str, Any]]) -> Response:
        """A list envelope: whole, or the page that was asked for."""
        settings, query = self.cloud.settings, request.args
        if query.get("sort_by"):
            rows = sorted(rows, key=lambda row: str(row.get(query["sort_by"])), reverse=query.get("sort_order", "").upper() == "DESC")
        metadata: dict[str, Any] = {"recordCount": len(rows)}
        asked = [name for name in ("page_number", "page_size") if name in query]
        if (asked and settings.paging == "honoured") or settings.page_size:
            honoured = settings.paging == "honoured"
            try:
                number = int(query.get("page_number", 1)) if honoured else 1
                size = int(query.get("page_size", settings.page_size or len(rows) or 1)) if honoured else settings.page_size
            except ValueError:
                raise Refusal(400, CODE_PARAMETER, "page_number and page_size are numbers.") from None
            if number < 1 or size < 1:
                raise Refusal(400, CODE_PARAMETER, "page_number and page_size begin at 1.")
            if settings.page_size:
                size = min(size, settings.page_size)
            rows = rows[(number - 1) * size : number * size]
            metadata.update(pageSize=size, pageCurrent=number)
        return self.json({"data": rows, "metadata": metadata})

    # -- routing

    def answer(self, path: str) -> Response:
        """Carries out one API request and answers it."""
        key = request.headers.get("MC-Api-Key")
        if key != API_KEY:
            raise Refusal(403, CODE_KEY, "The API key is missing." if not key else "The API key is not valid.")
        self.cloud.advance()
        parts = path.strip("/").split("/")
        organization = request.args.get("org_id")
        if parts[0] == "tasks" and len(parts) == 2:
            self.allow("GET")
            return self.task(self.cloud.task(parts[1]))
        if parts == ["environments"]:
            self.allow("GET")
            return self.listed(self.environment_rows(organization))
        if parts == ["services", "connections"]:
            self.allow("GET")
            row = {
                "id": CONNECTION_ID,
                "serviceCode": SERVICE_CODE,
                "name": "Compute",
                "type": "CloudStack",
                "status": {"reachable": True},
            }
            return self.listed([row])
        if parts[0] != "services" or len(parts) not in (4, 5):
            raise Refusal(404, CODE_UNKNOWN, "There is no such resource.", {"type": "resources"})
        environment = self.cloud.environment(organization, parts[1], parts[2])
        entity = parts[3]
        if entity == "instances":
            return self.instances(environment, parts[4] if len(parts) == 5 else None)
        if entity not in environment.siblings:
            raise Refusal(404, CODE_UNKNOWN, f"There is no entity type {entity}.", {"type": entity})
        self.allow("GET")
        rows = environment.sibling_list(entity, request.args.to_dict())
        if len(parts) == 4:
            return self.listed(rows)
        for row in rows:
            if (row.get("id") or row["name"]) == parts[4]:
                return self.json({"data": row})
        raise Refusal(404, CODE_UNKNOWN, f"{entity} {parts[4]} was not found.", {"id": parts[4], "type": entity})

    def environment_rows(self, organization: str | None) -> list[dict[str, Any]]:
        """The environments that the key can see in an organization."""
        own = organization or ORGANIZATION
        if own not in (ORGANIZATION, SUB_ORGANIZATION):
            raise Refusal(403, CODE_KEY, "The API key gives no access to this organization.", {"id": own})
        connection = {"id": CONNECTION_ID, "name": "Compute"}
        return [
            {"id": f"{own[:-1]}{index}", "name": name, "organization": {"id": own}, "serviceConnection": connection}
            for index, name in enumerate(ENVIRONMENTS)
        ]

    def instances(self, environment: Environment, instance_id: str | None) -> Response:
        """The endpoints of instances.md."""
        if instance_id is None:
            self.allow("GET", "POST")
            if request.method == "GET":
                return self.listed(environment.listed())
            return self.started(environment.create(self.body()))
        self.allow("GET", "PUT", "DELETE", "POST")
        if not is_uuid(instance_id):
            raise Refusal(404, CODE_UNKNOWN, f"Instance {instance_id} was not found.", {"id": instance_id, "type": "instances"})
        if request.method == "GET":
            return self.json({"data": environment.detail(instance_id)})
        if request.method == "PUT":
            return self.started(environment.update(instance_id, self.body()))
        if request.method == "DELETE":
            return self.started(environment.destroy(instance_id, self.body(typed=False)))
        return self.started(environment.operate(instance_id, request.args.get("operation", ""), self.body()))

    @staticmethod
    def allow(*methods: str) -> None:
        """405 for any other verb."""
        if request.method not in methods:
            raise Refusal(405, CODE_PARAMETER, f"{request.method} is not allowed here; allowed: {', '.join(methods)}.")

    @staticmethod
    def body(typed: bool = True) -> Any:
        """The JSON body, None if there is none. ``typed``: it must be declared as JSON (curl's DELETE does not)."""
        raw = request.get_data()
        if not raw:
            return None
        if typed and request.mimetype != JSON_TYPE:
            raise Refusal(400, CODE_PARAMETER, "The body must be declared as application/json.")
        try:
            return json.loads(raw)
        except ValueError:
            raise Refusal(400, CODE_PARAMETER, "The body is not JSON.") from None

    # -- faults and log

    def serve(self, path: str) -> Response:
        """One API request, from the log entry to the answer, with whatever fault hits it."""
        full = f"{BASE_PATH}/{path}"
        raw = request.get_data()
        entry: dict[str, Any] = {
            "method": request.method,
            "path": full,
            "query": request.args.to_dict(),
            "body": _loaded(raw),
            "status": None,
        }
        self.log.append(entry)
        fault = self.faults.hit(request.method, full, request.query_string.decode())
        response = self.carry_out(path) if fault is None else self.misbehave(fault, path)
        entry["status"] = None if response.headers.get("X-Dropped") else response.status_code
        return response

    def carry_out(self, path: str, task_fault: TaskFault | None = None) -> Response:
        """The answer that a sound server gives."""
        with self.lock:
            self.cloud.task_fault = task_fault
            try:
                return self.answer(path)
            except Refusal as refusal:
                return self.refusal(refusal)
            finally:
                self.cloud.task_fault = None

    def misbehave(self, fault: Fault, path: str) -> Response:
        """The answer, or none, that a fault makes of a request."""
        if fault.kind in TASK_KINDS:
            if path.startswith("tasks/"):
                return self.misbehaving_task(fault, path)
            return self.carry_out(path, TaskFault(fault.kind, fault.message, fault.leaves))
        sound = self.carry_out(path) if fault.acts == "first" else None
        if fault.kind == "delay":
            time.sleep(fault.seconds)
            if sound is not None:
                return sound
            return self.drop() if fault.acts == "never" else self.carry_out(path)
        return self.faulty_answer(fault, sound)

    def faulty_answer(self, fault: Fault, sound: Response | None) -> Response:
        """What arrives instead of the sound answer."""
        if fault.kind in ("drop_before", "drop_after"):
            return self.drop()
        if fault.kind == "status":
            status = fault.status or 500
            if fault.body is not None:
                answer = self.json(fault.body, status)
            elif status == 204:
                answer = Response(status=204)
            else:
                answer = self.json({"errors": [{"code": status, "message": fault.message, "context": {}}]}, status)
        elif fault.kind == "html":
            answer = Response(HTML.format(fault.message), status=fault.status or 502, content_type="text/html")
        elif fault.kind == "broken_json":
            whole = sound.get_data(as_text=True) if sound is not None else '{"data": [{"id": "9db8ff2f'
            answer = Response(whole[: max(1, len(whole) // 2)], status=fault.status or 200, content_type=JSON_TYPE)
        elif fault.kind == "empty":
            answer = Response(b"", status=fault.status or 200, content_type=JSON_TYPE)
        elif fault.kind == "drip":
            answer = self.dripping(sound if sound is not None else self.json({}), fault.seconds)
        else:
            answer = Response(status=fault.status or 302)
            answer.headers["Location"] = fault.location
        answer.headers.update(fault.headers)
        return answer

    def misbehaving_task(self, fault: Fault, path: str) -> Response:
        """A poll that says failed, unknown or pending, whatever became of the task."""
        with self.lock:
            self.cloud.advance()
            task_id = path.split("/")[1]
            if fault.kind == "task_lost":
                return self.refusal(Refusal(404, CODE_UNKNOWN, f"Task {task_id} was not found.", {"id": task_id, "type": "tasks"}))
            try:
                real = self.cloud.task(task_id)
            except Refusal as refusal:
                return self.refusal(refusal)
            failed = fault.kind == "task_failed"
            status = self.cloud.settings.failed_word if failed else "PENDING"
            shown = Task(real.id, real.operation, real.environment, real.instance, real.created, real.ends_at, None, status=status)
            shown.failure = fault.message
            return self.task(shown)

    @staticmethod
    def dripping(sound: Response, seconds: float) -> Response:
        """The sound answer, its bytes spread over some seconds."""
        data = sound.get_data()
        step = max(1, len(data) // 50)

        def drops() -> Iterator[bytes]:
            for start in range(0, len(data), step):
                time.sleep(seconds * step / max(1, len(data)))
                yield data[start : start + step]

        slow = Response(drops(), status=sound.status_code, content_type=sound.content_type)
        slow.headers["Content-Length"] = str(len(data))
        return slow

    @staticmethod
    def drop() -> Response:
        """Ends the connection with no answer; what Flask then writes goes nowhere."""
        connection = request.environ.get(CONNECTION)
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        response = Response(status=500)
        response.headers["X-Dropped"] = "1"
        return response

    # -- controls

    def control(self, what: str) -> Response:
        """The simulator's own controls; no key is needed."""
        verbs: dict[str, dict[str, Callable[[], Any]]] = {
            "faults": {
                "GET": lambda: [vars(fault) for fault in self.faults.active],
                "POST": lambda: [vars(fault) for fault in self.faults.add(self.body())],
                "DELETE": self.faults.clear,
            },
            "reset": {"POST": self.reset},
            "requests": {"GET": lambda: list(self.log), "DELETE": self.log.clear},
            "settings": {"GET": lambda: vars(self.cloud.settings), "POST": self.change_settings},
            "instances": {"POST": self.place},
            "siblings": {"POST": self.add_sibling},
        }
        head, _slash, rest = what.partition("/")
        actions = {"PATCH": lambda: self.amend(rest)} if head == "instances" and rest else verbs.get(what)
        if actions is None:
            raise Refusal(404, CODE_UNKNOWN, f"The simulator has no control {what}.")
        self.allow(*actions)
        with self.lock:
            return self.json(actions[request.method]())

    def reset_all(self) -> None:
        """Back to the beginning: no instances, no faults, an empty log."""
        with self.lock:
            self.cloud.reset()
            self.faults.clear()
            self.log.clear()

    def reset(self) -> Any:
        """The control for it; a body sets settings at once."""
        self.reset_all()
        return self.change_settings()

    def change_settings(self) -> Any:
        """Changes settings; what is not named stays."""
        self.cloud.settings = self.cloud.settings.changed(self.body() or {})
        return vars(self.cloud.settings)

    def control_environment(self) -> Environment:
        """The environment that a control's query parameter names; the first one by default."""
        return self.cloud.environment(request.args.get("org_id"), SERVICE_CODE, request.args.get("environment", ENVIRONMENTS[0]))

    def place(self) -> Any:
        """Puts instances there at once: an object, a list of them, or ``{"count": N, "prefix": "name-"}``."""
        body, environment = self.body(), self.control_environment()
        if isinstance(body, dict) and "count" in body:
            prefix = body.get("prefix", "instance-")
            rest = {k: v for k, v in body.items() if k not in ("count", "prefix")}
            body = [{**rest, "name": f"{prefix}{number:05d}"} for number in range(body["count"])]
        rows = [environment.place(values) for values in (body if isinstance(body, list) else [body])]
        return [row["id"] for row in rows]

    def amend(self, instance_id: str) -> Any:
        """Changes an instance behind everybody's back; ``{"gone": true}`` removes it."""
        self.cloud.advance()
        environment = self.control_environment()
        instance, values = environment.instance(instance_id), self.body()
        if values.get("gone"):
            environment.vanish(instance)
            return None
        self.cloud.supersede(instance["id"])
        environment.amend(instance, values)
        return environment.public(instance)

    def add_sibling(self) -> Any:
        """Adds an entry to a sibling list: ``{"kind": "templates", "entry": {...}}``; what is missing is copied from its first."""
        body, environment = self.body(), self.control_environment()
        rows = environment.siblings[body["kind"]]
        rows.append({**(rows[0] if rows else {}), **body["entry"]})
        return rows[-1]


def _loaded(raw: bytes) -> Any:
    """A body for the log: its JSON, else its text, else None."""
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")


def create_app(cloud: Cloud) -> Flask:
    """The Flask application; ``app.extensions["face"]`` is its Face, for tests in the same process."""
    app = Flask("simulator", static_folder=None)
    face = app.extensions["face"] = Face(cloud)
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]

    @app.route(f"{BASE_PATH}/<path:path>", methods=methods)
    def api(path: str) -> Response:
        return face.serve(path)

    @app.route("/_simulator/<path:what>", methods=methods)
    def control(what: str) -> Response:
        try:
            return face.control(what)
        except Refusal as refusal:
            return face.refusal(refusal)

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        return face.refusal(Refusal(error.code or 500, CODE_UNKNOWN, error.description or "There is no such resource."))

    return app
