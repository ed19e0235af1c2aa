# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of request that the collection makes, with an operation that makes it. Tests of faults and races run them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.coxedge.compute.plugins.module_utils.instance.operations import OPERATIONS
from ansible_collections.coxedge.compute.plugins.module_utils.jobs import drive
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.catalog import Catalog
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.fleet_reader import FirstList, FleetReader
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.imperative import ImperativeRun, selection
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.reconciler import Reconciler
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.run import Run

WAIT = 200.0
TIMEOUT = 5.0
NAME = "web1"
# Operations that must not be sent again after a lost response.
ONCE_ONLY = tuple(name for name, operation in OPERATIONS.items() if not operation.repeatable)


def there(harness) -> list[dict[str, Any]]:
    """The servers with the name. One that is being expunged counts as gone."""
    return [instance for instance in harness.instances(NAME) if instance["state"] != "Expunging"]


def server(harness, *names: str) -> dict[str, Any]:
    """Attributes of the one server with the name, by the API's names."""
    (found,) = there(harness)
    return {name: found[name] for name in names}


@dataclass
class Case:
    """An operation: the options that lead to it, the request that is meant, and how to see that it was done."""

    method: str
    path: str
    options: dict[str, Any]
    done: Callable[[Any], bool]
    state: str | None = "Running"
    """The state of the instance before; None: there is no instance."""
    servers: int = 1
    """How many servers there are afterwards, including destroyed ones."""
    special: Callable[[ImperativeRun], Any] | None = None
    """Set for operations that other modules than ``instance`` run."""
    setup: dict[str, Any] = field(default_factory=dict)
    """Further attributes of the instance before."""


def state_is(*states: str) -> Callable[[Any], bool]:
    return lambda harness: [instance["state"] for instance in there(harness)] in [[state] for state in states]


def is_gone(harness) -> bool:
    return there(harness) == []


def shows(**attributes: Any) -> Callable[[Any], bool]:
    return lambda harness: server(harness, *attributes) == attributes


def iso_is(attached: bool) -> Callable[[Any], bool]:
    return lambda harness: (harness.environment.private[server(harness, "id")["id"]]["isoId"] is not None) is attached


# What an API may be like, by settings of the simulator.
IMPERFECT: dict[str, dict[str, Any]] = {
    "rewrites": {"normalise": True},
    "is behind": {"lag_seconds": 3.0},
    "is far behind": {"lag_seconds": 20.0},
    "sends text": {"text_numbers": True},
    "leaves out": {"omit_empty": True, "task_results": "promised"},
    "pages": {"page_size": 1},
    "pages by headers": {"header_paging": True, "page_size": 1},
    "is done at once": {"first_response": "done"},
    "is done without data": {"first_response": "done_without_data"},
    "names the new id": {"first_response": "pending_with_data", "task_shape": "flat"},
    "refuses with a task": {"refusals": "with_task", "failed_status": "FAILURE", "failed_detail": "result"},
    "spells otherwise": {"image_key": "template", "public_ips_key": "publicIPs", "error_code": "errorCode"},
    "ends otherwise": {"recovered_state": "Running", "change_ends": "started", "hostname_suffix": "-x", "update_response": "empty"},
}

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
        lambda harness: harness.environment.private[server(harness, "id")["id"]]["sshKeyName"] == "mysshkey",
        setup={"sshKeyName": "the key before"},
    ),
    "resetPassword": Case("POST", "operation=resetPassword", {}, state_is("Running"), special=ImperativeRun.reset_password),
    "attachIso": Case("POST", "operation=attachIso", {}, iso_is(True), special=lambda run: run.set_iso(ISO)),
    "detachIso": Case("POST", "operation=detachIso", {}, iso_is(False), special=lambda run: run.set_iso(None), setup={"isoId": ISO}),
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


def run(harness, case: Case, client: Any = None, as_member: bool = False) -> Any:
    """Runs the operation once. ``as_member``: like a member of a fleet."""
    client, deadline = client or harness.client(api_timeout=TIMEOUT), harness.deadline(WAIT)
    catalog = Catalog(client, deadline)
    if case.special is None:
        options = harness.options(name=NAME, **{"state": "present", **case.options})
        one = Run(client, catalog, deadline, options)
        reader = None
        if as_member:
            first = FirstList(client, deadline, details=False)
            first.read()
            reader = FleetReader(one, first)
        return drive(Reconciler(one, reader).converge(), harness.clock.sleep)
    operation = ImperativeRun(Run(client, catalog, deadline, selection({"name": NAME})))
    drive(case.special(operation), harness.clock.sleep)
    return operation.outcome
