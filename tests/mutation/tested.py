# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs tests in forked child processes, to see which lines each test reaches and whether it notices a mutant.

A child starts with pytest, core and other libraries imported, but nothing of the collection. It imports the mutated module in place
of the one on disk.
"""

from __future__ import annotations

import ast
import gc
import importlib
import importlib.abc
import importlib.util
import inspect
import json
import os
import resource
import signal
import sys
import traceback
import types
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import coverage
import pytest
from _pytest.runner import runtestprotocol

from .mutants import Mutant

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections.coxedge.compute"
OUTCOMES = {0: "survived", 1: "caught", 2: "caught", 3: "caught", 4: "caught"}
# Seconds that a test may take in addition to five times its usual duration.
PATIENCE = 10
# Bytes that a child may use: an endless loop may fill the memory before its time is over.
MEMORY = 4 * 2**30
# What takes long to import, and does not depend on the mutant.
COMMON = """
ansible.module_utils.basic ansible.module_utils.urls ansible.inventory.manager ansible.parsing.dataloader ansible.playbook.play
ansible.plugins.inventory ansible.plugins.loader ansible.template ansible.vars.manager cheroot.wsgi flask hypothesis
hypothesis.strategies _hypothesis_pytestplugin jinja2 pytest requests trustme urllib3 werkzeug yaml
""".split()


def prepare() -> None:
    """Imports what all children need. Call it once."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path.insert(0, str(ROOT))
    import conftest  # noqa: F401  # pylint: disable=import-error,unused-import

    for name in COMMON:
        importlib.import_module(name)
    importlib.import_module(f"{PACKAGE}.tests.simulator.server")
    loaded = [name for name in sys.modules if name.startswith(f"{PACKAGE}.plugins")]
    if loaded:
        raise RuntimeError(f"Loaded too early: {loaded}")
    # Otherwise the garbage collector of each child would go through all of this.
    gc.freeze()


def _module_of(path: str) -> str:
    return f"{PACKAGE}." + path[: -len(".py")].replace("/", ".")


class _Loader(importlib.abc.Loader, importlib.abc.MetaPathFinder):
    """Finds one module, and compiles it from a tree."""

    def __init__(self, path: str, tree: ast.Module) -> None:
        self.path, self.code = path, compile(tree, str(ROOT / path), "exec")
        self.name = _module_of(path)

    def find_spec(self, fullname: str, *_more: Any) -> Any:
        """See importlib."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, ROOT / self.path, loader=self)

    def exec_module(self, module: Any) -> None:
        """See importlib."""
        exec(self.code, module.__dict__)  # pylint: disable=exec-used


def _run_pytest(files: Iterable[str], plugins: Sequence[Any]) -> int:
    """Runs the tests of some files, without a cache and always with the same examples."""
    options = "-x -qq --assert=plain --tb=no --capture=no -p no:cacheprovider -p no:faulthandler"
    options += " -p _hypothesis_pytestplugin --hypothesis-profile=ci"
    return int(pytest.main([*options.split(), f"--rootdir={ROOT}", *(str(ROOT / file) for file in files)], plugins=list(plugins)))


def fork(work: Any, output: Path) -> int:
    """Runs ``work(file)`` in a child, which ends with the status that it returns; returns the child's id."""
    child = os.fork()
    if child:
        return child
    status = 99
    try:
        os.setsid()
        os.chdir(ROOT)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        with output.open("w") as file:
            status = work(file)
    except BaseException:  # pylint: disable=broad-exception-caught
        traceback.print_exc()
    finally:
        os._exit(status)


class _Measured:
    """A plugin that records how long each test takes and which lines it runs."""

    def __init__(self, measuring: coverage.Coverage) -> None:
        self.measuring = measuring
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        """See pytest."""
        self.measuring.switch_context(item.nodeid)
        result = yield
        self.measuring.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: Any) -> None:
        """See pytest."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration


def measure(file: str, paths: Sequence[str], output: Any) -> int:
    """In a child: writes the duration of each test of a file and the lines that it runs, as JSON."""
    where = {str(ROOT / path): path for path in paths}
    measuring = coverage.Coverage(data_file=None, include=list(where), config_file=False)
    plugin = _Measured(measuring)
    measuring.start()
    status = _run_pytest([file], [plugin])
    measuring.stop()
    found: dict[str, Any] = {test: {"seconds": round(spent, 4), "lines": {}} for test, spent in plugin.seconds.items()}
    data = measuring.get_data()
    for path in data.measured_files():
        for line, tests in data.contexts_by_lineno(path).items():
            for test in filter(None, tests):
                found[test]["lines"].setdefault(where[path], []).append(line)
    json.dump(found, output)
    return 0 if status == 5 else status


def attempt_at_import(mutant: Mutant, tree: ast.Module, seconds: dict[str, float], output: Any) -> int:
    """In a child that has imported nothing of the collection: runs tests with a mutant of code that runs at import."""
    mutant.put(mutant.new)
    sys.meta_path.insert(0, _Loader(mutant.path, tree))
    _limit(3 * PATIENCE)
    return _run_pytest(
        sorted({test.partition("::")[0] for test in seconds}), [_Collected(lambda items: _first_failure(items, seconds, output))]
    )


def collected(files: Iterable[str], work: Any) -> int:
    """Collects the tests of some files and calls ``work(items by name)``, which may fork; returns pytest's status."""

    def frozen(items: dict[str, Any]) -> int:
        gc.freeze()
        return int(work(items))

    return _run_pytest(files, [_Collected(frozen)])


class _Collected:
    """A plugin that passes the collected tests to a function, which runs some of them and returns how many failed."""

    def __init__(self, work: Any) -> None:
        self.work = work

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        """See pytest."""
        if session.testsfailed:
            raise session.Interrupted("Collecting failed.")
        session.testsfailed = self.work({item.nodeid: item for item in session.items})
        return True


def attempt(mutant: Mutant, tree: ast.Module, seconds: dict[str, float], items: dict[str, Any], output: Any) -> int:
    """In a child that has collected all tests: runs some of them with a mutated function; returns pytest's status."""
    mutant.put(mutant.new)
    code = compile(tree, str(ROOT / mutant.path), "exec")
    for name in mutant.function.split("."):
        code = next(part for part in code.co_consts if isinstance(part, types.CodeType) and part.co_name == name)
    function = _function(sys.modules[_module_of(mutant.path)], mutant.function)
    # types.coroutine marks the code of a generator.
    mark = function.__code__.co_flags & inspect.CO_ITERABLE_COROUTINE
    function.__code__ = code.replace(co_flags=code.co_flags | mark)
    return 1 if _first_failure(items, seconds, output) else 0


def _function(module: Any, name: str) -> Any:
    """The function with a name such as ``Client.path``, without its decorators."""
    found: Any = module
    for part in name.split("."):
        found = vars(found)[part]
    if hasattr(found, "cache_clear"):
        # What the function returned before it was mutated.
        found.cache_clear()
    return getattr(found, "fget", None) or getattr(found, "__func__", None) or getattr(found, "__wrapped__", None) or found


def _first_failure(items: dict[str, Any], seconds: dict[str, float], output: Any) -> int:
    """Runs tests in order until one fails, and writes its name. A test that hangs ends the process."""
    chosen = [items[test] for test in seconds]
    for item, following in zip(chosen, [*chosen[1:], chosen[-1]]):
        _limit(PATIENCE + 5 * seconds[item.nodeid])
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
            output.write(item.nodeid)
            return 1
    return 0


def _limit(seconds: float) -> None:
    """Ends the process after so many seconds, unless it is called again before then."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(seconds))
