# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole lists. A part of one is never taken for the whole: ``present`` would then create a second server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..text import as_integer
from .connection import Connection
from .deadline import Deadline
from .errors import ApiError
from .messages import Request, Response
from .not_found import Places
from .redaction import Redactor
from .sender import Sender

# How often a list that changes while its pages are read is read again.
LIST_ATTEMPTS = 3
# How many pages of a list are read at most: one with more never ends.
MAX_PAGES = 1000


class Pages:
    """Reads lists, page by page where one response does not hold everything."""

    def __init__(self, connection: Connection, sender: Sender, redactor: Redactor) -> None:
        self._connection, self._sender = connection, sender
        self.places = Places(connection, sender, redactor)
        self._by_headers = False
        """Whether headers were what led to further pages."""
        self.paged: set[str] = set()
        """The entity types whose list came in pages. If one entry goes and another comes while pages are read, a third can be
        missed, and the count does not tell."""

    def fetch_all(self, entity: str, deadline: Deadline, filters: Mapping[str, str], patient: bool) -> list[dict[str, Any]]:
        """A whole list. Raises ApiError rather than return a part of it; a 404 means the environment or the service."""
        for _attempt in range(LIST_ATTEMPTS):
            resources = self._read(entity, deadline, filters, patient)
            if resources is not None:
                return resources
        raise ApiError(
            f"The list of {entity} in {self._connection.label} changed each time while its pages were read: try again when fewer changes"
            " are being made."
        )

    def _read(self, entity: str, deadline: Deadline, filters: Mapping[str, str], patient: bool) -> list[dict[str, Any]] | None:
        """All pages of a list; None if it changed meanwhile.

        The published documentation promises ``recordCount`` and no paging; page_number and page_size are in an unpublished part
        of it, and the oldest one has headers instead. So the first request asks for no page, and only what is missing is asked for by
        page, in the other way too if the first one brings nothing new. Without a usable count, only a page that brings nothing new
        shows that nothing is missing.
        """
        purpose = f"list {entity} in {self._connection.label}"
        path = self._connection.path(entity)
        response = self._get(Request("GET", path, purpose, filters, patient=patient), deadline)
        resources, count = self._entries(response, purpose)
        seen = {_key(entity, resource, purpose): resource for resource in resources}
        first, size = as_integer(response.metadata.get("pageCurrent"), floats=True), len(resources)
        page = 1 if first is None else first
        pages = 1
        while count is None or len(seen) < count:
            page, pages = page + 1, pages + 1
            if pages > MAX_PAGES:
                raise ApiError(f"Could not {purpose}: it has more than {MAX_PAGES} pages; check that api_url leads to the API.")
            new: dict[str, dict[str, Any]] = {}
            for by_headers in [self._by_headers] if count is None else [self._by_headers, not self._by_headers]:
                params, headers = _page(page, max(1, size), by_headers)
                request = Request("GET", path, purpose, {**filters, **params}, headers=headers, patient=patient)
                resources, count_now = self._entries(self._get(request, deadline), purpose)
                if count is not None and count_now != count:
                    # Something came or went: entries have moved between pages, and one may have been missed.
                    return None
                by_key = {_key(entity, resource, purpose): resource for resource in resources}
                new = {key: resource for key, resource in by_key.items() if key not in seen}
                if new:
                    self._by_headers = by_headers
                    break
            if not new and count is None:
                break
            if not new:
                raise ApiError(
                    f"Could not {purpose}: the API says that there are {count} but shows {len(seen)} of them;"
                    " nothing is done with a part of a list, ask the operator of the API about it."
                )
            self.paged.add(entity)
            seen.update(new)
        return list(seen.values())

    def _get(self, request: Request, deadline: Deadline) -> Response:
        """One page. A 404 becomes an error about what does not exist."""
        try:
            return self._sender.send(request, deadline)
        except ApiError as error:
            if error.status_code != 404:
                raise
            raise self.places.explained(error, request.purpose, deadline) from None

    def _entries(self, response: Response, purpose: str) -> tuple[list[dict[str, Any]], int | None]:
        """The entries of a page, and how many the API says there are in all; None if it says nothing that can be true."""
        entries = response.data
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise ApiError(
                f"Could not {purpose}: the response holds no list of objects in its field data; check that api_url leads to the API."
            )
        count = as_integer(response.metadata.get("recordCount"), floats=True)
        return entries, count if count is not None and count >= len(entries) else None


def _page(number: int, size: int, by_headers: bool) -> tuple[dict[str, str], dict[str, str]]:
    """What asks for a page: parameters and headers."""
    if by_headers:
        return {}, {"MC-Current-Page": str(number), "MC-Page-Size": str(size)}
    return {"page_number": str(number), "page_size": str(size)}, {}


def _key(entity: str, resource: Mapping[str, Any], purpose: str) -> str:
    """What tells an entry from the others: its id; SSH keys have none, but a name."""
    key = resource.get("name") if entity == "sshkeys" else resource.get("id")
    if not isinstance(key, str) or not key:
        raise ApiError(f"Could not {purpose}: an entry of the response has no id.")
    return key
