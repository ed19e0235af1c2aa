# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environments that a key can see, and why a list is a 404: which option is wrong, and what exists instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..text import as_integer
from .connection import Connection
from .deadline import Deadline
from .errors import ApiError
from .messages import Request, Response
from .redaction import Redactor
from .sender import Sender

# How many names an error lists.
SHOWN = 20
# Seconds for finding out.
PATIENCE = 10.0


@dataclass(frozen=True)
class Place:
    """An environment that a key can see. ``service_code`` and ``state`` are None if the API does not tell them."""

    service_code: str | None
    name: str
    state: str | None


class Places:
    """The environments that a key can see."""

    def __init__(self, connection: Connection, sender: Sender, redactor: Redactor) -> None:
        self._connection, self._sender, self._redactor = connection, sender, redactor

    def explained(self, error: ApiError, purpose: str, deadline: Deadline) -> ApiError:
        """The error for a list that is a 404, with the option to check. It takes one more request, or two."""
        service, environment, label = self._connection.service_code, self._connection.environment_name, self._connection.label
        try:
            visible = [(place.service_code, place.name) for place in self._visible(deadline.at_most(PATIENCE), self._sender.send_once)]
        except ApiError as problem:
            if problem.status_code == 404:
                what, check = f"neither {label} nor a list of environments", "api_url, then environment_name and service_code"
            else:
                what, check = f"no {label}", "environment_name and service_code"
            return self._told(error, what, check)
        codes = {code for code, _name in visible if code is not None}
        if service not in codes:
            if codes and all(code for code, _name in visible):
                return self._told(
                    error, f"no service {service}, and so no {label}", f"service_code; this api_key can see {self._shown(codes)}"
                )
            names = self._shown(name for code, name in visible if code is None)
            return self._told(error, f"no {label}", f"environment_name and service_code; this api_key can see the environments {names}")
        if (service, environment) in visible:
            return error.with_message(
                f"Could not {purpose}, although this api_key can see that environment (HTTP 404): try again later, and check api_url if"
                f" that does not help{error.quoted_reason}."
            )
        names = self._shown(name for code, name in visible if code == service)
        return self._told(error, f"no {label}", f"environment_name; this api_key can see the environments {names} in service {service}")

    def _told(self, error: ApiError, what: str, check: str) -> ApiError:
        return error.with_message(f"The API knows {what} (HTTP 404): check {check}{error.quoted_reason}.")

    def _shown(self, names: Iterable[str]) -> str:
        """Names for a sentence."""
        found = sorted({self._redactor.for_display(name) for name in names})
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        return (", ".join(found[:SHOWN]) or "none") + more

    def visible(self, deadline: Deadline) -> list[Place]:
        """Each environment that the key can see. Takes one request, and one more if an environment does not show its service code.

        Raises ApiError, also if the API does not show all.
        """
        return self._visible(deadline, self._sender.send, needs_codes=True)

    def environments(self, deadline: Deadline) -> list[dict[str, Any]]:
        """The list of environments that the key can see. Raises ApiError, also if the API does not show all.

        If an environment does not show the code of its service, one more request finds out, if it can.
        """
        return self._environments(deadline, self._sender.send)

    def services(self, deadline: Deadline) -> list[dict[str, Any]]:
        """The list of services that the key can see, which the API calls connections. Raises ApiError."""
        return self._entries("services/connections", deadline, self._sender.send)

    def _visible(self, deadline: Deadline, send: Callable[[Request, Deadline], Response], needs_codes: bool = False) -> list[Place]:
        found = self._environments(deadline, send, needs_codes)
        return [
            Place(_text(entry["serviceConnection"].get("serviceCode")), entry["name"], _text(entry.get("state")))
            for entry in found
            if isinstance(entry.get("name"), str)
        ]

    def _environments(
        self, deadline: Deadline, send: Callable[[Request, Deadline], Response], needs_codes: bool = False
    ) -> list[dict[str, Any]]:
        """The same; each with ``serviceConnection``. ``needs_codes``: whether it is an error if the services can't be read."""
        entries = self._entries("environments", deadline, send)
        found = [item if isinstance(item, dict) else {} for item in (entry.get("serviceConnection") for entry in entries)]
        codes: dict[str, Any] = {}
        if any(not isinstance(connection.get("serviceCode"), str) for connection in found):
            # Errors and lists can do without: then it is not known which environment belongs to which service.
            with suppress(*() if needs_codes else (ApiError,)):
                codes = {str(entry.get("id")): entry.get("serviceCode") for entry in self._entries("services/connections", deadline, send)}
        joined = []
        for entry, connection in zip(entries, found):
            code = _text(connection.get("serviceCode")) or codes.get(str(connection.get("id")))
            joined.append({**entry, "serviceConnection": {**connection, **({"serviceCode": code} if code else {})}})
        return joined

    def _entries(self, path: str, deadline: Deadline, send: Callable[[Request, Deadline], Response]) -> list[dict[str, Any]]:
        request = Request("GET", path, f"list {path}")
        try:
            response = send(request, deadline)
        except ApiError as error:
            if error.status_code != 404:
                raise
            # No option but the URL is part of its path.
            raise self._told(error, f"no list of {path}", "api_url") from None
        if not isinstance(response.data, list):
            raise ApiError(f"Could not {request.purpose}: the response holds no list.")
        count = as_integer(response.metadata.get("recordCount"), floats=True)
        if count is not None and count > len(response.data):
            raise ApiError(f"Could not {request.purpose}: the API says that there are {count} but shows {len(response.data)} of them.")
        return [entry for entry in response.data if isinstance(entry, dict)]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
