# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout that CONTRIBUTING describes: imports go one way, few files know Ansible, and no file is long."""

from __future__ import annotations

import ast
import json
import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.coxedge.compute.docs.docsite import layout
from ansible_collections.coxedge.compute.docs.docsite.layout import imported

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = layout.sources()

# What each part may import, besides itself. Parts of module_utils are folders, or files by their names.
MAY_IMPORT = {
    "text": set(),
    "secret_names": set(),
    "jobs": set(),
    "interruption": set(),
    "runtime": {"interruption"},
    "reporting": set(),
    "api": {"text", "secret_names"},
    "instance": {"text", "secret_names"},
    "given": {"text", "instance"},
    "results": {"text", "secret_names", "api", "instance"},
    "reconcile": {"text", "jobs", "api", "instance"},
    "retrieve": {"text", "jobs", "api", "instance"},
    "module": {"text", "jobs", "interruption", "runtime", "reporting", "given", "api", "instance", "results", "reconcile", "retrieve"},
    "operation_module": {"text", "jobs", "api", "instance", "reconcile", "retrieve", "runtime", "module"},
    "fleet": {"text", "given", "instance", "reconcile"},
    "fleet_module": {"text", "jobs", "fleet", "given", "api", "instance", "reconcile", "retrieve", "module"},
}
# Lines of a file, not counting its documentation blocks.
LONGEST, LONGEST_TEST = 250, 400
BLOCKS = ("DOCUMENTATION", "EXAMPLES", "RETURN")
# Modules may be sent to hosts with this version.
OLDEST = "3.8"
KNOW_ANSIBLE = {"module", "operation_module", "fleet_module"}


def part_of(path: Path) -> str:
    """The part of module_utils that a file belongs to."""
    return path.relative_to(ROOT / "plugins" / "module_utils").with_suffix("").parts[0]


def reachable(path: Path) -> set[str]:
    """The collection's own modules that come along when a file is imported."""
    found: set[str] = set()
    waiting = [path]
    while waiting:
        for name in imported(waiting.pop()):
            file = ROOT.joinpath(*name.split(".")).with_suffix(".py")
            if name.startswith("plugins.") and name not in found:
                found.add(name)
                waiting.append(file)
    return found


SHARED = [path for path in PLUGINS if "module_utils" in path.parts]


@pytest.mark.parametrize("path", SHARED, ids=lambda path: str(path.relative_to(ROOT / "plugins" / "module_utils")))
def test_imports_go_one_way(path):
    part = part_of(path)
    own = {name.split(".")[2] for name in imported(path) if name.startswith("plugins.")}
    assert own <= MAY_IMPORT[part] | {part}


def test_the_rules_are_about_all_that_exists():
    assert {part_of(path) for path in SHARED} == set(MAY_IMPORT)


def test_imports_within_a_part_have_no_circles():
    for path in SHARED:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        assert name not in reachable(path), name


def test_what_talks_to_the_api_and_what_plans_know_no_ansible():
    for path in SHARED:
        knows = any(name.split(".")[0] == "ansible" for name in imported(path))
        assert not knows or part_of(path) in KNOW_ANSIBLE, path


def test_few_files_know_the_http_library():
    libraries = {"requests", "urllib3", "http"}
    found = {path.name for path in PLUGINS if {name.split(".")[0] for name in imported(path)} & libraries}
    assert found == {"transport.py", "adapter.py", "tls.py", "direct.py"}


def test_modules_that_only_read_bring_nothing_along_that_writes():
    for path in sorted((ROOT / "plugins" / "modules").glob("*.py")):
        writes = "plugins.module_utils.reconcile.delivery" in reachable(path)
        assert writes is not path.stem.endswith("_info"), path.stem


def test_the_picture_shows_the_imports():
    assert (ROOT / "docs" / "layout.svg").read_text() == layout.picture(), "draw it again with make diagram"


def test_arrows_of_the_picture_go_down():
    rows = {part: number for number, row in enumerate(layout.ROWS) for part in row}
    for part, targets in layout.parts().items():
        assert all(rows[target] > rows[part] for target in targets), part


def test_all_but_the_ansible_files_runs_on_the_oldest_python():
    found = subprocess.run([ROOT / ".ci" / "python", OLDEST], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(f"NOT DONE: Python {OLDEST} was not found")
    package = "ansible_collections.coxedge.compute.plugins.module_utils"
    names = [f"{package}.{'.'.join(path.relative_to(ROOT / 'plugins/module_utils').with_suffix('').parts)}" for path in SHARED]
    without_ansible = [name for name in names if name.rsplit(".", 1)[1] not in KNOW_ANSIBLE]
    command = [found.stdout.strip(), ROOT / "tests" / "unit" / "old_python.py", package, *without_ansible]
    environ = {"PYTHONPATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", str(ROOT / "../../..")), "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"python": [3, 8], "actions": ["start"], "state": "Running"}


def lines_of(path: Path) -> int:
    """The lines of a file without its documentation blocks."""
    text = path.read_text()
    blocks = 0
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in BLOCKS:
            blocks += (node.end_lineno or 0) - node.lineno + 1
    return len(text.splitlines()) - blocks


def test_no_file_is_long():
    files = {path: LONGEST for path in PLUGINS if "doc_fragments" not in path.parts}
    for path in [*ROOT.glob("tests/**/*.py"), *ROOT.glob(".ci/*.py"), *ROOT.glob("docs/**/*.py")]:
        if "output" not in path.parts:
            files[path] = LONGEST_TEST if path.name.startswith("test_") else LONGEST
    long = {str(path.relative_to(ROOT)): lines_of(path) for path, most in files.items() if lines_of(path) > most}
    assert not long
