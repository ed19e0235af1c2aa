# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module instance_info in real ansible-playbook runs against the simulator."""

from __future__ import annotations

import yaml
from ansible_collections.coxedge.compute.plugins.modules import instance_info as module


def info(**options):
    return {"coxedge.compute.instance_info": options}


def test_instances_are_sorted_by_name_and_id_also_in_check_mode(runner):
    ids = sorted(runner.environment.seed({"name": "same-name"})["id"] for _n in range(3))
    runner.environment.seed({"name": "alone"})
    for arguments in ([], ["--check"]):
        (result,) = runner.play([info()], *arguments).results
        assert not result["changed"]
        assert [instance["name"] for instance in result["instances"]] == ["alone", "same-name", "same-name", "same-name"]
        assert [instance["id"] for instance in result["instances"]][1:] == ids


def test_a_created_instance_looks_the_same_in_instance_info(runner, creation):
    create = {"coxedge.compute.instance": {"name": "web1", "user_data": "x", "ports_to_forward": ["22"], **creation}}
    created, shown, none = runner.play([create, info(name="web1"), info(name="missing1")]).results
    assert shown["instances"] == [{**created["instance"], "user_data": "x"}]
    assert none["instances"] == [] and not none["failed"]


def test_errors_name_the_option(runner):
    cases = (({"id": "web1"}, "UUID"), ({"environment_name": "typo"}, "environment_name"), ({"api_key": "wrong"}, "api_key"))
    outcome = runner.play([info(**options) for options, _word in cases])
    for (_options, word), result in zip(cases, outcome.results):
        assert result["failed"] and word in result["msg"]
    assert "Traceback" not in outcome.output


def test_an_empty_selector_and_a_filter_that_matches_nothing_are_told(runner):
    runner.environment.seed({"name": "web1", "networkName": "web "})
    outcome = runner.play([info(name=""), info(id=" "), info(networks="Web, web"), info(states=" Stopped , Running ")])
    empty, blank, unknown, listed = outcome.results
    assert empty["failed"] and empty["msg"].startswith("name is empty") and blank["msg"].startswith("id is empty")
    assert unknown["instances"] == []
    assert unknown["warnings"] == [f"networks: no instance has {name!r}; the nearest name is 'web '" for name in ("Web", "web")]
    assert [instance["name"] for instance in listed["instances"]] == ["web1"] and "warnings" not in listed
    assert len(runner.simulator.app.log) == 2


def test_the_documented_examples_work_unchanged(runner):
    runner.environment.seed({"name": "web1", "state": "Stopped"})
    runner.environment.seed({"name": "old", "state": "Destroyed"})
    outcome = runner.play(yaml.safe_load(module.EXAMPLES))
    assert [[instance["name"] for instance in result["instances"]] for result in outcome.results] == [["web1"], ["web1"], ["web1"], ["old"]]
