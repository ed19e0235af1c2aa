# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine behind the simulator: environments, instances, tasks. It knows nothing of HTTP.

Time comes from a clock that is passed in, so that tests can move it. Nothing runs in the background: whatever is due is
carried out when somebody next looks (``Cloud.advance``).
"""

from __future__ import annotations

import copy
import ipaddress
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from . import catalog

BASE_PATH = "/api/v2"
SERVICE_CODE = "compute-on"
ENVIRONMENTS = ("test_area", "prod")
API_KEY = "simulator-key"
# The key's own organization and one below it, which sees environments of the same names with nothing shared.
ORGANIZATION = catalog.derived_id("organization", "own")
SUB_ORGANIZATION = catalog.derived_id("organization", "sub")
CONNECTION_ID = catalog.derived_id("connection", SERVICE_CODE)

# Codes of the errors. 2012 is the one that the documentation shows; the others are the simulator's own.
CODE_KEY = 1001
CODE_UNKNOWN = 2001
CODE_PARAMETER = 2002
CODE_STATE = 2012
CODE_QUOTA = 2020

TASK_LIFE = 30 * 60.0

RUNNING, STOPPED, STARTING, STOPPING = "Running", "Stopped", "Starting", "Stopping"
ERROR, DESTROYED, EXPUNGING = "Error", "Destroyed", "Expunging"


class Refusal(Exception):
    """An answer other than success: HTTP status, the API's code, a message and its context."""

    def __init__(self, status: int, code: int, message: str, context: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.context = status, code, message, context or {}


@dataclass
class Settings:
    """How the simulator behaves where the documentation leaves it open, or sources disagree."""

    task_seconds: float = 1.0
    """How long a task takes."""
    seconds: dict[str, float] = field(default_factory=dict)
    """The same for single operations, by API name (``create``, ``stop``, ...)."""
    task_shape: str = "flat"
    """``flat``: taskId and taskStatus at the top; ``data``: id and status inside ``data``."""
    first_answer: str = "pending"
    """``pending``; ``pending_with_data`` (an empty ``data`` beside it, for a create its id); ``done`` (ended at once)."""
    update_answer: str = "task"
    """What the PUT answers: ``task``, ``data`` (the instance, at once) or ``empty`` (204, at once)."""
    failed_word: str = "FAILED"
    """Or ``FAILURE``."""
    failed_detail: str = "errors"
    """Where a failed task says why: ``errors`` or ``result``."""
    error_code: str = "code"
    """``code`` (a number) or ``errorCode`` (a string)."""
    error_status: str = "http"
    """``http``: the fitting status; ``ok``: errors arrive with status 200."""
    public_ips_key: str = "publicIps"
    """Or ``publicIPs``."""
    image_key: str = "image"
    """``image``: imageId and imageName; ``template``: templateId and templateName."""
    list_destroyed: bool = True
    """Whether the list shows destroyed instances."""
    page_size: int = 0
    """The most that one list answer holds; 0: everything."""
    paging: str = "honoured"
    """``ignored``: paging parameters have no effect, so what does not fit the first page can't be had."""
    report_ssh_key: bool = False
    """Whether instances show ``sshKeyName``."""
    report_iso: bool = False
    """Whether instances show ``isoId``."""
    create_password: bool = True
    """Whether the result of a create holds a password."""
    recovered_state: str = STOPPED
    """The state after ``recover``."""
    change_ends: str = "same"
    """``started``: changing the offering of a stopped instance leaves it running."""
    hostname_suffix: str = ""
    """Put behind the host name that the server chooses for a new instance."""
    max_instances: int = 0
    """A quota per environment; 0: none."""
    expunge_after: float = 0.0
    """Seconds after which a destroyed instance vanishes by itself; 0: never."""
    lenient: bool = False
    """Lets unknown body fields pass."""

    def changed(self, values: dict[str, Any]) -> Settings:
        """A copy with some values replaced; refuses unknown names and wrong types."""
        known = {item.name: getattr(self, item.name) for item in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise Refusal(400, CODE_PARAMETER, f"there is no setting {name}")
            wanted = (int, float) if isinstance(known[name], float) else type(known[name])
            if not isinstance(value, wanted) or (isinstance(value, bool) and not isinstance(known[name], bool)):
                raise Refusal(400, CODE_PARAMETER, f"setting {name} is of another type")
        return replace(self, **values)


@dataclass
class Task:
    """Work under way. ``phases`` are the states an instance passes through: (from when, state)."""

    id: str
    operation: str
    environment: Environment
    instance: dict[str, Any]
    created: float
    ends_at: float
    effect: Callable[[], Any] | None
    phases: list[tuple[float, str]] = field(default_factory=list)
    state_before: str | None = None
    status: str = "PENDING"
    result: Any = None
    failure: str | None = None
    leaves: str | None = None
    lost: bool = False
    stuck: bool = False


@dataclass
class TaskFault:
    """What shall go wrong with the next task: see the fault kinds."""

    kind: str
    message: str = "The operation could not be completed."
    leaves: str | None = None


# --- request bodies -----------------------------------------------------------------------------------------------


def is_uuid(value: Any) -> bool:
    """Whether a value is a UUID in its usual spelling."""
    return isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value) is not None


TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("a string", lambda value: isinstance(value, str)),
    "int": ("an integer", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "UUID": ("a UUID", is_uuid),
    "strings": ("an array of strings", lambda value: isinstance(value, list) and all(isinstance(v, str) for v in value)),
    "UUIDs": ("an array of UUIDs", lambda value: isinstance(value, list) and all(is_uuid(v) for v in value)),
}

CREATE_BODY = {
    "name": "string",
    "computeOfferingId": "UUID",
    "networkId": "UUID",
    "templateId": "UUID",
    "additionalDiskIops": "int",
    "additionalDiskSizeInGb": "int",
    "affinityGroupId": "UUID",
    "cpuCount": "int",
    "diskOfferingId": "UUID",
    "ipAddress": "string",
    "memoryInMB": "int",
    "portsToForward": "strings",
    "publicKey": "string",
    "rootVolumeSizeInGb": "int",
    "sshKeyName": "string",
    "userData": "string",
    "volumeIdToAttach": "UUID",
}
CREATE_REQUIRED = ("name", "computeOfferingId", "networkId", "templateId")
UPDATE_BODY = {"name": "string", "hostname": "string"}
DELETE_BODY = {
    "deleteSnapshots": "boolean",
    "publicIpIdsToRelease": "UUIDs",
    "purgeImmediately": "boolean",
    "volumeIdsToDelete": "UUIDs",
}
# Operation: (body fields, required ones, states it is allowed in).
OPERATIONS: dict[str, tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]] = {
    "start": ({}, (), (STOPPED,)),
    "stop": ({"forceStop": "boolean"}, (), (RUNNING, STOPPING)),
    "reboot": ({}, (), (RUNNING, STOPPED)),
    "purge": ({}, (), (DESTROYED,)),
    "recover": ({}, (), (DESTROYED,)),
    "changeComputeOffering": (
        {"computeOfferingId": "UUID", "cpuCount": "int", "memoryInMB": "int"},
        ("computeOfferingId",),
        (RUNNING, STOPPED),
    ),
    "resetPassword": ({}, (), (RUNNING, STOPPED)),
    "changeNetwork": ({"networkId": "UUID"}, ("networkId",), (RUNNING, STOPPED)),
    "associateSSHKey": ({"sshKeyName": "string"}, ("sshKeyName",), (RUNNING, STOPPED)),
    "attachIso": ({"isoId": "UUID"}, ("isoId",), (RUNNING, STOPPED)),
    "detachIso": ({}, (), (RUNNING, STOPPED)),
}


