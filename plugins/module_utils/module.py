# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Between Ansible and the rest: argument specs, what counts as given, and the shape of results and failures."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.errors import AnsibleFallbackNotFound

from .api.client import Client
from .api.connection import DEFAULT_API_URL, Connection
from .api.deadline import Deadline
from .api.errors import ApiError
from .instance.options import digest
from .instance.steps import Refused
from .reconcile.outcome import failure_of

# Option: environment variables that stand in for it, the first that is not empty.
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
    """The first of some environment variables that is set and not empty: AWX sets blank fields to nothing."""
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


def without_empty(value: Any) -> Any:
    """Options as given, less what counts as not given: empty text, nothing, and lists of nothing else, at any depth."""
    if isinstance(value, Mapping):
        kept = {name: item if str(name).startswith("_ansible") else without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if str(name).startswith("_ansible") or item is not None}
    if isinstance(value, list):
        kept_items = [item for item in (without_empty(item) for item in value) if item is not None]
        return kept_items or None
    return None if value == "" else value


class ApiModule(AnsibleModule):
    """An AnsibleModule for which empty means not given, and whose failures have one shape."""

    params: dict[str, Any]

    def __init__(self, argument_spec: dict[str, dict[str, Any]], supports_check_mode: bool = True) -> None:
        self.secrets: list[str] = []
        super().__init__(argument_spec=argument_spec, supports_check_mode=supports_check_mode)
        self._hide_user_data()
        if self.params.get("wait_timeout") is not None and self.params["wait_timeout"] <= 0:
            self.refuse("wait_timeout must be greater than 0 seconds; to return without waiting set wait to false.")
        self.connection = Connection(**{name: self._usable(name) for name in ENVIRONMENT})
        problem = self.connection.problem()
        if problem:
            self.refuse(problem)

    def _load_params(self) -> None:
        """Reads the options. Here, before core checks types: an empty text is no valid number, but a number not given."""
        super()._load_params()
        self.raw_params = self.params
        self.params = without_empty(self.params)

    def _hide_user_data(self) -> None:
        """Keeps user data out of the invocation that results show, and keeps results from being blotted out for its sake."""
        self.user_data = self.params.get("user_data")
        if self.user_data is not None:
            self.params["user_data"] = self._secret(self.user_data)

    def _secret(self, user_data: str) -> str:
        """Notes user data as nothing that may be shown; returns what is shown in its place."""
        # With it go its parts, which core has added where it was given as a dict or a list.
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
        return Client(self.connection, secrets=self.secrets, **kwargs)

    def new_deadline(self, client: Client) -> Deadline:
        """The one deadline of a run, from now on."""
        return Deadline(self.params["wait_timeout"], client.clock)

    def fail_json(self, msg: str, **kwargs: Any) -> Any:
        """Fails; adds the way out to core's own message about required options."""
        missing = "missing required arguments: "
        if msg.startswith(missing):
            names = [name for name in msg[len(missing) :].split(", ") if name in ENVIRONMENT]
            if names:
                variables = ", ".join(ENVIRONMENT[name][0] for name in names)
                msg += f"; give them as options, or set {variables} in the environment of the host that runs the module"
        kwargs.setdefault("error", ApiError(msg).details)
        kwargs.setdefault("actions", [])
        super().fail_json(msg, **kwargs)

    def refuse(self, msg: str, **kwargs: Any) -> None:
        """Fails before anything was asked of the API, or for a reason that the user can mend."""
        self.fail_json(msg, **kwargs)

    def fail_with(self, problem: Exception, **kwargs: Any) -> None:
        """Fails with the shape that all failures have; what is none of the API's or the user's is raised again."""
        if isinstance(problem, (ApiError, Refused)):
            self.fail_json(**{**kwargs, **failure_of(problem)})
        if isinstance(problem, ImportError):
            self.fail_json(missing_required_lib("requests"), exception=traceback.format_exc())
        raise problem

    def warn_of(self, warnings: list[str]) -> None:
        """Shows warnings, each once."""
        for text in warnings:
            # Core blots the key out of results, but not out of warnings.
            self.warn(text.replace(self.connection.api_key, "********"))
