# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connections that requests and urllib3 make, with three differences from their own.

- An error while a connection is being made is marked: then the request was certainly not sent, whatever the error is and says.
- Interim responses (1xx) are read past. http.client takes all of them but 100 for the final response, and gives the final one to
  the next request of the connection.
- If the exchange was given up while its connection was being made, the request is not sent any more.
"""

from __future__ import annotations

import threading
from typing import Any

# More interim responses than any server sends.
MAX_INTERIM = 100


class Exchange(threading.local):
    """The exchange that a thread is busy with. ``given_up``: whether its outcome is of no use any more."""

    given_up: threading.Event | None = None


current = Exchange()


# The attribute that marks an exception.
NOT_SENT = "not_sent"


def new_adapter(pool_size: int, context: Any = None) -> Any:
    """An adapter for a session of requests. ``pool_size``: how many connections are kept open; ``context``: for TLS, see tls.py."""
    import http.client

    from requests.adapters import HTTPAdapter

    class FinalResponse(http.client.HTTPResponse):
        """Reads past interim responses."""

        def begin(self) -> None:
            super().begin()
            interim = 0
            while 100 < self.status < 200 and self.status != http.client.SWITCHING_PROTOCOLS:
                interim += 1
                if interim > MAX_INTERIM:
                    raise http.client.HTTPException("too many interim responses")
                # Without headers, it begins again.
                self.headers = self.msg = None  # type: ignore[assignment]
                super().begin()

    class Connection:
        """What connections of urllib3 do differently here."""

        response_class = FinalResponse

        def connect(self) -> None:
            try:
                super().connect()  # type: ignore[misc]
            except Exception as error:
                setattr(error, NOT_SENT, True)
                raise
            if current.given_up is not None and current.given_up.is_set():
                self.close()  # type: ignore[attr-defined]
                raise ConnectionAbortedError("the exchange was given up")

    def with_our_connections(manager: Any) -> Any:
        manager.pool_classes_by_scheme = {
            scheme: type(pool.__name__, (pool,), {"ConnectionCls": type("Connection", (Connection, pool.ConnectionCls), {})})
            for scheme, pool in manager.pool_classes_by_scheme.items()
        }
        return manager

    class Adapter(HTTPAdapter):
        """An adapter whose connections are ours, through proxies too, and have our context."""

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, ssl_context=context, **kwargs)
            with_our_connections(self.poolmanager)

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            known = proxy in self.proxy_manager
            contexts = {"ssl_context": context}
            if proxy.lower().startswith("http"):
                contexts["proxy_ssl_context"] = context
            manager = super().proxy_manager_for(proxy, **contexts, **kwargs)
            return manager if known else with_our_connections(manager)

        def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
            # Some versions of requests put a context of their own here.
            host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
            return host, {**pool, "ssl_context": context}

        def cert_verify(self, conn: Any, _url: str, verify: Any, _cert: Any) -> None:
            # The context has the certificates already. The original would have them loaded for each connection.
            conn.cert_reqs = "CERT_REQUIRED" if verify else "CERT_NONE"

    return Adapter(pool_connections=2, pool_maxsize=pool_size)
