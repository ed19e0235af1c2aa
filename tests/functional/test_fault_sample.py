# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A random sample of the fault matrix, with real playbooks and in real time.

``FAULT_SEED=N pytest tests/functional/test_fault_sample.py`` repeats a sample, ``FAULT_CELLS=N`` sets its size.
"""

from __future__ import annotations

import os
import random
import re
import time

import pytest
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY
from ansible_collections.coxedge.compute.tests.unit.module_utils.operations_table import CASES, ISO, NAME, ONCE_ONLY, there
from ansible_collections.coxedge.compute.tests.unit.module_utils.test_fault_matrix import FAULTS

CELLS = int(os.environ.get("FAULT_CELLS", "8"))
API_TIMEOUT, WAIT = 2, 12
# Faults of the client's transport, caused by a server.
ON_THE_WIRE = {
    "not processed": {"kind": "status", "status": 429},
    "timeout before": {"kind": "delay", "act": "never", "seconds": API_TIMEOUT + 1},
    "timeout after": {"kind": "delay", "act": "first", "seconds": API_TIMEOUT + 1},
}


@pytest.fixture(scope="session")
def seed(testrun_uid):
    """The same for all workers."""
    return os.environ.get("FAULT_SEED") or str(int(testrun_uid, 16) % 10**6)


@pytest.fixture
def cell(seed, request):
    """An operation, a fault, and how often the fault occurs (0: always)."""
    draw = random.Random(f"{seed}-{request.param}")
    return draw.choice(sorted(CASES)), draw.choice(sorted(FAULTS)), draw.choice([1, 0])


# Operations that have a module of their own: the module and its options.
OTHER_MODULES = {
    "resetPassword": ("instance_password", {}),
    "attachIso": ("instance_iso", {"iso": ISO}),
    "detachIso": ("instance_iso", {"state": "detached"}),
}


def task(name, case, **more):
    """The operation as a task."""
    module, options = ("instance", case.options) if case.special is None else OTHER_MODULES[name]
    return {f"coxedge.compute.{module}": {"name": NAME, "api_retries": 2, **more, **options}}


@pytest.mark.slow
@pytest.mark.parametrize("cell", range(CELLS), indirect=True)
def test_an_operation_recovers_from_a_random_fault(runner, cell, seed):
    name, fault, count = cell
    print(f"FAULT_SEED={seed}: {name}, {fault}, {'once' if count else 'always'}")
    case, fault_values = CASES[name], FAULTS[fault]
    settings = runner.simulator.cloud.settings
    settings.update({"report_ssh_key": True, "report_iso": True})
    if case.state is not None:
        runner.environment.seed({"name": NAME, "state": case.state, **case.setup})
    runner.environment.seed({"name": "bystander"})
    fault_values = ON_THE_WIRE[fault_values] if isinstance(fault_values, str) else fault_values
    runner.simulator.app.faults.add({**fault_values, "method": case.method, "path": case.path, "count": count})
    outcome = runner.play([task(name, case, api_timeout=API_TIMEOUT, wait_timeout=WAIT)], "-vvv", "--diff")
    (result,) = outcome.results
    assert API_KEY not in outcome.output + str(result) and "Traceback" not in outcome.output
    assert len(there(runner)) <= 1
    if not result["failed"]:
        # If a response names no task, the work that the API does not report continues for a moment.
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
    # Without faults, a second run reaches the state. Work that would never end is ended first.
    runner.simulator.app.faults.clear()
    for instance in there(runner):
        if instance["id"] in [pending.instance["id"] for pending in runner.simulator.cloud.pending.values() if pending.stuck]:
            runner.simulator.cloud.supersede(instance["id"])
            runner.environment.patch(instance, {"state": case.state or "Running"})
    (again,) = runner.play([task(name, case)]).results
    assert not again["failed"], again["msg"]
    assert case.done(runner) and len(there(runner)) == case.servers
