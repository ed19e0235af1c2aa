# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire: one request out, one complete response back, in bounded time. No other file knows the library requests.

Below the client, and replaceable: tests pass their own ``Transport`` to ``Client``.
"""

from __future__ import annotations

import json
import queue
import threading
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from ..text import one_line
from .adapter import current, new_adapter
from .connection import Connection, is_loopback
from .deadline import Deadline
from .errors import ApiError, ResponseLost, Unreadable
from .failures import as_api_error
from .messages import RawResponse, Request
from .tls import context_for

USER_AGENT = "ansible-collection coxedge.compute"
# The most bytes that a body may have, unpacked. The list of an environment with 100,000 instances has about 100 MB.
MAX_BODY = 256 * 2**20
# Bytes that are read, or unpacked, at a time.
PIECE = 2**16
# Seconds after which a waiting exchange looks whether the run was interrupted, and how long it then still waits for the response.
LOOK_INTERVAL = 0.25
AFTER_INTERRUPTION = 2.0


class Transport(Protocol):
    """What sends requests."""

    def exchange(self, request: Request, deadline: Deadline) -> RawResponse:
        """Sends a request and reads the whole response. Raises NotProcessed, ResponseLost or another ApiError."""

    def close(self) -> None:
        """Closes the connections that are kept open."""


class HttpTransport:
    """Sends requests over HTTP, with ``requests``. Safe to use from several threads."""

    def __init__(self, connection: Connection, pool_size: int) -> None:
        """``pool_size``: how many connections are kept open."""
        self._connection, self._pool_size = connection, pool_size
        self._session: Any = None
        self._session_lock = threading.Lock()

    def exchange(self, request: Request, deadline: Deadline) -> RawResponse:
        """Sends a request and reads the whole response. Raises NotProcessed, ResponseLost or another ApiError.

        requests limits each single read, not their sum: a server that sends one byte at a time could hold a run for ever. So
        the exchange has a thread of its own, which is abandoned when its time is over.
        """
        session = self._ready_session()
        left = max(0.05, deadline.remaining())
        timeout = min(self._connection.api_timeout, left)
        limit = min(2 * timeout, left)
        outcome: queue.SimpleQueue[RawResponse | BaseException] = queue.SimpleQueue()
        given_up = threading.Event()

        def work() -> None:
            current.given_up = given_up
            try:
                outcome.put(self._send(session, request, timeout))
            except BaseException as error:  # pylint: disable=broad-exception-caught
                outcome.put(error)

        threading.Thread(target=work, daemon=True).start()
        waited, interrupted = 0.0, False
        while True:
            step = min(LOOK_INTERVAL, limit - waited)
            try:
                response = outcome.get(timeout=step)
                break
            except queue.Empty:
                waited += step
            if not interrupted and deadline.interrupted:
                interrupted, limit = True, min(limit, waited + AFTER_INTERRUPTION)
            if waited >= limit:
                given_up.set()
                why = f"the response of {self._connection.host} did not end within {limit:g} seconds"
                raise ResponseLost(f"Could not {request.purpose}: {deadline.reason if interrupted else why}")
        if isinstance(response, ApiError):
            raise response
        if isinstance(response, BaseException):
            raise as_api_error(response, self._connection.host, request.purpose, timeout) from None
        return response

    def close(self) -> None:
        """Closes the connections that are kept open."""
        with self._session_lock:
            if self._session is not None:
                self._session.close()
                self._session = None

    def _send(self, session: Any, request: Request, timeout: float) -> RawResponse:
        import requests

        query = dict(request.params)
        if self._connection.organization_id:
            query["org_id"] = self._connection.organization_id
        headers = {**request.headers, **({"Content-Type": "application/json"} if request.method != "GET" else {})}
        data = None if request.body is None else json.dumps(request.body).encode()
        url = f"{self._connection.base_url}/{request.path}"
        prepared = session.prepare_request(requests.Request(request.method, url, params=query, data=data, headers=headers))
        # Straight to the adapter: the session would look into redirects even if told not to follow them.
        adapter = session.get_adapter(url)
        response = adapter.send(
            prepared,
            # The body is unpacked here, in pieces: a few hundred bytes can be a gigabyte.
            stream=True,
            timeout=(timeout, timeout),
            # Which certificates are trusted is decided by the adapter's context.
            verify=self._connection.validate_certs,
            proxies=proxies_for(self._connection),
        )
        try:
            pieces = response.raw.stream(PIECE, decode_content=False)
            return RawResponse(response.status_code, response.headers, body_of(pieces, response.headers.get("Content-Encoding"), request))
        except BaseException:
            # What is left of the response must not become the beginning of the next one.
            response.raw.close()
            raise

    def _ready_session(self) -> Any:
        """The session, made at first use: importing requests takes longer than many a task."""
        with self._session_lock:
            if self._session is None:
                import requests

                connection = self._connection
                is_tls = connection.base_url.startswith("https:")
                context = context_for(connection.validate_certs, connection.ca_path) if is_tls else None
                if not connection.validate_certs:
                    import urllib3

                    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
                session = requests.Session()
                # What is sent is decided here alone: the environment could add passwords from .netrc.
                session.trust_env = False
                session.headers.update({"MC-Api-Key": self._connection.api_key, "User-Agent": USER_AGENT, "Accept": "application/json"})
                # See body_of: other encodings are not unpacked.
                session.headers["Accept-Encoding"] = "gzip"
                adapter = new_adapter(self._pool_size, context)
                session.mount("https://", adapter)
                session.mount("http://", adapter)
                self._session = session
            return self._session


def proxies_for(connection: Connection) -> dict[str, str]:
    """The proxies that the environment names, none for loopback."""
    if is_loopback(connection.host):
        return {}
    from requests.utils import get_environ_proxies

    return get_environ_proxies(connection.base_url, no_proxy=None)


def body_of(pieces: Iterable[bytes], encoding: str | None, request: Request) -> bytes:
    """A whole body, unpacked. Raises Unreadable if it has more than MAX_BODY bytes or an encoding that
    was not asked for, such as gzip in gzip."""
    encoding = (encoding or "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise _unreadable(request, f"has the encoding {one_line(encoding)}, which was not asked for")
    body = bytearray()
    try:
        for piece in pieces if encoding == "identity" else unpacked(pieces):
            body += piece
            if len(body) > MAX_BODY:
                raise _unreadable(request, f"has more than {MAX_BODY // 2**20} MiB")
    except (zlib.error, EOFError):
        raise ResponseLost(f"Could not {request.purpose}: the response can't be unpacked") from None
    return bytes(body)


def unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Unpacks gzip, at most PIECE bytes at a time. Raises zlib.error if it is no gzip, EOFError if its end is missing."""
    decoder, is_begun = zlib.decompressobj(31), False
    for piece in pieces:
        is_begun = is_begun or bool(piece)
        # When a whole piece comes out, more can follow without further input.
        more = bool(piece)
        while more:
            if decoder.eof:
                # Another member: gzip files can be joined.
                decoder = zlib.decompressobj(31)
            found = decoder.decompress(piece, PIECE)
            yield found
            piece = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
            more = bool(piece) or (len(found) == PIECE and not decoder.eof)
    if is_begun and not decoder.eof:
        raise EOFError


def _unreadable(request: Request, why: str) -> Unreadable:
    return Unreadable(f"Could not {request.purpose}: the response {why}; check that api_url leads to the API")
