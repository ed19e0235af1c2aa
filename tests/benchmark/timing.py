# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs and times commands in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent


@dataclass
class Contender:
    """A command that is measured. ``cpu``, ``wall``: seconds of each run. ``requests``: the requests to the API of each run.

    ``environ``: variables besides those that all contenders have.
    """

    name: str
    command: Sequence[str]
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    environ: Mapping[str, str] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """The medians of all runs."""
        return {
            "cpu": round(statistics.median(self.cpu), 3),
            "wall": round(statistics.median(self.wall), 3),
            "requests": max(self.requests),
            "runs": len(self.cpu),
        }


def run_in_turn(
    contenders: Sequence[Contender],
    runs: int,
    folder: Path,
    environ: Mapping[str, str],
    log: Callable[[], list[Any]],
    before: Callable[[], object] = lambda: None,
    warm_up: bool = True,
) -> None:
    """Runs each contender once to warm up, and then all of them in turn, so that other load on the machine affects all of them.

    ``log``: the request log, which is emptied before each run. ``before``: called before each run. Raises RuntimeError for a
    command that fails.
    """
    for number in range(0 if warm_up else 1, runs + 1):
        for contender in contenders:
            before()
            log().clear()
            began = time.monotonic()
            with (folder / "output").open("w") as output:
                process = subprocess.Popen(
                    [str(BIN / contender.command[0]), *contender.command[1:]],
                    cwd=folder,
                    env={**environ, **contender.environ},
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
                _pid, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise RuntimeError(f"{contender.name} failed: {(folder / 'output').read_text()[-2000:]}")
            if number:
                contender.wall.append(time.monotonic() - began)
                contender.cpu.append(usage.ru_utime + usage.ru_stime)
                contender.requests.append(len(log()))


def ratio(one: Contender, other: Contender) -> dict[str, float]:
    """How much more one takes than the other: the median of the ratios of consecutive runs."""
    return {
        kind: round(statistics.median(first / second for first, second in zip(getattr(one, kind), getattr(other, kind))), 3)
        for kind in ("cpu", "wall")
    }
