# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The selection of one instance, for an operation on it."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options that modules of one operation share."""

    DOCUMENTATION = r"""
options:
  name:
    description:
      - Display name of the instance. If several instances have the name, the module fails.
      - One of O(id) and O(name) is required.
    type: str
  id:
    description:
      - UUID of the instance.
      - One of O(id) and O(name) is required.
    type: str
  wait_timeout:
    description: Maximum duration of the whole run in seconds. When the time is over, the module fails and the work on the server continues.
    type: int
    default: 600
"""
