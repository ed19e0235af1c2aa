# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter coxedge.compute.decommission_targets."""

from __future__ import annotations

DOCUMENTATION = r"""
name: decommission_targets
short_description: Instances to destroy, by their names and IDs
version_added: 2.0.0
author:
  - coxedge.compute contributors (@coxedge)
description:
  - Selects instances by their exact names and IDs, and says what is wrong with the selection.
  - The role P(coxedge.compute.decommission#role) uses this filter to find out what it would destroy, before it destroys anything.
positional: _input
options:
  _input:
    description: All instances, including destroyed ones, as M(coxedge.compute.instance_info) returns them.
    type: list
    elements: dict
    required: true
  names:
    description: Names of instances. A list, or text with commas or JSON.
    type: raw
    default: []
  ids:
    description: IDs of instances, in upper or lower case. A list, or text with commas or JSON.
    type: raw
    default: []
  purge:
    description: Whether destroyed instances are selected too, because they are to be purged.
    type: bool
    default: false
  missing_ok:
    description: Whether names and IDs of instances that do not exist are accepted.
    type: bool
    default: false
  public_ips:
    description: Public IP addresses, as M(coxedge.compute.catalog_info) returns them, if they are to be released.
    type: list
    elements: dict
    default: []
  volumes:
    description: Volumes, as M(coxedge.compute.catalog_info) returns them, if they are to be deleted.
    type: list
    elements: dict
    default: []
seealso:
  - plugin: coxedge.compute.decommission_left
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List the instances
  coxedge.compute.instance_info:
  register: found

- name: Show which instances have these names
  ansible.builtin.debug:
    msg: "{{ (found.instances | coxedge.compute.decommission_targets(names=['web1', 'web2'], missing_ok=true)).instances }}"
"""

RETURN = r"""
_value:
  description:
    - A dict with C(problems), C(wanted), C(members), C(instances), C(done), C(missing), C(public_ips) and C(volumes).
    - C(problems) has a sentence for each thing that is wrong with the selection. If it is not empty, destroy nothing.
    - C(wanted) has the names and IDs as text, and C(missing) those of instances that do not exist.
    - C(members) are members for M(coxedge.compute.instance_fleet). C(instances) has their names and IDs, and both in
      C(label). C(done) has the same for instances that are destroyed already.
    - C(public_ips) are the addresses that only one of the selected instances uses, and C(volumes) their data volumes.
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..plugin_utils.decommissioned import targets


def decommission_targets(
    instances: Iterable[Mapping[str, Any]],
    names: Any = (),
    ids: Any = (),
    purge: bool = False,
    missing_ok: bool = False,
    public_ips: Iterable[Mapping[str, Any]] = (),
    volumes: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return what is to be destroyed, released and deleted; see the documentation above."""
    return targets(instances, names, ids, purge, missing_ok, public_ips, volumes)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"decommission_targets": decommission_targets}
