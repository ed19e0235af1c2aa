# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each task in docs/api-coverage.md makes the request beside it."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "api-coverage.md").read_text()
ROWS = re.findall(r"^\| ([^|`]+) \| `([^`]+)` \| `([^`]+)` \|$", TEXT, flags=re.MULTILINE)
# The operations in the API's documentation.
OPERATIONS = {
    *("GET instances", "GET instances/ID", "POST instances", "PUT instances/ID", "DELETE instances/ID"),
    *(f"POST instances/ID?operation={name}" for name in ("start", "stop", "reboot", "purge", "recover", "changeComputeOffering")),
    *(f"POST instances/ID?operation={name}" for name in ("resetPassword", "changeNetwork", "associateSSHKey", "attachIso", "detachIso")),
}


def as_in_table(entry):
    """A request of the log in the form that the table uses."""
    path = re.sub(r"[0-9a-f-]{36}", "ID", entry["path"].split("/test_area/")[-1])
    operation = entry["query"].get("operation")
    return f"{entry['method']} {path}" + (f"?operation={operation}" if operation else "")


def test_each_task_makes_its_request(runner):
    assert {request for _name, request, _task in ROWS} == OPERATIONS and len(ROWS) == 16
    runner.environment.seed({"name": "iso1", "isoId": runner.environment.resources["isos"][0]["id"]})
    for number, (_name, _request, _task) in enumerate(ROWS):
        for name, state in (("web1", "Running"), ("stopped1", "Stopped"), ("destroyed1", "Destroyed")):
            runner.environment.seed({"name": f"{name}-{number}", "state": state})
    # Each task has its own servers, and a marker before it in the log.
    tasks = []
    marker = "{{ lookup('ansible.builtin.url', '" + runner.simulator.api_url + "/marker', errors='ignore') }}"
    for number, (_name, _request, text) in enumerate(ROWS):
        own = re.sub(r"\b(web1|stopped1|destroyed1)\b(?!-)", rf"\1-{number}", text)
        ((module, options),) = yaml.safe_load(own).items()
        tasks.append({"ansible.builtin.debug": {"msg": marker}})
        tasks.append({f"coxedge.compute.{module}": options})
    outcome = runner.play(tasks)
    assert not any(result.get("failed") for result in outcome.results), [result.get("msg") for result in outcome.results]
    requests: list[list[str]] = []
    for entry in map(as_in_table, outcome.requests):
        if entry.endswith("/marker"):
            requests.append([])
        else:
            requests[-1].append(entry)
    assert len(requests) == len(ROWS)
    for (_name, request, task), log in zip(ROWS, requests):
        assert request in log, (task, log)
