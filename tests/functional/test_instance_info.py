# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module instance_info through real ansible-playbook runs against the simulator."""

from __future__ import annotations

import yaml
from ansible_collections.coxedge.compute.plugins.modules import instance_info as module


def info(**options):
    return {"coxedge.compute.instance_info": options}


def test_sorted_by_name_then_id_and_the_same_in_check_mode(player):
    ids = sorted(player.environment.place({"name": "twin"})["id"] for _n in range(3))
    player.environment.place({"name": "alone"})
    for arguments in ([], ["--check"]):
        (result,) = player.play([info()], *arguments).results
        assert not result["changed"]
        assert [row["name"] for row in result["instances"]] == ["alone", "twin", "twin", "twin"]
        assert [row["id"] for row in result["instances"]][1:] == ids


def test_what_a_created_instance_looks_like(player, creation):
    create = {"coxedge.compute.instance": {"name": "web1", "user_data": "x", "ports_to_forward": ["22"], **creation}}
    created, shown, none = player.play([create, info(name="web1"), info(name="nobody")]).results
    assert shown["instances"] == [{**created["instance"], "user_data": "x"}]
    assert none["instances"] == [] and not none["failed"]


def test_failures_are_one_sentence(player):
    for options, word in (({"id": "web1"}, "UUID"), ({"environment_name": "typo"}, "environment_name"), ({"api_key": "wrong"}, "api_key")):
        played = player.play([info(**options)])
        assert played.results[0]["failed"] and word in played.results[0]["msg"]
        assert "Traceback" not in played.output


def test_the_examples_of_the_documentation_run_as_they_stand(player):
    player.environment.place({"name": "web1", "state": "Stopped"})
    player.environment.place({"name": "old", "state": "Destroyed"})
    played = player.play(yaml.safe_load(module.EXAMPLES))
    assert [[row["name"] for row in result["instances"]] for result in played.results] == [["web1"], ["web1"], ["web1"], ["old"]]
