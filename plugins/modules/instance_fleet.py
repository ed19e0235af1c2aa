#!/usr/bin/python
# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module coxedge.compute.instance_fleet."""

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_fleet
short_description: Manage many Cox Edge instances at the same time
version_added: 1.0.0
description:
  - Does what M(coxedge.compute.instance) does, for many instances at the same time. The instances of the task are the members of a fleet.
  - One list request reads the whole fleet. Names are looked up once for all members.
  - Members are independent. If one fails, the others continue, and the task fails at the end. Run it again to finish the rest.
author:
  - coxedge.compute contributors (@coxedge)
extends_documentation_fragment:
  - coxedge.compute.api
  - coxedge.compute.attributes
  - coxedge.compute.actiongroup
attributes:
  check_mode:
    support: full
    details: Predicts for each member what the real run does. If a member is in a transition, check mode waits for it to end.
  diff_mode:
    support: full
    details:
      - Shows the plans of the members that change, the values that differ, and a line of totals. RV(results) has the exact diff of each
        member. Diffs contain only the length and the SHA-256 of user data.
options:
  defaults:
    description:
      - Values for options that a member does not set. The members of O(names) and O(ids) have only these.
    type: dict
    suboptions: &member
      name:
        description: Display name of the instance. With an ID, the new name.
        type: str
      id:
        description: UUID of the instance.
        type: str
      state:
        description: State of the instance. The default is V(present).
        type: str
        choices: [present, started, stopped, restarted, recovered, absent]
      template:
        description: Name or ID of the template. Required to create an instance.
        type: str
      compute_offering:
        description: Name or ID of the compute offering. Required to create an instance.
        type: str
      cpu_count:
        description: Number of CPUs, for a custom compute offering.
        type: int
      memory_in_mb:
        description: Memory in MB, for a custom compute offering.
        type: int
      network:
        description: Name or ID of the network. Required to create an instance.
        type: str
      hostname:
        description: Host name of the instance.
        type: str
      ip_address:
        description: Private IPv4 address of a new instance.
        type: str
      ssh_key_name:
        description: Name of the registered SSH key for the default user.
        type: str
      public_key:
        description: Public SSH key for the default user of a new instance.
        type: str
      update_ssh_key:
        description: When to associate the SSH key. V(always) includes existing instances. The default is V(on_create).
        type: str
        choices: [on_create, always]
      user_data:
        description: User data of a new instance, as text, a dict or a list. Results and logs do not show it.
        type: raw
      ports_to_forward:
        description: Ports to forward from a public IP address to a new instance.
        type: list
        elements: str
      root_volume_size_in_gb:
        description: Size of the root volume of a new instance in GB.
        type: int
      disk_offering:
        description: Name or ID of the disk offering for an additional data volume of a new instance.
        type: str
      additional_disk_size_in_gb:
        description: Size of the additional data volume in GB.
        type: int
      additional_disk_iops:
        description: IOPS of the additional data volume.
        type: int
      volume_to_attach:
        description: Name or ID of an existing data volume to attach to a new instance.
        type: str
      affinity_group:
        description: Name or ID of the affinity group of a new instance.
        type: str
      allow_reboot:
        description: Allow changes that reboot a running instance. The default is V(false).
        type: bool
      allow_network_change:
        description: Allow a change of the network, which removes port forwarding and load balancing rules. The default is V(false).
        type: bool
      allow_similar_name:
        description: Allow creating an instance whose name is similar to that of another one or of another member. The default is V(false).
        type: bool
      force_stop:
        description: With state V(stopped), stop without waiting for the operating system. The default is V(false).
        type: bool
      purge:
        description: With state V(absent), remove the instance permanently. The default is V(false).
        type: bool
      delete_snapshots:
        description: With state V(absent), also delete the snapshots of its volumes. The default is V(false).
        type: bool
      public_ips_to_release:
        description: With state V(absent), the public IP addresses to release, or the single value V(all).
        type: list
        elements: str
      volumes_to_delete:
        description: With state V(absent), the attached data volumes to delete, or the single value V(all).
        type: list
        elements: str
      return_password:
        description: Return the password of this member. The default is the module's O(return_password).
        type: bool
  instances:
    description:
      - Members of the fleet. A member takes the options of M(coxedge.compute.instance), which describes them in full, except the shared
        options, O(wait) and O(wait_timeout).
      - At least one of O(instances), O(names) and O(ids) is required. An empty list is accepted, and there is then nothing to do.
      - The members come in the order O(instances), O(names), O(ids). Two members must not select the same instance.
      - If a member does not set an option, the value comes from O(defaults), and then from the defaults of M(coxedge.compute.instance).
        An empty list overrides a list in O(defaults).
      - A list as JSON text is accepted too, for example from C(-e) or from a template. So is O(defaults) as JSON text.
    type: list
    elements: dict
    suboptions:
      <<: *member
      count:
        description:
          - Number of members that this one stands for. Its name must contain V({n}) in the place of the number, or V({n:02}) for a
            number with two digits. So can its host name.
        type: int
        version_added: 2.0.0
      first:
        description: Number of the first of these members. The default is V(1).
        type: int
        version_added: 2.0.0
  names:
    description: Names of instances. Each is a member with the options of O(defaults) alone.
    type: list
    elements: str
    version_added: 2.0.0
  ids:
    description: UUIDs of instances. Each is a member with the options of O(defaults) alone.
    type: list
    elements: str
    version_added: 2.0.0
  max_concurrency:
    description:
      - Maximum number of requests at the same time. It does not limit how many tasks run on the server at the same time.
    type: int
    default: 10
  details:
    description:
      - Retrieve each member, which adds C(public_ips) and C(nics) to the result. This takes one more request for each member.
      - Without it, the result has only the attributes that the API's list shows.
    type: bool
    default: false
  return_password:
    description:
      - Return the passwords that the API sends with new instances. Set C(no_log) to V(true) on the task, so that they are not shown or
        recorded.
    type: bool
    default: false
  wait:
    description:
      - Wait until the last operation of each member has ended. The module always waits for the operations before it.
      - If you set this to V(false), do not run the task again before the API's tasks of all members have ended. Until then, new instances
        may be missing from the API's list, and a second run would create others.
    type: bool
    default: true
  wait_timeout:
    description:
      - Maximum duration of the whole run in seconds. When the time is over, the module looks once more. The members that are not ready
        have failed, but the work on the server continues.
    type: int
    default: 600
