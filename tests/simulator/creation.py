# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an instance is created."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .bodies import CREATE_BODY, CREATE_REQUIRED, checked
from .cloud import Cloud
from .environment import Environment
from .images import GIB
from .instances import NewInstance
from .model import CODE_QUOTA, RUNNING, STARTING, ErrorResponse, Work, invalid
from .offerings import compute_size, disk_size
from .tasks import Task


@dataclass
class Order:
    """What a create body comes to, all of it checked."""

    offering: dict[str, Any]
    size: tuple[int, int]
    template: dict[str, Any]
    network: dict[str, Any]
    disk: int | None
    """Size in GB of an additional disk."""
    disk_offering: dict[str, Any] | None
    volume: dict[str, Any] | None
    """A volume to attach."""


def create(cloud: Cloud, environment: Environment, body: Any) -> Task:
    """Creates an instance: the list shows it at once as Starting, and it is Running when the task has ended."""
    settings = cloud.settings
    values = checked(body, CREATE_BODY, CREATE_REQUIRED, settings)
    if settings.max_instances and len(environment.instances) >= settings.max_instances:
        raise ErrorResponse(400, CODE_QUOTA, f"The quota of {settings.max_instances} instances is reached.")
    if settings.two_keys == "refused" and "publicKey" in values and "sshKeyName" in values:
        raise invalid("publicKey and sshKeyName can't be used together.", field="publicKey")
    order = _checked_order(environment, values)
    address = environment.private_addresses.take(order.network, values.get("ipAddress"))
    instance = environment.add_instance(
        NewInstance(values["name"], order.offering, order.size, order.template, order.network, address, STARTING)
    )
    _equip(environment, instance, order, values)
    has_password = settings.create_password

    def effect() -> Any:
        instance["state"] = RUNNING
        result = environment.result(instance)
        if has_password and instance["isPasswordEnabled"]:
            result["password"] = cloud.password()
        return result

    return cloud.start_task("create", environment, instance, Work(effect, (STARTING,)), state_before=None)


def _checked_order(environment: Environment, values: dict[str, Any]) -> Order:
    """Looks up what the body refers to. Raises for what does not exist or does not fit together."""
    offering = environment.referenced("computeofferings", "computeOfferingId", values["computeOfferingId"])
    if offering.get("type") == "BareMetal":
        raise invalid("A bare metal offering needs the acquire operation.", field="computeOfferingId")
    size = compute_size(offering, values)
    template = environment.referenced("templates", "templateId", values["templateId"])
    network = environment.referenced("networks", "networkId", values["networkId"])
    if "sshKeyName" in values:
        environment.referenced("sshkeys", "sshKeyName", values["sshKeyName"], key="name")
    if "affinityGroupId" in values:
        environment.referenced("affinitygroups", "affinityGroupId", values["affinityGroupId"])
    for port in values.get("portsToForward", []):
        if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
            raise invalid(f"portsToForward: {port} is not a port number.", field="portsToForward")
    if "rootVolumeSizeInGb" in values:
        if not template["resizable"]:
            raise invalid("The template does not allow resizing the root volume.", field="rootVolumeSizeInGb")
        if values["rootVolumeSizeInGb"] * GIB < template["size"]:
            raise invalid("The root volume is smaller than the template.", field="rootVolumeSizeInGb")
    disk_offering = None
    if "diskOfferingId" in values:
        disk_offering = environment.referenced("diskofferings", "diskOfferingId", values["diskOfferingId"])
    disk = disk_size(disk_offering, values)
    volume = None
    if "volumeIdToAttach" in values:
        volume = environment.referenced("volumes", "volumeIdToAttach", values["volumeIdToAttach"])
        if volume["type"] != "data" or volume["instanceId"] is not None:
            raise invalid("The volume can't be attached: it is in use, or it is not a data volume.", field="volumeIdToAttach")
    return Order(offering, size, template, network, disk, disk_offering, volume)


def _equip(environment: Environment, instance: dict[str, Any], order: Order, values: dict[str, Any]) -> None:
    """Gives a new instance what it has besides its attributes: volumes, forwarded ports, user data and the like."""
    if "affinityGroupId" in values:
        instance["affinityGroupIds"] = [values["affinityGroupId"]]
    environment.private[instance["id"]].update(userData=values.get("userData", ""), sshKeyName=values.get("sshKeyName"))
    root = values.get("rootVolumeSizeInGb", order.template["size"] // GIB)
    environment.volumes.add(f"ROOT-{values['name']}", "os", root, instance["id"])
    if order.disk is not None:
        environment.volumes.add(f"DATA-{values['name']}", "data", order.disk, instance["id"], order.disk_offering)
    if order.volume is not None:
        order.volume["instanceId"] = instance["id"]
    if values.get("portsToForward"):
        environment.public_addresses.forward_ports(instance, values["portsToForward"])
