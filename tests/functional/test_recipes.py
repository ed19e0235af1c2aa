# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each recipe of docs/recipes.md runs for real, as it stands there, and does what its title says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.roles

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "recipes.md").read_text()
# Each file by the name that the text gives it.
FILES = dict(re.findall(r"`([\w.-]+\.(?:yml|j2))`:\n\n```(?:yaml|jinja)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
INVENTORY = "plugin: coxedge.compute.instances\n"


@pytest.fixture
def kitchen(runner):
    """All files of the recipes, and servers that they are about."""
    for name, text in FILES.items():
        (runner.folder / name).write_text(text)
    (runner.folder / "my.coxedge.yml").write_text(INVENTORY)
    lists = {kind: {resource["name"]: resource for resource in found} for kind, found in runner.environment.resources.items()}
    offering, network = lists["computeofferings"]["2vCPU.4GB"], lists["networks"]["Web-test_area"]
    for name in ("web1", "web2", "mail1"):
        size = {"computeOfferingId": offering["id"], "computeOfferingName": "2vCPU.4GB", "cpuCount": 2, "memoryInMB": 4096}
        runner.environment.seed({"name": name, "networkId": network["id"], "networkName": network["name"], **size})
    for name in ("batch1", "batch2"):
        database = lists["networks"]["Db-test_area"]
        runner.environment.seed({"name": name, "state": "Stopped", "networkId": database["id"], "networkName": database["name"]})
    return runner


def run(kitchen, *arguments):
    """Runs a playbook that must succeed; returns its output."""
    kitchen.simulator.app.log.clear()
    finished = kitchen.command("ansible-playbook", *arguments)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def states(kitchen):
    return {instance["name"]: instance["state"] for instance in kitchen.environment.instances.values()}


def changed(kitchen):
    """The operations that the server was asked for."""
    return [entry["query"].get("operation") or entry["method"] for entry in kitchen.simulator.app.log if entry["method"] != "GET"]


def test_every_recipe_is_tested():
    tested = Path(__file__).read_text()
    assert len(FILES) == TEXT.count("```yaml") + TEXT.count("```jinja")
    assert [name for name in FILES if f'"{name}"' not in tested and not name.endswith(".j2")] == []


def test_stopping_at_night_and_starting_in_the_morning(kitchen):
    run(kitchen, "office.yml")
    assert states(kitchen) == {"web1": "Stopped", "web2": "Running", "mail1": "Stopped", "batch1": "Stopped", "batch2": "Stopped"}
    run(kitchen, "office.yml", "-e", "office_state=started")
    assert states(kitchen)["web1"] == states(kitchen)["mail1"] == "Running"
    run(kitchen, "office.yml", "-e", "office_state=started")
    assert changed(kitchen) == []


def test_stopping_everything_in_a_network(kitchen):
    run(kitchen, "network.yml")
    assert set(states(kitchen).values()) == {"Stopped"} and changed(kitchen) == ["stop"] * 3
    run(kitchen, "network.yml")
    assert changed(kitchen) == []


def test_resizing_one_after_the_other(kitchen):
    run(kitchen, "-i", "my.coxedge.yml", "resize.yml", "--limit", "web*", "-e", "resize_port=0")
    assert changed(kitchen) == ["changeComputeOffering"] * 2
    sizes = {instance["name"]: instance["memoryInMB"] for instance in kitchen.environment.instances.values()}
    assert sizes["web1"] == sizes["web2"] == 8192 and sizes["mail1"] == 4096


def test_replacing_a_server(kitchen):
    (old,) = kitchen.environment.instances_named("web1")
    assert f"id {old['id']} and state recovered" in " ".join(run(kitchen, "replace.yml").split())
    found = {instance["state"]: instance["id"] for instance in kitchen.environment.instances_named("web1")}
    assert set(found) == {"Destroyed", "Running"} and found["Destroyed"] == old["id"]


def test_managing_several_environments(kitchen):
    run(kitchen, "environments.yml")
    for name in ("test_area", "prod"):
        environment = kitchen.simulator.cloud.environment(None, "compute-on", name)
        assert environment.instances_named("shop1") and environment.instances_named("shop2")
    run(kitchen, "environments.yml")
    assert changed(kitchen) == []


def test_configuring_with_cloud_init(kitchen):
    output = run(kitchen, "cloud-init.yml", "-v")
    (body,) = (entry["body"] for entry in kitchen.simulator.app.log if entry["method"] == "POST")
    assert body["userData"].startswith("#cloud-config\nhostname: shop1\n") and "ssh-ed25519" not in output


def test_starting_many_and_waiting_later(kitchen):
    run(kitchen, "later.yml")
    assert states(kitchen)["batch1"] == states(kitchen)["batch2"] == "Running" and changed(kitchen) == ["start"] * 2


def test_a_replacement_that_can_not_be_created_destroys_nothing(kitchen):
    wrong = {"template": "Ubuntu 24.4", "compute_offering": "2vCPU.4GB", "network": "Web-test_area"}
    finished = kitchen.command("ansible-playbook", "replace.yml", "-e", json.dumps({"replaced_with": wrong}))
    assert finished.returncode != 0 and states(kitchen)["web1"] == "Running" and changed(kitchen) == []


def test_reviewing_a_change_before_it_is_made(kitchen):
    run(kitchen, "change.yml")
    assert changed(kitchen) == []
    run(kitchen, "change.yml", "-e", "change_approved=true")
    assert changed(kitchen) == ["changeComputeOffering"]
    assert "1 member: 1 to change (1 interrupted)" in (kitchen.folder / "review.html").read_text()


def test_adopting_servers(kitchen):
    kitchen.environment.seed({"name": "web2"})
    run(kitchen, "coxedge.compute.adopt", "-e", "adopt_file=servers.yml")
    assert "changed=0" in run(kitchen, "adopted.yml") and changed(kitchen) == []
