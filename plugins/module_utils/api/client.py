# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What callers use of the API: whole lists, single resources, writes and tasks of one environment."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from .connection import Connection
from .deadline import Deadline, never
from .envelope import Envelopes
from .errors import ApiError
from .messages import Request, Response, TaskStatus
from .not_found import Place
from .pages import Pages
from .redaction import Redactor
from .sender import Listener, Sender
from .transport import HttpTransport, Transport


class Client:
    """Talks to one environment of the API. Safe to use from several threads."""

    def __init__(
        self,
        connection: Connection,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        pool_size: int = 10,
        secrets: Sequence[str] = (),
        transport: Transport | None = None,
        interrupted: Callable[[], str | None] = never,
        listener: Listener | None = None,
    ) -> None:
        """``pool_size``: how many requests are in flight at most.

        ``secrets``: texts besides the key that an error must not show if the API sends them back, such as user data.
        ``interrupted``: returns what has interrupted the run, None if nothing has. ``listener``: is told how requests fare.
        ``clock``, ``sleep``, ``jitter`` (a number between 0 and 1) and ``transport`` are for tests: waiting then costs no time.
        """
        self.connection = connection
        self.clock, self.sleep, self.jitter = clock, sleep, jitter
        self._interrupted = interrupted
        self.transport = HttpTransport(connection, pool_size) if transport is None else transport
        redactor = Redactor(connection.api_key, secrets)
        self._envelopes = Envelopes(redactor, connection.label)
        self._sender = Sender(connection, self.transport, self._envelopes, pool_size, sleep, jitter, listener)
        self._pages = Pages(connection, self._sender, redactor)
        self.for_display, self.quoted = redactor.for_display, redactor.quoted
        self.backoff = self._sender.backoff
        self.paged = self._pages.paged

    @property
    def label(self) -> str:
        """The environment, for sentences."""
        return self.connection.label

    def deadline(self, seconds: float | None) -> Deadline:
        """A deadline for a run with this client, so many seconds from now; None: without end."""
        return Deadline(seconds, self.clock, self._interrupted)

    def fetch_all(self, entity: str, deadline: Deadline, patient: bool = False, **filters: str) -> list[dict[str, Any]]:
        """A whole list; ``filters`` are query parameters, which a server may ignore. ``patient``: see Request. Raises ApiError."""
        return self._pages.fetch_all(entity, deadline, filters, patient)

    def visible_environments(self, deadline: Deadline) -> list[Place]:
        """Each environment that the key can see, of all services. Raises ApiError."""
        return self._pages.places.visible(deadline)

    def environments(self, deadline: Deadline) -> list[dict[str, Any]]:
        """The list of environments that the key can see, of all services. Raises ApiError."""
        return self._pages.places.environments(deadline)

    def services(self, deadline: Deadline) -> list[dict[str, Any]]:
        """The list of services that the key can see. Raises ApiError."""
        return self._pages.places.services(deadline)

    def fetch_one(
        self, entity: str, entity_id: str, deadline: Deadline, patient: bool = False, refusals: list[ApiError] | None = None
    ) -> dict[str, Any] | None:
        """One resource; None for a 404. Whether that means absence, the caller has to find out: see ``Reader.look``.

        ``refusals``: gets what the API said then.
        """
        purpose = f"read {entity} {self.for_display(entity_id)}"
        request = Request("GET", self.connection.path(entity, entity_id), purpose, patient=patient)
        try:
            data = self._sender.send(request, deadline).data
        except ApiError as error:
            if error.status_code != 404:
                raise
            if refusals is not None:
                refusals.append(error)
            return None
        if not isinstance(data, dict) or not isinstance(data.get("id"), str):
            raise ApiError(f"Could not {purpose}: the response holds no such resource; check that api_url leads to the API.")
        if data["id"].lower() != entity_id.lower():
            raise ApiError(f"Could not {purpose}: the API responded with another one, {self.for_display(data['id'])}.")
        return data

    def write(
        self,
        method: str,
        entity: str,
        entity_id: str | None,
        deadline: Deadline,
        body: Mapping[str, Any] | None = None,
        operation: str | None = None,
        patient: bool = False,
    ) -> Response:
        """Sends one write. Raises ResponseLost if the server may have processed it, and does not send it again then.

        ``patient``: see Request.
        """
        verb = operation or {"POST": "create", "PUT": "update", "DELETE": "delete"}[method]
        purpose = f"{verb} instance {self.for_display(entity_id)}" if entity_id else f"{verb} an instance"
        params = {"operation": operation} if operation else {}
        request = Request(method, self.connection.path(entity, entity_id), purpose, params, body, patient=patient)
        return self._sender.send(request, deadline)

    def task(self, task_id: str, deadline: Deadline, patient: bool = True) -> TaskStatus:
        """One look at a task. Raises TaskFailed if it has failed; a task that the API does not know is ``lost``.

        ``patient``: see Request.
        """
        purpose = f"poll task {self.for_display(task_id)}"
        if task_id.strip(".") == "":
            return TaskStatus(False, lost=ApiError(f"Could not {purpose}: the API gave no usable task id."))
        try:
            request = Request("GET", "tasks/" + quote(task_id, safe=""), purpose, raw=True, patient=patient)
            document = self._sender.send(request, deadline).data
        except ApiError as error:
            # A 404, or errors with status 200: the API has nothing to say about the task, which says nothing about the work.
            if error.status_code == 404 or (error.status_code or 500) < 300:
                return TaskStatus(False, lost=error)
            raise
        return self._envelopes.read_task(document, task_id)
