# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of what uses internals of ansible-core, on each supported version that is installed: `make cores` installs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.release import __version__ as everyday

ROOT = Path(__file__).resolve().parents[2]
CORES = ("2.17.14", "2.18.19", "2.20.10", "2.21.5")
# The inventory uses internals of core to be fast.
TESTS = ("tests/unit/inventory", "tests/functional/test_inventory.py")


def python_of(core: str) -> Path:
    """The Python of a version of ansible-core. Skips the test if this version is not installed."""
    if core == everyday:
        return Path(sys.executable)
    # The folder may be a link: see .ci/venv.
    python = (ROOT / f".venv-core-{core}" / "bin").resolve() / "python"
    if not python.exists():
        pytest.skip(f"ansible-core {core} is not installed: make cores")
    return python


@pytest.mark.parametrize("core", CORES)
def test_the_inventory_works_on_another_core(core):
    python = python_of(core)
    # The tests find the collection by themselves, so they get none of these variables.
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTEST_", "COXEDGE_"))}
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS]
    finished = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=600, check=False)
    assert finished.returncode == 0, finished.stdout[-5000:] + finished.stderr[-2000:]
