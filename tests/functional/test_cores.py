# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of what uses internals of ansible-core, on each supported version that is installed: `make cores` installs them."""

from __future__ import annotations

import os
import subprocess

import pytest
from ansible_collections.coxedge.compute.tests.functional.cores import OTHER_CORES, ROOT, commands_of

# The inventory uses internals of core to be fast, and each core treats secrets and its own keys in results in another way.
TESTS = (
    *("tests/unit/inventory", "tests/functional/test_inventory.py"),
    *("tests/unit/module_utils/test_module.py", "tests/functional/test_results.py"),
)


@pytest.mark.parametrize("core", OTHER_CORES)
def test_what_uses_internals_of_core_works_on_another_core(core):
    python = commands_of(core) / "python"
    # The tests find the collection by themselves, so they get none of these variables.
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTEST_", "COXEDGE_"))}
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS]
    finished = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=600, check=False)
    assert finished.returncode == 0, finished.stdout[-5000:] + finished.stderr[-2000:]
