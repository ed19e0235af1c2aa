# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances as host variables. Text from the API stays text: none of it is ever evaluated as a template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ansible import template

# Before ansible-core 2.19, text is a template unless it is marked as unsafe. Since then it is one only where it is marked as trusted.
USES_UNSAFE_MARKS = not hasattr(template, "trust_as_template")
# Newer versions of core are going to remove it.
unsafe_proxy: Any = import_module("ansible.utils.unsafe_proxy") if USES_UNSAFE_MARKS else None
PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Ansible gives a meaning to variables whose names begin like this.
RESERVED = ("ansible", "environment", "group", "host", "inventory", "omit", "play", "role", "vars")


# What the templar of ansible-core 2.17 and 2.18 reacts to in text without a mark, by the function in ansible.template that does so:
# - is_possibly_template: "{{", "{%" and "{#", anywhere in the text.
# - _create_overlay: "#jinja2:" at the beginning. The rest of the first line sets any attribute of the Jinja environment, such as
#   variable_start_string, so that the text needs no brace. If the line is not valid, the templar fails, also in a text without template.
# - Templar._convert_bare_variable: a name of a variable, or "|" in an expression, but only for terms of with_... loops.
# - ansible.template.native_helpers.ansible_eval_concat: "[", "{", "True" and "False" at the beginning of a result. These become lists,
#   dicts and booleans, but nothing is evaluated.
# Text that is harmless alone can become a part of any of these when it is joined with other text. A mark spreads to the whole result
# (AnsibleContext.resolve_or_missing), so the plugin marks every text from the API, whatever is in it. That includes names of hosts: core
# does not see marks behind hostvars, but it does in inventory_hostname and groups, with which a play looks something up in hostvars.


def sanitized(value: Any) -> Any:
    """Return a JSON value from the API without templates, and without keys that core uses for its own serialization."""
    if isinstance(value, str):
        return unsafe_proxy.AnsibleUnsafeText(value) if USES_UNSAFE_MARKS else value
    if isinstance(value, Mapping):
        return {sanitized(name): sanitized(item) for name, item in value.items() if not name.startswith("__ansible")}
    if isinstance(value, list):
        return [sanitized(item) for item in value]
    return value


def prefix_problem(prefix: str) -> str | None:
    """Return what is wrong with ``hostvars_prefix``, as a sentence, or None."""
    if not prefix.strip():
        return (
            "hostvars_prefix must not be empty: fields such as name, tags and environment_name would be variables that a play or Ansible"
            " itself uses for something else. Leave it out, or set a prefix such as cx_."
        )
    if not PREFIX.fullmatch(prefix):
        return f"hostvars_prefix must be a valid beginning of a variable name, not {prefix!r}: use letters, digits and underscores."
    if prefix.startswith(RESERVED):
        return f"hostvars_prefix must not be {prefix!r}: variables with such names have a meaning in Ansible. Use another prefix."
    return None


class HostVariables:
    """Makes host variables of instances. It computes the name of each variable only once."""

    def __init__(self, prefix: str, service_code: str) -> None:
        self._prefix, self._service_code = prefix, sanitized(service_code)
        self._names: dict[str, str | None] = {}
        self._environment, self._service, self._active = (prefix + name for name in ("environment_name", "service_code", "active"))

    def of(self, instance: Mapping[str, Any], environment_name: str) -> dict[str, Any]:
        """Return the variables of an instance as users see it."""
        names = self._names
        variables = {}
        for field, value in instance.items():
            name = names[field] if field in names else self._name(field)
            if name is None:
                continue
            # Most values are of these types, which need no sanitizing. The check saves a call for each.
            variables[name] = value if value is None or type(value) in (int, bool) else sanitized(value)
        variables[self._environment] = sanitized(environment_name)
        variables[self._service] = self._service_code
        variables[self._active] = str(instance.get("state")).casefold() == "running"
        return variables

    def _name(self, field: str) -> str | None:
        """Return the name of the variable for a field, or None if it would be reserved: the API may get fields of any name."""
        name = self._prefix + re.sub(r"\W", "_", field, flags=re.ASCII)
        return self._names.setdefault(field, None if name.startswith(RESERVED) else name)
