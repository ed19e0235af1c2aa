# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as a process of its own."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "tests.simulator"]
KEY = {"MC-Api-Key": "simulator-key"}
LISTING = b"GET /api/v2/services/compute-on/test_area/instances HTTP/1.1\r\nHost: a\r\nMC-Api-Key: simulator-key\r\n"


@pytest.fixture
def serving():
    """A simulator that serves, and the two lines that it printed."""
    with subprocess.Popen(COMMAND, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, [process.stdout.readline(), process.stdout.readline()]
        finally:
            process.kill()


def values_of(line):
    return dict(word.split("=") for word in line.split()[1:])


def test_it_prints_its_variables_and_how_to_stop_it(serving):
    process, (exported, comment) = serving
    assert re.fullmatch(r"export COXEDGE_API_URL=http://127\.0\.0\.1:\d+/api/v2( COXEDGE_\w+=\S+){3}\n", exported)
    values = values_of(exported)
    address = f"{values['COXEDGE_API_URL']}/services/{values['COXEDGE_SERVICE_CODE']}/{values['COXEDGE_ENVIRONMENT_NAME']}/instances"
    assert requests.get(address, headers={"MC-Api-Key": values["COXEDGE_API_KEY"]}, timeout=10).status_code == 200
    assert comment.startswith("# ") and "serving http://127.0.0.1:" in comment and f"kill {process.pid}\n" in comment


SIGNALS = {
    "one SIGTERM": [signal.SIGTERM],
    "one SIGINT": [signal.SIGINT],
    "two SIGTERMs": [signal.SIGTERM] * 2,
    "ten signals": [signal.SIGTERM, signal.SIGINT] * 5,
}
FAULTS = {"a delayed response": "delay", "a response that drips": "drip"}
CASES = [("a delayed response", signals) for signals in SIGNALS] + [
    (connected, "two SIGTERMs") for connected in ("nothing", "an idle connection", "half a request", "a response that drips")
]


@pytest.mark.parametrize(("connected", "signals"), CASES)
def test_it_ends_soon(serving, signals, connected):
    process, (exported, _comment) = serving
    url = values_of(exported)["COXEDGE_API_URL"]
    with contextlib.ExitStack() as stack:
        if connected in FAULTS:
            fault = {"kind": FAULTS[connected], "seconds": 60, "count": 0, "path": "/instances$"}
            assert requests.post(url.replace("/api/v2", "/_simulator/faults"), json=fault, timeout=10).status_code == 200
        if connected != "nothing":
            port = int(url.split(":")[2].split("/")[0])
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            connection.sendall(LISTING + (b"" if connected == "half a request" else b"\r\n"))
            if connected in ("an idle connection", "a response that drips"):
                assert connection.recv(1)
            else:
                # Nothing arrives that would show when a thread of the server has got what was sent.
                time.sleep(0.2)
        began = time.monotonic()
        for number in SIGNALS[signals]:
            process.send_signal(number)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 2


def test_signals_that_come_while_it_ends_do_no_harm(serving):
    process, _lines = serving
    began = time.monotonic()
    while process.poll() is None and time.monotonic() - began < 5:
        process.send_signal(signal.SIGTERM)
        time.sleep(0.01)
    assert process.wait(10) == 0 and time.monotonic() - began < 2


def refusal(*arguments):
    """The exit code, and what is printed to standard error."""
    ended = subprocess.run([*COMMAND, *arguments], cwd=ROOT, check=False, timeout=30, capture_output=True, text=True)
    assert ended.stdout == "" and "Traceback" not in ended.stderr
    return ended.returncode, ended.stderr.strip().splitlines()[-1]


def test_it_says_why_it_can_not_listen():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refusal("--port", str(port)) == (1, f"simulator: can't listen on port {port}: Address already in use")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "65536"], "65536 is not a port: ports go from 0 to 65535"),
        (["--port", "-1"], "-1 is not a port"),
        (["--port", "http"], "invalid"),
        (["--task-seconds", "-1"], "task_seconds must be a number of at least 0"),
        (["--task-seconds", "nan"], "task_seconds must be a number of at least 0"),
    ],
)
def test_it_refuses_impossible_options(arguments, words):
    code, line = refusal(*arguments)
    assert code == 2 and words in line


def test_it_runs_a_command_against_the_simulator():
    code = "import os, sys; sys.exit(7 if os.environ['COXEDGE_API_URL'].startswith('http://127.0.0.1:') else 1)"
    assert subprocess.run([*COMMAND, "--", sys.executable, "-c", code], cwd=ROOT, check=False, timeout=30).returncode == 7


def test_a_command_can_be_interrupted():
    code = "import signal, sys; sys.exit(0 if not signal.pthread_sigmask(signal.SIG_BLOCK, []) else 1)"
    assert subprocess.run([*COMMAND, "--", sys.executable, "-c", code], cwd=ROOT, check=False, timeout=30).returncode == 0
