# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The attributes that modules declare."""

from __future__ import annotations


class ModuleDocFragment:
    """Descriptions of attributes; each module says how far it supports them."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action:
    description: Has a corresponding action plugin, so that it can run on the control node without a process of its own.
    support: full
  async:
    description: Supports being used with the C(async) keyword. It then runs in a process of its own.
    support: full
  check_mode:
    description: Can run in C(check_mode) and predict changes without making them.
  diff_mode:
    description: In diff mode, shows what has changed, or in check mode what would change.
"""

    # Of modules that only read.
    READS = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: The module changes nothing.
  diff_mode:
    support: N/A
    details: The module changes nothing.
"""
