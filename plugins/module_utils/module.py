# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What connects Ansible with the rest: argument specs, which values count as given, the shape of failures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.errors import AnsibleFallbackNotFound

from .api.client import Client
from .api.connection import DEFAULT_API_URL, Connection
from .api.deadline import Deadline
from .api.errors import ApiError
from .api.redaction import SHORTEST_SECRET, Texts
from .given import null_id_problem, prepare, without_empty
from .instance.options import digest
from .instance.steps import Refused
from .reconcile.outcome import failure_of
from .reporting import Reporter
from .results import cleaned, secrets_of, shown_options
from .runtime import Runtime
from .text import printable

# By option: the environment variables that replace it; the first that is not empty counts.
ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "api_key": ("COXEDGE_API_KEY", "COXEDGE_KEY"),
    "api_url": ("COXEDGE_API_URL",),
    "service_code": ("COXEDGE_SERVICE_CODE",),
    "environment_name": ("COXEDGE_ENVIRONMENT_NAME",),
    "organization_id": ("COXEDGE_ORGANIZATION_ID",),
    "api_timeout": ("COXEDGE_API_TIMEOUT",),
    "api_retries": ("COXEDGE_API_RETRIES",),
    "validate_certs": ("COXEDGE_VALIDATE_CERTS",),
    "ca_path": ("COXEDGE_CA_PATH",),
}


def environment_value(*names: str) -> str:
    """The first of some environment variables that is not empty. AWX sets a variable to nothing for a field that was left blank."""
    for name in names:
        if os.environ.get(name):
            return os.environ[name]
    raise AnsibleFallbackNotFound


def api_options() -> dict[str, dict[str, Any]]:
    """The options that all modules share; documented in the doc fragment ``api``."""
    spec: dict[str, dict[str, Any]] = {
        "api_key": {"type": "str", "required": True, "no_log": True},
        "api_url": {"type": "str", "default": DEFAULT_API_URL},
        "service_code": {"type": "str", "required": True},
        "environment_name": {"type": "str", "required": True},
        "organization_id": {"type": "str"},
        "api_timeout": {"type": "int", "default": 60},
        "api_retries": {"type": "int", "default": 5},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
    }
    for name, variables in ENVIRONMENT.items():
        spec[name]["fallback"] = (environment_value, list(variables))
    return spec


def wait_options() -> dict[str, dict[str, Any]]:
    """The options about waiting."""
    return {"wait": {"type": "bool", "default": True}, "wait_timeout": {"type": "int", "default": 600}}


