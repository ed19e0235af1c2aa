# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation with every fault, once and always, against the simulator over real HTTP and on simulated time.

Of each cell of the table it is asserted that the run ends within its deadline, in the right state or with one sentence; that
there are exactly as many servers as there should be, even if responses were lost; that nothing is done twice that must not
be; that the key shows nowhere; and that a second run without the fault gets there.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from urllib.parse import urlsplit

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile import fleet_waiting
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY
from ansible_collections.coxedge.compute.tests.unit.module_utils.operations_table import (
    CASES,
    NAME,
    ONCE_ONLY,
    TIMEOUT,
    WAIT,
    Case,
    run,
    there,
)
from requests.adapters import HTTPAdapter

pytestmark = pytest.mark.long
# Name: a fault of the simulator, or of the connection alone: "not processed", "timeout before", "timeout after".
FAULTS: dict[str, Any] = {
    "refused": "not processed",
    "reset before acting": {"kind": "drop_before"},
    "reset after acting": {"kind": "drop_after"},
    "time-out before acting": "timeout before",
    "time-out after acting": "timeout after",
    "429": {"kind": "status", "status": 429},
    "429 with Retry-After": {"kind": "status", "status": 429, "headers": {"Retry-After": "7"}},
    "500": {"kind": "status", "status": 500},
    "500 after acting": {"kind": "status", "status": 500, "act": "first"},
    "502 HTML": {"kind": "html"},
    "503": {"kind": "status", "status": 503},
    "204 after acting": {"kind": "status", "status": 204, "act": "first"},
    "204 without acting": {"kind": "status", "status": 204},
    "empty 200": {"kind": "empty"},
    "truncated JSON": {"kind": "broken_json"},
    "another type": {"kind": "status", "status": 200, "body": [1, 2], "act": "first"},
    "data of another type": {"kind": "status", "status": 200, "body": {"data": "text"}, "act": "first"},
    "errors with status 200": {"kind": "status", "status": 200, "body": {"errors": [{"code": 1, "message": f"no; {API_KEY}"}]}},
    "400": {"kind": "status", "status": 400},
    "403": {"kind": "status", "status": 403, "message": f"not with {API_KEY}"},
    "404": {"kind": "status", "status": 404},
    "redirect": {"kind": "redirect", "location": "http://127.0.0.1:9/elsewhere"},
    "task failed": {"kind": "task_failed", "message": "no host"},
    "task lost": {"kind": "task_lost"},
    "task never ends": {"kind": "task_stuck"},
    "interim responses": {"kind": "interim"},
    "another instance's id": {"kind": "another_id"},
    "another task": {"kind": "another_task"},
    "a page without a count": {"kind": "no_count"},
    "408": {"kind": "status", "status": 408},
    "gzip in gzip": {"kind": "status", "status": 200, "body": {}, "headers": {"Content-Encoding": "gzip, gzip"}},
    "task of an unknown status": {
        "kind": "status",
        "status": 200,
        "body": {"taskId": "00000000-0000-4000-8000-000000000001", "taskStatus": "ODD"},
    },
}
TRANSIENT = ("refused", "429", "429 with Retry-After", "500", "502 HTML", "503", "reset before acting", "reset after acting")
TRANSIENT += ("time-out before acting", "time-out after acting", "truncated JSON", "500 after acting")
TRANSIENT += ("interim responses", "a page without a count", "408")
# Faults that only some requests can have: the kind, and whether a request can.
ONLY_FOR = {
    "task_": lambda case: case.method != "GET" or "tasks" in case.path,
    "another_task": lambda case: "tasks" in case.path,
    "another_id": lambda case: case.method != "GET" or not case.path.endswith("s$"),
    "no_count": lambda case: case.method == "GET" and case.path.endswith("$"),
}
LOST = (
    "reset before acting",
    "reset after acting",
    "time-out before acting",
    "time-out after acting",
    "500",
    "500 after acting",
    "502 HTML",
    "503",
)
NOT_SENT = ("refused", "429", "429 with Retry-After")
ACTED = ("reset after acting", "time-out after acting", "500 after acting")


def must_succeed(name: str, case: Case, fault: str) -> bool:
    """Whether a run has to succeed if the fault occurs once."""
    if case.method == "GET":
        return fault in TRANSIENT
    if fault in NOT_SENT:
        return True
    if name in ONCE_ONLY:
        return name in ("create", "stop") and fault in ACTED
    return fault in LOST


