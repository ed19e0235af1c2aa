# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one table of options and API fields, and what follows from it.

A row of ``FIELDS`` says everything about an attribute of an instance: its option, its API field, whether a name may stand
for an id, where an instance shows it, which operation changes it and whether that reboots. The argument spec, the body of
a create, the comparison and the diff are made from the rows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .text import is_uuid

STATES = ("present", "started", "stopped", "restarted", "recovered", "absent")

# Kind of catalog entry: (entity in the API's paths, one of them in words).
KINDS: dict[str, tuple[str, str]] = {
    "compute_offerings": ("computeofferings", "compute offering"),
    "templates": ("templates", "template"),
    "networks": ("networks", "network"),
    "disk_offerings": ("diskofferings", "disk offering"),
    "ssh_keys": ("sshkeys", "SSH key"),
    "affinity_groups": ("affinitygroups", "affinity group"),
    "isos": ("isos", "ISO"),
    "volumes": ("volumes", "volume"),
    "public_ips": ("publicipaddresses", "public IP address"),
    "zones": ("zones", "zone"),
}


@dataclass(frozen=True)
class Field:
    """One attribute of an instance."""

    option: str
    api: str
    type: str = "str"
    elements: str | None = None
    lookup: str | None = None
    """The kind of catalog entry (a key of KINDS) that a name or an id is looked up in."""
    shown_id: str | None = None
    """Where a returned instance shows the value; for entries of the catalog their id."""
    shown_name: str | None = None
    """Where it shows the entry's name."""
    needed: bool = False
    """Needed to create an instance."""
    created_with: bool = True
    """Whether the body of a create takes it."""
    changed_by: str | None = None
    """The operation that changes it on an existing instance; None: it can be given at create alone."""
    reboots: bool = False
    """Whether that operation reboots a running instance."""
    at_least: int | None = None
    """The smallest number that makes sense."""


FIELDS: tuple[Field, ...] = (
    Field("name", "name", shown_id="name", needed=True, changed_by="update"),
    Field("hostname", "hostname", shown_id="hostname", created_with=False, changed_by="update", reboots=True),
    Field(
        "compute_offering",
        "computeOfferingId",
        lookup="compute_offerings",
        shown_id="compute_offering_id",
        shown_name="compute_offering_name",
        needed=True,
        changed_by="changeComputeOffering",
        reboots=True,
    ),
    Field("cpu_count", "cpuCount", "int", shown_id="cpu_count", changed_by="changeComputeOffering", reboots=True, at_least=1),
    Field("memory_in_mb", "memoryInMB", "int", shown_id="memory_in_mb", changed_by="changeComputeOffering", reboots=True, at_least=1),
    Field(
        "network",
        "networkId",
        lookup="networks",
        shown_id="network_id",
        shown_name="network_name",
        needed=True,
        changed_by="changeNetwork",
        reboots=True,
    ),
    Field("template", "templateId", lookup="templates", shown_id="image_id", shown_name="image_name", needed=True),
    Field("ip_address", "ipAddress", shown_id="ip_address"),
    Field("ssh_key_name", "sshKeyName", lookup="ssh_keys", shown_id="ssh_key_name", changed_by="associateSSHKey", reboots=True),
    Field("public_key", "publicKey"),
    Field("user_data", "userData"),
    Field("ports_to_forward", "portsToForward", "list", elements="str"),
    Field("root_volume_size_in_gb", "rootVolumeSizeInGb", "int", at_least=1),
    Field("disk_offering", "diskOfferingId", lookup="disk_offerings"),
    Field("additional_disk_size_in_gb", "additionalDiskSizeInGb", "int", at_least=1),
    Field("additional_disk_iops", "additionalDiskIops", "int", at_least=1),
    Field("volume_to_attach", "volumeIdToAttach", lookup="volumes"),
    Field("affinity_group", "affinityGroupId", lookup="affinity_groups", shown_id="affinity_group_ids"),
)
BY_OPTION: dict[str, Field] = {field.option: field for field in FIELDS}

# The order in which operations change an existing instance.
CHANGE_ORDER = ("update", "changeComputeOffering", "changeNetwork", "associateSSHKey")

# What a destroy takes along: option, API field.
DESTROY_FLAGS = (("delete_snapshots", "deleteSnapshots"), ("purge", "purgeImmediately"))

# Every attribute that the documentation promises of a retrieved instance (and what stands for it where it is missing).
# userData is left out on purpose: it can hold secrets.
SHAPE: dict[str, Any] = {
    "id": None,
    "name": None,
    "affinity_group_ids": [],
    "compute_offering_id": None,
    "compute_offering_name": None,
    "cpu_count": None,
    "hostname": None,
    "image_id": None,
    "image_name": None,
    "ip_address": None,
    "is_password_enabled": None,
    "mac_address": None,
    "memory_in_mb": None,
    "network_id": None,
    "network_name": None,
    "nics": [],
    "public_ips": [],
    "state": None,
    "username": None,
    "vpc_id": None,
    "vpc_name": None,
    "zone_id": None,
    "zone_name": None,
}
# How deep the attributes of an instance may be nested. Documented ones are three deep; an endless nesting would end in a traceback.
MAX_DEPTH = 20
# Attributes that are never shown end so, underscores apart: user_data, password, and whatever the API may add to them.
SECRET_ENDINGS = ("userdata", "password")
# What only retrieving a single instance shows; a list says nothing of them.
DETAIL_ATTRIBUTES = ("nics", "public_ips")


