# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole lists. A part of one is never taken for the whole: ``present`` would then create a second server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..text import as_integer
from .connection import Connection
from .deadline import Deadline
from .errors import ApiError
from .messages import Request, Response
from .redaction import Redactor
from .sender import Sender

# How often a list that changes while its pages are read is read again.
LIST_ATTEMPTS = 3


class Pages:
    """Reads lists, page by page where one response does not hold everything."""

    def __init__(self, connection: Connection, sender: Sender, redactor: Redactor, clock: Callable[[], float]) -> None:
        self._connection, self._sender, self._redactor, self._clock = connection, sender, redactor, clock
        self.paged: set[str] = set()
        """The entity types whose list came in pages. If one entry goes and another comes while pages are read, a third can be
        missed, and the count does not tell."""

    def fetch_all(self, entity: str, deadline: Deadline, filters: Mapping[str, str]) -> list[dict[str, Any]]:
        """A whole list. Raises ApiError rather than return a part of it; a 404 means the environment or the service."""
        for _attempt in range(LIST_ATTEMPTS):
            resources = self._read(entity, deadline, filters)
            if resources is not None:
                return resources
        raise ApiError(
            f"The list of {entity} in {self._connection.label} changed each time while its pages were read: try again when fewer changes"
            " are being made."
        )

    def _read(self, entity: str, deadline: Deadline, filters: Mapping[str, str]) -> list[dict[str, Any]] | None:
        """All pages of a list; None if it changed meanwhile.

        The published documentation promises ``recordCount`` and no paging; page_number and page_size are in an unpublished part
        of it. So the first request asks for no page, and only what is missing is asked for by page.
        """
        purpose = f"list {entity} in {self._connection.label}"
        path = self._connection.path(entity)
        response = self._get(Request("GET", path, purpose, filters), deadline)
        resources, count = self._entries(response, purpose)
        # Without a count, a page that is full may not be the last one.
        full = as_integer(response.metadata.get("pageSize"), floats=True) if count is None else None
        seen = {_key(entity, resource, purpose): resource for resource in resources}
        page, size = as_integer(response.metadata.get("pageCurrent"), floats=True) or 1, len(resources)
        while (count is not None and len(seen) < count) or (full and len(resources) >= full):
            page += 1
            self.paged.add(entity)
            params = {**filters, "page_number": str(page), "page_size": str(max(1, size))}
            resources, count_now = self._entries(self._get(Request("GET", path, purpose, params), deadline), purpose)
            if count_now != count:
                # Something came or went: entries have moved between pages, and one may have been missed.
                return None
            by_key = {_key(entity, resource, purpose): resource for resource in resources}
            new = {key: resource for key, resource in by_key.items() if key not in seen}
            if not new and count is None:
                break
            if not new:
                raise ApiError(
                    f"Could not {purpose}: the API says that there are {count} but shows {len(seen)} of them;"
                    " nothing is done with a part of a list, ask the operator of the API about it."
                )
            seen.update(new)
        return list(seen.values())

    def _get(self, request: Request, deadline: Deadline) -> Response:
        """One page. A 404 becomes an error about the environment."""
        try:
            return self._sender.send(request, deadline)
        except ApiError as error:
            if error.status_code != 404:
                raise
            known = self._visible_environments(deadline)
            hint = f"; this api_key can see the environments {', '.join(known)}" if known else ""
            raise error.with_message(
                f"The API knows no {self._connection.label} (HTTP 404): check environment_name and service_code{hint}."
            ) from None

    def _visible_environments(self, deadline: Deadline) -> list[str]:
        """Names of environments that the key can see, for a hint; empty if they can't be read."""
        request = Request("GET", "environments", "list the environments")
        try:
            entries = self._sender.send_once(request, Deadline(min(10, deadline.remaining()), self._clock)).data
        except ApiError:
            return []
        names = [entry.get("name") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
        return sorted({self._redactor.for_display(name) for name in names if isinstance(name, str)})[:20]

    def _entries(self, response: Response, purpose: str) -> tuple[list[dict[str, Any]], int | None]:
        """The entries of a page, and how many the API says there are in all (None: it does not say)."""
        entries = response.data
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise ApiError(
                f"Could not {purpose}: the response holds no list of objects in its field data; check that api_url leads to the API."
            )
        given = response.metadata.get("recordCount")
        count = as_integer(given, floats=True)
        if given is not None and (count is None or count < 0):
            shown = self._redactor.for_display(given)
            raise ApiError(f"Could not {purpose}: the API says that there are {shown} of them, so the list may not be complete.")
        return entries, count


def _key(entity: str, resource: Mapping[str, Any], purpose: str) -> str:
    """What tells an entry from the others: its id; SSH keys have none, but a name."""
    key = resource.get("name") if entity == "sshkeys" else resource.get("id")
    if not isinstance(key, str) or not key:
        raise ApiError(f"Could not {purpose}: an entry of the response has no id.")
    return key
