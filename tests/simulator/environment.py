# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One environment: what there is, and how the API shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import catalog, images, networking
from .addresses import PrivateAddresses, PublicAddresses
from .history import History
from .instances import NewInstance, new_instance
from .model import DESTROYED, RUNNING, ErrorResponse, invalid, not_found
from .resources import listed, nics, retrieved
from .settings import Settings
from .views import Snapshot, detail_attributes, list_attributes, snapshot
from .volumes import Volumes


def _unknown(instance_id: str) -> ErrorResponse:
    return not_found(f"Instance {instance_id} was not found.", id=instance_id, type="instances")


class Environment:
    """The instances of one environment and its other resources.

    ``advance`` carries out what is due by now; see ``Cloud.advance``.
    """

    def __init__(self, name: str, settings: Settings, advance: Callable[[], None]) -> None:
        self._settings, self._advance = settings, advance
        self._created = 0
        self._history, self._now = History(), 0.0
        self.private_addresses = PrivateAddresses()
        self.public_addresses = PublicAddresses()
        self.volumes = Volumes(name)
        # By id, with the attributes that the list shows.
        self.instances: dict[str, dict[str, Any]] = {}
        # By id, what the list does not show: user data, SSH key, ISO and the like.
        self.private: dict[str, dict[str, Any]] = {}
        # By entity type, as it stands in paths.
        self.resources: dict[str, list[dict[str, Any]]] = {
            "computeofferings": catalog.compute_offerings(),
            "templates": images.templates(),
            "networks": networking.networks(name),
            "networkofferings": networking.network_offerings(),
            "networkacls": networking.network_acls(),
            "vpcs": networking.vpcs(),
            "vpcofferings": networking.vpc_offerings(),
            "diskofferings": catalog.disk_offerings(),
            "sshkeys": catalog.ssh_keys(),
            "affinitygroups": catalog.affinity_groups(name),
            "isos": images.isos(),
            "volumes": self.volumes.resources,
            "publicipaddresses": self.public_addresses.resources,
            "zones": catalog.zones(),
        }

    # -- looking things up

    def instance(self, instance_id: str) -> dict[str, Any]:
        """One instance; a 404 if there is none with that id."""
        found = self.instances.get(instance_id.lower())
        if found is None:
            raise _unknown(instance_id)
        return found

    def instances_named(self, name: str | None = None) -> list[dict[str, Any]]:
        """The instances with a name as they are now, or all of them; for tests."""
        self._advance()
        return [instance for instance in self.instances.values() if name in (None, instance["name"])]

    def resource(self, kind: str, **match: Any) -> dict[str, Any] | None:
        """The first resource of a list that has all the given values."""
        return next((found for found in self.resources[kind] if all(found.get(k) == v for k, v in match.items())), None)

    def referenced(self, kind: str, field: str, value: Any, key: str = "id") -> dict[str, Any]:
        """The resource that a body field refers to; a 400 if there is none."""
        found = self.resource(kind, **{key: value})
        if found is None:
            raise invalid(f"{field} {value} does not exist in this environment.", field=field)
        return found

    # -- showing

    def list_instances(self) -> list[dict[str, Any]]:
        """All instances as the list shows them."""
        return [
            list_attributes(instance, private, self._settings)
            for instance, private in self._listed()
            if self._settings.list_destroyed or instance["state"] != DESTROYED
        ]

    def detail(self, instance_id: str) -> dict[str, Any]:
        """One instance as retrieving it shows it. This counts as a look for a transition that was set with ``settles_after``."""
        there = self.instances.get(instance_id.lower())
        if there is not None:
            self._settle(there)
            self.record(self._now)
        if not self._history.begun:
            # Looked up again: it may have been removed just now.
            return self.result(self.instance(instance_id))
        seen = self._seen().get(instance_id.lower())
        if seen is None:
            raise _unknown(instance_id)
        return detail_attributes(seen, self._settings)

    def result(self, instance: dict[str, Any]) -> dict[str, Any]:
        """One instance as the result of a task shows it: what retrieving it shows without lag."""
        return detail_attributes(self._snapshot(instance), self._settings)

    def record(self, now: float) -> None:
        """Remembers what there is now, if the list is to lag behind."""
        self._now = now
        if self._settings.lag_seconds:
            there = {instance["id"]: self._snapshot(instance) for instance in self.instances.values()}
            self._history.record(now, there, now - self._settings.lag_seconds)
        else:
            self._history.forget()

    def _snapshot(self, instance: dict[str, Any]) -> Snapshot:
        return snapshot(instance, self.private[instance["id"]], self.public_addresses.used_by(instance["id"]))

    def _seen(self) -> dict[str, Snapshot]:
        return self._history.at(self._now - self._settings.lag_seconds)

    def _listed(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        if self._history.begun:
            return ((seen.instance, seen.private) for seen in self._seen().values())
        return ((instance, self.private[instance["id"]]) for instance in self.instances.values())

    def list_resources(self, kind: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """A list of other resources, filtered by the query parameters that its entity documents."""
        return listed(kind, self._entries(kind), self.instances, query)

    def retrieve_resource(self, kind: str, key: str) -> dict[str, Any]:
        """One of the other resources, by its id; an SSH key also by its name."""
        found = retrieved(kind, self._entries(kind), self.instances, key)
        if found is None:
            raise not_found(f"{kind} {key} was not found.", id=key, type=kind)
        return found

    def _entries(self, kind: str) -> list[dict[str, Any]]:
        if kind == "nics":
            return nics(self.instances, self.private, self.resources["networks"])
        if kind not in self.resources:
            raise not_found(f"There is no entity type {kind}.", type=kind)
        return self.resources[kind]

    def _settle(self, instance: dict[str, Any]) -> None:
        private = self.private[instance["id"]]
        if private["settling"] is None:
            return
        looks, state = private["settling"]
        if looks > 0:
            private["settling"] = (looks - 1, state)
        elif state is None:
            self.remove_instance(instance)
        else:
            private["settling"] = None
            instance["state"] = state

    # -- changing

    def add_instance(self, values: NewInstance) -> dict[str, Any]:
        """Adds an instance and returns it."""
        self._created += 1
        instance, private = new_instance(values, self._created, self._settings)
        self.instances[instance["id"]], self.private[instance["id"]] = instance, private
        values.network["state"] = networking.IMPLEMENTED
        return instance

    def remove_instance(self, instance: dict[str, Any]) -> None:
        """Removes an instance for good. Its root volume goes; data volumes and public addresses stay and are free."""
        self.instances.pop(instance["id"], None)
        self.private.pop(instance["id"], None)
        self.private_addresses.release(instance["ipAddress"])
        self.volumes.detach(instance["id"])
        self.public_addresses.detach(instance)

    def destroyed_at(self) -> dict[str, float]:
        """When the instances that are destroyed became so, by id."""
        return {instance_id: private["destroyedAt"] for instance_id, private in self.private.items() if private["destroyedAt"] is not None}

    def expunge(self, until: float) -> None:
        """Removes the instances that have been destroyed since then or longer."""
        for instance_id, since in self.destroyed_at().items():
            if since <= until:
                self.remove_instance(self.instances[instance_id])

    def seed(self, values: dict[str, Any]) -> dict[str, Any]:
        """Adds an instance at once, for tests and benchmarks, and returns it; see docs/simulator.md for what ``values`` may hold."""
        attributes = {k: v for k, v in values.items() if k not in ("publicIps", "shareIpWith", "dataVolumes")}
        offering, template, network = (self.resources[kind][0] for kind in ("computeofferings", "templates", "networks"))
        if "networkId" in attributes:
            network = self.resource("networks", id=attributes["networkId"]) or network
        address = attributes.pop("ipAddress", None) or self.private_addresses.take(network)
        self.private_addresses.claim(address)
        size = (offering["cpuCount"], offering["memoryInMB"])
        instance = self.add_instance(NewInstance(attributes.get("name", "instance"), offering, size, template, network, address, RUNNING))
        self.patch(instance, attributes)
        self.volumes.add(f"ROOT-{instance['name']}", "os", 20, instance["id"])
        for name in values.get("dataVolumes", []):
            self.volumes.add(name, "data", 10, instance["id"])
        for _index in range(values.get("publicIps", 0)):
            self.public_addresses.acquire(instance, ["22"])
        if "shareIpWith" in values:
            self.public_addresses.share(values["shareIpWith"], instance)
        self._history.precede(instance["id"], self._snapshot(instance))
        return instance

    def patch(self, instance: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        """Changes an instance at once, as if someone else had done it; returns it as the list shows it."""
        private, attributes = self.private[instance["id"]], dict(values)
        if "settles_after" in attributes:
            private["settling"] = (attributes.pop("settles_after"), attributes.pop("settles_as", RUNNING))
        elif "state" in attributes:
            private["settling"] = None
        for name in ("userData", "sshKeyName", "isoId"):
            if name in attributes:
                private[name] = attributes.pop(name)
        attributes.pop("id", None)
        if attributes.get("ipAddress"):
            self.private_addresses.release(instance["ipAddress"])
            self.private_addresses.claim(attributes["ipAddress"])
        instance.update(attributes)
        return list_attributes(instance, private, self._settings)
