# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What functional tests share: a simulator on real time and real ansible-playbook runs against it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.coxedge.compute.tests.functional.cores import commands_of
from ansible_collections.coxedge.compute.tests.simulator.model import ENVIRONMENTS, SERVICE_CODE
from ansible_collections.coxedge.compute.tests.simulator.server import Simulator

BIN = Path(sys.executable).parent
ACTIONS = Path(__file__).resolve().parent / "action_plugins"
SITE = Path(__file__).resolve().parent / "site"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says at the end which versions of ansible-core were left out, and how to run the tests on them."""
    reasons = [report.longrepr[2] for report in terminalreporter.getreports("skipped") if isinstance(report.longrepr, tuple)]
    left_out = [found[1] for found in (re.match(r"Skipped: ansible-core (\d\S*) ", reason) for reason in reasons) if found]
    if left_out:
        terminalreporter.section("NOT RUN", yellow=True, bold=True)
        cores = ", ".join(sorted(set(left_out)))
        terminalreporter.line(
            f"{len(left_out)} tests did not run, because these versions of ansible-core are not installed: {cores}. Run `make get-cores`"
            " to install them; then `make cores` uses them."
        )


@dataclass
class PlaybookResult:
    """A finished playbook run."""

    results: list[dict[str, Any]]
    output: str
    code: int
    requests: list[dict[str, Any]] = field(default_factory=list)


class PlaybookRunner:
    """Runs tasks with ansible-playbook and hands back what they returned."""

    def __init__(self, simulator: Simulator, folder: Path, commands: Path = BIN) -> None:
        """``commands``: the folder of the commands to run, of another version of core for example."""
        self.simulator, self.folder, self.commands = simulator, folder, commands
        # One for all tests of a worker.
        compiled = folder.parent / "compiled"
        compiled.mkdir(exist_ok=True)
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("COXEDGE_", "ANSIBLE_"))},
            **simulator.environ,
            # Runners look for core's commands there.
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(SITE),
            "COMPILED_MODULES": str(compiled),
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            # Newer versions of core show a module's options only when asked to.
            "ANSIBLE_INJECT_INVOCATION": "true",
        }

    @property
    def environment(self) -> Any:
        """The simulator's environment that the plays work in."""
        return self.simulator.cloud.environment(None, SERVICE_CODE, ENVIRONMENTS[0])

    def instances(self, name: str | None = None) -> list[dict[str, Any]]:
        """The instances on the server, or those of a name."""
        with self.simulator.app.lock:
            return list(self.environment.instances_named(name))

    def command(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Runs one of core's commands."""
        return subprocess.run(
            [str(self.commands / words[0]), *words[1:]],
            env={**self.environ, **environ},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def play(self, tasks: list[dict[str, Any]], *arguments: str, play: dict[str, Any] | None = None, **environ: str) -> PlaybookResult:
        """Runs tasks, the failing ones included. ``results`` has the result of each, in order; of loops, all their items."""
        whole = [{"register": f"result_{n}", "ignore_errors": True, **task} for n, task in enumerate(tasks)]
        path = self.folder / "results.json"
        path.unlink(missing_ok=True)
        # A task of the documentation's may keep its result under a name of its own.
        names = ", ".join(task["register"] for task in whole)
        keep = {
            "keep_results": {"results": "{{ [" + names + "] | to_json }}", "path": str(path)},
            "check_mode": False,
            "diff": False,
            "no_log": True,
        }
        book = [{"hosts": "localhost", "gather_facts": False, **(play or {}), "tasks": [*whole, keep]}]
        (self.folder / "play.yml").write_text(json.dumps(book))
        self.simulator.app.log.clear()
        ended = self.command("ansible-playbook", "play.yml", *arguments, ANSIBLE_ACTION_PLUGINS=str(ACTIONS), **environ)
        assert path.exists(), ended.stdout + ended.stderr
        results = json.loads(path.read_text())
        assert len(results) == len(tasks)
        return PlaybookResult(results, ended.stdout + ended.stderr, ended.returncode, list(self.simulator.app.log))

    def instance(self, *arguments: str, environ: dict[str, str] | None = None, **options: Any) -> dict[str, Any]:
        """Runs the module ``instance`` once; its result."""
        outcome = self.play([{"coxedge.compute.instance": options}], *arguments, **(environ or {}))
        return {**outcome.results[0], "outcome": outcome}


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Simulator]:
    """One simulator for all tests of a worker."""
    with Simulator(task_seconds=0.2) as running:
        yield running


@pytest.fixture
def runner(running_simulator: Simulator, tmp_path: Path) -> PlaybookRunner:
    """See PlaybookRunner; the simulator was just reset."""
    running_simulator.app.reset_all()
    return PlaybookRunner(running_simulator, tmp_path)


CREATION = {"template": "Ubuntu 24.04", "compute_offering": "2vCPU.4GB", "network": "Web-test_area"}


@pytest.fixture
def creation() -> dict[str, Any]:
    """Options that suffice to create an instance."""
    return dict(CREATION)


def writes(runner: PlaybookRunner) -> list[dict[str, Any]]:
    """The requests since the log was cleared that write."""
    return [entry for entry in runner.simulator.app.log if entry["method"] != "GET"]


class Attempts:
    """Runs a role several times in one play, each time with other variables."""

    def __init__(self, runner):
        self.runner, self.output, self.last_seconds = runner, "", 0.0

    def __call__(self, role, *attempts, hosts="localhost"):
        """Returns the message of each attempt, an empty text for one that succeeds."""
        tasks = []
        for number, variables in enumerate(attempts):
            include = {"ansible.builtin.include_role": {"name": f"coxedge.compute.{role}"}, "vars": variables}
            failed = {"ansible.builtin.set_fact": {f"message_{number}": "{{ ansible_failed_result.msg }}"}}
            tasks.append({"block": [include], "rescue": [failed]})
            tasks.append({"ansible.builtin.set_fact": {f"ended_{number}": "{{ now().timestamp() }}"}})
        messages = ", ".join(f"[message_{number} | default(''), ended_{number} | float]" for number in range(len(attempts)))
        keep = {"keep_results": {"results": "{{ [" + messages + "] | to_json }}", "path": str(self.runner.folder / "results.json")}}
        (self.runner.folder / "site.yml").write_text(json.dumps([{"hosts": hosts, "gather_facts": False, "tasks": [*tasks, keep]}]))
        self.runner.simulator.app.log.clear()
        finished = self.runner.command("ansible-playbook", "site.yml", ANSIBLE_ACTION_PLUGINS=str(ACTIONS))
        self.output = finished.stdout + finished.stderr
        assert finished.returncode == 0 and "Traceback" not in self.output, self.output
        found = json.loads((self.runner.folder / "results.json").read_text())
        self.last_seconds = found[-1][1] - found[-2][1] if len(found) > 1 else 0.0
        return [message for message, _ended in found]


@pytest.fixture
def attempts(runner):
    """See Attempts."""
    return Attempts(runner)


@pytest.fixture
def on_core(running_simulator, tmp_path):
    """A runner of playbooks, and Attempts, with a version of core."""

    def made(core):
        running_simulator.app.reset_all()
        runner = PlaybookRunner(running_simulator, tmp_path, commands_of(core))
        return runner, Attempts(runner)

    return made


@pytest.fixture
def run(runner):
    """Runs a role with variables, then more plays; returns the finished command."""

    def role(name, variables, *arguments, plays=(), **environ):
        book = [{"hosts": "localhost", "gather_facts": False, "roles": [{"role": f"coxedge.compute.{name}", **variables}]}, *plays]
        (runner.folder / "site.yml").write_text(json.dumps(book))
        runner.simulator.app.log.clear()
        finished = runner.command("ansible-playbook", "site.yml", *arguments, **environ)
        assert "Traceback" not in finished.stdout + finished.stderr
        return finished

    return role
