# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls a module's function in a worker of ansible-playbook, as if it had a process of its own, and leaves no trace in the worker."""

from __future__ import annotations

import contextlib
import io
import json
import locale
import multiprocessing
import os
import syslog
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible.executor import module_common
from ansible.module_utils import basic
from ansible.module_utils.common import warnings as module_warnings

from ..module_utils.interruption import WorkerInterruption
from ..module_utils.runtime import Runtime

try:
    from ansible.module_utils.common.json import Direction, get_module_decoder, get_module_encoder
except ImportError:  # before 2.19
    Direction = get_module_decoder = get_module_encoder = None

try:
    from ansible.module_utils._internal._ansiballz import _loader
    from ansible.module_utils._internal._json import _profiles
except ImportError:  # before 2.19
    _loader = _profiles = None

try:
    from ansible.module_utils import secrets as core_secrets

    # One for all calls: core never gives one up.
    _module_masker = type(core_secrets._secret_masker)()
except ImportError:  # before 2.22
    core_secrets = None

# How core writes options and reads results for all modules but its own.
PROFILE = "legacy"
SHEBANG = "#!python"
# Where core's code for modules keeps the options.
ARGUMENTS = ("_ANSIBLE_ARGS", "_ANSIBLE_PROFILE", "_PARSED_MODULE_ARGS")
# Private names of core that a call uses.
NEEDED = [(basic, "_ANSIBLE_ARGS"), (module_warnings, "_global_warnings"), (module_warnings, "_global_deprecations")]
if core_secrets is not None:
    NEEDED += [(_module_masker, name) for name in ("_secrets", "_forms", "_json_forms", "_matcher")]


def load_profiles() -> None:
    """Has core load how it writes options and reads results, which otherwise each worker would do."""
    if get_module_encoder is not None:
        get_module_encoder(PROFILE, Direction.CONTROLLER_TO_MODULE)
        get_module_decoder(PROFILE, Direction.MODULE_TO_CONTROLLER)


def packed(options: Mapping[str, Any]) -> tuple[Any, bytes]:
    """What core's packing returns, with the options of the module alone, and these. Raises AttributeError if core is not as expected."""
    for owner, name in NEEDED:
        getattr(owner, name)
    document = {"ANSIBLE_MODULE_ARGS": options}
    if get_module_encoder is None:
        parameters = json.dumps(document, cls=module_common.AnsibleJSONEncoder, vault_to_text=True).encode()
        return ("new", SHEBANG, parameters, "none"), parameters
    parameters = json.dumps(document, cls=get_module_encoder(PROFILE, Direction.CONTROLLER_TO_MODULE)).encode()
    built = module_common._BuiltModule(b_module_data=parameters, module_style="new", shebang=SHEBANG, serialization_profile=PROFILE)
    return (built, "none"), parameters


def call(
    main: Callable[[Runtime], None],
    parameters: bytes,
    environment: Mapping[str, str],
    folder: str,
    report: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Runs a module. Returns what core's way of running a command returns. ``report``: shows a line of progress."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    parent = multiprocessing.parent_process()
    runtime = Runtime(WorkerInterruption(os.getppid() if parent is None else parent.pid or 0), report)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_environment(environment))
        stack.enter_context(_folder(folder))
        stack.enter_context(_locale())
        # The filters of Python's own warnings.
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(_module_state(parameters))
        stack.enter_context(_lenient_options())
        stack.enter_context(_own_secrets())
        stack.callback(syslog.closelog)
        stack.callback(runtime.close)
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        try:
            main(runtime)
        except SystemExit as end:
            code = int(end.code or 0)
        except Exception as error:  # pylint: disable=broad-exception-caught
            code = 1
            _print_fault(error)
    # Last of all: what a signal does now may end the worker.
    runtime.interruption.end()
    texts = {"stdout": out.getvalue(), "stderr": err.getvalue()}
    return {"rc": code, **texts, **{f"{name}_lines": text.splitlines() for name, text in texts.items()}}


def _print_fault(error: Exception) -> None:
    """Prints what core's wrapper of modules prints of an exception that a module does not catch."""
    handle = getattr(_loader, "_handle_exception", None)
    if handle is None:
        traceback.print_exception(error)
        return
    with contextlib.suppress(SystemExit):
        handle(error, PROFILE)


@contextlib.contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables, and restores all of them."""
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        for name, value in before.items():
            if os.environ.get(name) != value:
                os.environ[name] = value


@contextlib.contextmanager
def _folder(folder: str) -> Iterator[None]:
    """Changes the working folder, and changes it back."""
    before = os.open(os.curdir, os.O_RDONLY)
    try:
        os.chdir(folder)
        yield
    finally:
        os.fchdir(before)
        os.close(before)


@contextlib.contextmanager
def _locale() -> Iterator[None]:
    before = locale.setlocale(locale.LC_ALL)
    try:
        yield
    finally:
        if locale.setlocale(locale.LC_ALL) != before:
            locale.setlocale(locale.LC_ALL, before)


@contextlib.contextmanager
def _module_state(parameters: bytes) -> Iterator[None]:
    """What core's code for modules keeps in global variables: options, and warnings for the result."""
    before = {name: getattr(basic, name) for name in ARGUMENTS if hasattr(basic, name)}
    remembered = (module_warnings._global_warnings, module_warnings._global_deprecations)
    for kept in remembered:
        kept.clear()
    basic._ANSIBLE_ARGS = parameters
    if "_ANSIBLE_PROFILE" in before:
        basic._ANSIBLE_PROFILE = PROFILE
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(basic, name, value)
        for kept in remembered:
            kept.clear()


@contextlib.contextmanager
def _lenient_options() -> Iterator[None]:
    """Has options read as a module reads them: only ansible-playbook refuses halves of characters."""
    name = "_string_encoding_check_enabled"
    check = getattr(_profiles, name, None)
    if check is not None:
        setattr(_profiles, name, lambda: False)
    try:
        yield
    finally:
        if check is not None:
            setattr(_profiles, name, check)


@contextlib.contextmanager
def _own_secrets() -> Iterator[None]:
    """Has core 2.22 keep the secrets of a module apart from those of the worker, and forgets them afterwards.

    It would send them to ansible-playbook, which would hide each word of them, such as those of user data, in all of its output.
    """
    if core_secrets is None:
        yield
        return
    before = core_secrets._secret_masker
    core_secrets._secret_masker = _module_masker
    try:
        yield
    finally:
        core_secrets._secret_masker = before
        for known in (_module_masker._secrets, _module_masker._forms, _module_masker._json_forms):
            known.clear()
        _module_masker._matcher = type(_module_masker._matcher)()
