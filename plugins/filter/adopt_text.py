# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter coxedge.compute.adopt_text."""

from __future__ import annotations

DOCUMENTATION = r"""
name: adopt_text
short_description: Instances as a file of variables for a fleet
version_added: 2.0.0
author:
  - coxedge.compute contributors (@coxedge)
description:
  - Returns YAML with the variables C(adopt_defaults) and C(adopt_instances), which describe instances as they are.
  - The playbook C(coxedge.compute.adopt) uses this filter to write its file.
positional: _input
options:
  _input:
    description: Instances to describe, as M(coxedge.compute.instance_info) returns them.
    type: list
    elements: dict
    required: true
  everyone:
    description:
      - All instances of the environment that are not destroyed. A name that two of them have selects none.
      - By default, only the instances to describe count.
    type: list
    elements: dict
    default: []
  catalog:
    description:
      - Compute offerings, networks and templates, as M(coxedge.compute.catalog_info) returns them. If two have the same name, the text has
        the ID.
      - With the offerings, the text has the sizes of instances only if their offering is a custom one.
    type: dict
    default: {}
seealso:
  - plugin: coxedge.compute.members
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List the instances
  coxedge.compute.instance_info:
  register: servers

- name: Show the variables that describe them
  ansible.builtin.debug:
    msg: "{{ servers.instances | coxedge.compute.adopt_text }}"
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..plugin_utils.adoption import adopt_text as text_of


def adopt_text(
    instances: Iterable[Mapping[str, Any]], everyone: Iterable[Mapping[str, Any]] = (), catalog: Mapping[str, Any] | None = None
) -> str:
    """Return the text of a file of variables; see the documentation above."""
    return text_of(list(instances), list(everyone), catalog or {})


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"adopt_text": adopt_text}
