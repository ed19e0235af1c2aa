# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment."""

from __future__ import annotations

import re
import shlex
import shutil
import tarfile

import pytest
from ansible_collections.coxedge.compute.tests.functional.awx.controller import AWX, ROOT

pytestmark = pytest.mark.roles


def test_the_execution_environment_installs_the_collection(runner):
    """Follows the steps of a build, without the image, with the collection as it is built."""
    folder = runner.folder / "checkout"
    runner.command("ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(folder / "dist"))
    (built,) = (folder / "dist").iterdir()
    with tarfile.open(built) as archive:
        inside = archive.getnames()
    assert {f"docs/awx/{path.name}" for path in AWX.iterdir()} <= set(inside)
    shutil.copytree(AWX, folder / "docs" / "awx")
    context = folder / "context"
    definition = folder / "docs" / "awx" / "execution-environment.yml"
    created = runner.command("ansible-builder", "create", "-f", str(definition), "-c", str(context), "--output-filename", "Containerfile")
    assert created.returncode == 0 and "No matches" not in created.stdout + created.stderr, created.stdout + created.stderr
    (install,) = re.findall(r"^RUN (.*ansible-galaxy collection install .*)$", (context / "Containerfile").read_text(), re.MULTILINE)
    # In the image, this runs in the folder `_build`.
    words = [word for word in shlex.split(install) if not word.startswith("$") and "=" not in word]
    words[words.index("--collections-path") + 1] = str(folder / "collections")
    runner.folder = context / "_build"
    # Otherwise it would find the collection under test and install nothing.
    installed = runner.command(*words, ANSIBLE_COLLECTIONS_PATH=str(folder / "collections"))
    assert installed.returncode == 0, installed.stdout + installed.stderr
    found = runner.command("ansible-builder", "introspect", str(folder / "collections"))
    assert "requests" in found.stdout and "coxedge.compute" in found.stdout, found.stdout + found.stderr