@contextmanager
def faulty_connections(case: Case, how: str, count: int) -> Iterator[list[str]]:
    """Makes some requests fail as they do if there is no connection or no response, which the simulator can't do.

    The adapter of requests gets a port on which nothing listens, or one that never responds, so that the client sees what it
    would see in production. Yields the URLs of those requests.
    """
    real, hit = HTTPAdapter.send, []

    def send(adapter: Any, request: Any, timeout: Any = None, **settings: Any) -> Any:
        parts = urlsplit(request.url)
        # The same rule as for faults of the simulator.
        matches = any(re.search(case.path, text) for text in (parts.path, f"{parts.path}?{parts.query}"))
        if request.method != case.method or not matches or len(hit) >= (count or 10**9):
            return real(adapter, request, timeout=timeout, **settings)
        hit.append(request.url)
        if how == "timeout after":
            real(adapter, request, timeout=timeout, **settings)
        elsewhere = request.copy()
        host, port = (closed if how == "not processed" else silent).getsockname()
        elsewhere.url = parts._replace(netloc=f"{host}:{port}").geturl()
        return real(adapter, elsewhere, timeout=(timeout[0], 0.01), **settings)

    with socket.socket() as closed, socket.create_server(("127.0.0.1", 0)) as silent:
        # Bound, so that no other program listens there.
        closed.bind(("127.0.0.1", 0))
        HTTPAdapter.send = send
        try:
            yield hit
        finally:
            HTTPAdapter.send = real


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that led to it, including what a traceback would leave out."""
    if error is not None:
        yield error
        yield from chain(error.__cause__)
        yield from chain(error.__context__)


# Those that a fleet waits for in a way of its own.
OF_MEMBERS = [name for name in CASES if name.startswith("task of") or name in ("create", "start", "changeComputeOffering")]


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_MEMBERS)
@pytest.mark.parametrize("count", [1, 0], ids=["once", "always"])
def test_each_fault_while_a_fleet_waits_for_its_members(harness, clock, monkeypatch, name, count):
    # As if there were many others.
    monkeypatch.setattr(fleet_waiting, "FEW", 0)
    check_each_fault(harness, clock, name, count, as_member=True)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("count", [1, 0], ids=["once", "always"])
def test_each_fault(harness, clock, name, count):
    check_each_fault(harness, clock, name, count)


def check_each_fault(harness, clock, name, count, as_member=False):
    case = CASES[name]
    for fault, details in FAULTS.items():
        cell = (name, fault, "once" if count else "always")
        if isinstance(details, dict) and not all(can(case) for kind, can in ONLY_FOR.items() if details["kind"].startswith(kind)):
            continue
        harness.simulator.app.reset_all()
        # test_lost_responses.py and test_imperative.py test what the API does not report.
        harness.settings(report_ssh_key=True, report_iso=True)
        if case.state is not None:
            harness.seed(name=NAME, state=case.state, **case.setup)
        bystander = harness.seed(name="bystander")
        if isinstance(details, dict):
            if details["kind"] == "another_id":
                details = {**details, "body": bystander}
            if details["kind"] == "no_count":
                # Each entry on a page of its own.
                harness.settings(page_size=1)
            harness.fault(**details, method=case.method, path=case.path, count=count)
        on_the_server = list(harness.simulator.app.faults.active)
        began, error = clock.now, None
        try:
            with faulty_connections(case, details, count) if isinstance(details, str) else nullcontext() as hit:
                run(harness, case, as_member=as_member)
        except (ApiError, Refused) as problem:
            error = problem
        hits = len(hit) if hit is not None else on_the_server[0].hits
        assert hits == count or (not count and hits), (cell, "did not occur")
        took = clock.now - began
        assert took <= WAIT + 2 * TIMEOUT, (cell, took)
        named = len(there(harness))
        writes = harness.writes()
        if error is None:
            # After a response without a task, work that the API does not report can take a moment longer.
            clock.sleep(5)
            assert case.done(harness), (cell, "claims to be done")
            assert named == case.servers, (cell, named)
        else:
            words = error.sentence if isinstance(error, ApiError) else str(error)
            assert "\n" not in words and words.endswith(".") and len(words) < 2000, (cell, words)
            assert API_KEY not in words + str(getattr(error, "details", "")), cell
            assert not any(API_KEY in f"{cause!r} {vars(cause)!r}" for cause in chain(error)), cell
            assert not (count and must_succeed(name, case, fault)), (cell, words)
            assert named <= 1, (cell, named)
        assert not [entry for entry in harness.simulator.app.log if bystander in entry["path"] and entry["method"] != "GET"], cell
        if name in ONCE_ONLY and fault not in NOT_SENT:
            assert writes.count(f"POST {'instances' if name == 'create' else name}") <= 1, (cell, writes)
        assert [instance["state"] for instance in harness.instances("bystander")] == ["Running"], cell
        # Without the fault a second run succeeds; a task that never ends has to be ended first.
        harness.simulator.app.faults.clear()
        if fault == "task never ends":
            for instance in harness.instances(NAME):
                harness.environment.patch(instance, {"state": case.state or "Running"})
            harness.simulator.cloud.pending.clear()
        run(harness, case)
        clock.sleep(5)
        assert case.done(harness) and len(there(harness)) == case.servers, (cell, "second run")
