# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of an inventory file and of the environment: which are given, and whether they are valid."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils.api.connection import Connection
from ..module_utils.given import type_problem
from ..module_utils.jobs import concurrency_problem
from ..module_utils.text import MAX_NUMBER, is_out_of_range, one_line
from .hostvars import prefix_problem
from .interface import InventoryPlugin

REQUIRED = ("api_key", "service_code", "environment_names")
# The name that stands for every environment of the service.
ALL_ENVIRONMENTS = "*"
# Lists of Jinja expressions.
EXPRESSIONS = ("filters", "hostnames")
# Characters of a file in which the line with the plugin is looked for.
BEGINNING = 65536


def names_plugin(path: str, name: str) -> bool:
    """Return whether a file is YAML that names this plugin, whatever the file is called."""
    if not os.path.isfile(path):
        return False
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(BEGINNING)
    except OSError:
        return False
    line = rf"""^[ {{]*["']?plugin["']?[ \t]*:[ \t]*["']?{re.escape(name)}["']?[ \t]*(?:[,}}#].*)?$"""
    return bool(re.search(line, text, re.MULTILINE))


def given_options(plugin: InventoryPlugin, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of an inventory file without the empty ones. Raises AnsibleParserError if one is unknown."""
    definitions = plugin.option_definitions
    given: dict[str, Any] = {}
    for name, value in config.items():
        if name not in definitions:
            near = difflib.get_close_matches(str(name), definitions, n=1)
            hint = f"did you mean {near[0]}?" if near else f"ansible-doc -t inventory {plugin.NAME} lists all options."
            raise AnsibleParserError(f"There is no option {one_line(name)} of {plugin.NAME}; {hint}")
        if name == "api_key":
            value = _evaluated_key(plugin, value)
        elif name in EXPRESSIONS and value is not None:
            # Core would split text at commas, which may be part of an expression.
            value = [item for item in (value if isinstance(value, (list, tuple)) else [value]) if item is not None and item != ""]
        problem = None if name in ("api_key", *EXPRESSIONS) else type_problem(name, definitions[name], value)
        if problem:
            raise AnsibleParserError(problem)
        if definitions[name].get("elements") == "str" and isinstance(value, list) and name not in EXPRESSIONS:
            value = [_as_text(name, item) for item in value if item not in ("", None)]
        if name not in ("api_key", *EXPRESSIONS):
            _refuse_template(name, value)
        if name == "hostvars_prefix" and value is not None:
            problem = prefix_problem(str(value))
            if problem:
                raise AnsibleParserError(problem)
        if value not in ("", None, []):
            given[name] = value
    return given


def _evaluated_key(plugin: InventoryPlugin, value: Any) -> Any:
    """Return the API key of the file, evaluated if it is a template. Errors show nothing of it."""
    problem = type_problem("api_key", {"type": "str"}, value)
    if problem:
        raise AnsibleParserError(problem)
    try:
        if isinstance(value, str) and plugin.templar.is_template(value):
            plugin.templar.available_variables = plugin._vars or {}
            value = plugin.templar.template(value)
    except Exception:  # pylint: disable=broad-exception-caught
        raise AnsibleParserError("api_key can't be evaluated: check its template in the inventory file.") from None
    if "{{" in str(value):
        raise AnsibleParserError("api_key can't be evaluated: its template in the inventory file is not valid.")
    return None if value is None else str(value).strip()


def _as_text(option: str, item: Any) -> Any:
    """Return an entry of a list of text. Whole numbers become text, because YAML reads some names as numbers."""
    if isinstance(item, (list, dict)):
        raise AnsibleParserError(f"{option} must be a list of text, but it contains {one_line(item)!r}.")
    return item if isinstance(item, str) else str(item)


def _refuse_template(option: str, value: Any) -> None:
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and "{{" in text:
            raise AnsibleParserError(f"{option} can't be a template. Only api_key can be one, and expressions are written without braces.")


def check_required(definitions: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise AnsibleParserError if a required option is neither in the file nor in the environment."""
    for name in REQUIRED:
        # Core uses the last one that is set, so that is the one to mention first.
        variables = [entry["name"] for entry in reversed(definitions[name]["env"])]
        if name not in given and not any(os.environ.get(variable, "").strip() for variable in variables):
            raise AnsibleParserError(
                f"{name} is needed: give it in the inventory file, or set {' or '.join(variables)} in the environment."
            )


def check_booleans(definitions: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise AnsibleParserError if a boolean option is neither true nor false.

    Core would take such a value for false, and certificates would not be checked.
    """
    for name, definition in definitions.items():
        if definition.get("type") in ("bool", "boolean"):
            values = [given.get(name), *(os.environ.get(entry["name"]) for entry in definition.get("env", ()))]
            value = next((value for value in values if value is not None), False)
            try:
                boolean(value)
            except TypeError:
                raise AnsibleParserError(f"{name} must be true or false, not {one_line(value)!r}.") from None


def check_numbers(definitions: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise AnsibleParserError if a whole number is too large. Core's own check fails at infinite ones, with an error of Python."""
    for name, definition in definitions.items():
        if definition.get("type") in ("int", "integer"):
            values = [given.get(name), *(os.environ.get(entry["name"]) for entry in definition.get("env", ()))]
            if any(map(is_out_of_range, values)):
                raise AnsibleParserError(f"{name} must be a whole number of at most {MAX_NUMBER}.")


def find_ca_path(given: dict[str, Any], folder: str) -> None:
    """Make a relative ``ca_path``, of the file or of the environment, relative to a folder. Core would take the current one."""
    path = str(given.get("ca_path") or os.environ.get("COXEDGE_CA_PATH", "")).strip()
    if path:
        given["ca_path"] = os.path.join(folder, os.path.expandvars(os.path.expanduser(path)))


def connections_of(plugin: InventoryPlugin) -> list[Connection]:
    """Return a connection for each environment. Raises AnsibleParserError if an option is not valid."""
    problem = concurrency_problem(plugin.get_option("max_concurrency"))
    group = str(plugin.get_option("group"))
    if plugin._sanitize_group_name(group) != group:
        problem = f"group must be a valid name of a group, not {group!r}: use letters, digits and underscores."
    shared = {name: plugin.get_option(name) for name in ("api_timeout", "api_retries", "validate_certs")}
    for name in ("api_key", "api_url", "service_code", "organization_id", "ca_path"):
        value = plugin.get_option(name)
        # str() drops core's tags, which the client does not need.
        shared[name] = None if value is None else str(value).strip()
    names = [str(name).strip() for name in plugin.get_option("environment_names")]
    connections = [Connection(environment_name=name, **shared) for name in dict.fromkeys(names) if name]
    if not connections:
        problem = problem or "environment_names contains no name: give the names of the environments to read."
    if len(connections) > 1 and ALL_ENVIRONMENTS in names:
        problem = problem or "environment_names has '*' and names: give '*' alone for all environments of the service, or only names."
    for connection in connections:
        problem = problem or (connection.problem() or "").replace("environment_name ", "environment_names ")
    if problem:
        raise AnsibleParserError(problem)
    return connections


@contextmanager
def empty_variables_unset(definitions: Mapping[str, Any]) -> Iterator[None]:
    """Unset the environment variables of options that are empty, as long as this context lasts.

    Core would read an empty COXEDGE_VALIDATE_CERTS as false and an empty list as a list of one empty text, and would not use
    COXEDGE_KEY if COXEDGE_API_KEY is set but empty. AWX sets empty variables for fields of a credential that were left blank.
    """
    names = {entry["name"] for definition in definitions.values() for entry in definition.get("env", ())}
    empty = {name: os.environ[name] for name in names if name in os.environ and not os.environ[name].strip()}
    for name in empty:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(empty)
