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
  - coxedge.compute.attributes.reads
  - coxedge.compute.actiongroup
options:
  kinds:
    description:
      - Kinds of resources to list. By default all kinds but V(environments) and V(services). Each kind takes one request.
      - V(environments) and V(services) list those that the key can see, whatever O(environment_name) and O(service_code) are.
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
      - environments
      - services
  details:
    description:
      - Whether to return everything that the API sends of each entry.
      - Otherwise, an entry has what you need to write a task, such as the name, the ID, sizes, and what the entry is in use for.
    type: bool
    default: false
    version_added: 2.0.0
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

- name: List the environments of the API key, with everything that is known about them
  coxedge.compute.catalog_info:
    kinds: [environments]
    details: true

- name: Show the names of the templates that are ready
  ansible.builtin.debug:
    msg: "{{ choice.catalog.templates | selectattr('ready') | map(attribute='name') }}"
"""

RETURN = r"""
catalog:
  description:
    - One list for each requested kind, sorted by name and then by ID. The entries have the attributes of the API in snake_case, with
      O(details=false) only some of them.
    - With O(details=false), an environment has C(service_code), the value for the option O(service_code).
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

from collections.abc import Callable
from functools import partial
from typing import Any

from ..module_utils.api.client import Client
from ..module_utils.api.deadline import Deadline
from ..module_utils.api.errors import ApiError
from ..module_utils.instance.catalog_view import compact_entry, whole_entry
from ..module_utils.instance.fields import KINDS
from ..module_utils.instance.filters import in_order
from ..module_utils.jobs import side_by_side
from ..module_utils.module import ApiModule, api_options
from ..module_utils.runtime import Runtime

# Kinds that belong to the key, not to an environment.
OF_THE_KEY: dict[str, Callable[[Client, Deadline], list[dict[str, Any]]]] = {
    "environments": Client.environments,
    "services": Client.services,
}


def main(runtime: Runtime | None = None) -> None:
    """Runs the module."""
    spec: dict[str, dict[str, Any]] = {
        "kinds": {"type": "list", "elements": "str", "choices": [*KINDS, *OF_THE_KEY]},
        "details": {"type": "bool", "default": False},
    }
    module = ApiModule(argument_spec={**api_options(), **spec}, runtime=runtime)
    kinds = list(dict.fromkeys(module.params["kinds"] or KINDS))
    client = module.new_client(pool_size=len(kinds))
    deadline = client.deadline(None)
    calls: list[Callable[[], list[dict[str, Any]]]] = [
        partial(OF_THE_KEY[kind], client, deadline) if kind in OF_THE_KEY else partial(client.fetch_all, KINDS[kind][0], deadline)
        for kind in kinds
    ]
    try:
        lists = side_by_side(calls, len(kinds))
    except (ApiError, ImportError) as failure:
        module.fail_with(failure)
        return
    catalog = {}
    for kind, entries in zip(kinds, lists):
        shown = whole_entry if module.params["details"] else partial(compact_entry, kind)
        catalog[kind] = in_order([shown(entry) for entry in entries])
    module.exit_json(changed=False, catalog=catalog)


if __name__ == "__main__":
    main()
