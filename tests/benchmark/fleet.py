# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets: many creates at once as a multiple of one, against a loop of ``instance``; and a large fleet with nothing to change."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from ..simulator.server import Simulator
from .timing import Contender, run_in_turn

# Seconds that a create takes at the server.
PROVISIONING = 3.0
CREATION = {"template": "CentOS 6.8 PV", "compute_offering": "1vCPU.512MB", "network": "Web-test_area"}
MOST = 25


def _play(folder: Path, name: str, task: dict[str, Any]) -> Contender:
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [task]}
    (folder / f"{name}.yml").write_text(json.dumps([play]))
    return Contender(name, ("ansible-playbook", f"{name}.yml"))


def _fleet(count: int, **options: Any) -> dict[str, Any]:
    members = [{"name": f"web{number}"} for number in range(count)]
    return {"coxedge.compute.instance_fleet": {"instances": members, "defaults": CREATION, "max_concurrency": MOST, **options}}


def measure(sizes: list[int], loop: int, large: int, runs: int, folder: Path, environ: dict[str, str]) -> dict[str, Any]:
    """Wall times of creates in fleets of some sizes, and of a loop, as multiples of one create; and the run of a large fleet."""
    result: dict[str, Any] = {"provisioning": PROVISIONING, "max_concurrency": MOST}
    with Simulator(task_seconds=PROVISIONING) as simulator:
        environ = {**environ, **simulator.environ}

        def emptied() -> None:
            # Before each run there is nothing, so that everything is created.
            simulator.cloud.environment(None, "compute-on", "test_area").instances.clear()

        one = _play(folder, "one", {"coxedge.compute.instance": {"name": "web0", **CREATION}})
        fleets = {size: _play(folder, f"fleet of {size}", _fleet(size)) for size in sizes}
        for contender in (one, *fleets.values()):
            run_in_turn([contender], runs, folder, environ, lambda: simulator.app.log, emptied)
        looped = _play(
            folder, f"loop of {loop}", {"coxedge.compute.instance": {"name": "web{{ item }}", **CREATION}, "loop": list(range(loop))}
        )
        run_in_turn([looped], 1, folder, environ, lambda: simulator.app.log, emptied, warm_up=False)
        base = statistics.median(one.wall)
        for contender in (one, *fleets.values(), looped):
            result[contender.name] = {**contender.report(), "multiple": round(statistics.median(contender.wall) / base, 2)}
    with Simulator() as simulator:
        environment = simulator.cloud.environment(None, "compute-on", "test_area")
        for number in range(large):
            environment.seed({"name": f"web{number}"})
        still = _play(folder, f"{large} with nothing to change", _fleet(large, details=False))
        run_in_turn([still], runs, folder, {**environ, **simulator.environ}, lambda: simulator.app.log)
        result[still.name] = still.report()
    return result
