# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the helpers here need of the inventory plugin. They take it as a Protocol, so that the plugin alone imports them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from .entries import Entries
from .vaulted import Secrets


class InventoryPlugin(Protocol):
    """The inventory plugin. Most of this comes from core's base classes."""

    NAME: str
    quick: bool
    """Whether to use the faster ways, which give the same results as core's own."""
    extra_vars: Mapping[str, Any]
    """The extra vars that expressions see."""
    entries: Entries
    """The checked entries of the options that hold expressions."""
    secrets: Secrets
    """Knows which texts messages must not show."""
    inventory: Any
    templar: Any
    display: Any
    option_definitions: Mapping[str, Any]
    _vars: Mapping[str, Any] | None
    """All extra vars."""

    def get_option(self, option: str) -> Any:
        """Return the value of an option."""

    def _compose(self, template: Any, variables: Any) -> Any:
        """Evaluate an expression."""

    def _sanitize_group_name(self, name: str) -> str:
        """Return a valid name for a group."""

    def _add_host_to_keyed_groups(self, keys: Any, variables: Any, host: str, strict: bool, fetch_hostvars: bool) -> None:
        """Evaluate ``keyed_groups`` for a host."""
