# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action group that all modules are in."""

from __future__ import annotations


class ModuleDocFragment:
    """Description of the action group."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/coxedge.compute.all) in C(module_defaults) to set the shared options once for a play.
    support: full
    membership:
      - coxedge.compute.all
"""
