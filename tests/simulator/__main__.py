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

from .server import Simulator


def main() -> int:
    """Serves until interrupted; with a command, runs it with COXEDGE_... set and returns its exit code."""
    parser = argparse.ArgumentParser(prog="simulator", description="A simulator of the instances API, on loopback.")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument("--task-seconds", type=float, default=1.0, help="how long each task takes (default: 1)")
    parser.add_argument("--lenient", action="store_true", help="let unknown body fields pass")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="a command to run against it")
    options = parser.parse_args()
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    try:
        simulator = Simulator(options.port, task_seconds=options.task_seconds, lenient=options.lenient)
    except OSError as error:
        print(f"simulator: port {options.port} can't be used: {error.strerror}", file=sys.stderr)
        return 1
    with simulator:
        if command:
            return subprocess.run(command, env={**os.environ, **simulator.environ}, check=False).returncode
        print("export " + " ".join(f"{name}={value}" for name, value in simulator.environ.items()), flush=True)
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: ended.set())
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
