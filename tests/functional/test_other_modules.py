# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules for passwords, ISOs and the catalog through real ansible-playbook runs against the simulator."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.modules import catalog_info, instance_iso, instance_password

KEY = "simulator-key"


def writes(played):
    return [entry for entry in played.requests if entry["method"] != "GET"]


def password(**options):
    return {"coxedge.compute.instance_password": options}


def iso(**options):
    return {"coxedge.compute.instance_iso": options}


def catalog(**options):
    return {"coxedge.compute.catalog_info": options}


def test_a_password(player):
    player.environment.place({"name": "web1"})
    predicted = player.play([password(name="web1")], "--check")
    assert predicted.results[0]["changed"] and predicted.results[0]["password"] is None and not writes(predicted)
    one, two = player.play([password(name="web1"), password(name="web1")], "--diff").results
    assert one["changed"] and two["changed"] and one["password"] != two["password"] and one["username"] == "cca-user"
    assert one["actions"] == ["resetPassword"]


def test_a_password_is_not_in_the_output_of_a_task_without_log(player):
    player.environment.place({"name": "web1"})
    played = player.play([{**password(name="web1"), "no_log": True}], "--diff", "-vvvv")
    assert played.results[0]["password"] not in played.output and KEY not in played.output


def test_an_iso(player):
    player.simulator.cloud.settings.report_iso = True
    player.environment.place({"name": "web1"})
    tasks = [
        iso(name="web1", iso="drivers"),
        iso(name="web1", iso="drivers"),
        iso(name="web1", state="detached"),
        iso(name="web1", state="detached"),
    ]
    predicted = player.play(tasks[:1], "--check", "--diff").results[0]
    attached, again, detached, nothing = player.play(tasks, "--diff").results
    assert attached["actions"] == predicted["actions"] == ["attachIso"] and attached["diff"] == predicted["diff"]
    assert [result["changed"] for result in (attached, again, detached, nothing)] == [True, False, True, False]
    assert attached["instance"]["iso_id"] and nothing["instance"]["iso_id"] is None


def test_bad_options(player):
    player.environment.place({"name": "web1"})
    for task, word in (
        (password(), "id and name"),
        (password(id="web1"), "UUID"),
        (password(name="web1", wait_timeout=0), "wait_timeout"),
        (password(name="nobody"), "no instance with the name 'nobody'"),
        (iso(name="web1"), "iso is required"),
        (iso(name="web1", iso="nothing"), "guest-tools"),
        (iso(name="web1", iso="installer"), "bootable"),
        (catalog(kinds=["flavours"]), "kinds"),
        (catalog(environment_name="nope"), "environment_name"),
    ):
        played = player.play([task])
        assert played.results[0]["failed"] and word in played.results[0]["msg"], played.results[0]["msg"]
        assert not writes(played) and "Traceback" not in played.output and set(played.results[0]["error"])


def test_the_catalog(player):
    (whole, part, empty) = player.play([catalog(), catalog(kinds=["networks", "networks"]), catalog(kinds=[""])]).results
    assert sorted(whole["catalog"]) == sorted(yaml.safe_load(catalog_info.DOCUMENTATION)["options"]["kinds"]["choices"])
    assert list(part["catalog"]) == ["networks"] and not part["changed"] and empty["catalog"].keys() == whole["catalog"].keys()
    names = [row["name"] for row in whole["catalog"]["templates"]]
    assert names == sorted(names) and "Ubuntu 24.04" in names
    offering = next(row for row in whole["catalog"]["compute_offerings"] if row["name"] == "2vCPU.4GB")
    assert offering["memory_in_mb"] == 4096 and whole["catalog"]["ssh_keys"][0]["fingerprint"]


@pytest.mark.parametrize("module", [instance_password, instance_iso, catalog_info])
def test_the_examples_of_the_documentation_run_as_they_stand(player, module):
    player.environment.place({"name": "web1"})
    played = player.play(yaml.safe_load(module.EXAMPLES))
    assert not any(result.get("failed") for result in played.results), played.output
