# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What leans on the inside of ansible-core, on each supported core that is at hand: `make cores` gets them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORES = ("2.17.14", "2.18.19", "2.20.10", "2.21.5")
# The inventory leans on it for its speed.
TESTS = ("tests/unit/inventory", "tests/functional/test_inventory.py")


@pytest.mark.parametrize("core", CORES)
def test_the_same_on_another_core(core):
    # Resolved, for it may be a link: see .ci/venv.
    python = (ROOT / f".venv-core-{core}" / "bin").resolve() / "python"
    if not python.exists():
        pytest.skip(f"ansible-core {core} is not at hand: make cores")
    # The tests find the collection by themselves, as they do here.
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTEST_", "COXEDGE_"))}
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS]
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr[-2000:]
