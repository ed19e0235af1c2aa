# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a long run shows on standard error, through real playbooks."""

from __future__ import annotations

import json
import re

import pytest
from ansible_collections.coxedge.compute.tests.functional.cores import ALL_CORES
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY

LINE = re.compile(r"^.* \(\d+ of \d+, \d+ s\)$|^.*, \d+ s$|^the API does not answer.*$", re.MULTILINE)


def shown(runner, task, *arguments, **environ):
    """The lines of progress on standard error, and the finished command."""
    (runner.folder / "play.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
    ended = runner.command("ansible-playbook", "play.yml", *arguments, **environ)
    assert not LINE.findall(ended.stdout) and API_KEY not in ended.stderr and "\x1b" not in ended.stderr
    return LINE.findall(ended.stderr), ended


@pytest.fixture
def fleet(creation):
    members = [{"name": "web1"}, {"name": "web2"}, {"name": "web3", "template": "none"}, {"name": "kept", "state": "recovered"}]
    return {"coxedge.compute.instance_fleet": {"instances": members, "defaults": creation}}


@pytest.mark.parametrize("core", ALL_CORES)
def test_a_fleet_shows_each_member_that_was_changed_or_failed(on_core, core, fleet):
    runner, _attempts = on_core(core)
    runner.environment.seed({"name": "kept"})
    runner.simulator.cloud.settings.update({"task_seconds": 4.0})
    lines, _ended = shown(runner, fleet)
    assert sorted(line.split(" (")[0] for line in lines) == ["web1 is Running", "web2 is Running", "web3 failed"]
    assert {"(3 of 4", "(4 of 4"} <= {"(" + line.split(" (")[1].split(",")[0] for line in lines}


@pytest.mark.parametrize(
    "keywords, environ",
    [({}, {"COXEDGE_PROGRESS": "off"}), ({}, {"COXEDGE_DIRECT": "0"}), ({"no_log": True}, {})],
)
def test_progress_can_be_turned_off(runner, fleet, keywords, environ):
    runner.simulator.cloud.settings.update({"task_seconds": 4.0})
    assert shown(runner, {**fleet, **keywords}, **environ)[0] == []


def test_a_single_instance_and_an_api_that_does_not_answer(runner, creation):
    runner.simulator.cloud.settings.update({"task_seconds": 16.0})
    runner.simulator.app.faults.add({"kind": "status", "status": 503, "method": "GET", "path": "/tasks/", "count": 5})
    lines, ended = shown(runner, {"coxedge.compute.instance": {"name": "\u202eweb1 {{ '{{ x }}' }}", **creation}})
    assert ended.returncode == 0, ended.stdout
    trouble, waiting = lines
    assert re.fullmatch(r"the API does not answer \(.*503.*\), trying again for up to 9 min", trouble)
    # Until the API answers again, nothing is known of its state.
    assert re.fullmatch(r".*web1 {{ x }} is (Starting|being created), 15 s", waiting) and "\u202e" not in waiting


@pytest.mark.parametrize("callback", ["ansible.builtin.minimal", "ansible.builtin.oneline"])
def test_progress_does_not_disturb_callbacks(runner, fleet, callback):
    runner.environment.seed({"name": "kept"})
    runner.simulator.cloud.settings.update({"task_seconds": 4.0})
    lines, ended = shown(runner, fleet, ANSIBLE_STDOUT_CALLBACK=callback)
    assert len(lines) == 3 and "FAILED" in ended.stdout
