# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations on an instance, as a table, and how one is started.

An operation is a row of ``OPERATIONS`` and a handler in ``handlers``. If its body refers to other resources, the row also names a
resolver, which looks them up. The order of the checks is: body, resolver, state of the instance, handler.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import handlers
from .bodies import DELETE_BODY, OFFERING_BODY, UPDATE_BODY, checked
from .cloud import Cloud
from .environment import Environment
from .handlers import Call
from .model import CODE_STATE, DESTROYED, ERROR, RUNNING, SHUT_DOWN, STOPPED, STOPPING, ErrorResponse, Work, invalid
from .offerings import compute_size
from .tasks import Task

HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")

Resolver = Callable[[Environment, dict[str, Any]], tuple[Any, ...]]


@dataclass(frozen=True)
class Rule:
    """One operation."""

    body: dict[str, str]
    """The body's fields, with their types."""
    required: tuple[str, ...]
    states: tuple[str, ...]
    """The states that it is allowed in."""
    handler: Callable[..., Work]
    """Called with the Call and with what the resolver returned."""
    resolver: Resolver = lambda _environment, _values: ()
    """Looks up what the body refers to."""
    also: tuple[str, ...] = ()
    """States that it is allowed in too, though the documentation does not name them."""


def reference(kind: str, field: str, key: str = "id") -> Resolver:
    """A resolver for the resource that one field refers to."""
    return lambda environment, values: (environment.referenced(kind, field, values[field], key),)


def offering_and_size(environment: Environment, values: dict[str, Any]) -> tuple[Any, ...]:
    """The compute offering, with the CPU count and memory that an instance has with it."""
    offering = environment.referenced("computeofferings", "computeOfferingId", values["computeOfferingId"])
    return offering, compute_size(offering, values)


def names(_environment: Environment, values: dict[str, Any]) -> tuple[Any, ...]:
    """Nothing; checks the names."""
    if "name" in values and not values["name"]:
        raise invalid("Field name must not be empty.", field="name")
    if "hostname" in values and not HOST_NAME.fullmatch(values["hostname"]):
        raise invalid(f"hostname {values['hostname']} is not a valid host name.", field="hostname")
    return ()


SETTLED = (RUNNING, STOPPED)
UPDATE = Rule(UPDATE_BODY, (), SETTLED, handlers.update, names)
DELETE = Rule(DELETE_BODY, (), (RUNNING, STOPPED, ERROR), handlers.destroy)
# Those that a POST on an instance names.
OPERATIONS = {
    "start": Rule({}, (), (STOPPED,), handlers.start, also=(SHUT_DOWN,)),
    "stop": Rule({"forceStop": "boolean"}, (), (RUNNING, STOPPING), handlers.stop),
    "reboot": Rule({}, (), SETTLED, handlers.reboot),
    "purge": Rule({}, (), (DESTROYED,), handlers.purge),
    "recover": Rule({}, (), (DESTROYED,), handlers.recover),
    "changeComputeOffering": Rule(OFFERING_BODY, ("computeOfferingId",), SETTLED, handlers.change_compute_offering, offering_and_size),
    "resetPassword": Rule({}, (), SETTLED, handlers.reset_password),
    "changeNetwork": Rule({"networkId": "UUID"}, ("networkId",), SETTLED, handlers.change_network, reference("networks", "networkId")),
    "associateSSHKey": Rule(
        {"sshKeyName": "string"}, ("sshKeyName",), SETTLED, handlers.associate_ssh_key, reference("sshkeys", "sshKeyName", key="name")
    ),
    "attachIso": Rule({"isoId": "UUID"}, ("isoId",), SETTLED, handlers.attach_iso, reference("isos", "isoId")),
    "detachIso": Rule({}, (), SETTLED, handlers.detach_iso),
}


def perform(cloud: Cloud, environment: Environment, operation: str, rule: Rule, instance_id: str, body: Any) -> Task:
    """Starts an operation on an instance, if its body and the instance's state allow it."""
    instance = environment.instance(instance_id)
    values = checked(body, rule.body, rule.required, cloud.settings)
    resolved = rule.resolver(environment, values)
    before = instance["state"]
    if before not in (*rule.states, *rule.also):
        context = {"id": instance["id"], "currentState": before, "expectedStates": list(rule.states), "type": "instances"}
        message = f"The instance is in state {before}; the operation needs it in {' or '.join(rule.states)}."
        raise ErrorResponse(400, CODE_STATE, message, context)
    work = rule.handler(Call(cloud, environment, instance, values), *resolved)
    return cloud.start_task(operation, environment, instance, work, before)


def perform_named(cloud: Cloud, environment: Environment, operation: str, instance_id: str, body: Any) -> Task:
    """Starts one of ``OPERATIONS``."""
    # An unknown instance is a 404, whatever the operation.
    environment.instance(instance_id)
    if operation not in OPERATIONS:
        raise invalid(f"There is no operation {operation or '(none given)'} on instances.", field="operation")
    return perform(cloud, environment, operation, OPERATIONS[operation], instance_id, body)
