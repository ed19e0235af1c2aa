# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public IP addresses, as far as instances are concerned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def users_of(address: Mapping[str, Any]) -> set[str]:
    """The ids, in lower case, of the instances that use a public IP address; an empty text for one whose id can't be read."""
    users = address.get("instances")
    ids = [user.get("id") if isinstance(user, dict) else None for user in (users if isinstance(users, list) else [])]
    return {item.lower() if isinstance(item, str) else "" for item in ids}
