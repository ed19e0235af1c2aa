# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What compute and disk offerings allow."""

from __future__ import annotations

from typing import Any

from .model import invalid


def compute_size(offering: dict[str, Any], values: dict[str, Any]) -> tuple[int, int]:
    """CPU count and memory in MB of an instance with this offering; only a custom offering takes, and needs, the body's values."""
    given = {name: values[name] for name in ("cpuCount", "memoryInMB") if name in values}
    if not offering.get("custom"):
        if given:
            name = next(iter(given))
            raise invalid(f"{name} is only allowed with a custom compute offering.", field=name)
        return offering["cpuCount"], offering["memoryInMB"]
    for name, choices in (("cpuCount", "availableCpuCountValues"), ("memoryInMB", "availableMemoryInMBValues")):
        if name not in given:
            raise invalid(f"The custom compute offering needs {name}.", field=name)
        allowed = offering.get(choices)
        if given[name] < 1 or (allowed and given[name] not in allowed):
            raise invalid(f"{name} {given[name]} is not allowed by the compute offering.", field=name)
    ratio = offering.get("maxMemoryInMBToCpuRatio")
    if ratio and given["memoryInMB"] > ratio * given["cpuCount"]:
        raise invalid(f"The compute offering allows {ratio} MB for each CPU.", field="memoryInMB")
    return given["cpuCount"], given["memoryInMB"]


def disk_size(offering: dict[str, Any] | None, values: dict[str, Any]) -> int | None:
    """Size in GB of the additional disk that a create body asks for; None if it asks for none."""
    if offering is None:
        for name in ("additionalDiskSizeInGb", "additionalDiskIops"):
            if name in values:
                raise invalid(f"{name} needs diskOfferingId.", field=name)
        return None
    for name, flag in (("additionalDiskSizeInGb", "customSize"), ("additionalDiskIops", "customIops")):
        if name in values and not offering[flag]:
            raise invalid(f"{name} needs a disk offering with {flag}.", field=name)
        if offering[flag] and name not in values:
            raise invalid(f"The disk offering needs {name}.", field=name)
        if values.get(name, 1) < 1:
            raise invalid(f"{name} must be at least 1.", field=name)
    size: int | None = values.get("additionalDiskSizeInGb", offering.get("gbSize"))
    return size
