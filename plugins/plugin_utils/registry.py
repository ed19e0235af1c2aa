# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instance is behind which host of an inventory that several files fill."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

# Of each inventory, name of a host: what identifies its instance. An inventory that is read anew is another one.
_KNOWN: WeakKeyDictionary[Any, dict[str, tuple[str, ...]]] = WeakKeyDictionary()


def known_hosts(inventory: Any) -> dict[str, tuple[str, ...]]:
    """The hosts that files of this plugin have put into an inventory so far; to be added to."""
    # Since 2.19 each source gets a wrapper of its own around the one inventory.
    return _KNOWN.setdefault(getattr(inventory, "__wrapped__", inventory), {})