seealso:
  - module: coxedge.compute.instance
"""

EXAMPLES = r"""
- name: Create three web servers and a database server
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

- name: Create twenty workers, from worker01 to worker20
  coxedge.compute.instance_fleet:
    defaults:
      template: Ubuntu 24.04
      compute_offering: 2vCPU.4GB
      network: Web-test_area
    instances:
      - name: worker{n:02}
        count: 20

- name: Stop all web servers except one
  coxedge.compute.instance_fleet:
    defaults:
      state: stopped
    names:
      - web1
      - web2
    instances:
      - name: web3
        state: started

- name: List what is running
  coxedge.compute.instance_info:
    states:
      - Running
  register: running

- name: Stop everything that is running
  coxedge.compute.instance_fleet:
    ids: "{{ running.instances | map(attribute='id') }}"
    defaults:
      state: stopped

- name: Remove all servers permanently
  coxedge.compute.instance_fleet:
    defaults:
      state: absent
      purge: true
    names:
      - web1
      - web2
      - web3
      - db1
"""

RETURN = r"""
results:
  description: Results of the members, in their order.
  returned: always, unless the options are not valid or the list can't be read
  type: list
  elements: dict
  contains:
    name:
      description: Name of the member.
      type: str
      returned: always
      sample: web1
    id:
      description: ID of its instance. Null if there is no instance.
      type: str
      returned: always
      sample: 9db8ff2f-b49b-466d-a2f3-c1e6def408f4
    changed:
      description: Whether the member was changed.
      type: bool
      returned: always
      sample: true
    failed:
      description: Whether the member failed.
      type: bool
      returned: always
      sample: false
    msg:
      description: Why the member failed. Null if it did not fail.
      type: str
      returned: always
      sample: null
    error:
      description: Details of the failure, as in M(coxedge.compute.instance). Null if the member did not fail.
      type: dict
      returned: always
      sample: null
    actions:
      description: Operations of the API that the run executed, in order. In check mode, the operations that a real run would execute.
      type: list
      elements: str
      returned: always
      sample: [create]
    plan:
      description:
        - What the run does to the instance, on one line, as in M(coxedge.compute.instance). Null if the plan could not be made.
      type: str
      returned: always
      sample: "web1: create (template Ubuntu 24.04, 2vCPU.4GB, network Web-test_area)"
    risks:
      description: The risks that RV(results[].plan) names, such as a reboot.
      type: list
      elements: str
      returned: always
      sample: []
    diff:
      description: Attributes that differ before and after the run, as in M(coxedge.compute.instance).
      type: dict
      returned: always
      sample: {before: {state: Stopped}, after: {state: Running}, before_header: web1 (9db8ff2f), after_header: "web1: start"}
    drift:
      description: Options that differ from the existing instance and can only be set when an instance is created.
      type: dict
      returned: always
      sample: {}
    task_id:
      description: ID of the API's task that continues after the run, with O(wait=false) or if the time was over. Otherwise null.
      type: str
      returned: always
      sample: null
    password:
      description: Password of the default user, if it is to be returned, and the API sent one with a new instance. Otherwise null.
      type: str
      returned: always
      sample: null
    instance:
      description:
        - The instance, as in M(coxedge.compute.instance), without C(public_ips) and C(nics) unless O(details) is V(true). Null if there
          is no instance. If the member failed, the instance as the run last saw it.
        - If the task failed, instances that did not change have only C(id), C(name) and C(state).
      type: dict
      returned: always
      sample: {id: 9db8ff2f-b49b-466d-a2f3-c1e6def408f4, name: web1, state: Running}
