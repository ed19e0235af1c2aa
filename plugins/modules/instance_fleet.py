#!/usr/bin/python
# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module coxedge.compute.instance_fleet."""

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_fleet
short_description: Bring many Cox Edge instances to where they are wanted, side by side
version_added: 1.0.0
description:
  - Does for each member of a fleet what M(coxedge.compute.instance) does for one instance, for all of them at the same time.
  - One list request reads the whole fleet. Names are looked up once for all members.
  - Members are independent. One that fails stops no other; the task fails at the end, and running it again finishes the rest.
author:
  - coxedge.compute contributors (@coxedge)
extends_documentation_fragment:
  - coxedge.compute.api
  - coxedge.compute.attributes
  - coxedge.compute.actiongroup
attributes:
  check_mode:
    support: full
    details: What is predicted for each member is what the real run does. Waiting for a transition to end happens in check mode too.
  diff_mode:
    support: full
    details: One diff for each member that changes. Of user data only the length and the SHA-256 are shown.
options:
  instances:
    description:
      - The members. The options of each are those of M(coxedge.compute.instance), where they are described in full, less the shared
        ones, O(wait) and O(wait_timeout).
      - Two members must not select the same instance.
      - What a member does not have it takes from O(defaults), and then from the defaults of M(coxedge.compute.instance). With an empty
        list it has none of what O(defaults) lists.
    type: list
    elements: dict
    required: true
    suboptions: &member
      name:
        description: Display name of the instance. With an ID, the name that it is to have.
        type: str
      id:
        description: UUID of the instance.
        type: str
      state:
        description: State that the instance is to be in; by default V(present).
        type: str
        choices: [present, started, stopped, restarted, recovered, absent]
      template:
        description: Name or ID of the template. Needed to create an instance.
        type: str
      compute_offering:
        description: Name or ID of the compute offering. Needed to create an instance.
        type: str
      cpu_count:
        description: Number of CPUs, with a custom compute offering.
        type: int
      memory_in_mb:
        description: Memory in MB, with a custom compute offering.
        type: int
      network:
        description: Name or ID of the network. Needed to create an instance.
        type: str
      hostname:
        description: Host name.
        type: str
      ip_address:
        description: Private IPv4 address, for create alone.
        type: str
      ssh_key_name:
        description: Name of the registered SSH key of the default user.
        type: str
      public_key:
        description: Public SSH key of the default user, for create alone.
        type: str
      update_ssh_key:
        description: Whether existing instances get the key too; by default V(on_create).
        type: str
        choices: [on_create, always]
      user_data:
        description: User data, for create alone. Neither results nor logs show it.
        type: str
      ports_to_forward:
        description: Ports to forward from a public IP address, for create alone.
        type: list
        elements: str
      root_volume_size_in_gb:
        description: Size of the root volume in GB, for create alone.
        type: int
      disk_offering:
        description: Name or ID of the disk offering of an additional data volume, for create alone.
        type: str
      additional_disk_size_in_gb:
        description: Size of the additional volume in GB.
        type: int
      additional_disk_iops:
        description: IOPS of the additional volume.
        type: int
      volume_to_attach:
        description: Name or ID of an existing data volume to attach, for create alone.
        type: str
      affinity_group:
        description: Name or ID of the affinity group, for create alone.
        type: str
      allow_reboot:
        description: Permits changes that reboot a running instance; by default V(false).
        type: bool
      allow_network_change:
        description: Permits changing the network, which drops port forwarding and load balancing rules; by default V(false).
        type: bool
      force_stop:
        description: Stops without waiting for the operating system; by default V(false).
        type: bool
      purge:
        description: With state V(absent), removes the instance for good; by default V(false).
        type: bool
      delete_snapshots:
        description: With state V(absent), deletes the snapshots of its volumes too; by default V(false).
        type: bool
      public_ips_to_release:
        description: With state V(absent), the public IP addresses to release, or the one word V(all).
        type: list
        elements: str
      volumes_to_delete:
        description: With state V(absent), the attached data volumes to delete, or the one word V(all).
        type: list
        elements: str
  defaults:
    description: Options that each member has unless it has its own.
    type: dict
    suboptions: *member
  max_concurrency:
    description:
      - How many requests are made at the same time. It does not bound how much is under way at the server.
    type: int
    default: 10
  details:
    description:
      - Whether each member is retrieved, which returns C(public_ips) and C(nics) and costs a request for each.
      - Otherwise members are returned with the attributes that the list shows.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait for the end of each member's last operation. The ones before it are always waited for.
      - When V(false), do not run the task again before the tasks of all members have ended; creates that do not show yet would be
        repeated.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long the whole run may take, in seconds. Past it, what has not ended has failed, and the work on the server goes on.
    type: int
    default: 600
seealso:
  - module: coxedge.compute.instance
