# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Galaxy, Automation Hub and maintainers require of the repository; see docs/certification.md."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HOME = "https://github.com/coxedge/ansible-collection-compute/blob/main/"
# ansible-test copies only the files that git knows.
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")


def loaded(*parts):
    return yaml.safe_load((ROOT.joinpath(*parts)).read_text())


def test_each_module_is_in_the_action_group():
    assert loaded("meta", "runtime.yml")["action_groups"]["all"] == MODULES


def test_no_sanity_test_is_ignored():
    assert not list((ROOT / "tests").rglob("ignore-*.txt"))


def test_each_file_names_its_license():
    for path in [*ROOT.glob("plugins/**/*.py"), *ROOT.glob("tests/*/**/*.py")]:
        if "output" in path.parts:
            # Written by ansible-test.
            continue
        if path.name == "__init__.py" and not path.stat().st_size:
            # ansible-test requires it to be empty.
            continue
        assert "SPDX-License-Identifier: GPL-3.0-or-later" in "".join(path.read_text().splitlines(True)[:4]), path


def test_the_links_of_the_readme_are_absolute_and_exist():
    text = (ROOT / "README.md").read_text()
    links = re.findall(r"(?<!!)\[[^\]]+\]\(([^)]+)\)", text) + re.findall(r"^\[\w+\]: (\S+)$", text, re.MULTILINE)
    assert len(links) > 15
    for link in links:
        assert link.startswith("https://"), link
        if link.startswith(HOME):
            assert (ROOT / link[len(HOME) :]).exists(), link
    used = set(re.findall(r"\]\[(\w+)\]", text))
    assert used == set(re.findall(r"^\[(\w+)\]: ", text, re.MULTILINE))
    for heading in ("Requirements", "Installation", "Support", "License"):
        assert re.search(rf"^## .*{heading}", text, re.MULTILINE)


def test_the_workflow_runs_the_gates_of_ci():
    """Except for the matrix, which has a job for each core."""
    gates = set(re.findall(r"^ *gate ([\w-]+)", (ROOT / ".ci" / "run").read_text(), re.MULTILINE))
    jobs = loaded(".github", "workflows", "ci.yml")["jobs"]
    assert set(jobs["gate"]["strategy"]["matrix"]["gate"]) == gates - {
        "get-cores",
        "get-chromium",
        "sanity",
        "units",
        "integration",
        "matrix",
    }
    supported = re.search(r"^SUPPORTED := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert supported and [row["core"] for row in jobs["core"]["strategy"]["matrix"]["include"]] == supported[1].split()


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md", ".ci/run", ".github/workflows/ci.yml", ".github/workflows/release.yml"])
def test_the_make_targets_that_are_named_exist(path):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`|run: )(?:make|gate) ([a-z-]+)", (ROOT / path).read_text(), re.MULTILINE))
    assert named and named <= targets


def test_the_tarball_has_only_expected_files(tmp_path):
    if not (ROOT / ".git").exists():
        pytest.skip("this is a copy for ansible-test; the tarball is not built from it")
    galaxy = Path(sys.executable).parent / "ansible-galaxy"
    subprocess.run(
        [str(galaxy), "collection", "build", "--output-path", str(tmp_path)], cwd=ROOT, check=True, capture_output=True, timeout=120
    )
    (tarball,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(tarball) as archive:
        names = {name.split("/")[0] for name in archive.getnames()}
    assert names <= {
        *("CHANGELOG.rst", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md", "SECURITY.md"),
        *("changelogs", "docs", "meta", "playbooks", "plugins", "requirements.txt", "roles", "tests"),
    }
    assert tarball.stat().st_size < 1_000_000


# Replaces Python and, under other names, what pip installs: makes virtual environments and prints the path it was called by.
STUB = """#!/bin/sh
if [ "$2" = venv ]; then
    mkdir -p "$3/bin"
    for name in python ruff codespell yamllint mypy ansible-galaxy ansible-lint ansible-test antsibull-changelog antsibull-docs; do
        cp "$0" "$3/bin/$name"
    done
elif [ "$1" = -c ]; then
    echo 3.11
else
    mkdir -p dist
    echo "called: $0"
fi
"""


def test_the_make_targets_work_if_the_path_has_a_blank(tmp_path):
    checkout, python = tmp_path / "Ein Häuschen" / "compute", tmp_path / "python"
    python.write_text(STUB)
    python.chmod(0o755)
    shutil.copytree(ROOT / ".ci", checkout / ".ci")
    shutil.copytree(ROOT / "requirements", checkout / "requirements")
    shutil.copy(ROOT / "Makefile", checkout)
    environ = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}

    def run(*command):
        ended = subprocess.run(command, cwd=checkout, env=environ, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    run("git", "init")
    # Ansible can't run modules with a Python whose path has a blank.
    targets = "help test-quick test lint sanity units integration simulator demo diagram build importer installed benchmark mutants picture"
    output = run("make", f"PYTHON={python}", *targets.split())
    called = re.findall("^called: (.*)", output, re.MULTILINE)
    assert len(called) > 20 and not [path for path in called if "Häuschen" in path]
    everything = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert "Häuschen" not in run("make", "--dry-run", "--always-make", f"PYTHON={python}", *everything)
    run("make", "clean")
    assert not list(checkout.glob(".venv*")) and not list((tmp_path / ".cache" / "coxedge-compute").glob("venv*"))


def test_clean_removes_environments_that_it_made_elsewhere_and_no_others(tmp_path):
    made, others = tmp_path / "coxedge-compute" / "venv-a1B2c3", tmp_path / "environment of others"
    checkout = tmp_path / "checkout"
    (checkout / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "clean", checkout / ".ci")
    for name, folder in ((".venv", made), (".venv-core-2.17.14", others)):
        folder.mkdir(parents=True)
        (checkout / name).symlink_to(folder)
    subprocess.run([checkout / ".ci" / "clean"], check=True)
    assert not made.exists() and others.exists()
    assert [path.name for path in checkout.iterdir()] == [".ci"]
