# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Direct execution and core's own way lead to the same results, warnings, diffs, events, output, exit codes and requests."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ansible_collections.coxedge.compute.tests.functional.cores import ALL_CORES
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY

HERE = Path(__file__).resolve().parent
TARGETS = HERE.parent / "integration" / "targets"
BOOKS = sorted(path.stem for path in (HERE / "both_ways").glob("*.yml"))
# Targets whose tests need nothing but a simulator.
INTEGRATION = [
    "instance_check_mode",
    "instance_convergence",
    "instance_fleet",
    "instance_info",
    "instance_lifecycle",
    "instance_no_wait",
    "instance_operations",
    "instance_permissions",
]
# Ids, passwords, addresses and times that the simulator makes up, and ids of core's jobs.
RANDOM = re.compile(
    r"\b20\d\d-\d\d-\d\dT[\d:.]+\+00:00|"
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|Pw-[0-9a-f]{12}-\d+|\bj\d{6,}\.\d+|\b10(?:\.\d+){3}\b|\b02(?::[0-9a-f]{2}){5}\b"
)
# What tells the two ways apart at -vvv, and how often core asks for a job.
VARYING = re.compile(r".*(runs directly|runs as a module|Using module file|Pipelining is enabled|ESTABLISH LOCAL|EXEC |PUT |ASYNC ).*\n")


class Renamed:
    """Replaces what differs from run to run, each by its number in the order in which they are first seen."""

    def __init__(self):
        self.known = {}

    def __call__(self, text):
        return RANDOM.sub(lambda found: self.known.setdefault(found[0], f"random{len(self.known)}"), text)


def requests_of(runner, renamed):
    """What the server was asked: each write, and what was read at all. How often depends on the speed of the machine."""
    asked = [
        json.dumps([entry[name] for name in ("method", "path", "query", "body", "status")], sort_keys=True)
        for entry in runner.simulator.app.log
    ]
    # Ids that no result shows are those of tasks.
    named = sorted(RANDOM.sub(lambda found: renamed.known.get(found[0], "a task"), line) for line in asked)
    return [line for number, line in enumerate(named) if not line.startswith('["GET"') or line != named[number - 1]]


def outcome(runner, book, arguments, **environ):
    """All that can be seen of a run."""
    runner.simulator.app.reset_all()
    events = runner.folder / "events"
    events.unlink(missing_ok=True)
    finished = runner.command(
        "ansible-playbook",
        str(book),
        *arguments,
        ANSIBLE_CALLBACK_PLUGINS=str(HERE / "callback_plugins"),
        ANSIBLE_CALLBACKS_ENABLED="record_events",
        COXEDGE_EVENTS=str(events),
        # Only direct execution shows it.
        COXEDGE_PROGRESS="0",
        ANSIBLE_VAULT_PASSWORD_FILE=str(HERE / "both_ways" / "password.txt"),
        **environ,
    )
    renamed = Renamed()
    seen = [json.loads(renamed(line)) for line in events.read_text().splitlines()]
    # With several hosts, the order of the hosts depends on chance.
    by_host = sorted(seen, key=lambda event: event["host"])
    asked = requests_of(runner, renamed)
    output = sorted(VARYING.sub("", renamed(finished.stdout)).splitlines())
    # Core breaks lines, and where it does depends on hyphens in random ids.
    warnings = sorted(renamed(re.sub(r"\s+", "", finished.stderr)).split("[WARNING]:"))
    return {"events": by_host, "stdout": output, "stderr": warnings, "code": finished.returncode, "requests": asked}


def differences(one, other, path=""):
    """Where two values differ, and how."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            yield from differences(one.get(name, "none"), other.get(name, "none"), f"{path}.{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (first, second) in enumerate(zip(one, other)):
            yield from differences(first, second, f"{path}[{number}]")
    elif one != other:
        yield path, one, other


def compare(runner, book, *arguments):
    """Runs a playbook in both ways."""
    direct = outcome(runner, book, arguments)
    packed = outcome(runner, book, arguments, COXEDGE_DIRECT="0")
    assert list(differences(direct, packed)) == []
    return direct


@pytest.mark.parametrize("core", ALL_CORES)
@pytest.mark.parametrize("name", BOOKS)
def test_a_playbook_does_the_same_both_ways(on_core, core, name):
    runner, _attempts = on_core(core)
    seen = compare(runner, HERE / "both_ways" / f"{name}.yml", "--diff")
    assert API_KEY not in json.dumps(seen)
    assert seen["code"] == 0, seen


@pytest.mark.parametrize("core", ALL_CORES)
@pytest.mark.parametrize("name", INTEGRATION)
def test_the_integration_tests_do_the_same_both_ways(on_core, core, name):
    runner, _attempts = on_core(core)
    book = runner.folder / "book.yml"
    tasks = [{"ansible.builtin.import_tasks": str(TARGETS / name / "tasks" / "tests.yml")}]
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    compare(runner, book)
