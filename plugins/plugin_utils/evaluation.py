# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How entries are evaluated, and what becomes of those that fail: one warning for each, or an error if ``strict``."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils.text import one_line
from .entries import Expression
from .expressions import as_condition
from .interface import InventoryPlugin
from .vaulted import Secrets

# What a failure means for one host, and for several.
CONSEQUENCES = {
    "filters": ("is left out", "are left out"),
    "hostnames": ("gets another name", "get another name"),
    "compose": ("does not get this variable", "do not get this variable"),
    "groups": ("does not join this group", "do not join this group"),
    "keyed_groups": ("does not join its group", "do not join their groups"),
}


def evaluated(plugin: InventoryPlugin, expression: Expression, variables: Mapping[str, Any]) -> Any:
    """Return the value of an entry. Raises any error."""
    if expression.is_literal:
        # Hosts do not share lists and dicts, because something could change them for one host.
        return copy.deepcopy(expression.source) if isinstance(expression.source, (list, dict)) else expression.source
    return plugin._compose(expression.source, variables)


def holds(plugin: InventoryPlugin, expression: Expression, variables: Mapping[str, Any]) -> bool:
    """Whether a condition is true. Raises any error."""
    if expression.is_literal:
        return bool(expression.source)
    templar = plugin.templar
    templar.available_variables = variables
    if hasattr(templar, "evaluate_conditional"):
        return bool(templar.evaluate_conditional(expression.source))
    # Before ansible-core 2.19.
    return bool(boolean(templar.template(as_condition(expression.source))))


class Problems:
    """The expressions that have failed so far, with the hosts that they failed for."""

    def __init__(self, plugin: InventoryPlugin, secrets: Secrets) -> None:
        self._plugin, self._secrets = plugin, secrets
        self._strict = plugin.get_option("strict")
        self._counts: dict[Expression, int] = {}
        self._reasons: dict[Expression, str] = {}

    def add(self, expression: Expression, host: str, error: Exception | str, variables: Mapping[str, Any]) -> None:
        """Take note of a failure. Raises AnsibleParserError if ``strict``. ``host``: what it is called in the reason."""
        if expression not in self._reasons:
            hidden = self._secrets.may_quote(expression.names, expression.is_vaulted, variables)
            reason = "it is not shown, because it could quote a vaulted value" if hidden else one_line(error)
            self._reasons[expression] = f"{reason} ({host})"
        if self._strict:
            raise AnsibleParserError(f"{expression.label} could not be evaluated. The reason: {self._reasons[expression]}") from None
        self._counts[expression] = self._counts.get(expression, 0) + 1

    def warn(self) -> None:
        """Warn once for each expression that has failed."""
        for expression, count in self._counts.items():
            one, many = CONSEQUENCES[expression.option]
            what = f"1 host, which {one}" if count == 1 else f"{count} hosts, which {many}"
            self._plugin.display.warning(
                f"{expression.label} could not be evaluated for {what}. The first reason: {self._reasons[expression]}"
            )
