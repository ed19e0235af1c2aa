# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter members in real ansible-playbook runs against the simulator."""

from __future__ import annotations

import json

import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.filter import members
from ansible_collections.coxedge.compute.tests.functional.conftest import writes
from ansible_collections.coxedge.compute.tests.functional.cores import EVERYDAY, OTHER_CORES

INFO = {"coxedge.compute.instance_info": {"states": ["Running", "Stopped", "Destroyed"]}, "register": "found"}
HEADER = "#jinja2:variable_start_string:'[['\n[[ lookup('pipe', 'touch marker') ]]"


def fleet(filtered, **options):
    return {"coxedge.compute.instance_fleet": {"instances": "{{ " + filtered + " }}", **options}}


@pytest.mark.parametrize("core", [EVERYDAY, OTHER_CORES[0], OTHER_CORES[-1]])
def test_members_of_results_and_of_hosts(on_core, core):
    runner, _attempts = on_core(core)
    names = ["web1", "twin", "twin", "{{ lookup('pipe', 'touch marker') }}", HEADER, "True", "[1]"]
    for name in names:
        runner.environment.seed({"name": name, "networkName": HEADER})
    runner.environment.seed({"name": "old1", "state": "Destroyed"})
    (runner.folder / "coxedge.yml").write_text(json.dumps({"plugin": "coxedge.compute.instances", "hostvars_prefix": "cx_"}))
    hosts = "groups.coxedge | map('extract', hostvars)"
    tasks = [
        INFO,
        fleet("found.instances | coxedge.compute.members(full=true)"),
        fleet(f"{hosts} | coxedge.compute.members(full=true)"),
        fleet("found.instances | selectattr('name', 'equalto', 'twin') | coxedge.compute.members(by='name')"),
        fleet("found.instances | coxedge.compute.members(stat='stopped')"),
        fleet("found | coxedge.compute.members"),
        fleet("missing1 | coxedge.compute.members"),
        fleet(f"{hosts} | coxedge.compute.members(state='stopped')"),
    ]
    outcome = runner.play(tasks, "-i", "coxedge.yml")
    _info, described, of_hosts, twins, unknown, no_list, undefined, stopped = outcome.results
    for result, count in ((described, 8), (of_hosts, 7)):
        assert not result["failed"] and not result["changed"] and len(result["results"]) == count, result
        assert not result.get("warnings")
    assert "Several instances have the name 'twin'" in twins["msg"] and "did you mean state" in unknown["msg"]
    assert "it got a dict: give the list instances" in no_list["msg"] and "missing1" in undefined["msg"]
    assert [result["actions"] for result in stopped["results"]] == [["stop"]] * 7
    assert len(writes(runner)) == 7 and not (runner.folder / "marker").exists() and "Traceback" not in outcome.output


def test_the_documented_examples_work_unchanged(runner):
    runner.environment.seed({"name": "web1"})
    outcome = runner.play(yaml.safe_load(members.EXAMPLES))
    assert not any(result.get("failed") for result in outcome.results), outcome.output
    assert [entry["query"] for entry in writes(runner)] == [{"operation": "stop"}]
