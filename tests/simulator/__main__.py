# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the simulator from the command line: until it is interrupted, or as long as a command runs."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from typing import NoReturn

from .model import ErrorResponse
from .server import Simulator

STOPS = (signal.SIGINT, signal.SIGTERM)
# How long connections have to end. What is still open then is cut.
GRACE = 1.0


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: ports go from 0 to 65535 (0: a free one)")
    return port


def main() -> int:
    """Serves until interrupted; with a command, runs it with COXEDGE_... set and returns its exit code."""
    parser = argparse.ArgumentParser(prog="simulator", description="A simulator of the instances API, on loopback.")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on (default: a free one)")
    parser.add_argument("--task-seconds", type=float, default=1.0, help="how long each task takes (default: 1)")
    parser.add_argument("--lenient", action="store_true", help="let unknown body fields pass")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="a command to run against it")
    options = parser.parse_args()
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        # Before the first thread begins: all of them leave signals to ``_serve``.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        simulator = Simulator(options.port, task_seconds=options.task_seconds, lenient=options.lenient)
    except ErrorResponse as error:
        parser.error(error.message)
    except OSError as error:
        print(f"simulator: can't listen on port {options.port}: {error.strerror}", file=sys.stderr)
        return 1
    if not command:
        _serve(simulator)
    with simulator:
        return subprocess.run(command, env={**os.environ, **simulator.environ}, check=False).returncode


def _serve(simulator: Simulator) -> NoReturn:
    """Serves until a signal comes, and ends the process.

    Signals are waited for rather than handled: a handler would run in the middle of whatever an earlier one does.
    """
    simulator.start()
    print("export " + " ".join(f"{name}={value}" for name, value in simulator.environ.items()))
    print(f"# The simulator is serving {simulator.url}. To stop it, press Ctrl-C or run: kill {os.getpid()}", flush=True)
    signal.sigwait(STOPS)
    ending = threading.Thread(target=simulator.stop, daemon=True)
    ending.start()
    ending.join(GRACE)
    # Threads that still hold a connection end with the process.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