instances:
  description: Instances of the members, in their order. Members without an instance are left out.
  returned: when RV(results) is returned
  type: list
  elements: dict
  sample: [{id: 9db8ff2f-b49b-466d-a2f3-c1e6def408f4, name: web1, state: Running}]
actions:
  description: Operations of the API that the run executed, of all members in their order.
  returned: always
  type: list
  elements: str
  sample: [create, create]
diff:
  description: What changes, for people, as one entry with C(prepared) text.
  returned: when RV(results) is returned
  type: list
  elements: dict
  sample:
    - prepared: |
        web1: start
            state: Stopped -> Running
        3 members: 1 to change, 2 unchanged
summary:
  description: Number of members for each kind of result. Each member counts once.
  returned: when RV(results) is returned
  type: dict
  contains:
    created:
      description: Number of members that were created.
      type: int
      returned: always
      sample: 3
    destroyed:
      description: Number of members that were destroyed or purged.
      type: int
      returned: always
      sample: 0
    changed:
      description: Number of members that were changed in another way.
      type: int
      returned: always
      sample: 1
    unchanged:
      description: Number of members that needed no change.
      type: int
      returned: always
      sample: 0
    failed:
      description: Number of members that failed.
      type: int
      returned: always
      sample: 0
error:
  description: Details of the failure of the first member that failed, or of a failure that affects all members.
  returned: failure
  type: dict
  sample: {status_code: 400, code: 2020, message: The quota is reached., context: {}}
"""

from ..module_utils.api.errors import ApiError
from ..module_utils.fleet.results import failure_message, result_of
from ..module_utils.fleet_module import FleetModule, fleet_options
from ..module_utils.instance.steps import Refused
from ..module_utils.jobs import concurrency_problem
from ..module_utils.module import api_options, wait_options
from ..module_utils.reconcile.fleet import Fleet, fleet_problem
from ..module_utils.runtime import Runtime


def main(runtime: Runtime | None = None) -> None:
    """Runs the module."""
    module = FleetModule(argument_spec={**api_options(), **fleet_options(), **wait_options()}, runtime=runtime)
    module.fail_on(module.members_problem() or concurrency_problem(module.params["max_concurrency"]))
    module.fail_on(fleet_problem(module.members, module.labels))
    client = module.new_client(pool_size=module.params["max_concurrency"])
    options = {name: module.params[name] for name in ("wait", "details", "max_concurrency")}
    module.reporter.begin_fleet(len(module.members))
    options.update(check_mode=module.check_mode, on_end=module.reporter.member_ended)
    fleet = Fleet(client, module.new_deadline(client), module.members, module.labels, **options)
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
        module.fail_json(failure_message(results, module.labels), error=failed[0]["error"], **result_of(results))
    module.exit_json(**result_of(results))


if __name__ == "__main__":
    main()
