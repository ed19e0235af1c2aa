#!/usr/bin/python
# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: one instance and the state it is to be in."""

from __future__ import annotations

DOCUMENTATION = r"""
module: instance
short_description: Create, change, start, stop, destroy and recover a Cox Edge instance
version_added: 1.0.0
description:
  - Brings one instance of a Cox Edge compute environment to the state and the attributes that are wanted.
  - An instance is selected by O(id), or by O(name) among those that are not destroyed.
  - Wherever an option takes a name or an ID, a UUID is an ID and anything else is an exact name.
author:
  - coxedge.compute contributors (@coxedge)
extends_documentation_fragment:
  - coxedge.compute.api
  - coxedge.compute.attributes
  - coxedge.compute.actiongroup
attributes:
  check_mode:
    support: full
    details: The predicted RV(actions) and RV(diff) are those of the real run. Waiting for a transition to end happens in check mode too.
  diff_mode:
    support: full
    details: Of O(user_data) only the length and the SHA-256 are shown.
options:
  name:
    description:
      - Display name of the instance. Nothing in the API makes names unique, so several instances of the name are an error.
      - With O(id), the name that the instance is to have.
      - One of O(id) and O(name) is required.
    type: str
  id:
    description:
      - UUID of the instance.
      - One of O(id) and O(name) is required. An instance is never created by O(id).
    type: str
  state:
    description:
      - V(present) creates the instance if there is none and makes its attributes as wanted.
      - V(started) and V(stopped) are V(present), and see to it that it runs or does not.
      - V(restarted) is V(present), and reboots it once, unless it was created or changing it rebooted it. It always changes.
      - V(recovered) brings back an instance that was destroyed and not purged. The attributes play no part.
      - V(absent) destroys it. Without O(purge) it can be recovered. The attributes play no part.
    type: str
    choices: [present, started, stopped, restarted, recovered, absent]
    default: present
  template:
    description:
      - Name or ID of the template to create the instance from.
      - Needed to create an instance. Later it is not changed; where it differs, see RV(drift).
    type: str
  compute_offering:
    description:
      - Name or ID of the compute offering. Needed to create an instance.
      - Changing it reboots a running instance, which needs O(allow_reboot).
    type: str
  cpu_count:
    description:
      - Number of CPUs, with a custom compute offering.
      - Changing it reboots a running instance, which needs O(allow_reboot). If only one of O(cpu_count) and O(memory_in_mb) is
        given, the other stays.
    type: int
  memory_in_mb:
    description:
      - Memory in MB, with a custom compute offering.
      - See O(cpu_count) for changing it.
    type: int
  network:
    description:
      - Name or ID of the network. Needed to create an instance.
      - Changing it drops all port forwarding and load balancing rules of the instance and gives it another address, which needs
        O(allow_network_change), and reboots a running instance, which needs O(allow_reboot).
    type: str
  hostname:
    description:
      - Host name. The server chooses one when it creates the instance, which is changed right afterwards if it is not this.
      - Changing it reboots a running instance, which needs O(allow_reboot), unless this run created it.
    type: str
  ip_address:
    description:
      - Private IPv4 address, within the network and free. Can be chosen at create alone.
    type: str
  ssh_key_name:
    description:
      - Name of the registered SSH key of the default user. Mutually exclusive with O(public_key).
      - See O(update_ssh_key) for instances that exist.
    type: str
  public_key:
    description:
      - Public SSH key of the default user, for create alone. Mutually exclusive with O(ssh_key_name).
    type: str
  update_ssh_key:
    description:
      - V(on_create) uses O(ssh_key_name) for new instances only.
      - V(always) associates the key with existing ones too, unless the API reports that they have it. Where the API reports no
        key, each run associates it again, with a warning. It reboots a running instance, which needs O(allow_reboot).
    type: str
    choices: [on_create, always]
    default: on_create
  user_data:
    description:
      - User data of a new instance, which is then available inside of it.
      - It may hold secrets, so neither the result nor the log shows it.
    type: str
  ports_to_forward:
    description:
      - Ports of a new instance to forward from a public IP address, which is acquired if none is free.
    type: list
    elements: str
  root_volume_size_in_gb:
    description:
      - Size of a new instance's root volume in GB. The template must allow it.
    type: int
  disk_offering:
    description:
      - Name or ID of the disk offering of an additional data volume for a new instance.
    type: str
  additional_disk_size_in_gb:
    description:
      - Size of the additional volume in GB, with an O(disk_offering) of custom size.
    type: int
  additional_disk_iops:
    description:
      - IOPS of the additional volume, with an O(disk_offering) of custom IOPS.
    type: int
  volume_to_attach:
    description:
      - Name or ID of an existing data volume to attach to a new instance.
    type: str
  affinity_group:
    description:
      - Name or ID of the affinity group of a new instance.
    type: str
  allow_reboot:
    description:
      - Permits changes that reboot a running instance. Without it they fail before anything is written.
      - Not needed where the instance is stopped, is to be stopped by the same run, or was created by it.
    type: bool
    default: false
  allow_network_change:
    description:
      - Permits changing the network, which drops port forwarding and load balancing rules.
    type: bool
    default: false
  force_stop:
    description:
      - With O(state=stopped), stops without waiting for the operating system. An instance that is stopping already is forced too.
    type: bool
    default: false
  purge:
    description:
      - With O(state=absent), removes the instance for good. An instance that is destroyed already is purged.
    type: bool
    default: false
  delete_snapshots:
    description:
      - With O(state=absent), deletes the snapshots of its volumes too.
    type: bool
    default: false
  public_ips_to_release:
    description:
      - With O(state=absent), the public IP addresses to release, as addresses or IDs.
      - The one word V(all) stands for those of the instance that no other instance uses.
    type: list
    elements: str
  volumes_to_delete:
    description:
      - With O(state=absent), the attached data volumes to delete, as names or IDs.
      - The one word V(all) stands for all of them.
    type: list
    elements: str
  wait:
    description:
      - Whether to wait for the end of the last operation. The ones before it are always waited for.
      - When V(false), do not run the task again before the task RV(task_id) has ended; a create that does not show yet would be
        repeated.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long the whole run of the module may take, in seconds. Past it, the module fails and the work on the server goes on.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Have a running web server
  coxedge.compute.instance:
    name: web1
    state: started
    template: Ubuntu 24.04
    compute_offering: 2vCPU.4GB
    network: Web-test_area
    ssh_key_name: mysshkey
  register: web

- name: Have a server of custom size with a data disk and a forwarded port
  coxedge.compute.instance:
    name: db1
    template: Debian 12
    compute_offering: Custom CPU.Memory
    cpu_count: 3
    memory_in_mb: 6144
    network: Db-test_area
    disk_offering: Custom size
    additional_disk_size_in_gb: 40
    ports_to_forward:
      - "22"

- name: Stop it
  coxedge.compute.instance:
    name: web1
    state: stopped

- name: Start it again
  coxedge.compute.instance:
    name: web1
    state: started

- name: Reboot it
  coxedge.compute.instance:
    name: web1
    state: restarted

- name: Give it a bigger size, which reboots it
  coxedge.compute.instance:
    name: web1
    compute_offering: 4vCPU.8GB
    allow_reboot: true

- name: Rename it
  coxedge.compute.instance:
    id: "{{ web.instance.id }}"
    name: web2

- name: Destroy it, so that it can still be recovered
  coxedge.compute.instance:
    id: "{{ web.instance.id }}"
    state: absent

- name: Recover it
  coxedge.compute.instance:
    id: "{{ web.instance.id }}"
    state: recovered

- name: Remove a server for good, with its data volumes and public addresses
  coxedge.compute.instance:
    name: db1
    state: absent
    purge: true
    volumes_to_delete:
      - all
    public_ips_to_release:
      - all
"""

