#!/usr/bin/python
# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module coxedge.compute.instance_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_info
short_description: List Cox Edge instances
version_added: 1.0.0
description:
  - Lists all instances of a Cox Edge compute environment, or only those that match the filters.
  - If no instance matches, the list is empty and the module does not fail.
  - If a value of a filter matches no instance at all, a warning names the nearest value that exists. A documented state never gives a
    warning.
author:
  - coxedge.compute contributors (@coxedge)
extends_documentation_fragment:
  - coxedge.compute.api
  - coxedge.compute.attributes
  - coxedge.compute.attributes.reads
  - coxedge.compute.actiongroup
  - coxedge.compute.filters
options:
  id:
    description:
      - UUID of the instance to return, even if it is destroyed. Empty text is refused, so that it never means all instances.
      - Mutually exclusive with O(name).
    type: str
  name:
    description:
      - Exact display name of the instances to return. Names are not unique, so several instances can have it.
      - Empty text is refused, so that it never means all instances.
      - Mutually exclusive with O(id).
    type: str
  states:
    description:
      - Only instances in one of these states. Upper and lower case are the same. V(Stopped) also selects instances in state V(Shutdowned).
      - Destroyed instances are returned only if this list contains V(Destroyed), or with O(id).
    type: list
    elements: str
  details:
    description:
      - Retrieve each instance, which adds C(public_ips), C(nics) and C(user_data). This takes one more request for each instance.
      - The default is V(true) with O(id) or O(name), and V(false) otherwise.
    type: bool
  max_concurrency:
    description: With O(details), the maximum number of requests at the same time.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: List all instances
  coxedge.compute.instance_info:
  register: all_instances

- name: Show the details of one instance
  coxedge.compute.instance_info:
    name: web1
  register: web1

- name: List the stopped instances of two networks
  coxedge.compute.instance_info:
    states:
      - Stopped
    networks:
      - Web-test_area
      - App-test_area

- name: List the destroyed instances that can be recovered
  coxedge.compute.instance_info:
    states:
      - Destroyed
"""

RETURN = r"""
instances:
  description:
    - The instances with the attributes of the API in snake_case, sorted by name and then by ID.
    - An attribute that the API does not report is null or an empty list. Passwords are not included.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the instance.
      type: str
      returned: success
      sample: 9db8ff2f-b49b-466d-a2f3-c1e6def408f4
    name:
      description: Display name of the instance.
      type: str
      returned: success
      sample: web1
    affinity_group_ids:
      description: IDs of the affinity groups of the instance.
      type: list
      elements: str
      returned: success
      sample: []
    compute_offering_id:
      description: ID of the compute offering.
      type: str
      returned: success
      sample: 3caab5ed-b5a2-4d8a-82e4-51c46168ee6c
    compute_offering_name:
      description: Name of the compute offering.
      type: str
      returned: success
      sample: 1vCPU.512MB
    cpu_count:
      description: Number of CPUs.
      type: int
      returned: success
      sample: 1
    hostname:
      description: Host name.
      type: str
      returned: success
      sample: web1
    image_id:
      description: ID of the template that the instance was created from.
      type: str
      returned: success
      sample: 5f968ad6-56d0-4d0d-ad7e-f8f4a5b5d986
    image_name:
      description: Name of the template that the instance was created from.
      type: str
      returned: success
      sample: CentOS 6.8 PV
    ip_address:
      description: Private IPv4 address.
      type: str
      returned: success
      sample: 10.164.212.68
    is_password_enabled:
      description: Whether you can connect with a password.
      type: bool
      returned: success
      sample: true
    mac_address:
      description: MAC address.
      type: str
      returned: success
      sample: "02:00:2b:67:00:30"
    memory_in_mb:
      description: Memory in MB.
      type: int
      returned: success
      sample: 512
    network_id:
      description: ID of the network.
      type: str
      returned: success
      sample: d5a68379-a9ee-404f-9492-a1964b374d6f
    network_name:
      description: Name of the network.
      type: str
      returned: success
      sample: Web-test_area
    nics:
      description: Network interfaces.
      type: list
      elements: dict
      returned: with details
      sample: [{id: f401d989-b149-4870-99f3-1991fec31454, is_default: true, network_id: d5a68379-a9ee-404f-9492-a1964b374d6f}]
    public_ips:
      description: Public IP addresses of the instance.
      type: list
      elements: dict
      returned: with details
      sample: [{id: 7a204b7f-1039-4867-8971-c1e4f778ef33, ip_address: 199.215.226.46, ports: ["22"], purposes: [PORT_FORWARDING]}]
    state:
      description: State of the instance, as the API spells it.
      type: str
      returned: success
      sample: Running
    user_data:
      description: User data of the instance. It can contain secrets.
      type: str
      returned: with details
      sample: ""
    username:
      description: Name of the user to connect as.
      type: str
      returned: success
      sample: cca-user
    vpc_id:
      description: ID of the VPC.
      type: str
      returned: success
      sample: 9eb1592c-f92f-4ddd-9799-b58caf896328
    vpc_name:
      description: Name of the VPC.
      type: str
      returned: success
      sample: prod-VPC
    zone_id:
      description: ID of the zone.
      type: str
      returned: success
      sample: 04afdbd1-e32d-4999-86d0-96703736dded
    zone_name:
      description: Name of the zone.
      type: str
      returned: success
      sample: QC-1
error:
  description: Details of the failure. Values that the API did not report are null.
  returned: failure
  type: dict
  sample: {status_code: 403, code: 1001, message: The API key is not valid., context: {}}
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.api.errors import ApiError
from ..module_utils.instance.filters import FILTERS, in_order
from ..module_utils.jobs import concurrency_problem
from ..module_utils.module import ApiModule, api_options
from ..module_utils.retrieve import find_instances
from ..module_utils.runtime import Runtime
from ..module_utils.text import is_uuid


def info_options() -> dict[str, dict[str, Any]]:
    """The options of this module, without the shared ones."""
    lists = {name: {"type": "list", "elements": "str"} for name in ("states", *FILTERS)}
    return {
        "id": {"type": "str"},
        "name": {"type": "str"},
        **lists,
        "details": {"type": "bool"},
        "max_concurrency": {"type": "int", "default": 10},
    }


def option_problem(options: dict[str, Any], given: Mapping[str, Any]) -> str | None:
    """What is wrong with the options, as a sentence that names them; None if nothing is. ``given``: what the task has."""
    for name in ("id", "name"):
        if given.get(name) is not None and not str(options.get(name) or "").strip():
            return f"{name} is empty, which must not select all instances: give {name} a value, or leave it out to list all of them."
    if options.get("id") and options.get("name"):
        return "id and name exclude each other: an id selects one instance, whatever its name."
    if options.get("id") and not is_uuid(options["id"]):
        return f"id must be a UUID, which {options['id']!r} is not: give a display name as name."
    return concurrency_problem(options["max_concurrency"])


def main(runtime: Runtime | None = None) -> None:
    """Runs the module."""
    module = ApiModule(argument_spec={**api_options(), **info_options()}, runtime=runtime)
    module.fail_on(module.null_id_problem() or option_problem(module.params, module.raw_params))
    client = module.new_client(pool_size=module.params["max_concurrency"])
    warnings: list[str] = []
    try:
        instances = find_instances(client, module.params, warnings)
    except (ApiError, ImportError) as failure:
        module.fail_with(failure)
    else:
        module.warn_all(warnings)
        module.exit_json(changed=False, instances=in_order(instances))


if __name__ == "__main__":
    main()
