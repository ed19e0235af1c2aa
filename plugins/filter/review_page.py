# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter coxedge.compute.review_page."""

from __future__ import annotations

DOCUMENTATION = r"""
name: review_page
short_description: HTML page of what a fleet would change
version_added: 2.0.0
author:
  - coxedge.compute contributors (@coxedge)
description:
  - Returns a self-contained HTML page, which shows what a run of M(coxedge.compute.instance_fleet) in check mode would change.
  - The playbook C(coxedge.compute.review) uses this filter.
  - All text is escaped, and the page loads nothing from elsewhere.
positional: _input
options:
  _input:
    description: Result of M(coxedge.compute.instance_fleet) in check mode.
    type: dict
    required: true
  environment_name:
    description: Name of the environment that the page shows.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Plan a fleet
  coxedge.compute.instance_fleet:
    names:
      - web1
      - web2
    defaults:
      state: stopped
  check_mode: true
  register: planned

- name: Write the page
  ansible.builtin.copy:
    content: "{{ planned | coxedge.compute.review_page }}"
    dest: review.html
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The page as HTML text.
  type: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils.hostvars import sanitized
from ..plugin_utils.review import review_page


def filter_result(result: Mapping[str, Any], environment_name: str = "") -> str:
    """Return the page for a result; see the documentation above."""
    if not isinstance(result, Mapping) or not isinstance(result.get("results"), list) or "summary" not in result:
        raise AnsibleFilterError("review_page needs the result of coxedge.compute.instance_fleet: register it and pass the variable.")
    if any(entry.get("failed") for entry in result["results"]):
        raise AnsibleFilterError("review_page shows only plans that succeeded: solve the errors in the result first.")
    page: str = sanitized(review_page(result, environment_name))
    return page


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"review_page": filter_result}
