# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty tasks of ``instance`` with nothing to change, compared with twenty of ``ansible.builtin.ping``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..simulator.server import Simulator
from .timing import Contender, ratio, run_in_turn

LOOP = 20


def measure(runs: int, folder: Path, environ: dict[str, str]) -> dict[str, Any]:
    """Medians and ratio of complete runs of ansible-playbook."""
    wanted = {
        "name": "web-1",
        "state": "started",
        "template": "CentOS 6.8 PV",
        "compute_offering": "1vCPU.512MB",
        "network": "Web-test_area",
    }
    with Simulator() as simulator:
        simulator.cloud.environment(None, "compute-on", "test_area").seed({"name": "web-1"})
        for name, task in (("instance", {"coxedge.compute.instance": wanted}), ("ping", {"ansible.builtin.ping": {}})):
            play = {"hosts": "localhost", "gather_facts": False, "tasks": [{**task, "loop": list(range(LOOP))}]}
            (folder / f"{name}.yml").write_text(json.dumps([play]))
        measured = Contender("instance", ("ansible-playbook", "instance.yml"))
        baseline = Contender("ping", ("ansible-playbook", "ping.yml"))
        run_in_turn((measured, baseline), runs, folder, {**environ, **simulator.environ}, lambda: simulator.app.log)
        return {"loop": LOOP, "instance": measured.report(), "ping": baseline.report(), "ratio": ratio(measured, baseline)}
