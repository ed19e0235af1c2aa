# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation meets every fault, once and for ever, against the simulator over real HTTP and on simulated time.

Of each cell of the table it is asserted that the run ends within its deadline, in the right state or with one sentence; that
there are exactly as many servers as there should be, whatever became of the answers; that nothing is done twice that must not
be; that the key shows nowhere; and that a second run without the fault gets there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.apply import Run
from ansible_collections.coxedge.compute.plugins.module_utils.catalog import Catalog
from ansible_collections.coxedge.compute.plugins.module_utils.client import ApiError, LostAnswer, Unsent
from ansible_collections.coxedge.compute.plugins.module_utils.operations import Operation, selection
from ansible_collections.coxedge.compute.plugins.module_utils.plan import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.tasks import drive
from ansible_collections.coxedge.compute.tests.simulator.cloud import API_KEY

WAIT = 200.0
TIMEOUT = 5.0
NAME = "web1"
SMALL = "1vCPU.512MB"


def there(bench) -> list[dict[str, Any]]:
    """The servers of the name. One that is being expunged is gone to all intents and purposes."""
    return [row for row in bench.instances(NAME) if row["state"] != "Expunging"]


def server(bench, *names: str) -> dict[str, Any]:
    """The one server of the name, in the simulator's own words; its state alone, or more attributes."""
    (found,) = there(bench)
    return {name: found[name] for name in names}


@dataclass
class Case:
    """An operation: how it comes about, which request it is, and how it looks when it has been done."""

    method: str
    path: str
    options: dict[str, Any]
    done: Callable[[Any], bool]
    state: str | None = "Running"
    """Of the instance before; None: there is none."""
    servers: int = 1
    """How many there are afterwards, destroyed ones included."""
    special: str | None = None
    """Not the module ``instance`` but an operation beside it."""
    setup: dict[str, Any] = field(default_factory=dict)
    """What is more of the instance before."""


def state_is(*states: str) -> Callable[[Any], bool]:
    return lambda bench: [row["state"] for row in there(bench)] in [[state] for state in states]


def is_gone(bench) -> bool:
    return there(bench) == []


def shows(**attributes: Any) -> Callable[[Any], bool]:
    return lambda bench: server(bench, *attributes) == attributes


def iso_is(attached: bool) -> Callable[[Any], bool]:
    return lambda bench: (bench.environment.hidden[server(bench, "id")["id"]]["isoId"] is not None) is attached


CREATE = {"template": "Ubuntu 24.04", "compute_offering": "2vCPU.4GB", "network": "Web-test_area"}
CHANGE = {"allow_reboot": True, "allow_network_change": True}
ISO = "f092a051-8b3f-4941-b47f-5ecb77f3423b"
CASES = {
    "list": Case("GET", "/instances$", CREATE, state_is("Running"), None),
    "retrieve": Case("GET", "/instances/[0-9a-f-]+$", {"state": "stopped"}, state_is("Stopped")),
    "create": Case("POST", "/instances$", CREATE, state_is("Running"), None),
    "update": Case("PUT", "/instances/", {"hostname": "another", **CHANGE}, shows(hostname="another")),
    "delete": Case("DELETE", "/instances/", {"state": "absent"}, state_is("Destroyed")),
    "delete for good": Case("DELETE", "/instances/", {"state": "absent", "purge": True}, is_gone, servers=0),
    "start": Case("POST", "operation=start", {"state": "started"}, state_is("Running"), "Stopped"),
    "stop": Case("POST", "operation=stop", {"state": "stopped"}, state_is("Stopped")),
    "reboot": Case("POST", "operation=reboot", {"state": "restarted"}, state_is("Running")),
    "purge": Case(*("POST", "operation=purge", {"state": "absent", "purge": True}, is_gone, "Destroyed"), servers=0),
    "recover": Case("POST", "operation=recover", {"state": "recovered"}, state_is("Stopped", "Running"), "Destroyed"),
    "changeComputeOffering": Case(
        "POST", "operation=changeComputeOffering", {"compute_offering": "2vCPU.4GB", **CHANGE}, shows(computeOfferingName="2vCPU.4GB")
    ),
    "changeNetwork": Case("POST", "operation=changeNetwork", {"network": "App-test_area", **CHANGE}, shows(networkName="App-test_area")),
    "associateSSHKey": Case(
        *("POST", "operation=associateSSHKey", {"ssh_key_name": "mysshkey", "update_ssh_key": "always", **CHANGE}),
        lambda bench: bench.environment.hidden[server(bench, "id")["id"]]["sshKeyName"] == "mysshkey",
        setup={"sshKeyName": "the key before"},
    ),
    "resetPassword": Case("POST", "operation=resetPassword", {}, state_is("Running"), special="password"),
    "attachIso": Case("POST", "operation=attachIso", {}, iso_is(True), special="attach"),
    "detachIso": Case("POST", "operation=detachIso", {}, iso_is(False), special="detach", setup={"isoId": ISO}),
    "task of a create": Case("GET", "/tasks/", CREATE, state_is("Running"), None),
    "task of a stop": Case("GET", "/tasks/", {"state": "stopped"}, state_is("Stopped")),
    "task of a delete": Case("GET", "/tasks/", {"state": "absent"}, state_is("Destroyed")),
    "templates": Case("GET", "/templates$", CREATE, state_is("Running"), None),
    "compute offerings": Case(
        "GET", "/computeofferings$", {"compute_offering": "2vCPU.4GB", **CHANGE}, shows(computeOfferingName="2vCPU.4GB")
    ),
    "networks": Case("GET", "/networks$", {"network": "App-test_area", **CHANGE}, shows(networkName="App-test_area")),
    "volumes": Case("GET", "/volumes$", {"state": "absent", "volumes_to_delete": ["all"]}, state_is("Destroyed")),
}

