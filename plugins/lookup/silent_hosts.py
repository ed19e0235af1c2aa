# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup coxedge.compute.silent_hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: silent_hosts
short_description: Hosts that do not answer on a port
version_added: 2.0.0
author:
  - coxedge.compute contributors (@coxedge)
description:
  - Waits until each host accepts connections on a port, for all hosts at the same time. Returns the names of those that do not answer in
    time.
  - It connects from the machine that Ansible runs on, as Ansible does later.
  - The role P(coxedge.compute.provision#role) uses this lookup to wait for its hosts.
options:
  _terms:
    description: Hosts, as P(coxedge.compute.provision_hosts#filter) returns them.
    type: list
    elements: dict
    required: true
  port:
    description: Port to connect to.
    type: int
    default: 22
  timeout:
    description: Maximum time in seconds for all hosts together.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Create or change a server
  coxedge.compute.instance_fleet:
    instances:
      - name: web1
  register: fleet

- name: Show the hosts that do not answer
  ansible.builtin.debug:
    msg: "{{ query('coxedge.compute.silent_hosts', *(fleet.instances | coxedge.compute.provision_hosts), timeout=5) }}"
"""

RETURN = r"""
_raw:
  description: Names of the hosts that do not answer.
  type: list
  elements: str
"""

from typing import Any

from ansible.plugins.lookup import LookupBase

from ..plugin_utils.answering import silent_addresses


class LookupModule(LookupBase):
    """The lookup of this file."""

    def run(self, terms: list[dict[str, Any]], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return the names of the hosts that do not answer; see the documentation above."""
        self.set_options(var_options=variables, direct=kwargs)
        silent = set(silent_addresses([str(host["address"]) for host in terms], self.get_option("port"), self.get_option("timeout")))
        return [host["name"] for host in terms if str(host["address"]) in silent]
