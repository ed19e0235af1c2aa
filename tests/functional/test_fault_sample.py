# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Some cells of the table of faults, drawn at random, through real playbooks on real time.

``FAULT_SEED=N pytest tests/functional/test_fault_sample.py`` draws the same ones again, ``FAULT_CELLS=N`` so many of them.
"""

from __future__ import annotations

import os
import random
import re
import time

import pytest
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY
from ansible_collections.coxedge.compute.tests.unit.module_utils.operations_table import CASES, ISO, NAME, there
from ansible_collections.coxedge.compute.tests.unit.module_utils.test_fault_matrix import FAULTS, ONCE_ONLY

CELLS = int(os.environ.get("FAULT_CELLS", "8"))
API_TIMEOUT, WAIT = 2, 12
# The client's own faults, as a server brings them about.
ON_THE_WIRE = {
    "unsent": {"kind": "status", "status": 429},
    "timeout before": {"kind": "delay", "act": "never", "seconds": API_TIMEOUT + 1},
    "timeout after": {"kind": "delay", "act": "first", "seconds": API_TIMEOUT + 1},
}


@pytest.fixture(scope="session")
def seed(testrun_uid):
    """One for all workers."""
    return os.environ.get("FAULT_SEED") or str(int(testrun_uid, 16) % 10**6)


@pytest.fixture
def cell(seed, request):
    """An operation, a fault, and how often it comes (0: for ever)."""
    draw = random.Random(f"{seed}-{request.param}")
    return draw.choice(sorted(CASES)), draw.choice(sorted(FAULTS)), draw.choice([1, 0])


def task(case, **more):
    """The operation as a task."""
    options = {"api_retries": 2, **more}
    if case.special is None:
        return {"coxedge.compute.instance": {"name": NAME, **options, **case.options}}
    if case.special == "password":
        return {"coxedge.compute.instance_password": {"name": NAME, **options}}
    attached = {"iso": ISO} if case.special == "attach" else {"state": "detached"}
    return {"coxedge.compute.instance_iso": {"name": NAME, **options, **attached}}


@pytest.mark.parametrize("cell", range(CELLS), indirect=True)
def test_a_cell(runner, cell, seed):
    name, fault, count = cell
    print(f"FAULT_SEED={seed}: {name}, {fault}, {'once' if count else 'for ever'}")
    case, told = CASES[name], FAULTS[fault]
    settings = runner.simulator.cloud.settings
    settings.update({"report_ssh_key": True, "report_iso": True})
    if case.state is not None:
        runner.environment.seed({"name": NAME, "state": case.state, **case.setup})
    runner.environment.seed({"name": "bystander"})
    told = ON_THE_WIRE[told] if isinstance(told, str) else told
    runner.simulator.app.faults.add({**told, "method": case.method, "path": case.path, "count": count})
    outcome = runner.play([task(case, api_timeout=API_TIMEOUT, wait_timeout=WAIT)], "-vvv", "--diff")
    (result,) = outcome.results
    assert API_KEY not in outcome.output + str(result) and "Traceback" not in outcome.output
    assert len(there(runner)) <= 1
    if not result["failed"]:
        # What the API does not report goes on for a moment after an answer that names no task.
        time.sleep(2 * settings.task_seconds)
        assert len(there(runner)) == case.servers
        assert case.done(runner)
    else:
        assert result["msg"].endswith(".") and "\n" not in result["msg"] and "MODULE FAILURE" not in result["msg"]
    if name in ONCE_ONLY and "429" not in fault and fault != "refused":
        word = r"/instances$" if name == "create" else f"{name}$"
        sent = [entry["path"] + entry["query"].get("operation", "") for entry in outcome.requests if entry["method"] == "POST"]
        assert sum(1 for path in sent if re.search(word, path)) <= 1
    assert [instance["state"] for instance in runner.instances("bystander")] == ["Running"]
    # Once all is well a second run gets there; work that never ends has to be ended first.
    runner.simulator.app.faults.clear()
    for instance in there(runner):
        if instance["id"] in [pending.instance["id"] for pending in runner.simulator.cloud.pending.values() if pending.stuck]:
            runner.simulator.cloud.supersede(instance["id"])
            runner.environment.patch(instance, {"state": case.state or "Running"})
    (again,) = runner.play([task(case)]).results
    assert not again["failed"], again["msg"]
    assert case.done(runner) and len(there(runner)) == case.servers
