# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU count and memory: what a compute offering and the options come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..text import MAX_DIGITS, as_integer, enumerated
from .fields import BY_OPTION
from .steps import Refused


@dataclass(frozen=True)
class Size:
    """CPU count and memory in MB, and the part of the body that asks for them."""

    cpu_count: int | None
    memory_in_mb: int | None
    body: Mapping[str, int]


def size_of(offering: Mapping[str, Any], options: Mapping[str, Any], current: Mapping[str, Any]) -> Size:
    """The size that results from an offering and the options; what is not given is taken from the instance. Raises Refused."""
    name = offering.get("name")
    rows = (BY_OPTION["cpu_count"], BY_OPTION["memory_in_mb"])
    if not offering.get("custom"):
        for row in rows:
            fixed = offering.get(row.api)
            if options.get(row.option) is not None and fixed is not None and fixed != options[row.option]:
                raise Refused(
                    f"{row.option} {options[row.option]} is not available with the compute_offering {name!r}, which is fixed at {fixed}:"
                    f" leave {row.option} out or choose a custom compute_offering."
                )
        return Size(offering.get("cpuCount"), offering.get("memoryInMB"), {})
    values = {row.option: options.get(row.option) or as_integer(current.get(row.option)) for row in rows}
    missing = [option for option, value in values.items() if value is None]
    if missing:
        raise Refused(f"The compute_offering {name!r} is custom: give {enumerated(missing)} too.")
    for row, key in zip(rows, ("availableCpuCountValues", "availableMemoryInMBValues")):
        allowed = offering.get(key)
        if isinstance(allowed, list) and allowed and values[row.option] not in allowed:
            choices = ", ".join(str(item) for item in allowed)
            raise Refused(
                f"{row.option} {values[row.option]} is not available with the compute_offering {name!r}: choose one of {choices}."
            )
    cpu_count, memory_in_mb = int(values["cpu_count"] or 0), int(values["memory_in_mb"] or 0)
    ratio = offering.get("maxMemoryInMBToCpuRatio")
    if isinstance(ratio, (int, float)) and 0 < ratio < 10**MAX_DIGITS and memory_in_mb > ratio * cpu_count:
        raise Refused(
            f"memory_in_mb {memory_in_mb} is too much for cpu_count {cpu_count}:"
            f" the compute_offering {name!r} allows {ratio:g} MB for each CPU."
        )
    return Size(cpu_count, memory_in_mb, {"cpuCount": cpu_count, "memoryInMB": memory_in_mb})
