# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the supported versions of ansible-core are."""

from __future__ import annotations

import sys
from pathlib import Path

import ansible.release
import pytest

ROOT = Path(__file__).resolve().parents[2]
EVERYDAY = ansible.release.__version__
OTHERS = ("2.17.14", "2.18.19", "2.20.10", "2.21.5", "2.22.0rc1")
# Parameters of a test. make test runs it on the everyday version, make cores on the others.
OTHER_CORES = [pytest.param(core, marks=pytest.mark.cores) for core in OTHERS]
ALL_CORES = [EVERYDAY, *OTHER_CORES]
OLDEST_AND_EVERYDAY = ALL_CORES[:2]


def commands_of(core: str) -> Path:
    """The folder of a version's commands. Skips the test if the version is not installed."""
    if core == EVERYDAY:
        return Path(sys.executable).parent
    # The folder may be a link: see .ci/venv.
    commands = (ROOT / f".venv-core-{core}" / "bin").resolve()
    if not (commands / "python").exists():
        pytest.skip(f"ansible-core {core} is not installed: make cores")
    return commands
