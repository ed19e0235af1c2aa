# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides say what the code does."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.module_utils.plan import TABLE
from ansible_collections.coxedge.compute.tests.simulator.cloud import Settings
from ansible_collections.coxedge.compute.tests.simulator.faults import FIELDS as FAULT_FIELDS
from ansible_collections.coxedge.compute.tests.simulator.faults import KINDS

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


def test_the_table_of_states_is_the_planner_s():
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
        ("field", FAULT_FIELDS),
    ],
)
def test_the_simulator_s_controls_are_documented(heading, known):
    words = {word for line in rows(DOCS / "simulator.md", heading)[1:] for word in re.findall(r"`(\w+)`", line[0])}
    assert words == known


def test_the_tests_that_the_guide_names_exist():
    text = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    names = [name for line in rows(DOCS / "reliability.md", "promise")[1:] for name in re.findall(r"`(\w+_\w+?)_?(?:\.\.\.)?`", line[1])]
    assert len(names) > 10
    for name in names:
        assert re.search(rf"def test_\w*{name}", text), name


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda path: path.name)
def test_links_and_yaml_blocks(path):
    text = path.read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("https://") or (path.parent / target).exists(), target
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        assert isinstance(yaml.safe_load(block), (list, dict))
