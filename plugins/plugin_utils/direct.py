# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Direct execution: a module runs inside the worker process of ansible-playbook, not in a Python process of its own.

Starting Python, and packing and importing a module, costs about ten times what a task does that changes nothing. All of core's code
at both ends of a module is used as it is: what it does to options before, and to results afterwards. Only what is between is
replaced: the packed module, by its options alone; and the command that runs it, by a call.

Whatever stands against it, or fails before the module begins, leads to core's own way, with the reason at ``-vvv``.
"""

from __future__ import annotations

import codecs
import contextlib
import importlib.util
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ansible import constants as core_settings
from ansible.executor import module_common
from ansible.plugins.action.normal import ActionModule
from ansible.release import __version__ as core_version
from ansible.utils.display import Display

from ..module_utils.api.errors import ApiError
from ..module_utils.api.tls import context_for
from ..module_utils.runtime import Runtime

display = Display()

# The versions of core that the tests compare both ways on.
TESTED = ("2.17", "2.18", "2.19", "2.20", "2.21", "2.22")
# The variable and the environment variable that turn it off, and the words for that.
VARIABLE, SWITCH = "coxedge_direct", "COXEDGE_DIRECT"
PROGRESS_SWITCH = "COXEDGE_PROGRESS"
OFF = ("0", "false", "no", "off")
# Beginnings of the variables in the keyword ``environment`` that only our code and requests read, in lower case. Others may be read by
# Python or a library when it starts.
READ_LATE = ("coxedge_", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle", "ssl_cert_")


def unexpected(error: Exception) -> str:
    """The reason for core's own way if core lacks what a call needs."""
    return f"this ansible-core is not as expected ({type(error).__name__}: {error})"


def is_off(value: Any) -> bool:
    """Whether a switch is off. Without a value it is on."""
    return value is not None and str(value).strip().lower() in OFF


try:
    from . import in_worker

    in_worker.load_profiles()
    IMPORT_PROBLEM = None
except Exception as problem:  # pylint: disable=broad-exception-caught
    IMPORT_PROBLEM = unexpected(problem)

# This is imported before workers are forked. What is made here, each of them has; otherwise each task would make it again.
REQUESTS_IS_THERE = importlib.util.find_spec("requests") is not None
if REQUESTS_IS_THERE and not is_off(os.environ.get(SWITCH)):
    import requests.adapters  # noqa: F401  pylint: disable=unused-import

    for codec in ("idna", "utf_16_le"):
        codecs.lookup(codec)
    if not os.environ.get("COXEDGE_API_URL", "").startswith("http:"):
        with contextlib.suppress(ApiError):
            context_for(True, os.environ.get("COXEDGE_CA_PATH"))


