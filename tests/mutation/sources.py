# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are mutated, and which tests run them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .tested import ROOT

MODULE_UTILS = ROOT / "plugins" / "module_utils"
TESTS = ROOT / "tests" / "unit"
# These parts need no Ansible. The rest is tested with playbooks.
PARTS = ("text.py", "jobs.py", "api", "instance", "reconcile", "retrieve.py")


def sources() -> list[str]:
    """The files with code in module_utils, from the root."""
    return [str(path.relative_to(ROOT)) for path in sorted(MODULE_UTILS.rglob("*.py")) if path.stat().st_size]


def default_files() -> list[str]:
    """Those of the parts that are mutated by default."""
    parts = {str(MODULE_UTILS.relative_to(ROOT) / part) for part in PARTS}
    return [path for path in sources() if path in parts or str(Path(path).parent) in parts]


def digest_of(*paths: Path) -> str:
    """One digest of several files."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
