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
      - Display name of the instance. Several instances of the name are an error.
      - One of O(id) and O(name) is required.
    type: str
  id:
    description:
      - UUID of the instance.
      - One of O(id) and O(name) is required.
    type: str
  wait_timeout:
    description: How long the whole run may take, in seconds. Past it, the module fails and the work on the server goes on.
    type: int
    default: 600
"""
