#!/usr/bin/python
# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module coxedge.compute.catalog_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: catalog_info
short_description: List the templates, networks and other resources for Cox Edge instances
version_added: 1.0.0
description:
  - Lists the resources whose names and IDs you can use in the options of M(coxedge.compute.instance), such as templates and networks.
author:
  - coxedge.compute contributors (@coxedge)
extends_documentation_fragment:
  - coxedge.compute.api
  - coxedge.compute.attributes
  - coxedge.compute.actiongroup
attributes:
  check_mode:
    support: full
    details: The module changes nothing.
  diff_mode:
    support: N/A
    details: The module changes nothing.
options:
  kinds:
    description: Kinds of resources to list. By default all kinds. Each kind takes one request.
    type: list
    elements: str
    choices:
      - compute_offerings
      - templates
      - networks
      - disk_offerings
      - ssh_keys
      - affinity_groups
      - isos
      - volumes
      - public_ips
      - zones
"""

EXAMPLES = r"""
- name: List everything that you can use in tasks
  coxedge.compute.catalog_info:
  register: everything

- name: List the networks and templates
  coxedge.compute.catalog_info:
    kinds:
      - networks
      - templates
  register: choice

- name: Show the names of the templates that are ready
  ansible.builtin.debug:
    msg: "{{ choice.catalog.templates | selectattr('ready') | map(attribute='name') }}"
"""

RETURN = r"""
catalog:
  description:
    - One list for each requested kind, sorted by name and then by ID. The entries have the attributes of the API in snake_case.
  returned: success
  type: dict
  sample:
    networks:
      - id: d5a68379-a9ee-404f-9492-a1964b374d6f
        name: Web-test_area
        cidr: 10.164.0.0/16
        zone_name: QC-1
error:
  description: Details of the failure. Values that the API did not report are null.
  returned: failure
  type: dict
  sample: {status_code: 403, code: 1001, message: The API key is not valid., context: {}}
"""

from functools import partial

from ..module_utils.api.errors import ApiError
from ..module_utils.instance.fields import KINDS
from ..module_utils.instance.filters import in_order
from ..module_utils.instance.view import snake_keys
from ..module_utils.jobs import side_by_side
from ..module_utils.module import ApiModule, api_options
from ..module_utils.runtime import Runtime


def main(runtime: Runtime | None = None) -> None:
    """Runs the module."""
    spec = {"kinds": {"type": "list", "elements": "str", "choices": list(KINDS)}}
    module = ApiModule(argument_spec={**api_options(), **spec}, runtime=runtime)
    kinds = list(dict.fromkeys(module.params["kinds"] or KINDS))
    client = module.new_client(pool_size=len(kinds))
    deadline = client.deadline(None)
    try:
        lists = side_by_side([partial(client.fetch_all, KINDS[kind][0], deadline) for kind in kinds], len(kinds))
    except (ApiError, ImportError) as failure:
        module.fail_with(failure)
    else:
        module.exit_json(
            changed=False, catalog={kind: in_order([snake_keys(entry) for entry in entries]) for kind, entries in zip(kinds, lists)}
        )


if __name__ == "__main__":
    main()