def checked(body: Any, allowed: dict[str, str], required: tuple[str, ...], lenient: bool) -> dict[str, Any]:
    """The body if it fits its table; refuses unknown, mistyped and missing fields, naming them."""
    if body is None:
        body = {}
    if not isinstance(body, dict):
        raise Refusal(400, CODE_PARAMETER, "The body must be a JSON object.")
    for name, value in body.items():
        if name not in allowed:
            if lenient:
                continue
            raise Refusal(400, CODE_PARAMETER, f"Unknown field {name}.", {"field": name})
        words, fits = TYPES[allowed[name]]
        if not fits(value):
            raise Refusal(400, CODE_PARAMETER, f"Field {name} must be {words}.", {"field": name})
    for name in required:
        if body.get(name) in (None, ""):
            raise Refusal(400, CODE_PARAMETER, f"Field {name} is required.", {"field": name})
    return {name: value for name, value in body.items() if name in allowed}


HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


# --- one environment ----------------------------------------------------------------------------------------------


class Environment:
    """The instances and the siblings of one environment, and what each operation does to them."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.cloud = cloud
        self.name = name
        self.instances: dict[str, dict[str, Any]] = {}
        # What an instance has beside its public attributes: user data, ISO, SSH key.
        self.hidden: dict[str, dict[str, Any]] = {}
        self.siblings: dict[str, list[dict[str, Any]]] = {
            "computeofferings": catalog.compute_offerings(),
            "templates": catalog.templates(),
            "networks": catalog.networks(name),
            "diskofferings": catalog.disk_offerings(),
            "sshkeys": catalog.ssh_keys(),
            "affinitygroups": catalog.affinity_groups(name),
            "isos": catalog.isos(),
            "volumes": catalog.volumes(name),
            "publicipaddresses": [],
            "zones": catalog.zones(),
        }
        self.used_addresses: set[str] = set()
        self._next_host: dict[str, int] = {}
        self._next_mac = 0

    # -- looking

    def sibling(self, kind: str, **match: Any) -> dict[str, Any] | None:
        """The first entry of a sibling list that has all the given values."""
        return next((row for row in self.siblings[kind] if all(row.get(k) == v for k, v in match.items())), None)

    def named_in_body(self, kind: str, field_name: str, value: Any, key: str = "id") -> dict[str, Any]:
        """The sibling that a body field names; 400 if there is none."""
        row = self.sibling(kind, **{key: value})
        if row is None:
            raise Refusal(400, CODE_PARAMETER, f"{field_name} {value} does not exist in this environment.", {"field": field_name})
        return row

    def instance(self, instance_id: str) -> dict[str, Any]:
        """One instance; 404 if there is none of that id."""
        found = self.instances.get(instance_id.lower())
        if found is None:
            raise Refusal(404, CODE_UNKNOWN, f"Instance {instance_id} was not found.", {"id": instance_id, "type": "instances"})
        return found

    def require_state(self, instance: dict[str, Any], states: tuple[str, ...]) -> None:
        """Refuses as documented, with the current and the expected states."""
        if instance["state"] not in states:
            raise Refusal(
                400,
                CODE_STATE,
                f"The instance is in state {instance['state']}; the operation needs it in {' or '.join(states)}.",
                {
                    "id": instance["id"],
                    "currentState": instance["state"],
                    "expectedStates": list(states),
                    "type": "instances",
                },
            )

    def listed(self) -> list[dict[str, Any]]:
        """All instances as the list shows them."""
        shown = [row for row in self.instances.values() if self.cloud.settings.list_destroyed or row["state"] != DESTROYED]
        return [self.public(row) for row in shown]

    def public(self, instance: dict[str, Any]) -> dict[str, Any]:
        """An instance with the attributes of the list."""
        settings = self.cloud.settings
        shown = dict(instance)
        hidden = self.hidden[instance["id"]]
        if settings.image_key == "template":
            shown["templateId"], shown["templateName"] = shown.pop("imageId"), shown.pop("imageName")
        if settings.report_ssh_key:
            shown["sshKeyName"] = hidden["sshKeyName"]
            shown["isSshKeyEnabled"] = hidden["sshKeyName"] is not None
        if settings.report_iso:
            shown["isoId"] = hidden["isoId"]
        return shown

    def detail(self, instance_id: str) -> dict[str, Any]:
        """An instance with what only retrieving one shows: user data, public addresses, NICs."""
        instance = self.instance(instance_id)
        hidden = self.hidden[instance["id"]]
        reads = hidden.get("reads")
        if reads is not None:
            # A transition that was set to end after so many looks.
            left, then = reads
            if left <= 0:
                hidden["reads"] = None
                if then is None:
                    self.vanish(instance)
                    return self.detail(instance_id)
                instance["state"] = then
            else:
                hidden["reads"] = (left - 1, then)
        shown = self.public(instance)
        shown["userData"] = hidden["userData"]
        shown[self.cloud.settings.public_ips_key] = [
            {"id": row["id"], "ipAddress": row["ipAddress"], "purposes": list(row["purposes"]), "ports": list(row["ports"])}
            for row in self.siblings["publicipaddresses"]
            if any(holder["id"] == instance["id"] for holder in row["instances"])
        ]
        shown["nics"] = [{"id": hidden["nicId"], "isDefault": True, "networkId": instance["networkId"]}]
        return shown

    def sibling_list(self, kind: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """A sibling list, filtered by the parameters that its entity documents."""
        rows = copy.deepcopy(self.siblings[kind])
        if kind == "affinitygroups":
            for row in rows:
                row["instanceIds"] = [i["id"] for i in self.instances.values() if row["id"] in i["affinityGroupIds"]]
        filters: dict[str, dict[str, Callable[[dict[str, Any], str], bool]]] = {
            "networks": {
                "vpc_id": lambda row, value: row["vpcId"] == value,
                "zone_id": lambda row, value: row["zoneId"] == value,
            },
            "volumes": {
                "type": lambda row, value: row["type"] == value,
                "instance_id": lambda row, value: row["instanceId"] == value,
            },
            "publicipaddresses": {
                "vpc_id": lambda row, value: row["vpcId"] == value,
                "instance_id": lambda row, value: any(holder["id"] == value for holder in row["instances"]),
            },
        }
        for name, keeps in filters.get(kind, {}).items():
            if name in query:
                rows = [row for row in rows if keeps(row, query[name])]
        for row in rows:
            row.pop("resizable", None)
            if kind == "publicipaddresses":
                row.pop("ports", None)
        return rows

    # -- writing

    def create(self, body: Any) -> Task:
        """Creates an instance: at once in the list as Starting, Running when the task has ended."""
        settings = self.cloud.settings
        values = checked(body, CREATE_BODY, CREATE_REQUIRED, settings.lenient)
        if settings.max_instances and len(self.instances) >= settings.max_instances:
            raise Refusal(400, CODE_QUOTA, f"The quota of {settings.max_instances} instances is reached.")
        offering = self.named_in_body("computeofferings", "computeOfferingId", values["computeOfferingId"])
        if offering.get("type") == "BareMetal":
            raise Refusal(400, CODE_PARAMETER, "A bare metal offering needs the acquire operation.", {"field": "computeOfferingId"})
        cpu, memory = self.size(offering, values)
        template = self.named_in_body("templates", "templateId", values["templateId"])
        network = self.named_in_body("networks", "networkId", values["networkId"])
        if "publicKey" in values and "sshKeyName" in values:
            raise Refusal(400, CODE_PARAMETER, "publicKey and sshKeyName exclude each other.", {"field": "publicKey"})
        if "sshKeyName" in values:
            self.named_in_body("sshkeys", "sshKeyName", values["sshKeyName"], key="name")
        if "affinityGroupId" in values:
            self.named_in_body("affinitygroups", "affinityGroupId", values["affinityGroupId"])
        for port in values.get("portsToForward", []):
            if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
                raise Refusal(400, CODE_PARAMETER, f"portsToForward has no port {port}.", {"field": "portsToForward"})
        if "rootVolumeSizeInGb" in values:
            if not template["resizable"]:
                raise Refusal(
                    400, CODE_PARAMETER, "The template does not allow to resize the root volume.", {"field": "rootVolumeSizeInGb"}
                )
            if values["rootVolumeSizeInGb"] * catalog.GIB < template["size"]:
                raise Refusal(400, CODE_PARAMETER, "The root volume is smaller than the template.", {"field": "rootVolumeSizeInGb"})
        disk = self.additional_disk(values)
        attached = None
        if "volumeIdToAttach" in values:
            attached = self.named_in_body("volumes", "volumeIdToAttach", values["volumeIdToAttach"])
            if attached["type"] != "data" or attached["instanceId"] is not None:
                raise Refusal(
                    400, CODE_PARAMETER, "The volume can't be attached: it is in use or no data volume.", {"field": "volumeIdToAttach"}
                )
        address = self.take_address(network, values.get("ipAddress"))

        instance = self.add_instance(values["name"], offering, (cpu, memory), template, network, address, STARTING)
        instance_id = instance["id"]
        if "affinityGroupId" in values:
            instance["affinityGroupIds"] = [values["affinityGroupId"]]
        hidden = self.hidden[instance_id]
        hidden["userData"] = values.get("userData", "")
        hidden["sshKeyName"] = values.get("sshKeyName")
        size = values.get("rootVolumeSizeInGb", template["size"] // catalog.GIB)
        self.add_volume(f"ROOT-{values['name']}", "os", size, instance_id)
        if disk is not None:
            self.add_volume(f"DATA-{values['name']}", "data", disk, instance_id)
        if attached is not None:
            attached["instanceId"] = instance_id
        if values.get("portsToForward"):
            self.forward_ports(instance, values["portsToForward"])

        def effect() -> Any:
            instance["state"] = RUNNING
            result = self.detail(instance_id)
            if settings.create_password and instance["isPasswordEnabled"]:
                result["password"] = self.cloud.password()
            return result

        return self.cloud.begin("create", self, instance, effect, [STARTING], state_before=None)

    def size(self, offering: dict[str, Any], values: dict[str, Any]) -> tuple[int, int]:
        """CPU count and memory in MB that an offering and the given values come to."""
        given = {name: values[name] for name in ("cpuCount", "memoryInMB") if name in values}
        if not offering.get("custom"):
            if given:
                name = next(iter(given))
                raise Refusal(400, CODE_PARAMETER, f"{name} can be chosen for custom compute offerings alone.", {"field": name})
            return offering["cpuCount"], offering["memoryInMB"]
        for name in ("cpuCount", "memoryInMB"):
            if name not in given:
                raise Refusal(400, CODE_PARAMETER, f"The custom compute offering needs {name}.", {"field": name})
            allowed = offering.get("availableCpuCountValues" if name == "cpuCount" else "availableMemoryInMBValues")
            if given[name] < 1 or (allowed and given[name] not in allowed):
                raise Refusal(400, CODE_PARAMETER, f"{name} {given[name]} is not allowed by the compute offering.", {"field": name})
        ratio = offering.get("maxMemoryInMBToCpuRatio")
        if ratio and given["memoryInMB"] > ratio * given["cpuCount"]:
            raise Refusal(400, CODE_PARAMETER, f"The compute offering allows {ratio} MB for each CPU.", {"field": "memoryInMB"})
        return given["cpuCount"], given["memoryInMB"]

    def additional_disk(self, values: dict[str, Any]) -> int | None:
        """The size in GB of the additional disk that a create body asks for, or None."""
        if "diskOfferingId" not in values:
            for name in ("additionalDiskSizeInGb", "additionalDiskIops"):
                if name in values:
                    raise Refusal(400, CODE_PARAMETER, f"{name} needs diskOfferingId.", {"field": name})
            return None
        offering = self.named_in_body("diskofferings", "diskOfferingId", values["diskOfferingId"])
        for name, flag in (("additionalDiskSizeInGb", "customSize"), ("additionalDiskIops", "customIops")):
            if name in values and not offering[flag]:
                raise Refusal(400, CODE_PARAMETER, f"{name} needs a disk offering with {flag}.", {"field": name})
            if values.get(name, 1) < 1:
                raise Refusal(400, CODE_PARAMETER, f"{name} must be at least 1.", {"field": name})
        if offering["customSize"] and "additionalDiskSizeInGb" not in values:
            raise Refusal(400, CODE_PARAMETER, "The disk offering needs additionalDiskSizeInGb.", {"field": "additionalDiskSizeInGb"})
        return values.get("additionalDiskSizeInGb", offering.get("gbSize"))

    def take_address(self, network: dict[str, Any], wanted: str | None) -> str:
        """A private address of the network: the wanted one if it is free and inside, else the next one."""
        cidr = ipaddress.ip_network(network["cidr"])
        if wanted is not None:
            try:
                address = ipaddress.ip_address(wanted)
            except ValueError:
                raise Refusal(400, CODE_PARAMETER, f"ipAddress {wanted} is no IPv4 address.", {"field": "ipAddress"}) from None
            reserved = (cidr.network_address, cidr.broadcast_address, ipaddress.ip_address(network["gateway"]))
            if address not in cidr or address in reserved:
                raise Refusal(400, CODE_PARAMETER, f"ipAddress {wanted} is not within {network['cidr']}.", {"field": "ipAddress"})
            if wanted in self.used_addresses:
                raise Refusal(400, CODE_PARAMETER, f"ipAddress {wanted} is in use.", {"field": "ipAddress"})
            self.used_addresses.add(wanted)
            return wanted
        while True:
            host = self._next_host.get(network["id"], 10)
            self._next_host[network["id"]] = host + 1
            chosen = str(cidr.network_address + host)
            if chosen not in self.used_addresses:
                self.used_addresses.add(chosen)
                return chosen

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
        """Puts an instance into the list and returns it."""
        instance_id = str(uuid.uuid4())
        self._next_mac += 1
        host = re.sub(r"[^A-Za-z0-9_-]", "-", name).strip("-_")[:63] or f"i-{instance_id[:8]}"
        instance = {
            "id": instance_id,
            "name": name,
            "affinityGroupIds": [],
            "computeOfferingId": offering["id"],
            "computeOfferingName": offering["name"],
            "cpuCount": size[0],
            "hostname": host + self.cloud.settings.hostname_suffix,
            "imageId": template["id"],
            "imageName": template["name"],
            "ipAddress": address,
            "isPasswordEnabled": True,
            "macAddress": "02:00:" + ":".join(f"{(self._next_mac >> shift) & 255:02x}" for shift in (24, 16, 8, 0)),
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
        self.hidden[instance_id] = {
            "userData": "",
            "sshKeyName": None,
            "isoId": None,
            "nicId": str(uuid.uuid4()),
            "destroyedAt": None,
            "reads": None,
        }
        return instance

    def add_volume(self, name: str, kind: str, size: int, instance_id: str | None) -> dict[str, Any]:
        """Puts a volume into the list and returns it."""
        row = {"id": str(uuid.uuid4()), "name": name, "type": kind, "state": "Ready", "sizeInGb": size, "instanceId": instance_id}
        self.siblings["volumes"].append(row)
        return row

    def add_public_ip(self, vpc_id: str, network_id: str, holders: list[dict[str, Any]], ports: list[str]) -> dict[str, Any]:
        """Acquires a public address for some instances and returns it."""
        row = {
            "id": str(uuid.uuid4()),
            "ipAddress": str(ipaddress.ip_address("199.215.226.10") + len(self.siblings["publicipaddresses"])),
            "purposes": ["PORT_FORWARDING"],
            "instances": [{"id": holder["id"], "name": holder["name"]} for holder in holders],
            "networkId": network_id,
            "vpcId": vpc_id,
            "state": "Allocated",
            "ports": ports,
        }
        self.siblings["publicipaddresses"].append(row)
        return row

    def forward_ports(self, instance: dict[str, Any], ports: list[str]) -> None:
        """Forwards ports from a public address that nobody uses, or else from a new one."""
        free = next((r for r in self.siblings["publicipaddresses"] if not r["instances"] and r["vpcId"] == instance["vpcId"]), None)
        if free is None:
            self.add_public_ip(instance["vpcId"], instance["networkId"], [instance], list(ports))
            return
        free["instances"], free["ports"], free["purposes"] = (
            [{"id": instance["id"], "name": instance["name"]}],
            list(ports),
            ["PORT_FORWARDING"],
        )

    def update(self, instance_id: str, body: Any) -> Task:
        """Changes name and host name; the latter reboots a running instance."""
        instance = self.instance(instance_id)
        values = checked(body, UPDATE_BODY, (), self.cloud.settings.lenient)
        if "name" in values and not values["name"]:
            raise Refusal(400, CODE_PARAMETER, "Field name must not be empty.", {"field": "name"})
        if "hostname" in values and not HOST_NAME.fullmatch(values["hostname"]):
            raise Refusal(400, CODE_PARAMETER, f"hostname {values['hostname']} is no host name.", {"field": "hostname"})
        self.require_state(instance, (RUNNING, STOPPED))

        def effect() -> Any:
            instance.update(values)
            for row in self.siblings["publicipaddresses"]:
                for holder in row["instances"]:
                    if holder["id"] == instance["id"]:
                        holder["name"] = instance["name"]
            return self.detail(instance["id"])

        reboots = values.get("hostname", instance["hostname"]) != instance["hostname"]
        return self.change("update", instance, effect, reboots)

    def change(self, operation: str, instance: dict[str, Any], effect: Callable[[], Any], reboots: bool = True) -> Task:
        """Begins a change that, unless told otherwise, reboots a running instance; afterwards it is in the state it was in."""
        before = instance["state"]
        ends = before
        if operation == "changeComputeOffering" and self.cloud.settings.change_ends == "started":
            ends = RUNNING

        def ended() -> Any:
            instance["state"] = ends
            return effect()

        phases = [STOPPING, STARTING] if reboots and before == RUNNING else []
        return self.cloud.begin(operation, self, instance, ended, phases, state_before=before)

    def destroy(self, instance_id: str, body: Any) -> Task:
        """Destroys an instance, with what the body says goes with it."""
        instance = self.instance(instance_id)
        values = checked(body, DELETE_BODY, (), self.cloud.settings.lenient)
        self.require_state(instance, (RUNNING, STOPPED, ERROR))
        for address_id in values.get("publicIpIdsToRelease", []):
            row = self.named_in_body("publicipaddresses", "publicIpIdsToRelease", address_id)
            holders = {holder["id"] for holder in row["instances"]}
            if holders != {instance["id"]}:
                words = "is used by other instances" if instance["id"] in holders else "is not of this instance"
                raise Refusal(400, CODE_PARAMETER, f"Public IP {address_id} {words}.", {"field": "publicIpIdsToRelease"})
        for volume_id in values.get("volumeIdsToDelete", []):
            row = self.named_in_body("volumes", "volumeIdsToDelete", volume_id)
            if row["type"] != "data" or row["instanceId"] != instance["id"]:
                raise Refusal(
                    400, CODE_PARAMETER, f"Volume {volume_id} is no data volume of this instance.", {"field": "volumeIdsToDelete"}
                )
        purge = values.get("purgeImmediately", False)
        before = instance["state"]
        released = set(values.get("publicIpIdsToRelease", []))
        deleted = set(values.get("volumeIdsToDelete", []))

        def effect() -> Any:
            addresses = self.siblings["publicipaddresses"]
            self.siblings["publicipaddresses"] = [row for row in addresses if row["id"] not in released]
            self.siblings["volumes"] = [row for row in self.siblings["volumes"] if row["id"] not in deleted]
            instance["state"] = DESTROYED
            self.hidden[instance["id"]]["destroyedAt"] = self.cloud.clock()
            if purge:
                self.vanish(instance)
            return {}

        # A running one is shut down first; otherwise the platform marks it destroyed straight away.
        phase = STOPPING if before == RUNNING else EXPUNGING if purge else DESTROYED
        return self.cloud.begin("delete", self, instance, effect, [phase], state_before=before)

    def named(self, name: str | None = None) -> list[dict[str, Any]]:
        """The instances of a name as they are now, or all of them; for tests."""
        self.cloud.advance()
        return [row for row in self.instances.values() if name in (None, row["name"])]

    def vanish(self, instance: dict[str, Any]) -> None:
        """Removes an instance for good: volumes are let go or, the root one, removed; addresses lose their holder."""
        self.instances.pop(instance["id"], None)
        self.hidden.pop(instance["id"], None)
        self.used_addresses.discard(instance["ipAddress"])
        kept = []
        for row in self.siblings["volumes"]:
            if row["instanceId"] == instance["id"]:
                if row["type"] == "os":
                    continue
                row["instanceId"] = None
            kept.append(row)
        self.siblings["volumes"] = kept
        for row in self.siblings["publicipaddresses"]:
            row["instances"] = [holder for holder in row["instances"] if holder["id"] != instance["id"]]

    def operate(self, instance_id: str, operation: str, body: Any) -> Task:
        """Runs one of the operations that a POST on an instance names."""
        instance = self.instance(instance_id)
        if operation not in OPERATIONS:
            raise Refusal(400, CODE_PARAMETER, f"There is no operation {operation or '(none given)'} on instances.", {"field": "operation"})
        allowed, required, states = OPERATIONS[operation]
        values = checked(body, allowed, required, self.cloud.settings.lenient)
        if operation == "changeComputeOffering":
            offering = self.named_in_body("computeofferings", "computeOfferingId", values["computeOfferingId"])
            size = self.size(offering, values)
        if operation == "changeNetwork":
            network = self.named_in_body("networks", "networkId", values["networkId"])
        if operation == "associateSSHKey":
            self.named_in_body("sshkeys", "sshKeyName", values["sshKeyName"], key="name")
        if operation == "attachIso":
            iso = self.named_in_body("isos", "isoId", values["isoId"])
        self.require_state(instance, states)
        hidden = self.hidden[instance["id"]]
        begin, before = self.cloud.begin, instance["state"]

        def to_state(state: str) -> Callable[[], Any]:
            def effect() -> Any:
                instance["state"] = state
                return self.detail(instance["id"])

            return effect

        if operation == "start":
            return begin(operation, self, instance, to_state(RUNNING), [STARTING], before)
        if operation == "stop":
            if before == STOPPING:
                # Called on one that is stopping already, the stop is forced, and the earlier one ends with it.
                self.cloud.supersede(instance["id"])
                hidden["reads"] = None
            return begin(operation, self, instance, to_state(STOPPED), [STOPPING], before)
        if operation == "reboot":
            phases = [STOPPING, STARTING] if before == RUNNING else [STARTING]
            return begin(operation, self, instance, to_state(RUNNING), phases, before)
        if operation == "purge":

            def purged() -> Any:
                self.vanish(instance)
                return {}

            return begin(operation, self, instance, purged, [EXPUNGING], before)
        if operation == "recover":
            hidden["destroyedAt"] = None
            return begin(operation, self, instance, to_state(self.cloud.settings.recovered_state), [DESTROYED], before)
        if operation == "changeComputeOffering":

            def resized() -> Any:
                instance.update(
                    computeOfferingId=offering["id"], computeOfferingName=offering["name"], cpuCount=size[0], memoryInMB=size[1]
                )
                return self.detail(instance["id"])

            return self.change(operation, instance, resized)
        if operation == "changeNetwork":

            def moved() -> Any:
                self.used_addresses.discard(instance["ipAddress"])
                for row in self.siblings["publicipaddresses"]:
                    if any(holder["id"] == instance["id"] for holder in row["instances"]):
                        row["instances"] = [holder for holder in row["instances"] if holder["id"] != instance["id"]]
                        row["ports"] = [] if not row["instances"] else row["ports"]
                for name in ("vpcId", "vpcName", "zoneId", "zoneName"):
                    instance[name] = network[name]
                instance.update(networkId=network["id"], networkName=network["name"], ipAddress=self.take_address(network, None))
                hidden["nicId"] = str(uuid.uuid4())
                return self.detail(instance["id"])

            return self.change(operation, instance, moved)
        if operation == "associateSSHKey":

            def associated() -> Any:
                hidden["sshKeyName"] = values["sshKeyName"]
                return self.detail(instance["id"])

            return self.change(operation, instance, associated)
        if operation == "resetPassword":
            if not instance["isPasswordEnabled"]:
                raise Refusal(400, CODE_PARAMETER, "The template of the instance has no password.", {"id": instance["id"]})
            return begin(operation, self, instance, lambda: {"password": self.cloud.password()}, [], before)
        return self.iso_operation(operation, instance, hidden, iso if operation == "attachIso" else None)

    def iso_operation(self, operation: str, instance: dict[str, Any], hidden: dict[str, Any], iso: dict[str, Any] | None) -> Task:
        """Attaches an ISO, one at a time and not a bootable one, or detaches the one that is there."""
        if iso is not None:
            if iso["bootable"] or not iso["ready"]:
                raise Refusal(400, CODE_PARAMETER, "The ISO is bootable or not ready: it can't be attached.", {"field": "isoId"})
            if hidden["isoId"] is not None:
                raise Refusal(400, CODE_PARAMETER, "Another ISO is attached to the instance.", {"id": instance["id"]})
        elif hidden["isoId"] is None:
            raise Refusal(400, CODE_PARAMETER, "No ISO is attached to the instance.", {"id": instance["id"]})

        def effect() -> Any:
            hidden["isoId"] = iso["id"] if iso else None
            return self.detail(instance["id"])

        return self.cloud.begin(operation, self, instance, effect, [], instance["state"])

    def place(self, values: dict[str, Any]) -> dict[str, Any]:
        """Puts an instance there at once, for tests and benchmarks: any attribute may be given; returns the detail.

        Beside attributes: ``reads`` and ``then``: the transition it is in ends after so many retrieves in that state
        (``then: null``: it vanishes); ``publicIps``: how many to acquire for it; ``shareIpWith``: id of an instance whose
        public address it shares; ``dataVolumes``: names of data volumes to attach; ``userData``, ``sshKeyName``, ``isoId``.
        """
        values = dict(values)
        extra = {k: values.pop(k) for k in ("reads", "then", "publicIps", "shareIpWith", "dataVolumes") if k in values}
        offering = self.siblings["computeofferings"][0]
        template, network = self.siblings["templates"][0], self.siblings["networks"][0]
        network = self.sibling("networks", id=values["networkId"]) or network if "networkId" in values else network
        address = values.get("ipAddress") or self.take_address(network, None)
        size = (offering["cpuCount"], offering["memoryInMB"])
        instance = self.add_instance(values.get("name", "instance"), offering, size, template, network, address, RUNNING)
        self.amend(instance, {**values, **{k: extra[k] for k in ("reads", "then") if k in extra}})
        self.add_volume(f"ROOT-{instance['name']}", "os", 20, instance["id"])
        for name in extra.get("dataVolumes", []):
            self.add_volume(name, "data", 10, instance["id"])
        for _index in range(extra.get("publicIps", 0)):
            self.add_public_ip(instance["vpcId"], instance["networkId"], [instance], ["22"])
        if "shareIpWith" in extra:
            for row in self.siblings["publicipaddresses"]:
                if any(holder["id"] == extra["shareIpWith"] for holder in row["instances"]):
                    row["instances"].append({"id": instance["id"], "name": instance["name"]})
        return instance

    def amend(self, instance: dict[str, Any], values: dict[str, Any]) -> None:
        """Changes an instance at once, behind everybody's back: attributes, hidden ones, ``reads`` and ``then``."""
        values = dict(values)
        hidden = self.hidden[instance["id"]]
        if "reads" in values:
            hidden["reads"] = (values.pop("reads"), values.pop("then", RUNNING))
        elif "state" in values:
            hidden["reads"] = None
        for name in ("userData", "sshKeyName", "isoId"):
            if name in values:
                hidden[name] = values.pop(name)
        values.pop("id", None)
        instance.update(values)


