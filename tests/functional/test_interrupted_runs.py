# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real runs of ansible-playbook that real signals, a time limit and the death of processes interrupt: nothing more is sent then."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from ansible_collections.coxedge.compute.tests.functional.conftest import BIN, PlaybookRunner
from ansible_collections.coxedge.compute.tests.functional.cores import OLDEST_AND_EVERYDAY, commands_of

# Seconds within which a run notices that it was interrupted, with some to spare on a busy machine.
NOTICED = 2.0
# Seconds for a task that must be interrupted on its way, on a machine that may be slow to begin it.
TIME_LIMIT = 9
WRITES = ("POST", "PUT", "DELETE")


def children(process):
    """The processes below a process: (id, command line)."""
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [(int(child), Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")), *children(child)]
    return found


def ctrl_c(playbook):
    """What a terminal does: all processes of its group get the signal."""
    os.killpg(playbook.pid, signal.SIGINT)


def end_playbook(playbook):
    playbook.terminate()


def kill_playbook(playbook):
    playbook.kill()


def end_module(playbook):
    (module,) = [number for number, line in children(playbook.pid) if "AnsiballZ" in line and not line.startswith("/bin/sh")]
    os.kill(module, signal.SIGTERM)


def end_worker(playbook):
    (worker,) = [number for number, line in children(playbook.pid) if "ansible-playbook" in line]
    os.kill(worker, signal.SIGTERM)


def time_limit(_playbook):
    """The keyword ``timeout`` of the task does it."""


# In both ways: directly in the worker, and as a module in a process of its own. With a time limit, a task never runs directly.
INTERRUPTIONS = [
    *(pytest.param(how, "1", id=f"direct-{how.__name__}") for how in (ctrl_c, end_playbook, kill_playbook, end_worker)),
    *(pytest.param(how, "0", id=f"module-{how.__name__}") for how in (ctrl_c, end_playbook, kill_playbook, end_module, time_limit)),
]


class Interrupted:
    """A playbook of one task, interrupted as soon as the server has got some writes."""

    def __init__(self, runner):
        self.runner = runner

    def writes(self):
        """The writes so far: the operation, or the method."""
        log = list(self.runner.simulator.app.log)
        return [entry["query"].get("operation") or entry["method"] for entry in log if entry["method"] in WRITES]

    def run(self, task, after, how, direct):
        """Returns the writes at the time of the interruption, and all later ones."""
        if how is time_limit:
            task = {**task, "timeout": TIME_LIMIT}
        book = [{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]
        (self.runner.folder / "play.yml").write_text(json.dumps(book))
        self.runner.simulator.app.log.clear()
        with open(self.runner.folder / "output", "w") as output:
            playbook = subprocess.Popen(
                [self.runner.commands / "ansible-playbook", "play.yml"],
                env={**self.runner.environ, "COXEDGE_DIRECT": direct},
                cwd=self.runner.folder,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            ends = time.monotonic() + 60
            while len(self.writes()) < after:
                assert time.monotonic() < ends and playbook.poll() is None, (self.runner.folder / "output").read_text()
                time.sleep(0.02)
            how(playbook)
            if how is time_limit:
                playbook.wait(30)
            time.sleep(NOTICED)
            before = len(self.writes())
            self.settle()
            return self.writes()[:before], self.writes()[before:]
        finally:
            playbook.kill()
            playbook.wait()
            self.output = (self.runner.folder / "output").read_text()

    def settle(self):
        """Waits until nothing has been sent for a while."""
        seen = -1
        while seen != len(self.runner.simulator.app.log):
            seen = len(self.runner.simulator.app.log)
            time.sleep(NOTICED)


@pytest.fixture
def interrupted(runner, core):
    return Interrupted(PlaybookRunner(runner.simulator, runner.folder, commands_of(core)))


@pytest.mark.parametrize("core", OLDEST_AND_EVERYDAY)
@pytest.mark.parametrize("how, direct", INTERRUPTIONS)
def test_an_interrupted_fleet_sends_nothing_more(runner, interrupted, creation, how, direct):
    runner.simulator.app.faults.add({"kind": "delay", "seconds": 0.7, "count": 0, "method": "POST"})
    members = [{"name": f"web{number}", "state": "started"} for number in range(60)]
    task = {"coxedge.compute.instance_fleet": {"instances": members, "defaults": creation, "max_concurrency": 4}}
    sent, later = interrupted.run(task, 6, how, direct)
    assert later == [] and 6 <= len(sent) < 60, (sent[:3], len(sent), interrupted.output[-3000:])
    assert "Traceback" not in interrupted.output


@pytest.mark.parametrize("core", OLDEST_AND_EVERYDAY)
@pytest.mark.parametrize("how, direct", INTERRUPTIONS)
def test_an_instance_that_was_stopped_for_a_change_is_started_again(runner, interrupted, how, direct):
    runner.simulator.cloud.settings.update({"task_seconds": 3.0})
    runner.environment.seed({"name": "web1"})
    options = {"name": "web1", "hostname": "changed", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    # After the second write, a change is in progress.
    sent, later = interrupted.run({"coxedge.compute.instance": options}, 2, how, direct)
    writes = sent + later
    assert writes[:2] == ["stop", "PUT"] and writes[-1] == "start" and writes.count("start") == 1
    time.sleep(3.5)
    assert [instance["state"] for instance in runner.instances("web1")] == ["Running"]
    assert "Traceback" not in interrupted.output


def test_ctrl_c_ends_the_inventory_without_waiting_for_responses(runner):
    runner.simulator.app.faults.add({"kind": "delay", "seconds": 8, "count": 0, "method": "GET"})
    (runner.folder / "coxedge.yml").write_text(
        json.dumps({"plugin": "coxedge.compute.instances", "environment_names": ["test_area", "prod"], "connect_with": "public_ip"})
    )
    command = [BIN / "ansible-inventory", "-i", "coxedge.yml", "--list"]
    reading = subprocess.Popen(command, env=runner.environ, cwd=runner.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    ends = time.monotonic() + 60
    while not runner.simulator.app.log:
        assert time.monotonic() < ends
        time.sleep(0.05)
    began = time.monotonic()
    reading.send_signal(signal.SIGINT)
    output, _errors = reading.communicate(timeout=60)
    assert reading.returncode != 0 and "Traceback" not in output and time.monotonic() - began < 6
