# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides agree with the code."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from ansible_collections.coxedge.compute.docs.docsite import diagram
from ansible_collections.coxedge.compute.plugins.module_utils.instance.conditions import TABLE
from ansible_collections.coxedge.compute.plugins.module_utils.instance.fields import FIELDS
from ansible_collections.coxedge.compute.plugins.module_utils.instance.fields import KINDS as LISTS
from ansible_collections.coxedge.compute.tests.simulator.faults import FIELDS as FAULT_FIELDS
from ansible_collections.coxedge.compute.tests.simulator.faults import KINDS
from ansible_collections.coxedge.compute.tests.simulator.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def rows(path: Path, heading: str) -> list[list[str]]:
    """The cells of the table whose first heading this is."""
    lines = path.read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    found = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return [found[0], *found[2:]]


def test_the_table_of_states_is_the_one_in_the_code():
    heading, *lines = rows(DOCS / "states.md", "state")
    documented = {
        line[0].strip("`"): {column: () if cell == "-" else tuple(cell.split(", ")) for column, cell in zip(heading[1:], line[1:])}
        for line in lines
    }
    assert documented == TABLE


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("setting", {item.name for item in fields(Settings)}),
        ("kind", set(KINDS)),
        ("field", set(FAULT_FIELDS)),
    ],
)
def test_the_controls_of_the_simulator_are_documented(heading, known):
    words = {word for line in rows(DOCS / "simulator.md", heading)[1:] for word in re.findall(r"`(\w+)`", line[0])}
    assert words == known


def test_the_tests_that_the_guide_names_exist():
    text = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    names = [name for line in rows(DOCS / "testing.md", "promise")[1:] for name in re.findall(r"`(\w+_\w+?)_?(?:\.\.\.)?`", line[1])]
    assert len(names) > 10
    for name in names:
        assert re.search(rf"def test_\w*{name}", text), name


def texts_of_the_code() -> list[str]:
    """Every text in the code of the plugins, with a line break in place of each inserted value."""
    found = []
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                found.append("".join(part.value if isinstance(part, ast.Constant) else "\n" for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


def test_the_messages_that_the_guide_quotes_are_in_the_code():
    text = (DOCS / "troubleshooting.md").read_text()
    messages = re.findall(r"^### `(.+)`$", text, re.MULTILINE)
    # These are from ansible-core.
    for message in ("Failed to import the required Python library (requests)", "Conditional is marked as unsafe, and cannot be evaluated."):
        messages.remove(message)
    assert len(messages) > 35 and len(set(messages)) == len(messages)
    texts = texts_of_the_code()
    for message in messages:
        parts = [part for part in message.split("...") if part]
        assert max(map(len, parts)) > 12, message
        # The dots in the guide stand for values that the code inserts.
        pattern = re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
        assert any(pattern.search(item) for item in texts), message


def test_the_fields_in_the_guide_are_those_in_the_code():
    documented = [(row[0].strip("`"), row[1].strip("`"), row[3].strip("`"), row[4]) for row in rows(DOCS / "migrating.md", "option")[1:]]
    reboots = {True: "yes", False: "no"}
    assert sorted(documented) == sorted(
        (row.option, row.api, row.changed_by or "-", reboots[row.reboots] if row.changed_by else "-") for row in FIELDS
    )


def test_the_lists_for_looking_up_names_are_those_in_the_code():
    documented = {row[0].strip("`"): row[1].strip("`") for row in rows(DOCS / "names-and-ids.md", "option")[1:]}
    others = {"iso": "isos", "volumes_to_delete": "volumes", "public_ips_to_release": "publicipaddresses"}
    assert documented == {**{row.option: LISTS[row.lookup][0] for row in FIELDS if row.lookup}, **others}


def test_the_picture_of_the_states_is_up_to_date():
    assert (DOCS / "states.svg").read_text() == diagram.picture(), "run make diagram"


GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md")), *sorted(ROOT.glob("roles/*/README.md"))]


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_commands_exist(path):
    text = path.read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("https://") or (path.parent / target).exists(), target
    targets = set(re.findall(r"^([a-z-]+):.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for block in re.findall(r"```shell\n(.*?)```", text, re.DOTALL):
        for target in re.findall(r"^make ([a-z-]+)", block, re.MULTILINE):
            assert target in targets, target
        for script in re.findall(r"^(\.ci/\S+)", block, re.MULTILINE):
            assert (ROOT / script).exists(), script


# Variables of playbooks that have no default.
REQUIRED = {"three_tier": {"three_tier_instances"}, "review": {"review_instances", "review_page"}}


def test_each_playbook_is_documented_with_its_variables():
    documented = {row[0].strip("`"): set(re.findall(r"`(\w+_\w+)`", row[2])) for row in rows(DOCS / "roles.md", "playbook")[1:]}
    used = {}
    for path in (ROOT / "playbooks").glob("*.yml"):
        # Other variables that begin like this are made by the playbook itself.
        made = {"fleet_wanted", "adopt_path"}
        variables = set().union(*(play.get("vars", {}) for play in yaml.safe_load(path.read_text())))
        required = REQUIRED.get(path.stem, set())
        used[f"coxedge.compute.{path.stem}"] = (variables | required) - made
    assert documented == used


def test_the_example_of_three_tier_has_all_its_variables():
    (play,) = yaml.safe_load((ROOT / "playbooks" / "three_tier.yml").read_text())
    example = yaml.safe_load((ROOT / "playbooks" / "vars" / "three_tier.yml").read_text())
    assert set(example) == {*play["vars"], "three_tier_instances"}
