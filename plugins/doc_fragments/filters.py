# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters on instances."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the filters that take names or IDs."""

    DOCUMENTATION = r"""
options:
  zones:
    description:
      - Only instances in one of these zones. O(zones), O(vpcs), O(networks), O(compute_offerings) and O(templates) take names or IDs.
        Upper and lower case are the same.
      - If you set several filters, an instance must match all of them.
    type: list
    elements: str
  vpcs:
    description: Only instances in one of these VPCs.
    type: list
    elements: str
  networks:
    description: Only instances in one of these networks.
    type: list
    elements: str
  compute_offerings:
    description: Only instances with one of these compute offerings.
    type: list
    elements: str
  templates:
    description: Only instances that were created from one of these templates.
    type: list
    elements: str
"""
