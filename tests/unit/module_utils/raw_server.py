# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that answers with bytes of a test's choice: what no HTTP library would send."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def response(body: Any = None, status: str = "200 OK", content: bytes | None = None, **headers: str) -> bytes:
    """A response as bytes. ``headers``: underscores in their names stand for hyphens."""
    content = json.dumps(body).encode() if content is None else content
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(content)}",
        *(f"{name.replace('_', '-')}: {text}" for name, text in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def listening(handle: Callable[[socket.socket], None]) -> socket.socket:
    """A listener on loopback that gives each connection to a thread that handles it, until the listener is closed."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener


class RawServer:
    """Answers each request with what ``answer`` makes of its first line. ``requests``: the first lines."""

    def __init__(self, answer: Callable[[str], bytes]) -> None:
        self.answer, self.requests = answer, []
        self.listener = listening(self._answer)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/api/v2"

    def _answer(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as requests:
            while True:
                line = requests.readline(200).decode(errors="replace").strip()
                if not line:
                    return
                length = 0
                # A client that speaks TLS sends no headers.
                for header in iter(requests.readline, b"\r\n") if "HTTP/" in line else ():
                    name, _colon, value = header.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                requests.read(length)
                self.requests.append(line)
                answer = self.answer(line)
                try:
                    connection.sendall(answer)
                except OSError:
                    return
                if b"HTTP/" not in answer or "HTTP/" not in line:
                    return


@contextmanager
def answering(answer: Callable[[str], bytes]) -> Iterator[RawServer]:
    """Runs a RawServer on loopback."""
    server = RawServer(answer)
    try:
        yield server
    finally:
        server.listener.close()