class DirectAction(ActionModule):  # type: ignore[misc]
    """Runs a module in this process. ``main``: the module's function, which ends as a module does: it prints its result and exits."""

    main: ClassVar[Callable[[Runtime | None], None]]

    _parameters: bytes | None = None
    """What a packed module would read from its input, until it runs directly; None if it does not."""
    _reason: str | None = "it has not begun"
    """Why the module does not run directly, as a clause; None if it does."""

    def _execute_module(self, *args: Any, task_vars: dict[str, Any] | None = None, wrap_async: bool = False, **kwargs: Any) -> Any:
        self._reason = self._obstacle(task_vars or {}, wrap_async)
        if self._reason is not None:
            self._say_why()
        return super()._execute_module(*args, task_vars=task_vars, wrap_async=wrap_async, **kwargs)

    def _is_pipelining_enabled(self, *args: Any, **kwargs: Any) -> bool:
        # Pipelining means that no file is made: in both ways core then needs no temporary folder.
        return self._reason is None or bool(super()._is_pipelining_enabled(*args, **kwargs))

    def _configure_module(self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> Any:
        """Core's own packs the module with its options. This returns the options alone, as core writes them for a module."""
        if self._reason is None:
            try:
                packed, self._parameters = in_worker.packed(module_args)
                return packed
            except Exception as error:  # pylint: disable=broad-exception-caught
                self._reason = unexpected(error)
                self._say_why()
        return super()._configure_module(module_name=module_name, module_args=module_args, task_vars=task_vars)

    def _low_level_execute_command(self, *args: Any, in_data: bytes | None = None, **kwargs: Any) -> Any:
        """Core's own runs a command. This calls the module where its options are the input of the command."""
        if self._parameters is None or in_data is not self._parameters:
            return super()._low_level_execute_command(*args, in_data=in_data, **kwargs)
        parameters, self._parameters = self._parameters, None
        display.vvv(f"{self._task.action} runs directly, inside the worker.", host=self._task.delegate_to or None)
        environment = self._task_environment()
        switch = {**os.environ, **environment}.get(PROGRESS_SWITCH)
        report = None if self._task.no_log or is_off(switch) else show_progress
        return in_worker.call(type(self).main, parameters, environment, self._loader.get_basedir(), report)

    def _say_why(self) -> None:
        display.vvv(f"{self._task.action} runs as a module in a process of its own: {self._reason}.")

    def _obstacle(self, task_vars: Mapping[str, Any], wrap_async: bool) -> str | None:
        """Why the module can't run directly, as a clause; None if nothing stands against it."""
        obstacles: dict[str, Callable[[], Any]] = {
            f"the variable {VARIABLE} turns direct execution off": lambda: is_off(self._templar.template(task_vars.get(VARIABLE))),
            f"the environment variable {SWITCH} turns direct execution off": lambda: is_off(os.environ.get(SWITCH)),
            "the task uses become": lambda: self._connection.become or self._play_context.become,
            "the task uses async": lambda: wrap_async or self._task.async_val,
            "the task has a timeout": lambda: self._task.timeout,
            "the connection is not local": lambda: self._connection.transport != "local",
            "ANSIBLE_KEEP_REMOTE_FILES is set": lambda: core_settings.DEFAULT_KEEP_REMOTE_FILES,
            "the Python that runs Ansible does not have the library requests": lambda: not REQUESTS_IS_THERE,
            f"it is not tested with ansible-core {core_version}": lambda: ".".join(core_version.split(".")[:2]) not in TESTED,
            "on macOS, a forked process can't ask for proxies": lambda: sys.platform == "darwin",
            "this is not a worker process": lambda: multiprocessing.parent_process() is None,
            "this is not the main thread": lambda: threading.current_thread() is not threading.main_thread(),
        }
        for reason, stands in obstacles.items():
            if stands():
                return reason
        return IMPORT_PROBLEM or self._interpreter_problem(task_vars) or self._environment_problem()

    def _interpreter_problem(self, task_vars: Mapping[str, Any]) -> str | None:
        """What is wrong with the interpreter that the module would have; None if it is this one."""
        delegated = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to) if self._task.delegate_to else None
        own = task_vars if delegated is None else delegated
        is_local = getattr(self._connection, "_remote_is_local", False)
        try:
            interpreter = module_common._get_shebang("/usr/bin/python", own, self._templar, remote_is_local=is_local)[1]
        except module_common.InterpreterDiscoveryRequiredError:
            return "the interpreter has yet to be discovered"
        except Exception as error:  # pylint: disable=broad-exception-caught
            return f"the interpreter is not known ({error})"
        return None if is_this_python(str(interpreter)) else f"the interpreter is {interpreter}, and Ansible runs with {sys.executable}"

    def _task_environment(self) -> dict[str, str]:
        """The variables of the keyword ``environment``."""
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        return environment

    def _environment_problem(self) -> str | None:
        """What is wrong with the keyword ``environment``; None if nothing is."""
        others = sorted(name for name in self._task_environment() if not name.lower().startswith(READ_LATE))
        return f"the task sets {', '.join(others)} in its environment" if others else None


def show_progress(line: str) -> None:
    """Shows a line on standard error. Display passes it on to ansible-playbook."""
    display.display(line, stderr=True)


def is_this_python(interpreter: str) -> bool:
    """Whether a path leads to the Python of this process. In a virtual environment, it is the folder that makes the difference."""
    return _identity(interpreter) == _identity(sys.executable)


def _identity(path: str) -> tuple[str, str]:
    return os.path.realpath(os.path.dirname(path)), os.path.realpath(path)
