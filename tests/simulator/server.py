# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A threaded HTTP server around the simulator, bound to loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter

from .app import SimulatorApp, create_flask
from .cloud import Cloud
from .misbehaviour import CONNECTION
from .model import API_KEY, BASE_PATH, ENVIRONMENTS, SERVICE_CODE

HOST = "127.0.0.1"
# A request that is told to be slow holds a thread.
THREADS = 48


class Gateway(wsgi.Gateway_10):
    """Hands the connection's socket to the application: some faults drop it."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]
        """The WSGI environment with the socket in it."""
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call, func-returns-value, assignment]
        return {**environ, CONNECTION: self.req.conn.socket}


class Server(wsgi.Server):
    """A threaded server that logs no errors: tests drop connections on purpose."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gateway = Gateway
        self.refusal: OSError | None = None
        """Why the port could not be had: the error that ``prepare`` raises does not say."""

    def bind(self, *args: Any, **kwargs: Any) -> Any:
        """Binds to the port."""
        try:
            return super().bind(*args, **kwargs)
        except OSError as error:
            self.refusal = error
            raise

    def error_log(self, *_args: Any, **_kwargs: Any) -> None:
        """Logs nothing."""


class Simulator:
    """A simulator with its server; a context manager that starts and stops it.

    ``port`` 0 takes a free one. ``clock`` returns seconds; tests of waiting pass a simulated one. ``settings`` are those of Settings.
    ``certificate``: the paths of a certificate and its key, to serve https.
    """

    def __init__(
        self,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
        certificate: tuple[Path, Path] | None = None,
        **settings: Any,
    ) -> None:
        self.cloud = Cloud(clock, **settings)
        self.app = SimulatorApp(self.cloud)
        self.server = Server((HOST, port), create_flask(self.app), numthreads=THREADS, request_queue_size=1024, shutdown_timeout=1)
        self.scheme = "http" if certificate is None else "https"
        if certificate is not None:
            self.server.ssl_adapter = BuiltinSSLAdapter(*map(str, certificate))
        try:
            self.server.prepare()
        except OSError as error:
            raise self.server.refusal or error from None
        self.thread = threading.Thread(target=self.server.serve, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens, without the API's base path."""
        return f"{self.scheme}://{HOST}:{self.server.bind_addr[1]}"

    @property
    def api_url(self) -> str:
        """The base URL of the API, for ``api_url``."""
        return self.url + BASE_PATH

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables that lead the collection to it."""
        return {
            "COXEDGE_API_URL": self.api_url,
            "COXEDGE_API_KEY": API_KEY,
            "COXEDGE_SERVICE_CODE": SERVICE_CODE,
            "COXEDGE_ENVIRONMENT_NAME": ENVIRONMENTS[0],
        }

    def start(self) -> Simulator:
        """Begins to serve, in a thread of its own."""
        self.thread.start()
        return self

    def stop(self) -> None:
        """Ends serving, closes the connections and frees the port. Slow responses end at once."""
        self.app.faults.end()
        self.server.stop()
        self.thread.join()

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
