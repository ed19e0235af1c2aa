# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter coxedge.compute.provision_hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: provision_hosts
short_description: Names and addresses of instances as hosts of a play
version_added: 2.0.0
author:
  - coxedge.compute contributors (@coxedge)
description:
  - Returns a host for each instance. It has the name and the address that the inventory plugin P(coxedge.compute.instances#inventory)
    would give it.
  - The role P(coxedge.compute.provision#role) uses this filter to add instances to a play with C(ansible.builtin.add_host).
  - Instances without an ID, which check mode would create, and destroyed instances are left out.
positional: _input
options:
  _input:
    description: Instances as M(coxedge.compute.instance_fleet) returns them.
    type: list
    elements: dict
    required: true
  connect_with:
    description: Address to connect to, as in the inventory plugin.
    type: str
    default: private_ip
    choices: [private_ip, public_ip, hostname, none]
  groups:
    description: Names of groups. No host gets one of these names.
    type: list
    elements: str
    default: []
  known_hosts:
    description:
      - The variables of the hosts that the play has already, by name, such as C(hostvars).
      - A name in it is given only to the instance whose ID is in C(coxedge_id).
    type: dict
    default: {}
  public_ips:
    description: Public IP addresses as M(coxedge.compute.catalog_info) returns them. Required for public addresses.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Create or change two servers
  coxedge.compute.instance_fleet:
    instances:
      - name: web1
      - name: web2
    defaults:
      state: started
  register: fleet

- name: Show where to connect to
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.address }}"
  loop: "{{ fleet.instances | coxedge.compute.provision_hosts }}"
"""

RETURN = r"""
_value:
  description:
    - A dict for each host, with C(name), C(address), C(user) and C(variables).
    - C(address) and C(user) are null if the instance has none that can be used. Without O(connect_with), C(address) is the name.
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..plugin_utils.provisioned import provisioned_hosts


def provision_hosts(
    instances: Iterable[Mapping[str, Any]],
    connect_with: str = "private_ip",
    groups: Iterable[str] = (),
    known_hosts: Mapping[str, Any] | None = None,
    public_ips: Iterable[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """Return a host for each instance; see the documentation above."""
    return provisioned_hosts(list(instances), connect_with, groups, known_hosts or {}, public_ips)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"provision_hosts": provision_hosts}
