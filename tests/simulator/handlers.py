# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each operation on an instance does.

A handler gets a ``Call`` and what the resolver of its operation found; see ``operations``. It runs when the request is accepted:
what it changes is seen at once, and the effect of the ``Work`` that it returns when the task ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .cloud import Cloud
from .environment import Environment
from .instances import new_nic
from .model import DESTROYED, EXPUNGING, RUNNING, STARTING, STOPPED, STOPPING, Work, invalid
from .networking import IMPLEMENTED


@dataclass(frozen=True)
class Call:
    """One operation on one instance; ``values`` is its body, checked."""

    cloud: Cloud
    environment: Environment
    instance: dict[str, Any]
    values: dict[str, Any]

    @property
    def private(self) -> dict[str, Any]:
        """What the list does not show of the instance."""
        return self.environment.private[self.instance["id"]]

    def leads_to(self, state: str, *states: str) -> Work:
        """Work that ends in a state, after some others."""
        return Work(lambda: self.updated(state=state), states)

    def changes(self, change: Callable[[], Any], ends: str | None = None, reboots: bool = True) -> Work:
        """Work that changes something. A running instance is rebooted for it by default; the state is the same again afterwards."""
        states = (STOPPING, STARTING) if reboots and self.instance["state"] == RUNNING else ()
        # Without a reboot, another operation may have changed the state by then.
        after = ends or (RUNNING if states else None)

        def effect() -> Any:
            change()
            return self.updated() if after is None else self.updated(state=after)

        return Work(effect, states)

    def updated(self, **attributes: Any) -> dict[str, Any]:
        """Sets attributes; returns the instance as the result of a task shows it."""
        self.instance.update(attributes)
        return self.environment.result(self.instance)


def update(call: Call) -> Work:
    """Changes the name and the host name; only another host name reboots."""
    instance = call.instance

    def rename() -> None:
        instance.update(call.values)
        call.environment.public_addresses.rename(instance)

    return call.changes(rename, reboots=call.values.get("hostname", instance["hostname"]) != instance["hostname"])


def destroy(call: Call) -> Work:
    """Destroys the instance and what the body names besides."""
    environment, instance = call.environment, call.instance
    released, deleted = call.values.get("publicIpIdsToRelease", []), call.values.get("volumeIdsToDelete", [])
    purges = call.values.get("purgeImmediately", False)
    for address_id in released:
        address = environment.referenced("publicipaddresses", "publicIpIdsToRelease", address_id)
        users = {user["id"] for user in address["instances"]}
        if users != {instance["id"]}:
            problem = "is used by other instances" if instance["id"] in users else "does not belong to this instance"
            raise invalid(f"Public IP {address_id} {problem}.", field="publicIpIdsToRelease")
    for volume_id in deleted:
        volume = environment.referenced("volumes", "volumeIdsToDelete", volume_id)
        if volume["type"] != "data" or volume["instanceId"] != instance["id"]:
            raise invalid(f"Volume {volume_id} is not a data volume of this instance.", field="volumeIdsToDelete")

    def effect() -> Any:
        environment.public_addresses.release(released)
        environment.volumes.delete(deleted)
        if instance["id"] in environment.instances:
            instance["state"] = DESTROYED
            call.private["destroyedAt"] = call.cloud.now
            if purges:
                environment.remove_instance(instance)
        return {}

    # A running instance is shut down first; the platform marks any other one at once.
    shows = STOPPING if instance["state"] == RUNNING else EXPUNGING if purges else DESTROYED
    return Work(effect, (shows,), removes=True)


def start(call: Call) -> Work:
    """Starts the instance."""
    return call.leads_to(RUNNING, STARTING)


def stop(call: Call) -> Work:
    """Stops the instance. If it is stopping, the stop is forced, and the task of the earlier stop ends now."""
    if call.instance["state"] == STOPPING:
        call.cloud.supersede(call.instance["id"])
        call.private["settling"] = None
    return call.leads_to(STOPPED, STOPPING)


def reboot(call: Call) -> Work:
    """Reboots the instance, or starts a stopped one."""
    states = (STOPPING, STARTING) if call.instance["state"] == RUNNING else (STARTING,)
    return call.leads_to(RUNNING, *states)


def purge(call: Call) -> Work:
    """Removes a destroyed instance for good."""

    def effect() -> Any:
        call.environment.remove_instance(call.instance)
        return {}

    return Work(effect, (EXPUNGING,), removes=True)


def recover(call: Call) -> Work:
    """Brings a destroyed instance back."""
    call.private["destroyedAt"] = None
    return call.leads_to(call.cloud.settings.recovered_state, DESTROYED)


def change_compute_offering(call: Call, offering: dict[str, Any], size: tuple[int, int]) -> Work:
    """Gives the instance another size."""
    values = {"computeOfferingId": offering["id"], "computeOfferingName": offering["name"], "cpuCount": size[0], "memoryInMB": size[1]}
    ends = RUNNING if call.cloud.settings.change_ends == "started" else None
    return call.changes(lambda: call.instance.update(values), ends)


def reset_password(call: Call) -> Work:
    """Makes a new password, which only the task's result shows."""
    if not call.instance["isPasswordEnabled"]:
        raise invalid("The template of the instance does not support passwords.", id=call.instance["id"])
    return Work(lambda: {"password": call.cloud.password()})


def change_network(call: Call, network: dict[str, Any]) -> Work:
    """Moves the instance to another network, where it has another address and no forwarded ports."""
    environment, instance = call.environment, call.instance

    def move() -> None:
        environment.private_addresses.release(instance["ipAddress"])
        environment.public_addresses.detach(instance)
        instance.update({name: network[name] for name in ("vpcId", "vpcName", "zoneId", "zoneName")})
        address = environment.private_addresses.take(network)
        instance.update(networkId=network["id"], networkName=network["name"], ipAddress=address)
        call.private.update(new_nic())
        network["state"] = IMPLEMENTED

    return call.changes(move)


def associate_ssh_key(call: Call, ssh_key: dict[str, Any]) -> Work:
    """Replaces the SSH key of the instance."""
    return call.changes(lambda: call.private.update(sshKeyName=ssh_key["name"]))


def attach_iso(call: Call, iso: dict[str, Any]) -> Work:
    """Attaches an ISO that is not bootable; there can be one at a time."""
    if iso["bootable"] or not iso["ready"]:
        raise invalid("The ISO is bootable or not ready: it can't be attached.", field="isoId")
    if call.private["isoId"] is not None:
        raise invalid("Another ISO is attached to the instance.", id=call.instance["id"])
    return _sets_iso(call, iso["id"])


def detach_iso(call: Call) -> Work:
    """Detaches the ISO."""
    if call.private["isoId"] is None:
        raise invalid("No ISO is attached to the instance.", id=call.instance["id"])
    return _sets_iso(call, None)


def _sets_iso(call: Call, iso_id: str | None) -> Work:
    def effect() -> Any:
        call.private["isoId"] = iso_id
        return call.updated()

    return Work(effect)