def instance_options() -> dict[str, dict[str, Any]]:
    """The argument spec of one instance: the rows of FIELDS and the options about how to get there."""
    spec: dict[str, dict[str, Any]] = {"id": {"type": "str"}}
    for row in FIELDS:
        spec[row.option] = {"type": row.type}
        if row.elements:
            spec[row.option]["elements"] = row.elements
    # Text that may hold passwords: it must not get into logs. The module takes it off the list of words that are blotted
    # out of its results, which would garble them.
    spec["user_data"]["no_log"] = True
    # A key's name and a public key are no secrets, whatever core guesses from "key".
    spec["public_key"]["no_log"] = False
    spec["ssh_key_name"]["no_log"] = False
    spec.update(
        state={"type": "str", "choices": list(STATES), "default": "present"},
        update_ssh_key={"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False},
        allow_reboot={"type": "bool", "default": False},
        allow_network_change={"type": "bool", "default": False},
        force_stop={"type": "bool", "default": False},
        purge={"type": "bool", "default": False},
        delete_snapshots={"type": "bool", "default": False},
        public_ips_to_release={"type": "list", "elements": "str"},
        volumes_to_delete={"type": "list", "elements": "str"},
    )
    return spec


def option_problem(options: Mapping[str, Any]) -> str | None:
    """What is wrong with the options of one instance, as a sentence that names them; None if nothing is.

    It is all that can be said without asking the API.
    """

    def given(name: str) -> bool:
        return options.get(name) is not None

    if not given("id") and not given("name"):
        return "One of id and name is needed to say which instance is meant."
    if given("id") and not is_uuid(options["id"]):
        return f"id must be a UUID, which {options['id']!r} is not: give a display name as name."
    if options.get("state") in ("absent", "recovered"):
        # The attributes play no part, so there can be nothing wrong with them.
        return _destroy_problem(options)
    if given("public_key") and given("ssh_key_name"):
        return "public_key and ssh_key_name exclude each other: give the name of a registered key, or a key."
    for name in ("additional_disk_size_in_gb", "additional_disk_iops"):
        if given(name) and not given("disk_offering"):
            return f"{name} needs disk_offering, which says what kind of disk to add."
    for row in FIELDS:
        if row.at_least is not None and given(row.option) and options[row.option] < row.at_least:
            return f"{row.option} must be at least {row.at_least}."
    return _destroy_problem(options)


def _destroy_problem(options: Mapping[str, Any]) -> str | None:
    for name in ("public_ips_to_release", "volumes_to_delete"):
        if "all" in (options.get(name) or []) and len(options[name]) > 1:
            return f"{name} takes either the one word all, or ids and names, not both."
    return None


@lru_cache(maxsize=1024)
def snake(name: str) -> str:
    """The name that users see for an API field: memoryInMB is memory_in_mb, publicIPs is public_ips."""
    name = re.sub(r"([A-Z]{2,})s(?![a-z])", lambda plural: plural.group(1).capitalize() + "s", name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Whether an attribute, by its name in snake_case, must not be shown."""
    return name.replace("_", "").endswith(SECRET_ENDINGS)


def snaked(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A JSON value of the API's with the names of all its fields in snake_case, less secrets.

    What is nested deeper than ``depth`` is null.
    """
    if isinstance(value, (Mapping, list)) and depth <= 0:
        return None
    if isinstance(value, Mapping):
        named = ((snake(str(name)), item) for name, item in value.items())
        # Most values have no parts: asking first is a third of the time that long lists take.
        parts = (dict, list)
        return {name: snaked(item, depth - 1) if isinstance(item, parts) else item for name, item in named if not is_secret(name)}
    if isinstance(value, list):
        return [snaked(item, depth - 1) for item in value]
    return value


def shown(instance: Mapping[str, Any]) -> dict[str, Any]:
    """A retrieved instance of the API's as users see it: snake_case, every documented attribute there, no secrets."""
    return _whole(snaked(instance))


def _whole(seen: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that an answer shows, with those that it does not show but every instance has."""
    whole = dict(seen)
    for name, missing in SHAPE.items():
        if whole.get(name) is None:
            whole[name] = list(missing) if isinstance(missing, list) else missing
    # Some versions of the API call the image a template.
    for suffix in ("id", "name"):
        if whole[f"image_{suffix}"] is None:
            whole[f"image_{suffix}"] = whole.get(f"template_{suffix}")
    return whole


def shown_in_list(instance: Mapping[str, Any]) -> dict[str, Any]:
    """The same of an instance in a list, where there is no word on some attributes: better none than an empty one."""
    seen = snaked(instance)
    whole = _whole(seen)
    for name in DETAIL_ATTRIBUTES:
        if name not in seen:
            del whole[name]
    return whole


def shown_part(data: Any) -> dict[str, Any]:
    """What an answer holds of an instance, as users see it; nothing is filled in."""
    if not isinstance(data, Mapping):
        return {}
    seen = snaked(data)
    return {name: value for name, value in _whole(seen).items() if name in seen}


def digest(text: str) -> str:
    """What is shown in place of user data: its length and SHA-256."""
    data = text.encode("utf-8", "surrogatepass")
    return f"{len(text)} characters, sha256 {hashlib.sha256(data).hexdigest()}"
