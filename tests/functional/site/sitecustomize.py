# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the commands and modules that the tests run start faster. Python loads this because the folder is in PYTHONPATH.

Ansible runs a module as a zip archive of source code, which Python compiles each time. That is 40 % of the CPU time of a task, and the
tests run hundreds of tasks. Core's loader of collections compiles each file in each run too. Here each source is compiled once and then
loaded from the folder COMPILED_MODULES, as from a .pyc file.

A tenth of the CPU time of ansible-playbook is spent on a search for garbage, of which such a short run makes little.

The simulator ends tasks soon, so runs look more often than once a second, both in modules and in workers of ansible-playbook.
"""

from __future__ import annotations

import _imp
import gc
import marshal
import os
import sys
import zipimport

FOLDER = os.environ.get("COMPILED_MODULES")
WAITING = os.path.join("reconcile", "waiting.py")
INTERVAL, SHORT_INTERVAL = b"POLL_INTERVAL = 1.0", b"POLL_INTERVAL = 0.1"
compile_source = zipimport._compile_source


def compiled(pathname, source):
    """Compile like zipimport, but look for the code of the same source first."""
    if pathname.endswith(WAITING):
        source = source.replace(INTERVAL, SHORT_INTERVAL)
    path = os.path.join(FOLDER, _imp.source_hash(sys.hexversion, source).hex())
    try:
        with open(path, "rb") as file:
            code = marshal.loads(file.read())
        _imp._fix_co_filename(code, pathname)
    except OSError:
        code = compile_source(pathname, source)
        own = f"{path}-{os.getpid()}"
        with open(own, "wb") as file:
            file.write(marshal.dumps(code))
        os.replace(own, path)
    return code


def compiled_for_workers(source, filename, **_kwargs):
    """Take the place of compile in core's loader of collections, which compiles each file in each run."""
    return compiled(filename, source.encode() if isinstance(source, str) else source)


if FOLDER:
    gc.disable()
    zipimport._compile_source = compiled
    if any(os.path.basename(word) == "ansible-playbook" for word in sys.orig_argv):
        from ansible.utils.collection_loader import _collection_finder

        _collection_finder.compile = compiled_for_workers