# Name: what the simulator is told, or for the client alone: "unsent", "timeout before", "timeout after".
FAULTS: dict[str, Any] = {
    "refused": "unsent",
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
    "task of an unknown status": {
        "kind": "status",
        "status": 200,
        "body": {"taskId": "00000000-0000-4000-8000-000000000001", "taskStatus": "ODD"},
    },
}
TRANSIENT = ("refused", "429", "429 with Retry-After", "500", "502 HTML", "503", "reset before acting", "reset after acting")
TRANSIENT += ("time-out before acting", "time-out after acting", "truncated JSON", "500 after acting")
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
ONCE_ONLY = ("create", "stop", "reboot", "resetPassword")


def must_succeed(name: str, case: Case, fault: str) -> bool:
    """Whether a fault that comes once has to be ridden out."""
    if case.method == "GET":
        return fault in TRANSIENT
    if fault in NOT_SENT:
        return True
    if name in ONCE_ONLY:
        return name in ("create", "stop") and fault in ACTED
    return fault in LOST


class Shaken:
    """A client whose exchanges of some requests end as they would without the server knowing."""

    def __init__(self, client: Any, case: Case, how: str, count: int) -> None:
        self.exchange, self.case, self.how, self.left = client._exchange, case, how, count or 10**9
        client._exchange = self

    def __call__(self, request: Any, deadline: Any) -> Any:
        text = f"/{request.path}" + "".join(f"?{name}={value}" for name, value in request.params.items())
        if request.method != self.case.method or not re.search(self.case.path, text) or self.left <= 0:
            return self.exchange(request, deadline)
        self.left -= 1
        if self.how == "unsent":
            raise Unsent(f"Could not {request.doing}: no connection (refused)")
        if self.how == "timeout after":
            self.exchange(request, deadline)
        raise LostAnswer(f"Could not {request.doing}: no answer within {TIMEOUT:g} seconds")


def run(bench, case: Case, how: str | None = None, count: int = 1) -> Any:
    """Runs the operation once."""
    client, deadline = bench.client(api_timeout=TIMEOUT), bench.deadline(WAIT)
    if how:
        Shaken(client, case, how, count)
    catalog = Catalog(client, deadline)
    if case.special is None:
        options = bench.options(name=NAME, **{"state": "present", **case.options})
        return drive(Run(client, catalog, deadline, options).converge(), bench.clock.sleep)
    operation = Operation(client, catalog, deadline, selection({"name": NAME}))
    job = operation.reset_password() if case.special == "password" else operation.set_iso(ISO if case.special == "attach" else None)
    drive(job, bench.clock.sleep)
    return operation.outcome


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("count", [1, 0], ids=["once", "for ever"])
def test_each_fault(bench, clock, name, count):
    case = CASES[name]
    for fault, told in FAULTS.items():
        cell = (name, fault, "once" if count else "for ever")
        if isinstance(told, dict) and told["kind"].startswith("task_") and case.method == "GET" and "tasks" not in case.path:
            # No work goes on there.
            continue
        bench.simulator.face.reset_all()
        # What is not reported can't be seen to have been done: see test_apply.py and test_operations.py for that.
        bench.settings(report_ssh_key=True, report_iso=True)
        if case.state is not None:
            bench.place(name=NAME, state=case.state, **case.setup)
        bench.place(name="bystander")
        if isinstance(told, dict):
            bench.fault(**told, method=case.method, path=case.path, count=count)
        began, error = clock.now, None
        try:
            run(bench, case, told if isinstance(told, str) else None, count)
        except (ApiError, Refused) as problem:
            error = problem
        took = clock.now - began
        assert took <= WAIT + 2 * TIMEOUT, (cell, took)
        named = len(there(bench))
        writes = bench.writes()
        if error is None:
            # What the API does not report goes on for a moment after an answer that names no task.
            clock.sleep(5)
            assert case.done(bench), (cell, "claims to be done")
            assert named == case.servers, (cell, named)
        else:
            words = error.sentence if isinstance(error, ApiError) else str(error)
            assert "\n" not in words and words.endswith(".") and len(words) < 2000, (cell, words)
            assert API_KEY not in words + str(getattr(error, "details", "")), cell
            assert not (count and must_succeed(name, case, fault)), (cell, words)
            assert named <= 1, (cell, named)
        if name in ONCE_ONLY and fault not in NOT_SENT:
            assert writes.count(f"POST {'instances' if name == 'create' else name}") <= 1, (cell, writes)
        assert [row["state"] for row in bench.instances("bystander")] == ["Running"], cell
        # Without the fault a second run gets there; work that never ends has to be ended first.
        bench.simulator.face.faults.clear()
        bench.simulator.cloud.task_fault = None
        if fault == "task never ends":
            for row in bench.instances(NAME):
                bench.environment.amend(row, {"state": case.state or "Running"})
            bench.simulator.cloud.pending.clear()
        run(bench, case)
        clock.sleep(5)
        assert case.done(bench) and len(there(bench)) == case.servers, (cell, "second run")
