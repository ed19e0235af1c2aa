# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter coxedge.compute.decommission_left."""

from __future__ import annotations

DOCUMENTATION = r"""
name: decommission_left
short_description: What is left of instances that were destroyed
version_added: 2.0.0
author:
  - coxedge.compute contributors (@coxedge)
description:
  - Compares what was to be destroyed, released and deleted with lists of what exists.
  - The role P(coxedge.compute.decommission#role) uses this filter to check its work.
positional: _input
options:
  _input:
    description: The result of P(coxedge.compute.decommission_targets#filter), from before the instances were destroyed.
    type: dict
    required: true
  instances:
    description:
      - Instances, as M(coxedge.compute.instance_info) returns them. Include destroyed ones only if the instances were to be purged.
    type: list
    elements: dict
    default: []
  public_ips:
    description: Public IP addresses, as M(coxedge.compute.catalog_info) returns them.
    type: list
    elements: dict
    default: []
  volumes:
    description: Volumes, as M(coxedge.compute.catalog_info) returns them.
    type: list
    elements: dict
    default: []
seealso:
  - plugin: coxedge.compute.decommission_targets
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List the instances
  coxedge.compute.instance_info:
  register: before

- name: Select two of them
  ansible.builtin.set_fact:
    plan: "{{ before.instances | coxedge.compute.decommission_targets(names=['web1', 'web2'], missing_ok=true) }}"

- name: List the instances later
  coxedge.compute.instance_info:
  register: after

- name: Show which of the two still exist
  ansible.builtin.debug:
    msg: "{{ plan | coxedge.compute.decommission_left(after.instances) }}"
"""

RETURN = r"""
_value:
  description: A text for each instance, address and volume that still exists, such as C(volume data1) with its ID.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..plugin_utils.decommissioned import left


def decommission_left(
    targets: Mapping[str, Any],
    instances: Iterable[Mapping[str, Any]] = (),
    public_ips: Iterable[Mapping[str, Any]] = (),
    volumes: Iterable[Mapping[str, Any]] = (),
) -> list[str]:
    """Return a text for each resource that is left; see the documentation above."""
    return left(targets, instances, public_ips, volumes)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"decommission_left": decommission_left}
