# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire: one request out, one complete response back, in bounded time. No other file knows the library requests.

Below the client, and replaceable: tests pass their own ``Transport`` to ``Client``.
"""

from __future__ import annotations

import json
import os
import queue
import ssl
import threading
from typing import Any, Protocol

from ..text import one_line
from .connection import Connection, is_loopback
from .deadline import Deadline
from .errors import ApiError, NotProcessed, ResponseLost
from .messages import RawResponse, Request

USER_AGENT = "ansible-collection coxedge.compute"


class Transport(Protocol):
    """What sends requests."""

    def exchange(self, request: Request, deadline: Deadline) -> RawResponse:
        """Sends a request and reads the whole response. Raises NotProcessed, ResponseLost or another ApiError."""


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

        def work() -> None:
            try:
                outcome.put(self._send(session, request, timeout))
            except BaseException as error:  # pylint: disable=broad-exception-caught
                outcome.put(error)

        threading.Thread(target=work, daemon=True).start()
        try:
            response = outcome.get(timeout=limit)
        except queue.Empty:
            raise ResponseLost(
                f"Could not {request.purpose}: the response of {self._connection.host} did not end within {limit:g} seconds"
            ) from None
        if isinstance(response, BaseException):
            raise classified(response, self._connection.host, request.purpose, timeout) from None
        return response

    def _send(self, session: Any, request: Request, timeout: float) -> RawResponse:
        import requests

        query = dict(request.params)
        if self._connection.organization_id:
            query["org_id"] = self._connection.organization_id
        headers = {"Content-Type": "application/json"} if request.method != "GET" else {}
        data = None if request.body is None else json.dumps(request.body).encode()
        url = f"{self._connection.base_url}/{request.path}"
        prepared = session.prepare_request(requests.Request(request.method, url, params=query, data=data, headers=headers))
        # Straight to the adapter: the session would look into redirects even if told not to follow them.
        adapter = session.get_adapter(url)
        response = adapter.send(
            prepared, timeout=(timeout, timeout), verify=verify_setting(self._connection), proxies=proxies_for(self._connection)
        )
        return RawResponse(response.status_code, response.headers, response.content)

    def _ready_session(self) -> Any:
        """The session, made at first use: importing requests takes longer than many a task."""
        with self._session_lock:
            if self._session is None:
                import requests
                import requests.adapters

                check_bundle(self._connection)
                if not self._connection.validate_certs:
                    import urllib3

                    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
                session = requests.Session()
                # What is sent is decided here alone: the environment could add passwords from .netrc.
                session.trust_env = False
                session.headers.update({"MC-Api-Key": self._connection.api_key, "User-Agent": USER_AGENT, "Accept": "application/json"})
                adapter = requests.adapters.HTTPAdapter(pool_connections=2, pool_maxsize=self._pool_size)
                session.mount("https://", adapter)
                session.mount("http://", adapter)
                self._session = session
            return self._session


def verify_setting(connection: Connection) -> bool | str:
    """The argument ``verify`` of requests: whether certificates are checked, and against which CA bundle."""
    if not connection.validate_certs:
        return False
    return connection.ca_path or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True


def check_bundle(connection: Connection) -> None:
    """Raises ApiError for a CA bundle that can't be used: later, it would look like a broken connection."""
    bundle = verify_setting(connection)
    if isinstance(bundle, str) and connection.base_url.startswith("https:"):
        source = "ca_path" if connection.ca_path else "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE in the environment"
        try:
            folder = os.path.isdir(bundle)
            ssl.create_default_context(cafile=None if folder else bundle, capath=bundle if folder else None)
        except OSError as error:
            reason = one_line(error.strerror or error)
            raise ApiError(f"{source} does not name a usable bundle of CA certificates ({reason}): give another path.") from None


def proxies_for(connection: Connection) -> dict[str, str]:
    """The proxies that the environment names, none for loopback."""
    if is_loopback(connection.host):
        return {}
    from requests.utils import get_environ_proxies

    return get_environ_proxies(connection.base_url, no_proxy=None)


def classified(error: BaseException, host: str, purpose: str, timeout: float) -> ApiError:
    """An exception of requests as an ApiError. Its own text is not used: it can hold URLs with the passwords of proxies."""
    from requests import exceptions

    chain = list(_causes(error))
    names = {type(item).__name__ for item in chain}
    unverified = next((item for item in chain if isinstance(item, ssl.SSLCertVerificationError)), None)
    if unverified is not None or "certificate verify failed" in str(error):
        reason = one_line(getattr(unverified, "verify_message", "") or "it does not verify").rstrip(".")
        return ApiError(
            f"Could not {purpose}: the certificate of {host} can't be trusted ({reason}); check api_url, or set ca_path to the"
            " bundle of the CA that signed it."
        )
    # Not every ProxyError means that the proxy was not reached: urllib3 raises one for a reset after the request was sent, too.
    refused = {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}
    if isinstance(error, exceptions.ConnectTimeout) or names & refused or "Tunnel connection failed" in str(error):
        through = "the proxy of the environment" if isinstance(error, exceptions.ProxyError) else host
        return NotProcessed(f"Could not {purpose}: no connection to {through} ({_os_reason(chain)})")
    if isinstance(error, exceptions.Timeout) or names & {"ReadTimeoutError", "TimeoutError"}:
        return ResponseLost(f"Could not {purpose}: {host} did not respond within {timeout:g} seconds")
    if isinstance(error, (exceptions.RequestException, OSError)) or "HTTPError" in {c.__name__ for c in type(error).__mro__}:
        return ResponseLost(f"Could not {purpose}: the connection to {host} broke off ({_os_reason(chain)})")
    if isinstance(error, ImportError):
        raise error
    return ResponseLost(f"Could not {purpose}: an unexpected {type(error).__name__} on the way to {host}")


def _causes(error: BaseException | None) -> list[BaseException]:
    """An exception and all that it wraps, in whichever way its library wraps."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < 20:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or item in found:
            continue
        found.append(item)
        waiting += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
    return found


def _os_reason(chain: list[BaseException]) -> str:
    """The operating system's own words for what happened, else the name of the innermost exception."""
    for item in reversed(chain):
        if isinstance(item, OSError) and item.strerror and isinstance(item.errno, int):
            return str(item.strerror).lower()
    return type(chain[-1]).__name__
