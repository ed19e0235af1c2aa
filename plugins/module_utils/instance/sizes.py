# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU count and memory: what a compute offering and the options come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..text import as_boolean, as_integer, as_number, enumerated, is_same, one_line
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
    if not as_boolean(offering.get("custom")):
        of_offering = {row.option: as_integer(offering.get(row.api), floats=True) for row in rows}
        for row in rows:
            fixed = of_offering[row.option]
            if options.get(row.option) is not None and fixed is not None and fixed != options[row.option]:
                raise Refused(
                    f"{row.option} {options[row.option]} is not available with the compute_offering {name!r}, which is fixed at {fixed}:"
                    f" leave {row.option} out or choose a custom compute_offering."
                )
        return Size(of_offering["cpu_count"], of_offering["memory_in_mb"], {})
    values = {row.option: options.get(row.option) or as_integer(current.get(row.option)) for row in rows}
    missing = [option for option, value in values.items() if value is None]
    if missing:
        raise Refused(f"The compute_offering {name!r} is custom: give {enumerated(missing)} too.")
    for row, key in zip(rows, ("availableCpuCountValues", "availableMemoryInMBValues")):
        allowed = offering.get(key)
        if isinstance(allowed, list) and allowed and not any(is_same(item, values[row.option]) for item in allowed):
            choices = ", ".join(map(one_line, allowed))
            raise Refused(
                f"{row.option} {values[row.option]} is not available with the compute_offering {name!r}: choose one of {choices}."
            )
    cpu_count, memory_in_mb = int(values["cpu_count"] or 0), int(values["memory_in_mb"] or 0)
    ratio = as_number(offering.get("maxMemoryInMBToCpuRatio"))
    if ratio is not None and memory_in_mb > ratio * cpu_count:
        raise Refused(
            f"memory_in_mb {memory_in_mb} is too much for cpu_count {cpu_count}:"
            f" the compute_offering {name!r} allows {ratio:g} MB for each CPU."
        )
    return Size(cpu_count, memory_in_mb, {"cpuCount": cpu_count, "memoryInMB": memory_in_mb})