"""

EXAMPLES = r"""
- name: Have three web servers and a database server
  coxedge.compute.instance_fleet:
    defaults:
      state: started
      template: Ubuntu 24.04
      compute_offering: 2vCPU.4GB
      network: Web-test_area
    instances:
      - name: web1
      - name: web2
      - name: web3
      - name: db1
        compute_offering: 4vCPU.8GB
        network: Db-test_area
  register: fleet

- name: Stop all web servers but one
  coxedge.compute.instance_fleet:
    defaults:
      state: stopped
    instances:
      - name: web1
      - name: web2
      - name: web3
        state: started

- name: Remove them for good
  coxedge.compute.instance_fleet:
    defaults:
      state: absent
      purge: true
    instances:
      - name: web1
      - name: web2
      - name: web3
      - name: db1
"""

RETURN = r"""
results:
  description: What came of each member, in order.
  returned: always, unless the options are wrong or the list can't be read
  type: list
  elements: dict
  contains:
    name:
      description: Name of the member.
      type: str
      returned: always
      sample: web1
    id:
      description: ID of its instance, null if there is none.
      type: str
      returned: always
      sample: 9db8ff2f-b49b-466d-a2f3-c1e6def408f4
    changed:
      description: Whether anything was done.
      type: bool
      returned: always
      sample: true
    failed:
      description: Whether it failed.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why it failed, null if it did not.
      type: str
      returned: always
      sample: null
    error:
      description: What the API said of the failure, as in M(coxedge.compute.instance); null if it did not fail.
      type: dict
      returned: always
      sample: null
    actions:
      description: What was done, or in check mode would be, in order, by the API's names.
      type: list
      elements: str
      returned: always
      sample: [create]
    diff:
      description: What differs before and after.
      type: dict
      returned: always
      sample: {before: {state: Stopped}, after: {state: Running}}
    drift:
      description: Where options for create alone differ from what is there.
      type: dict
      returned: always
      sample: {}
    task_id:
      description: ID of the task that goes on, with O(wait=false) or where the time was over; otherwise null.
      type: str
      returned: always
      sample: null
    password:
      description: Password of the default user, where a create tells it; otherwise null.
      type: str
      returned: always
      sample: null
    instance:
      description:
        - The instance, as in M(coxedge.compute.instance), without C(public_ips) and C(nics) unless O(details) is set. Null if there is
          none. Of a member that failed, as it was last seen.
      type: dict
      returned: always
      sample: {id: 9db8ff2f-b49b-466d-a2f3-c1e6def408f4, name: web1, state: Running}
instances:
  description: The instances of the members that have one, in order.
  returned: when RV(results) is
  type: list
  elements: dict
  sample: [{id: 9db8ff2f-b49b-466d-a2f3-c1e6def408f4, name: web1, state: Running}]
summary:
  description: How many members came to which end. The counts add up to the members.
  returned: when RV(results) is
  type: dict
  contains:
    created:
      description: Members that were created.
      type: int
      returned: always
      sample: 3
    destroyed:
      description: Members that were destroyed or purged.
      type: int
      returned: always
      sample: 0
    changed:
      description: Members that were changed in another way.
      type: int
      returned: always
      sample: 1
    unchanged:
      description: Members that were as wanted.
      type: int
      returned: always
      sample: 0
    failed:
      description: Members that failed.
      type: int
      returned: always
      sample: 0
error:
  description: Of the first member that failed, or of what failed before any member.
  returned: failure
  type: dict
  sample: {status_code: 400, code: 2020, message: The quota is reached., context: {}}
"""

from ..module_utils.api.errors import ApiError
from ..module_utils.fleet_module import FleetModule, failure_message, fleet_options, result_of
from ..module_utils.instance.steps import Refused
from ..module_utils.jobs import concurrency_problem
from ..module_utils.module import api_options, wait_options
from ..module_utils.reconcile.fleet import Fleet, fleet_problem


def main() -> None:
    """Runs the module."""
    module = FleetModule(argument_spec={**api_options(), **fleet_options(), **wait_options()})
    module.fail_on(module.defaults_problem() or concurrency_problem(module.params["max_concurrency"]) or fleet_problem(module.members))
    client = module.new_client(pool_size=module.params["max_concurrency"])
    options = {name: module.params[name] for name in ("wait", "details", "max_concurrency")}
    fleet = Fleet(client, module.new_deadline(client), module.members, check_mode=module.check_mode, **options)
    try:
        results = fleet.converge()
    except (ApiError, Refused, ImportError) as failure:
        module.fail_with(failure)
        return
    module.warn_all(fleet.warnings)
    if module.no_log:
        # Since core 2.19, no_log on the task hides the key results only if each entry says so itself, as those of a loop do.
        results = [{**result, "_ansible_no_log": True} for result in results]
    failed = [result for result in results if result["failed"]]
    if failed:
        module.fail_json(failure_message(module.members, results), error=failed[0]["error"], **result_of(results))
    module.exit_json(**result_of(results))


if __name__ == "__main__":
    main()
