# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Galaxy, Automation Hub and maintainers require of the repository; see docs/certification.md."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.modules import instance_fleet
from packaging.specifiers import SpecifierSet

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


WORKFLOWS = sorted(path.name for path in (ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_the_jobs_of_a_workflow_have_the_least_rights(name):
    workflow = loaded(".github", "workflows", name)
    assert workflow["permissions"] == {}
    for job, description in workflow["jobs"].items():
        writes = {right for right, level in description["permissions"].items() if level != "read"}
        uses = [step["uses"].split("@")[0] for step in description["steps"] if "uses" in step]
        # A job that can write does nothing with the code of the repository.
        assert not writes or (job == "github" and writes == {"contents"} and uses == ["actions/download-artifact"]), job
        # A job runs what a step installs or builds only if it holds no secret, or only what is known by its hash.
        runs = [step["run"] for step in description["steps"] if "run" in step]
        assert "secrets." not in str(description) or not any(run.startswith("make") for run in runs), job
        for step in description["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, job


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_commit_and_their_versions_named(name):
    text = (ROOT / ".github" / "workflows" / name).read_text()
    used = re.findall(r"uses: (.*)", text)
    assert used and all(re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", action) for action in used), used


def test_releases_are_built_with_known_files_alone():
    text = (ROOT / "requirements" / "release.txt").read_text()
    entries = re.findall(r"^([\w.-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})*)$", text, re.MULTILINE)
    written = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
    assert len(entries) == len(written) > 50 and all(hashes for _name, _version, hashes in entries)
    constraints = (ROOT / "requirements" / "constraints.txt").read_text()
    tested = dict(re.findall(r"^([\w.-]+)==(\S+)", constraints.lower().replace("_", "-"), re.MULTILINE))
    for name, version, _hashes in entries:
        # pip freeze does not list what comes with a virtual environment.
        assert tested.get(name.lower().replace("_", "-"), version) == version, name
    release = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    assert not re.search(r"make (?!\w+ TOOLS=release$|release`)|pip install (?!--require-hashes)", release, re.MULTILINE)


def test_no_pinned_version_needs_a_later_python_than_the_first_supported_one():
    """Debian 12 has Python 3.11.2: a pin that needs 3.11.5 stops `make` there."""
    text = (ROOT / "requirements" / "constraints.txt").read_text()
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))
    needed = {}
    for name, version in pins.items():
        try:
            installed = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if installed.version == version:
            needed[name] = installed.metadata["Requires-Python"] or ""
    assert "ansible-core" in needed or len(needed) > 1
    assert [name for name, python in needed.items() if not SpecifierSet(python).contains("3.11.0")] == []


def test_pip_says_what_it_does_and_why_it_fails(tmp_path):
    """`make` shows one line for each set of requirements, and what pip says if a version does not fit."""
    pip = tmp_path / "python"
    pip.write_text("#!/bin/sh\necho 'the user requested (constraint) soupsieve==4.1.3'\necho 'ERROR: no version' >&2\nexit 1\n")
    pip.chmod(0o755)
    checkout = tmp_path / "checkout"
    (checkout / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "install", checkout / ".ci")
    command = [checkout / ".ci" / "install", pip, "what the tests need", "-r", "requirements/test.txt"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1 and "Installing what the tests need" in ended.stdout
    assert "ERROR: no version" in ended.stderr and "soupsieve==4.1.3" in ended.stderr
    pip.write_text("#!/bin/sh\necho 'Requirement already satisfied'\n")
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert len(ended.stdout.splitlines()) == 1 and not ended.stderr


def test_changelog_fragments_have_no_markup_of_module_documentation():
    """A changelog shows `O(name)` as it is."""
    for path in (ROOT / "changelogs" / "fragments").glob("*.yml"):
        assert not re.search(r"\b[BCEILMOPRUV]\([^)]", path.read_text()), path


def test_make_names_each_set_of_requirements():
    makefile = (ROOT / "Makefile").read_text()
    sets = {path.stem for path in (ROOT / "requirements").glob("*.txt")} - {"constraints"}
    assert set(re.findall(r"^FOR_(\w+) := \S", makefile, re.MULTILINE)) == sets


def test_the_supported_cores_are_the_same_everywhere():
    supported = re.search(r"^SUPPORTED := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    first, *_between, last = (".".join(version.split(".")[:2]) for version in supported[1].split())
    assert f"ansible-core {first} to {last}" in (ROOT / "README.md").read_text()
    everyday = re.search(r"^ansible-core==(.*)$", (ROOT / "requirements" / "constraints.txt").read_text(), re.MULTILINE)
    others = [core for core in supported[1].split() if core != everyday[1]]
    tested = re.search(r"^OTHERS = \((.*)\)$", (ROOT / "tests" / "functional" / "cores.py").read_text(), re.MULTILINE)
    assert re.findall(r'"([^"]+)"', tested[1]) == others
    assert loaded("meta", "runtime.yml")["requires_ansible"] == f">={first}.0"


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


def test_the_role_provision_declares_the_options_of_members():
    def shape(options):
        kept = ("type", "elements", "choices", "required")
        return {name: {key: value for key, value in option.items() if key in kept} for name, option in options.items()}

    described = yaml.safe_load(instance_fleet.DOCUMENTATION)["options"]
    role = loaded("roles", "provision", "meta", "argument_specs.yml")["argument_specs"]["main"]["options"]
    for name in ("instances", "defaults"):
        assert shape(role[f"provision_{name}"]["options"]) == shape(described[name]["suboptions"]), name


@pytest.mark.parametrize("role", ["provision", "decommission"])
def test_the_variables_of_a_role_are_the_same_everywhere(role):
    options = loaded("roles", role, "meta", "argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = {name: option["default"] for name, option in options.items() if "default" in option}
    assert loaded("roles", role, "defaults", "main.yml") == defaults
    text = (ROOT / "roles" / role / "README.md").read_text()
    assert set(re.findall(rf"`({role}_\w+)`", "".join(line.split(" | ")[0] for line in text.splitlines() if line[0:1] == "|"))) == set(
        options
    )