RETURN = r"""
instance:
  description:
    - The instance at the end of the run, as the API shows it, in snake_case. Attributes that the API does not report are null.
    - Of a destroyed instance, what was last known, with RV(instance.state) V(Destroyed). Null after a purge, or where there is none.
    - In check mode, what it would be. What only the server knows is null then, such as RV(instance.id) of a new one.
    - User data and passwords are left out.
  returned: always
  type: dict
  contains:
    id:
      description: ID.
      type: str
      returned: success
      sample: 9db8ff2f-b49b-466d-a2f3-c1e6def408f4
    name:
      description: Display name.
      type: str
      returned: success
      sample: web1
    affinity_group_ids:
      description: IDs of the affinity groups it is in.
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
      description: ID of the template it was created from.
      type: str
      returned: success
      sample: 5f968ad6-56d0-4d0d-ad7e-f8f4a5b5d986
    image_name:
      description: Name of the template it was created from.
      type: str
      returned: success
      sample: CentOS 6.8 PV
    ip_address:
      description: Private IPv4 address.
      type: str
      returned: success
      sample: 10.164.212.68
    is_password_enabled:
      description: Whether a password can be used to connect.
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
      returned: success
      sample: [{id: f401d989-b149-4870-99f3-1991fec31454, is_default: true, network_id: d5a68379-a9ee-404f-9492-a1964b374d6f}]
    public_ips:
      description: Public IP addresses that lead to it.
      type: list
      elements: dict
      returned: success
      sample: [{id: 7a204b7f-1039-4867-8971-c1e4f778ef33, ip_address: 199.215.226.46, ports: ["22"], purposes: [PORT_FORWARDING]}]
    state:
      description: State, as the API spells it.
      type: str
      returned: success
      sample: Running
    username:
      description: User to connect as.
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
actions:
  description:
    - Operations that were carried out, or in check mode would be, in order, by their names in the API.
    - Returned by a failed run too, with what was sent before it failed.
  returned: always
  type: list
  elements: str
  sample: [create, update, stop]
diff:
  description: What changed. Holds only what differs; when an instance comes or goes, the whole.
  returned: always
  type: dict
  sample: {before: {state: Running}, after: {state: Stopped}}
drift:
  description: Options that can be given at create alone and differ from what the instance was created with.
  returned: success
  type: dict
  sample: {template: {wanted: Debian 12, actual: Ubuntu 24.04}}
password:
  description: Password of the default user. Keep it, it is not to be had again.
  returned: when an instance was created and the API told it
  type: str
  sample: xK3dPq9w
task_id:
  description: ID of the API's task for the last operation, null where there was none; of a failed run, the one it waited for.
  returned: when O(wait=false), or waiting failed
  type: str
  sample: b1c2f5a0-6f0e-4b7c-9f3d-0f6f1f9c2a51
error:
  description: What the API said of a failure; the values are null where it said nothing.
  returned: failure
  type: dict
  contains:
    status_code:
      description: HTTP status.
      type: int
      returned: failure
      sample: 400
    code:
      description: Code of the API's error.
      type: raw
      returned: failure
      sample: 2012
    message:
      description: Message of the API, or else of the module.
      type: str
      returned: failure
      sample: The instance is in a state that does not allow this.
    context:
      description: What the API added to the error.
      type: dict
      returned: failure
      sample: {currentState: Stopped, expectedStates: [Running]}
"""

from ..module_utils.api.errors import ApiError
from ..module_utils.instance.options import instance_options, option_problem
from ..module_utils.instance.steps import Refused
from ..module_utils.jobs import drive
from ..module_utils.module import ApiModule, api_options, wait_options
from ..module_utils.reconcile.catalog import Catalog
from ..module_utils.reconcile.reconciler import Reconciler
from ..module_utils.reconcile.run import Run


def main() -> None:
    """Runs the module."""
    module = ApiModule(argument_spec={**api_options(), **instance_options(), **wait_options()})
    module.fail_on(option_problem(module.options))
    client = module.new_client()
    deadline = module.new_deadline(client)
    run = Run(client, Catalog(client, deadline), deadline, module.options, module.params["wait"], module.check_mode)
    try:
        outcome = drive(Reconciler(run).converge(), client.sleep)
    except (ApiError, Refused, ImportError) as failure:
        module.warn_all(run.outcome.warnings)
        module.fail_with(failure, **run.outcome.so_far())
    else:
        module.warn_all(outcome.warnings)
        module.exit_json(**outcome.result(waited=run.wait))


if __name__ == "__main__":
    main()
