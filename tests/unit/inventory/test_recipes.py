# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory files of docs/inventory.md and of the demo, unchanged, against the simulator."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY

ROOT = Path(__file__).resolve().parents[3]
BLOCKS = re.findall(r"^```yaml\n(plugin: .*?)^```$", (ROOT / "docs" / "inventory.md").read_text(), flags=re.MULTILINE | re.DOTALL)
DEMO = (ROOT / "playbooks" / "inventory" / "demo.coxedge.yml").read_text()
# What each recipe promises: hosts (or their number), and groups in addition to those that always exist.
PROMISED = [
    (["db-1", "scratch-1", "web-1"], []),
    (["db-1", "scratch-1", "web-1.prod", "web-1.test_area"], []),
    (["scratch-1", "web-1"], ["network_Web_test_area", "size_1vCPU_512MB"]),
    (["db-1", "web-1"], ["role_db", "role_web"]),
    (["db-1", "scratch-1", "web-1"], []),
    (["db-1", "scratch-1", "web-1"], ["linux"]),
    (["db-1", "scratch-1", "web-1"], []),
    (["db-1.test_area", "scratch-1.test_area", "web-1.prod", "web-1.test_area"], []),
    (3, []),
]


@pytest.fixture
def environ(simulator, harness, monkeypatch, tmp_path):
    harness.seed(name="web-1", publicIps=1)
    harness.seed(name="db-1", state="Stopped", publicIps=1)
    harness.seed(name="scratch-1", publicIps=1)
    simulator.cloud.environment(None, "compute-on", "prod").seed({"name": "web-1", "ipAddress": "10.165.0.10"})
    monkeypatch.setenv("COXEDGE_API_KEY", API_KEY)
    monkeypatch.setenv("COXEDGE_API_URL", simulator.api_url)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize("number", range(len(PROMISED)))
def test_each_recipe_of_the_guide_works(environ, plugin, number):
    assert len(BLOCKS) == len(PROMISED)
    hosts, groups = PROMISED[number]
    inventory = plugin.parse({**yaml.safe_load(BLOCKS[number]), "strict": True})
    assert (len(inventory.hosts) if isinstance(hosts, int) else sorted(inventory.hosts)) == hosts
    # Two environments have a web-1, which gets another name, and a warning says so.
    assert [text for text in plugin.warnings if "web-1 (web-1.prod)" not in text] == []
    assert not plugin.warnings or "*" in BLOCKS[number]
    assert sorted(set(inventory.groups) - {"all", "ungrouped", "coxedge"}) == groups


def test_the_inventory_file_of_the_demo_works(environ, plugin, monkeypatch):
    monkeypatch.setenv("COXEDGE_SERVICE_CODE", "compute-on")
    monkeypatch.setenv("COXEDGE_ENVIRONMENT_NAME", "test_area")
    inventory = plugin.parse(yaml.safe_load(DEMO))
    assert {"state_Running", "state_Stopped", "zone_QC_1", "offering_1vCPU_512MB"} <= set(inventory.groups)