# --- everything ---------------------------------------------------------------------------------------------------


class Cloud:
    """All environments of all organizations, and the tasks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, settings: Settings | None = None) -> None:
        self.clock = clock
        self.first_settings = settings or Settings()
        self.reset()

    def reset(self) -> None:
        """Back to the beginning: no instances, no tasks, the settings it was started with."""
        self.settings = replace(self.first_settings, seconds=dict(self.first_settings.seconds))
        self.tasks: dict[str, Task] = {}
        self.pending: dict[str, Task] = {}
        self.task_fault: TaskFault | None = None
        self._passwords = 0
        self.environments = {
            (organization, name): Environment(self, name) for organization in (ORGANIZATION, SUB_ORGANIZATION) for name in ENVIRONMENTS
        }

    def password(self) -> str:
        """A new password; each is another one."""
        self._passwords += 1
        return f"Pw-{uuid.uuid4().hex[:12]}-{self._passwords}"

    def environment(self, organization: str | None, service_code: str, name: str) -> Environment:
        """The environment of a path; 404 if the service or the environment is unknown, 403 for a foreign organization."""
        if organization not in (None, ORGANIZATION, SUB_ORGANIZATION):
            raise Refusal(403, CODE_KEY, "The API key gives no access to this organization.", {"id": organization})
        if service_code != SERVICE_CODE:
            raise Refusal(404, CODE_UNKNOWN, f"There is no service connection {service_code}.", {"type": "serviceConnections"})
        found = self.environments.get((organization or ORGANIZATION, name))
        if found is None:
            raise Refusal(404, CODE_UNKNOWN, f"There is no environment {name}.", {"type": "environments"})
        return found

    def begin(
        self,
        operation: str,
        environment: Environment,
        instance: dict[str, Any],
        effect: Callable[[], Any],
        phases: list[str],
        state_before: str | None,
    ) -> Task:
        """Begins a task; its instance passes through the phases in equal parts of the task's time."""
        now = self.clock()
        lasts = self.settings.seconds.get(operation, self.settings.task_seconds)
        at_once = operation == "update" and self.settings.update_answer != "task"
        if self.settings.first_answer == "done" or at_once:
            lasts = 0.0
        task = Task(str(uuid.uuid4()), operation, environment, instance, now, now + lasts, effect, state_before=state_before)
        task.phases = [(now + lasts * part / len(phases), state) for part, state in enumerate(phases)]
        fault, self.task_fault = self.task_fault, None
        if fault is not None:
            task.failure = fault.message if fault.kind == "task_failed" else None
            task.leaves = fault.leaves
            task.lost, task.stuck = fault.kind == "task_lost", fault.kind == "task_stuck"
        self.tasks[task.id] = self.pending[task.id] = task
        self.advance()
        return task

    def supersede(self, instance_id: str) -> None:
        """Ends the pending task of an instance: another one takes its place."""
        for task in list(self.pending.values()):
            if task.instance["id"] == instance_id:
                task.status, task.result = "SUCCESS", {}
                del self.pending[task.id]

    def advance(self) -> None:
        """Carries out whatever is due by now."""
        now = self.clock()
        for task in sorted(self.pending.values(), key=lambda item: item.ends_at):
            environment, instance = task.environment, task.instance
            alive = instance["id"] in environment.instances
            if now >= task.ends_at and not task.stuck:
                del self.pending[task.id]
                if task.failure is None and (alive or task.operation in ("delete", "purge")):
                    task.result = task.effect() if task.effect else None
                    task.status = "SUCCESS"
                else:
                    task.status = self.settings.failed_word
                    task.failure = task.failure or "The instance is gone."
                    if alive:
                        self.fall_back(environment, instance, task)
            elif alive:
                for begins, state in task.phases:
                    if now >= begins or task.stuck:
                        instance["state"] = state
                        if task.stuck:
                            break
        if self.settings.expunge_after:
            for environment in self.environments.values():
                for instance in list(environment.instances.values()):
                    since = environment.hidden[instance["id"]]["destroyedAt"]
                    if since is not None and now >= since + self.settings.expunge_after:
                        environment.vanish(instance)

    @staticmethod
    def fall_back(environment: Environment, instance: dict[str, Any], task: Task) -> None:
        """What a failed task leaves: the state before it, or the one that the fault names; of a create, else nothing."""
        if task.leaves:
            instance["state"] = task.leaves
        elif task.state_before is None:
            environment.vanish(instance)
        else:
            instance["state"] = task.state_before

    def task(self, task_id: str) -> Task:
        """A task; 404 if there is none, it was lost, or it ended long ago."""
        found = self.tasks.get(task_id)
        if found is None or found.lost or self.clock() > found.created + TASK_LIFE:
            raise Refusal(404, CODE_UNKNOWN, f"Task {task_id} was not found.", {"id": task_id, "type": "tasks"})
        return found
