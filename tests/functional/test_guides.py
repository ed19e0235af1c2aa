# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the guides work unchanged: each YAML block, and the commands of the quick start."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
# The recipes have tests of their own: test_recipes.py.
GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("roles/*/README.md"))]
GUIDES.remove(ROOT / "docs" / "recipes.md")
BLOCK = re.compile(r"^```(yaml|shell)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A file name in the paragraph before a block.
NAMED = re.compile(r"`([\w.]+\.yml)`[^\n`]*:\n*\Z")
# Servers that the guides assume: name, compute offering, network. The id in their examples is that of the last one.
SERVERS = [
    ("web1", "2vCPU.4GB", "Web-test_area"),
    ("db1", "4vCPU.8GB", "Db-test_area"),
    ("mail1", "2vCPU.4GB", "Web-test_area"),
]
EXAMPLE_ID = "9db8ff2f-b49b-466d-a2f3-c1e6def408f4"


def blocks(path: Path, language: str) -> list[tuple[str | None, str]]:
    """The code blocks of a language in a guide, each with the file name that the text gives it, or None."""
    text = path.read_text()
    found = []
    for match in BLOCK.finditer(text):
        named = NAMED.search(text[: match.start()])
        if match.group(1) == language:
            found.append((named.group(1) if named else None, match.group(2)))
    return found


@pytest.fixture
def example_id(runner):
    """Adds the servers to the simulator; returns the id of the last one."""
    lists = {kind: {resource["name"]: resource for resource in resources} for kind, resources in runner.environment.resources.items()}
    template = lists["templates"]["Ubuntu 24.04"]
    for name, size, network in SERVERS:
        offering, network_id = lists["computeofferings"][size], lists["networks"][network]["id"]
        values = {
            "name": name,
            "imageId": template["id"],
            "imageName": template["name"],
            "computeOfferingId": offering["id"],
            "computeOfferingName": size,
            "cpuCount": offering["cpuCount"],
            "memoryInMB": offering["memoryInMB"],
            "networkId": network_id,
            "networkName": network,
        }
        last = runner.environment.seed(values)
    return last["id"]


@pytest.mark.parametrize("path", [path for path in GUIDES if blocks(path, "yaml")], ids=lambda path: str(path.relative_to(ROOT)))
def test_each_yaml_block_works(runner, example_id, path):
    tasks = []
    for number, (_name, written) in enumerate(blocks(path, "yaml")):
        text = written.replace(EXAMPLE_ID, example_id)
        content = yaml.safe_load(text)
        if isinstance(content, dict) and path.name == "inventory.md":
            # Each recipe there is tested in tests/unit/inventory.
            assert "plugin" in content
            continue
        if isinstance(content, dict) and "plugin" in content:
            file = runner.folder / f"{number}.coxedge.yml"
            file.write_text(text)
            listed = runner.command("ansible-inventory", "-i", str(file), "--list", ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true")
            assert listed.returncode == 0 and json.loads(listed.stdout)["_meta"]["hostvars"], listed.stderr
            continue
        assert isinstance(content, list), text
        if "hosts" in content[0]:
            (runner.folder / "book.yml").write_text(text)
            checked = runner.command("ansible-playbook", "--syntax-check", "book.yml")
            assert checked.returncode == 0, checked.stderr
            # Core checks the options of a module only when it runs, so the tasks of the collection run below.
            found = [task for play in content for task in play.get("tasks", []) if any(key.startswith("coxedge.") for key in task)]
            tasks += found
        else:
            tasks += content
    if tasks:
        outcome = runner.play([{"check_mode": True, **task} for task in tasks])
        assert outcome.code == 0 and not any(result.get("failed") for result in outcome.results), outcome.output


def test_the_quick_start_works_as_described(runner):
    path = ROOT / "docs" / "quick-start.md"
    for name, text in blocks(path, "yaml"):
        assert name is not None, text
        (runner.folder / name).write_text(text)
    commands = [
        line for _name, text in blocks(path, "shell") for line in text.splitlines() if re.match(r"ansible(-playbook|-inventory)? ", line)
    ]
    assert len(commands) == 8
    outputs = []
    for command in commands:
        finished = runner.command(*shlex.split(command))
        assert finished.returncode == 0, (command, finished.stdout, finished.stderr)
        outputs.append(finished.stdout)
    predicted, created, again, catalog, graph, address, destroyed, listed = outputs
    assert "changed=1" in predicted and "+" in predicted and "create" in predicted
    assert "changed=1" in created and "create" in created
    assert "changed=0" in again and "4vCPU.8GB" in catalog and "@state_Running" in graph and '"ansible_host": "10.' in address
    assert '"purge' not in destroyed and '"delete"' in destroyed and '"instances": []' in listed
    # Neither check mode nor the third run wrote anything.
    writes = [entry["method"] for entry in runner.simulator.app.log if entry["method"] not in ("GET", "HEAD")]
    assert writes == ["POST", "DELETE"]


def test_check_mode_shows_what_adopting_a_server_would_change(runner, example_id):
    """A first run in check mode shows no change, a change, an error or a warning, as the guide says."""
    (book,) = (text for name, text in blocks(ROOT / "docs" / "migrating.md", "yaml") if name == "web.yml")
    for old, new, code, said in [
        ("", "", 0, "changed=0"),
        ("state: started", "state: stopped", 0, "changed=1"),
        ("2vCPU.4GB", "4vCPU.8GB", 2, "would reboot it"),
        ("Ubuntu 24.04", "Debian 12", 0, "has another template than wanted"),
    ]:
        (runner.folder / "web.yml").write_text(book.replace(old, new) if old else book)
        runner.simulator.app.log.clear()
        finished = runner.command("ansible-playbook", "web.yml", "--check", "--diff")
        assert finished.returncode == code, finished.stdout
        assert said in " ".join((finished.stdout + finished.stderr).split()), (new, finished.stdout)
        assert {entry["method"] for entry in runner.simulator.app.log} == {"GET"}
