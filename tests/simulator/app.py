# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side of the simulator: the API under /api/v2, its controls under /_simulator."""

from __future__ import annotations

import json
import threading
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from .administration import connections, environments, organization
from .checks import is_uuid
from .cloud import Cloud
from .controls import Controls
from .creation import create
from .envelopes import allow, data_response, error_response, json_body, list_response, task_response, write_response
from .environment import Environment
from .faults import TASK_KINDS, Faults
from .misbehaviour import DROPPED, misbehave, misreport
from .model import (
    API_KEY,
    BASE_PATH,
    CODE_KEY,
    CODE_UNKNOWN,
    ErrorResponse,
    invalid,
    not_found,
)
from .operations import DELETE, UPDATE, perform, perform_named
from .tasks import TaskFault


class SimulatorApp:
    """Responds to requests from a Cloud, with the faults that are in force, and keeps a log of them."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.faults = Faults()
        self.log: list[dict[str, Any]] = []
        # One request at a time changes the cloud. Delays happen outside of it.
        self.lock = threading.RLock()
        self.controls = Controls(cloud, self.faults, self.log, self.lock)

    def reset_all(self) -> None:
        """Goes back to the beginning: no instances, no faults, an empty log."""
        self.controls.reset_all()

    # -- one request, from the outside in

    def serve(self, path: str) -> Response:
        """One API request, from its entry in the log to the response, with the fault that hits it."""
        full = f"{BASE_PATH}/{path}"
        entry = {
            "method": request.method,
            "path": full,
            "query": request.args.to_dict(),
            "body": _loaded(request.get_data()),
            "status": None,
        }
        self.log.append(entry)
        fault = self.faults.hit(request.method, full, request.query_string.decode())
        if fault is None:
            response = self.carry_out(path)
        elif fault.kind in TASK_KINDS and path.startswith("tasks/"):
            with self.lock:
                response = self._misreport(fault, path)
        else:
            response = misbehave(fault, lambda task_fault: self.carry_out(path, task_fault), self.faults.pause)
        entry["status"] = None if DROPPED in response.headers else response.status_code
        return response

    def carry_out(self, path: str, task_fault: TaskFault | None = None) -> Response:
        """The response without faults, but for one that hits the task that the request starts."""
        with self.lock, self.cloud.next_task_fails(task_fault):
            try:
                return self.dispatch(path)
            except ErrorResponse as error:
                return self._refusal(error)

    def dispatch(self, path: str) -> Response:
        """The response to one API request; raises ErrorResponse."""
        self._check_key()
        self.cloud.advance()
        parts = path.strip("/").split("/")
        if parts[0] == "tasks" and len(parts) == 2:
            allow("GET")
            return task_response(self.cloud.task(parts[1]), self.cloud.settings)
        if parts[0] == "environments" and len(parts) <= 2:
            found = environments(organization(request.args.get("org_id")))
            return self._administered(found, "environments", *parts[1:])
        if parts[:2] == ["services", "connections"] and len(parts) <= 3:
            return self._administered(connections(request.args.get("organizationId")), "serviceConnections", *parts[2:])
        if parts[0] != "services" or len(parts) not in (4, 5):
            raise not_found("There is no such resource.", type="resources")
        environment = self.cloud.environment(request.args.get("org_id"), parts[1], parts[2])
        single = parts[4] if len(parts) == 5 else None
        if parts[3] != "instances":
            return self._resources(environment, parts[3], single)
        return self._instances(environment) if single is None else self._instance(environment, single)

    # -- routes

    def _instances(self, environment: Environment) -> Response:
        allow("GET", "POST")
        if request.method == "GET":
            return self._list(environment.list_instances())
        if "operation" in request.args:
            raise invalid(f"There is no operation {request.args['operation']} on the list of instances.", field="operation")
        return write_response(create(self.cloud, environment, json_body()), self.cloud.settings)

    def _instance(self, environment: Environment, instance_id: str) -> Response:
        allow("GET", "PUT", "DELETE", "POST")
        if not is_uuid(instance_id):
            raise not_found(f"Instance {instance_id} was not found.", id=instance_id, type="instances")
        if request.method == "GET":
            return data_response(environment.detail(instance_id), self.cloud.settings)
        if request.method == "PUT":
            task = perform(self.cloud, environment, "update", UPDATE, instance_id, json_body())
        elif request.method == "DELETE":
            task = perform(self.cloud, environment, "delete", DELETE, instance_id, json_body(typed=False))
        else:
            task = perform_named(self.cloud, environment, request.args.get("operation", ""), instance_id, json_body())
        return write_response(task, self.cloud.settings)

    def _resources(self, environment: Environment, kind: str, single: str | None) -> Response:
        allow("GET")
        if single is not None:
            return data_response(environment.retrieve_resource(kind, single), self.cloud.settings)
        return self._list(environment.list_resources(kind, request.args))

    def _administered(self, entries: list[dict[str, Any]], kind: str, single: str | None = None) -> Response:
        """Environments or service connections, whose lists do not say how many there are; or one of them."""
        allow("GET")
        if single is None:
            return list_response(entries, self.cloud.settings, counted=False)
        for entry in entries:
            if entry["id"] == single:
                return data_response(entry, self.cloud.settings)
        raise not_found(f"{kind} {single} was not found.", id=single, type=kind)

    def _list(self, resources: list[dict[str, Any]]) -> Response:
        return list_response(resources, self.cloud.settings)

    def _refusal(self, error: ErrorResponse) -> Response:
        """The response to a request that is refused; that of a write can carry a failed task."""
        carries = self.cloud.settings.refusals == "with_task" and request.method != "GET" and error.status == 400
        return error_response(error, self.cloud.settings, self.cloud.refused_task(error.message) if carries else None)

    def _check_key(self) -> None:
        key = request.headers.get("MC-Api-Key")
        if key != API_KEY:
            raise ErrorResponse(403, CODE_KEY, "The API key is missing." if not key else "The API key is not valid.")

    def _misreport(self, fault: Any, path: str) -> Response:
        try:
            self._check_key()
            return misreport(fault, self.cloud, path.split("/")[1])
        except ErrorResponse as error:
            return error_response(error, self.cloud.settings)


def _loaded(raw: bytes) -> Any:
    """A body for the log: its JSON, else its text, else None."""
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")


def create_flask(app: SimulatorApp) -> Flask:
    """The Flask application in front of it."""
    flask = Flask("simulator", static_folder=None)
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]

    @flask.route(f"{BASE_PATH}/<path:path>", methods=methods)
    def api(path: str) -> Response:
        return app.serve(path)

    @flask.route("/_simulator/<path:path>", methods=methods)
    def control(path: str) -> Response:
        return app.controls.control(path)

    @flask.errorhandler(ErrorResponse)
    def failed(error: ErrorResponse) -> Response:
        return error_response(error, app.cloud.settings)

    @flask.errorhandler(HTTPException)
    def failed_otherwise(error: HTTPException) -> Response:
        return failed(ErrorResponse(error.code or 500, CODE_UNKNOWN, error.description or "There is no such resource."))

    return flask
