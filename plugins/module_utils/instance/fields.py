# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of fields: what the module calls an attribute of an instance, what the API calls it, and how it changes.

The argument spec, the body of a create, the comparison, the changes, the permissions and the diff all follow from the rows of
``FIELDS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..text import is_same

STATES = ("present", "started", "stopped", "restarted", "recovered", "absent")

# The kinds of catalog entries: the entity in the API's paths, and what one of them is called in messages.
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
    attribute: str | None = None
    """The attribute of a returned instance that shows the value; for an entry of the catalog, its id."""
    name_attribute: str | None = None
    """The attribute that shows the name of the entry."""
    required: bool = False
    """Whether an instance can't be created without it."""
    created_with: bool = True
    """Whether the body of a create takes it."""
    changed_by: str | None = None
    """The operation that changes it on an existing instance; None: it can be given at create only."""
    reboots: bool = False
    """Whether that operation reboots a running instance."""
    minimum: int | None = None
    """The smallest number that makes sense."""
    caseless: bool = False
    """Whether values that differ in letter case only are the same."""

    def equals(self, actual: Any, wanted: Any) -> bool:
        """Whether a reported value is the wanted one, or a reported list has it, or all of them."""
        if isinstance(wanted, list):
            return all(self.equals(actual, item) for item in wanted)
        if isinstance(actual, list):
            return any(is_same(item, wanted) for item in actual)
        if self.caseless and isinstance(actual, str) and isinstance(wanted, str):
            return actual.lower() == wanted.lower()
        return is_same(actual, wanted)


FIELDS: tuple[Field, ...] = (
    Field("name", "name", attribute="name", required=True, changed_by="update"),
    Field("hostname", "hostname", attribute="hostname", created_with=False, changed_by="update", reboots=True, caseless=True),
    Field(
        "compute_offering",
        "computeOfferingId",
        lookup="compute_offerings",
        attribute="compute_offering_id",
        name_attribute="compute_offering_name",
        required=True,
        changed_by="changeComputeOffering",
        reboots=True,
    ),
    Field("cpu_count", "cpuCount", "int", attribute="cpu_count", changed_by="changeComputeOffering", reboots=True, minimum=1),
    Field("memory_in_mb", "memoryInMB", "int", attribute="memory_in_mb", changed_by="changeComputeOffering", reboots=True, minimum=1),
    Field(
        "network",
        "networkId",
        lookup="networks",
        attribute="network_id",
        name_attribute="network_name",
        required=True,
        changed_by="changeNetwork",
        reboots=True,
    ),
    Field("template", "templateId", lookup="templates", attribute="image_id", name_attribute="image_name", required=True),
    Field("ip_address", "ipAddress", attribute="ip_address"),
    Field("ssh_key_name", "sshKeyName", lookup="ssh_keys", attribute="ssh_key_name", changed_by="associateSSHKey", reboots=True),
    Field("public_key", "publicKey"),
    Field("user_data", "userData", "raw"),
    Field("ports_to_forward", "portsToForward", "list", elements="str"),
    Field("root_volume_size_in_gb", "rootVolumeSizeInGb", "int", minimum=1),
    Field("disk_offering", "diskOfferingId", lookup="disk_offerings"),
    Field("additional_disk_size_in_gb", "additionalDiskSizeInGb", "int", minimum=1),
    Field("additional_disk_iops", "additionalDiskIops", "int", minimum=1),
    Field("volume_to_attach", "volumeIdToAttach", lookup="volumes"),
    Field("affinity_group", "affinityGroupId", lookup="affinity_groups", attribute="affinity_group_ids"),
)

BY_OPTION: dict[str, Field] = {field.option: field for field in FIELDS}

# Flags of a delete: option, API field.
DESTROY_FLAGS = (("delete_snapshots", "deleteSnapshots"), ("purge", "purgeImmediately"))
