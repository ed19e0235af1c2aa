# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets: the time for many creates as a multiple of one create, compared with a loop; and a large fleet with nothing to change."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from ..simulator.server import Simulator
from .timing import Contender, run_in_turn

# Seconds that the server needs for a create.
PROVISIONING = 3.0
CREATION = {"template": "CentOS 6.8 PV", "compute_offering": "1vCPU.512MB", "network": "Web-test_area"}
MAX_CONCURRENCY = 25


def watched(simulator: Simulator) -> dict[str, float]:
    """By task: how many seconds after its end a run asked for it. It fills while runs go on."""
    late: dict[str, float] = {}
    carry_out, cloud = simulator.app.carry_out, simulator.cloud

    def noting(path: str, task_fault: Any = None) -> Any:
        kind, _slash, task_id = path.strip("/").partition("/")
        task = cloud.tasks.get(task_id) if kind == "tasks" else None
        if task is not None and cloud.clock() >= task.ends_at:
            late.setdefault(task_id, cloud.clock() - task.ends_at)
        return carry_out(path, task_fault)

    simulator.app.carry_out = noting  # type: ignore[method-assign]
    return late


def _play(folder: Path, name: str, task: dict[str, Any]) -> Contender:
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [task]}
    (folder / f"{name}.yml").write_text(json.dumps([play]))
    return Contender(name, ("ansible-playbook", f"{name}.yml"))


def _fleet(count: int, **options: Any) -> dict[str, Any]:
    members = [{"name": f"web{number}"} for number in range(count)]
    return {"coxedge.compute.instance_fleet": {"instances": members, "defaults": CREATION, "max_concurrency": MAX_CONCURRENCY, **options}}


def measure(sizes: list[int], loop: int, large: int, runs: int, folder: Path, environ: dict[str, str]) -> dict[str, Any]:
    """Wall times of creates in fleets and in a loop, as multiples of one create; and the time of a large fleet without changes."""
    result: dict[str, Any] = {"provisioning": PROVISIONING, "max_concurrency": MAX_CONCURRENCY}
    with Simulator(task_seconds=PROVISIONING) as simulator:
        environ, late = {**environ, **simulator.environ}, watched(simulator)

        def remove_all() -> None:
            # So that each run creates everything.
            simulator.cloud.environment(None, "compute-on", "test_area").instances.clear()
            late.clear()

        one = _play(folder, "one", {"coxedge.compute.instance": {"name": "web0", **CREATION}})
        fleets = {size: _play(folder, f"fleet of {size}", _fleet(size)) for size in sizes}
        latest: dict[str, float] = {}
        for contender in (one, *fleets.values()):
            run_in_turn([contender], runs, folder, environ, lambda: simulator.app.log, remove_all)
            latest[contender.name] = max(late.values())
        looped = _play(
            folder, f"loop of {loop}", {"coxedge.compute.instance": {"name": "web{{ item }}", **CREATION}, "loop": list(range(loop))}
        )
        run_in_turn([looped], 1, folder, environ, lambda: simulator.app.log, remove_all, warm_up=False)
        base = statistics.median(one.wall)
        for contender in (one, *fleets.values(), looped):
            result[contender.name] = {**contender.report(), "multiple": round(statistics.median(contender.wall) / base, 2)}
        for size, contender in fleets.items():
            more = {"a_member": round(max(contender.requests) / size, 2), "latest": round(latest[contender.name], 2)}
            result[contender.name].update(more)
    with Simulator() as simulator:
        environment = simulator.cloud.environment(None, "compute-on", "test_area")
        for number in range(large):
            environment.seed({"name": f"web{number}"})
        unchanged = _play(folder, f"{large} with nothing to change", _fleet(large, details=False))
        run_in_turn([unchanged], runs, folder, {**environ, **simulator.environ}, lambda: simulator.app.log)
        result[unchanged.name] = unchanged.report()
    return result
