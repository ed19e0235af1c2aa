# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A TLS server for tests of certificates and proxies."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


class EmptyApi(BaseHTTPRequestHandler):
    """Responds to every request with an empty list, and keeps the key of each request."""

    keys: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Sends an empty list."""
        self.keys.append(self.headers["MC-Api-Key"])
        body = b'{"data": [], "metadata": {"recordCount": 0}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Logs nothing."""


@contextmanager
def serving(certificate: Any) -> Iterator[int]:
    """Runs a server on loopback with a certificate of trustme. Yields its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), EmptyApi)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
