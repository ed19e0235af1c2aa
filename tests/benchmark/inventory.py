# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory, compared with a static JSON file of the same hosts."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from ..simulator.server import Simulator
from .timing import BIN, Contender, ratio, run_in_turn

# Two keyed groups and two composed variables: one has the same values for many hosts, one a different value for each host.
CONSTRUCTED: dict[str, Any] = {
    "keyed_groups": [{"key": "coxedge_zone_name", "prefix": "zone"}, {"key": "coxedge_state", "prefix": "state"}],
    "compose": {
        "ansible_port": "22 if coxedge_state == 'Running' else 2222",
        "tier": "coxedge_name.split('-')[0] ~ '-' ~ coxedge_ip_address",
    },
}
STATES = ("Running", "Running", "Running", "Stopped")


def without_marks(value: Any) -> Any:
    """A value of an exported inventory without core's marks on text."""
    if isinstance(value, dict):
        marked = set(value) == {"__ansible_unsafe"}
        return value["__ansible_unsafe"] if marked else {name: without_marks(item) for name, item in value.items()}
    return [without_marks(item) for item in value] if isinstance(value, list) else value


def _static(folder: Path, environ: dict[str, str]) -> None:
    """Writes the hosts of the plain inventory as a static file, with the same variables."""
    listed = subprocess.run(
        [str(BIN / "ansible-inventory"), "-i", "plain.coxedge.yml", "--list", "--export"],
        cwd=folder,
        env=environ,
        capture_output=True,
        check=True,
    )

    hosts = without_marks(json.loads(listed.stdout)["_meta"]["hostvars"])
    (folder / "static.json").write_text(json.dumps({"coxedge": {"hosts": hosts}}))


def measure(count: int, runs: int, folder: Path, environ: dict[str, str]) -> dict[str, Any]:
    """Medians and ratios for a number of hosts: plain, and with constructed groups and variables."""
    with Simulator() as simulator:
        environment = simulator.cloud.environment(None, "compute-on", "test_area")
        for number in range(count):
            environment.seed({"name": f"web-{number:05}", "state": STATES[number % len(STATES)]})
        environ = {**environ, **simulator.environ}
        base = {"plugin": "coxedge.compute.instances"}
        (folder / "plain.coxedge.yml").write_text(json.dumps(base))
        (folder / "rich.coxedge.yml").write_text(json.dumps({**base, **CONSTRUCTED}))
        (folder / "constructed.yml").write_text(json.dumps({"plugin": "ansible.builtin.constructed", **CONSTRUCTED}))
        _static(folder, environ)
        listing = ("ansible-inventory", "--list", "-i")
        pairs = {
            "plain": (Contender("inventory", (*listing, "plain.coxedge.yml")), Contender("static file", (*listing, "static.json"))),
            "constructed": (
                Contender("inventory", (*listing, "rich.coxedge.yml")),
                Contender("static file", (*listing, "static.json", "-i", "constructed.yml")),
            ),
        }
        result: dict[str, Any] = {"hosts": count}
        for kind, (measured, baseline) in pairs.items():
            run_in_turn((measured, baseline), runs, folder, environ, lambda: simulator.app.log)
            result[kind] = {"inventory": measured.report(), "static file": baseline.report(), "ratio": ratio(measured, baseline)}
        return result
