# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the checkout importable as ansible_collections.coxedge.compute, wherever it lies.

A plain sys.path would not do: core's plugin loaders find plugins of collections through its own finder.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path


def install_collection() -> None:
    """Links the checkout into a folder outside of it, and has core's finder and child processes look there."""
    tree = Path(tempfile.mkdtemp(prefix="coxedge-compute-"))
    atexit.register(shutil.rmtree, tree, ignore_errors=True)
    (tree / "ansible_collections" / "coxedge").mkdir(parents=True)
    (tree / "ansible_collections" / "coxedge" / "compute").symlink_to(Path(__file__).resolve().parent)
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(tree)
    from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

    _AnsibleCollectionFinder(paths=[str(tree)])._install()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A test is called the same in each process that collects it. Bytes may hold a time, as gzip's do: their names would differ."""
    return argname if isinstance(val, bytes) else None


# Under ansible-test the collection is in place already.
if "ansible_collections" not in sys.modules and importlib.util.find_spec("ansible_collections") is None:
    install_collection()