class ApiModule(AnsibleModule):
    """An AnsibleModule that treats empty options as not given, and whose failures all have one shape."""

    params: dict[str, Any]

    def __init__(self, argument_spec: dict[str, dict[str, Any]], supports_check_mode: bool = True, runtime: Runtime | None = None) -> None:
        self.secrets: list[str] = []
        self.runtime = runtime or Runtime()
        self._option_problems: list[str] = []
        super().__init__(argument_spec=argument_spec, supports_check_mode=supports_check_mode)
        self.fail_on(" ".join(self._option_problems))
        self._hide_user_data()
        if self.params.get("wait_timeout") is not None and self.params["wait_timeout"] <= 0:
            self.fail_json("wait_timeout must be greater than 0 seconds; to return without waiting set wait to false.")
        # From here on there are requests, and what was begun has to be ended well.
        self.runtime.interruption.watch()
        self.connection = Connection(**{name: self._usable(name) for name in ENVIRONMENT})
        self.fail_on(self.connection.problem())

    def _load_params(self) -> None:
        """Reads the options, and prepares them for core: see ``given``."""
        super()._load_params()
        self.raw_params = self._as_given(self.params)
        self.params, self._option_problems = self._without_empty(self.raw_params)
        self._option_problems += prepare(self.argument_spec, self.params)

    def _as_given(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options of the task. A module may accept lists and dicts as text."""
        return options

    def _without_empty(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The options without what counts as not given, and a sentence for each that has the wrong structure."""
        return without_empty(options), []

    def _hide_user_data(self) -> None:
        """Keeps user data out of the invocation that results show, and keeps core from censoring its words in results."""
        self.user_data = self.params.get("user_data")
        if self.user_data is not None:
            self.params["user_data"] = self._secret(self.user_data)

    def _secret(self, user_data: str) -> str:
        """Marks user data as secret. Returns what is shown instead of it."""
        # Core has added the user data, and all its parts if it was given as a dict or a list.
        self.no_log_values.clear()
        self.no_log_values.add(self.params["api_key"])
        self.secrets.append(user_data)
        return digest(user_data)

    def _usable(self, name: str) -> Any:
        value = self.params.get(name)
        return value.strip() if isinstance(value, str) else value

    @property
    def options(self) -> dict[str, Any]:
        """The options with the real user data."""
        return {**self.params, **({"user_data": self.user_data} if self.user_data is not None else {})}

    def new_client(self, **kwargs: Any) -> Client:
        """A client for the API that the options name."""
        watch = self.runtime.interruption
        report = self.runtime.report
        self.reporter = Reporter(None if report is None else lambda line: report(printable(self._texts.hidden(line))))
        sleep = partial(watch.sleep, tick=self.reporter.tick)
        client = Client(self.connection, secrets=self.secrets, sleep=sleep, interrupted=watch.cause, listener=self.reporter, **kwargs)
        self.runtime.opened.append(client.transport.close)
        return client

    def new_deadline(self, client: Client) -> Deadline:
        """The one deadline of a run, from now on."""
        return client.deadline(self.params["wait_timeout"])

    def fail_json(self, msg: str, **kwargs: Any) -> Any:
        """Fails. Core's message about required options gets the remedy."""
        missing = "missing required arguments: "
        if msg.startswith(missing):
            names = [name for name in msg[len(missing) :].split(", ") if name in ENVIRONMENT]
            if names:
                variables = ", ".join(ENVIRONMENT[name][0] for name in names)
                msg += f"; give them as options, or set {variables} in the environment of the host that runs the module"
        kwargs.setdefault("error", ApiError(msg).details)
        kwargs.setdefault("actions", [])
        # Otherwise, older versions of core add a traceback at -vvv.
        kwargs.setdefault("exception", None)
        super().fail_json(msg, **kwargs)

    def fail_on(self, problem: str | None) -> None:
        """Fails with what is wrong with the options, if anything is."""
        if problem:
            self.fail_json(problem)

    def fail_with(self, problem: Exception, **kwargs: Any) -> None:
        """Fails with the shape that all failures have. A fault of the collection itself is raised again."""
        if isinstance(problem, (ApiError, Refused)):
            self.fail_json(**{**kwargs, **failure_of(problem)})
        if isinstance(problem, ImportError):
            self.fail_json(missing_required_lib("requests"))
        raise problem

    def null_id_problem(self) -> str | None:
        """What is wrong if check mode is given the null id of an instance that does not exist yet; None if nothing is."""
        return null_id_problem(self.raw_params) if self.check_mode else None

    def warn_all(self, warnings: list[str]) -> None:
        """Shows warnings, each once."""
        for text in warnings:
            self.warn(text)

    def warn(self, warning: str, **kwargs: Any) -> None:
        """Shows a warning, without secrets and on one line."""
        super().warn(printable(self._texts.hidden(str(warning))), **kwargs)

    def log(self, msg: str, log_args: Mapping[str, Any] | None = None) -> None:
        """Writes to the log of the system, without secrets."""
        hidden = None if log_args is None else {name: self._texts.hidden(str(value)) for name, value in log_args.items()}
        super().log(self._texts.hidden(str(msg)), hidden)

    @property
    def _texts(self) -> Texts:
        """What must not be shown. The options may not have been read yet, or not checked."""
        return Texts([*secrets_of(getattr(self, "params", None) or {}), *(text for text in self.secrets if len(text) >= SHORTEST_SECRET)])

    def _return_formatted(self, kwargs: dict[str, Any]) -> None:
        """Returns a result: core calls this for each, however the module ends."""
        texts = self._texts
        kept = {name: value for name, value in kwargs.items() if name != "invocation" and (name, value) != ("exception", None)}
        result = cleaned(kept, texts)
        options = cleaned(shown_options(self.params, self.argument_spec), texts)
        self._tell_core_no_secrets()
        super()._return_formatted({**result, "invocation": {"module_args": options}})

    def _tell_core_no_secrets(self) -> None:
        """Keeps the list of secrets out of the result that core 2.22 would put into it: the key, and each word of user data.

        The result has none of them. With the list, the file of an asynchronous task would, and words such as Running would be hidden in
        the output of other tasks. Older versions know no such list.
        """
        tracker = getattr(self, "_new_secrets", None)
        if tracker is not None:
            tracker.flush()
