# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of ``instance`` with nothing to change, both ways, compared with ``ansible.builtin.ping`` and ``ansible.builtin.debug``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import trustme

from ..simulator.server import Simulator
from .timing import Contender, ratio, run_in_turn

COUNT = 20
WANTED = {
    "name": "web-1",
    "state": "started",
    "template": "CentOS 6.8 PV",
    "compute_offering": "1vCPU.512MB",
    "network": "Web-test_area",
}
INSTANCE: dict[str, Any] = {"coxedge.compute.instance": WANTED}
# By name: the task, and variables of the environment.
TASKS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "instance": (INSTANCE, {}),
    "instance as a module of its own": (INSTANCE, {"COXEDGE_DIRECT": "0"}),
    "debug": ({"ansible.builtin.debug": {"msg": "unchanged"}}, {}),
    "ping": ({"ansible.builtin.ping": {}}, {}),
}
# By name: how a play has such tasks.
SHAPES: dict[str, Any] = {
    f"a loop of {COUNT}": lambda task: [{**task, "loop": list(range(COUNT))}],
    f"{COUNT} tasks": lambda task: [task] * COUNT,
    "one task": lambda task: [task],
}


def _certificate(folder: Path) -> tuple[Path, Path, Path]:
    """Writes a certificate for loopback. Returns the paths of its authority's, of its own, and of its key."""
    authority = trustme.CA()
    own = authority.issue_cert("127.0.0.1")
    paths = folder / "ca.pem", folder / "own.pem", folder / "key.pem"
    authority.cert_pem.write_to_path(str(paths[0]))
    own.cert_chain_pems[0].write_to_path(str(paths[1]))
    own.private_key_pem.write_to_path(str(paths[2]))
    return paths


def measure(runs: int, folder: Path, environ: dict[str, str]) -> dict[str, Any]:
    """Medians of complete runs of ansible-playbook, and their ratios to ``ping``, over http and over https."""
    authority, own, key = _certificate(folder)
    result: dict[str, Any] = {}
    for scheme, certificate in (("http", None), ("https", (own, key))):
        with Simulator(certificate=certificate) as simulator:
            simulator.cloud.environment(None, "compute-on", "test_area").seed({"name": "web-1"})
            known = {**environ, **simulator.environ, "COXEDGE_CA_PATH": str(authority)}
            for shape, tasks_of in SHAPES.items():
                contenders = {}
                for number, (name, (task, variables)) in enumerate(TASKS.items()):
                    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks_of(task)}
                    (folder / f"play{number}.yml").write_text(json.dumps([play]))
                    contenders[name] = Contender(name, ("ansible-playbook", f"play{number}.yml"), environ=variables)
                run_in_turn(list(contenders.values()), runs, folder, known, lambda: simulator.app.log)
                base = contenders["ping"]
                result[f"{shape}, {scheme}"] = {
                    name: {**contender.report(), "ratio": ratio(contender, base)} for name, contender in contenders.items()
                }
    return result
