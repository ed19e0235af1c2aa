# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter coxedge.compute.members."""

from __future__ import annotations

DOCUMENTATION = r"""
name: members
short_description: Instances as members of a fleet
version_added: 2.0.0
author:
  - coxedge.compute contributors (@coxedge)
description:
  - Converts instances that exist to members for M(coxedge.compute.instance_fleet), in the same order.
  - Each member selects its instance by ID. Add what you want for all of them as keyword arguments.
positional: _input
options:
  _input:
    description:
      - Instances as M(coxedge.compute.instance_info) returns them, or the variables of hosts of the inventory plugin
        P(coxedge.compute.instances#inventory), with any O(coxedge.compute.instances#inventory:hostvars_prefix).
      - A fleet works in one environment. If the inventory has several, select the hosts of one first.
    type: list
    elements: dict
    required: true
  by:
    description: Whether members select their instances by ID or by name. With V(name), two instances with the same name are refused.
    type: str
    default: id
    choices: [id, name]
  full:
    description:
      - Whether members also have every attribute that the instance shows and M(coxedge.compute.instance) accepts, by name if it shows one.
      - Names that are not unique, and names and host names that M(coxedge.compute.instance) would refuse, are left out.
      - A destroyed instance gets C(state=absent). So a fleet that runs on the members changes nothing.
    type: bool
    default: false
  kwargs:
    description:
      - Options of M(coxedge.compute.instance) for every member, such as C(state='stopped'). They override the member's own.
      - An option that does not exist is refused.
    type: dict
notes:
  - With O(full), members have user data if the instances show it, as M(coxedge.compute.instance_info) with details does.
seealso:
  - module: coxedge.compute.instance_fleet
  - module: coxedge.compute.instance_info
"""

EXAMPLES = r"""
- name: List the running instances
  coxedge.compute.instance_info:
    states: [Running]
  register: running

- name: Stop them
  coxedge.compute.instance_fleet:
    instances: "{{ running.instances | coxedge.compute.members(state='stopped') }}"

- name: Show their options as they are
  ansible.builtin.debug:
    msg: "{{ running.instances | coxedge.compute.members(full=true) }}"
"""

RETURN = r"""
_value:
  description: A member for each instance.
  type: list
  elements: dict
  sample:
    - id: 9db8ff2f-b49b-466d-a2f3-c1e6def408f4
      state: stopped
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils.membership import members as members_of


def members(instances: Any, by: Any = "id", full: Any = False, **options: Any) -> list[dict[str, Any]]:
    """Return a member for each instance; see the documentation above."""
    try:
        return members_of(instances, by, full, options)
    except ValueError as problem:
        raise AnsibleFilterError(str(problem)) from None


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"members": members}
