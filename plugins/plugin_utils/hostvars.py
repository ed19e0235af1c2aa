# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance as host variables. Text of the API's gets in as text alone: nothing of it is ever a template."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from ansible import template
from ansible.utils.unsafe_proxy import wrap_var

from .names import is_special, is_this_machine

# Since ansible-core 2.19 text is a template only where it is marked as trusted. Before, all text is one where it is not marked
# as unsafe. A mark shows in exported inventories, so only what could be (part of) a template gets one.
MARKS = not hasattr(template, "trust_as_template")
PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Beginnings of names that mean something to Ansible.
RESERVED = ("ansible", "environment", "group", "host", "inventory", "omit", "play", "role", "vars")
# Names that ssh can't take for anything else, such as an option.
ADDRESS_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?", re.ASCII)
USER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+\\-]*\$?", re.ASCII)


def inert(value: Any) -> Any:
    """A JSON value of the API's in which no text is a template, and nothing passes for one of core's own markers."""
    if isinstance(value, str):
        return wrap_var(value) if MARKS and ("{" in value or "}" in value) else value
    if isinstance(value, Mapping):
        return {inert(name): inert(item) for name, item in value.items() if not name.startswith("__ansible")}
    if isinstance(value, list):
        return [inert(item) for item in value]
    return value


def prefix_problem(prefix: str) -> str | None:
    """What is wrong with ``hostvars_prefix``, as a sentence; None if nothing is."""
    if not PREFIX.fullmatch(prefix):
        return f"hostvars_prefix must be the beginning of a variable's name, which {prefix!r} is not: use letters, digits and underscores."
    if prefix.startswith(RESERVED):
        return f"hostvars_prefix must not be {prefix!r}: the variables would be taken for Ansible's own."
    return None


class Variables:
    """Makes host variables of instances; each name is computed once."""

    def __init__(self, prefix: str, service_code: str) -> None:
        self._prefix, self._service_code = prefix, service_code
        self._names: dict[str, str | None] = {}
        self._environment, self._service, self._active = (prefix + name for name in ("environment_name", "service_code", "active"))

    def of(self, instance: Mapping[str, Any], environment_name: str) -> dict[str, Any]:
        """The variables of an instance as users see it."""
        names = self._names
        variables = {}
        for field, value in instance.items():
            name = names[field] if field in names else self._name(field)
            if name is None:
                continue
            # Most values are numbers or short words: what has no part and no brace is as it is.
            variables[name] = value if value is None or type(value) in (int, bool) else inert(value)
        variables[self._environment] = environment_name
        variables[self._service] = self._service_code
        variables[self._active] = str(instance.get("state")).casefold() == "running"
        return variables

    def _name(self, field: str) -> str | None:
        """The name of the variable for a field. What the API may call a field in years to come need not fit, nor be harmless."""
        name = self._prefix + re.sub(r"\W", "_", field, flags=re.ASCII)
        return self._names.setdefault(field, None if name.startswith(RESERVED) else name)


def usable_address(value: Any) -> str | None:
    """An IP address of the API's, if it is one of another machine. It ends up among the arguments of ssh.

    One with a scope is none: what Python takes for a scope may be any text.
    """
    try:
        address = str(ipaddress.ip_address(value)) if isinstance(value, str) and "%" not in value else None
    except ValueError:
        return None
    return None if address is None or is_this_machine(address) else address


def usable_name(value: Any) -> str | None:
    """A name to connect to, if it can't be taken for anything else."""
    return value if isinstance(value, str) and ADDRESS_NAME.fullmatch(value) and not is_special(value) else None


def usable_user(value: Any) -> str | None:
    """A user's name, if it can't be taken for anything else."""
    return value if isinstance(value, str) and USER_NAME.fullmatch(value) else None
