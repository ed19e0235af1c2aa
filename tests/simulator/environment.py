# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One environment: what there is, and how the API shows it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

from . import catalog
from .addresses import PrivateAddresses, PublicAddresses
from .model import DESTROYED, RUNNING, Settings, invalid, not_found
from .views import detail_attributes, list_attributes, resource_list
from .volumes import Volumes


def _mac_address(number: int) -> str:
    return "02:00:" + ":".join(f"{byte:02x}" for byte in number.to_bytes(4, "big"))


class Environment:
    """The instances of one environment and its other resources.

    ``advance`` carries out what is due by now; see ``Cloud.advance``.
    """

    def __init__(self, name: str, settings: Settings, advance: Callable[[], None]) -> None:
        self._settings, self._advance = settings, advance
        self._created = 0
        self.private_addresses = PrivateAddresses()
        self.public_addresses = PublicAddresses()
        self.volumes = Volumes(catalog.volumes(name))
        # By id, with the attributes that the list shows.
        self.instances: dict[str, dict[str, Any]] = {}
        # By id, what the list does not show: user data, SSH key, ISO and the like.
        self.private: dict[str, dict[str, Any]] = {}
        # By entity type, as it stands in paths.
        self.resources: dict[str, list[dict[str, Any]]] = {
            "computeofferings": catalog.compute_offerings(),
            "templates": catalog.templates(),
            "networks": catalog.networks(name),
            "diskofferings": catalog.disk_offerings(),
            "sshkeys": catalog.ssh_keys(),
            "affinitygroups": catalog.affinity_groups(name),
            "isos": catalog.isos(),
            "volumes": self.volumes.resources,
            "publicipaddresses": self.public_addresses.resources,
            "zones": catalog.zones(),
        }

    # -- looking things up

    def instance(self, instance_id: str) -> dict[str, Any]:
        """One instance; a 404 if there is none with that id."""
        found = self.instances.get(instance_id.lower())
        if found is None:
            raise not_found(f"Instance {instance_id} was not found.", id=instance_id, type="instances")
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
            list_attributes(instance, self.private[instance["id"]], self._settings)
            for instance in self.instances.values()
            if self._settings.list_destroyed or instance["state"] != DESTROYED
        ]

    def detail(self, instance_id: str) -> dict[str, Any]:
        """One instance as retrieving it shows it. This counts as a look for a transition that was set with ``settles_after``."""
        self._settle(self.instance(instance_id))
        # Looked up again: it may have been removed just now.
        instance = self.instance(instance_id)
        addresses = self.public_addresses.used_by(instance["id"])
        return detail_attributes(instance, self.private[instance["id"]], addresses, self._settings)

    def list_resources(self, kind: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """A list of other resources, filtered by the query parameters that its entity documents."""
        return resource_list(kind, self.resources[kind], self.instances.values(), query)

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

    def add_instance(
        self,
        name: str,
        offering: dict[str, Any],
        size: tuple[int, int],
        template: dict[str, Any],
        network: dict[str, Any],
        address: str,
        state: str,
    ) -> dict[str, Any]:
        """Adds an instance and returns it; ``size`` is its CPU count and its memory in MB."""
        instance_id = str(uuid.uuid4())
        self._created += 1
        host = re.sub(r"[^A-Za-z0-9_-]", "-", name).strip("-_")[:63] or f"i-{instance_id[:8]}"
        instance = {
            "id": instance_id,
            "name": name,
            "affinityGroupIds": [],
            "computeOfferingId": offering["id"],
            "computeOfferingName": offering["name"],
            "cpuCount": size[0],
            "hostname": host + self._settings.hostname_suffix,
            "imageId": template["id"],
            "imageName": template["name"],
            "ipAddress": address,
            "isPasswordEnabled": True,
            "macAddress": _mac_address(self._created),
            "memoryInMB": size[1],
            "networkId": network["id"],
            "networkName": network["name"],
            "state": state,
            "username": template["defaultUsername"],
            "vpcId": network["vpcId"],
            "vpcName": network["vpcName"],
            "zoneId": network["zoneId"],
            "zoneName": network["zoneName"],
        }
        self.instances[instance_id] = instance
        self.private[instance_id] = {
            "userData": "",
            "sshKeyName": None,
            "isoId": None,
            "nicId": str(uuid.uuid4()),
            # When it was destroyed, by the simulator's clock.
            "destroyedAt": None,
            # The transition it is in, if that ends with a look: (how many looks it outlasts, the state then).
            "settling": None,
        }
        return instance

    def remove_instance(self, instance: dict[str, Any]) -> None:
        """Removes an instance for good. Its root volume goes; data volumes and public addresses stay and are free."""
        self.instances.pop(instance["id"], None)
        self.private.pop(instance["id"], None)
        self.private_addresses.release(instance["ipAddress"])
        self.volumes.detach(instance["id"])
        self.public_addresses.detach(instance)

    def seed(self, values: dict[str, Any]) -> dict[str, Any]:
        """Adds an instance at once, for tests and benchmarks, and returns it; see docs/simulator.md for what ``values`` may hold."""
        attributes = {k: v for k, v in values.items() if k not in ("publicIps", "shareIpWith", "dataVolumes")}
        offering, template, network = (self.resources[kind][0] for kind in ("computeofferings", "templates", "networks"))
        if "networkId" in attributes:
            network = self.resource("networks", id=attributes["networkId"]) or network
        address = attributes.get("ipAddress") or self.private_addresses.take(network)
        size = (offering["cpuCount"], offering["memoryInMB"])
        instance = self.add_instance(attributes.get("name", "instance"), offering, size, template, network, address, RUNNING)
        self.patch(instance, attributes)
        self.volumes.add(f"ROOT-{instance['name']}", "os", 20, instance["id"])
        for name in values.get("dataVolumes", []):
            self.volumes.add(name, "data", 10, instance["id"])
        for _index in range(values.get("publicIps", 0)):
            self.public_addresses.acquire(instance, ["22"])
        if "shareIpWith" in values:
            self.public_addresses.share(values["shareIpWith"], instance)
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
        instance.update(attributes)
        return list_attributes(instance, private, self._settings)
