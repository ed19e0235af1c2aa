#!/usr/bin/python
# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module coxedge.compute.instance."""

from __future__ import annotations

DOCUMENTATION = r"""
module: instance
short_description: Create, change, start, stop, destroy and recover a Cox Edge instance
version_added: 1.0.0
description:
  - Manages one instance in a Cox Edge compute environment. Set the state and the attributes that you want, and the module changes only
    what differs.
  - Select the instance by O(id) or by O(name). A name selects only instances that are not destroyed, except with O(state=recovered),
    and with O(state=absent) and O(purge).
  - If an option takes a name or an ID, a UUID is read as an ID and any other value as an exact name.
author:
  - coxedge.compute contributors (@coxedge)
extends_documentation_fragment:
  - coxedge.compute.api
  - coxedge.compute.attributes
  - coxedge.compute.actiongroup
attributes:
  check_mode:
    support: full
    details:
      - Predicts the RV(actions), the RV(plan) and the RV(diff) of the real run. If the instance is in a transition, check mode waits for
        it to end.
  diff_mode:
    support: full
    details: Shows only the length and the SHA-256 of O(user_data).
options:
  name:
    description:
      - Display name of the instance. Names are not unique in the API. If several instances have the name, the module fails.
      - It has 1 to 255 characters, no whitespace at either end, no line breaks and no control characters. To select an instance with
        another name, use O(id).
      - With O(id), the new name of the instance.
      - At least one of O(id) and O(name) is required.
    type: str
  id:
    description:
      - UUID of the instance.
      - In check mode, the ID of an instance that an earlier task would create is null. A task that selects by it alone fails.
      - At least one of O(id) and O(name) is required. With O(id), the module never creates an instance.
    type: str
  state:
    description:
      - State of the instance.
      - V(present) creates the instance if it does not exist, and changes the attributes that differ.
      - V(started) and V(stopped) do the same as V(present), and make sure that the instance is running or stopped.
      - V(restarted) does the same as V(present), and reboots the instance once. It does not reboot an instance that the same run created,
        or that a change rebooted. It always reports a change.
      - V(recovered) brings back an instance that was destroyed but not purged. It ignores the attributes.
      - V(absent) destroys the instance. Without O(purge), you can recover it. It ignores the attributes.
    type: str
    choices: [present, started, stopped, restarted, recovered, absent]
    default: present
  template:
    description:
      - Name or ID of the template of a new instance. Required to create an instance.
      - The template of an existing instance is never changed. If it differs, see RV(drift).
    type: str
  compute_offering:
    description:
      - Name or ID of the compute offering. Required to create an instance.
      - Changing it reboots a running instance, which requires O(allow_reboot).
    type: str
  cpu_count:
    description:
      - Number of CPUs, for a custom compute offering.
      - Changing it reboots a running instance, which requires O(allow_reboot). If you set only one of O(cpu_count) and O(memory_in_mb),
        the other one stays the same.
    type: int
  memory_in_mb:
    description:
      - Memory in MB, for a custom compute offering.
      - The same rules as for O(cpu_count) apply to changes.
    type: int
  network:
    description:
      - Name or ID of the network. Required to create an instance.
      - Changing it removes all port forwarding and load balancing rules of the instance and gives it a new address. This requires
        O(allow_network_change).
      - Changing it also reboots a running instance, which requires O(allow_reboot).
    type: str
  hostname:
    description:
      - Host name of the instance. The server chooses the host name of a new instance. If it differs from this one, the module changes it
        right after the creation.
      - It consists of letters, digits and hyphens, with dots between labels of at most 63 characters (RFC 1123). Upper and lower case
        letters count as the same.
      - Changing it reboots a running instance, which requires O(allow_reboot) unless the same run created the instance.
    type: str
  ip_address:
    description:
      - Private IPv4 address of a new instance. It must belong to the network and must not be in use.
      - You can set it only when the instance is created.
    type: str
  ssh_key_name:
    description:
      - Name of the registered SSH key for the default user. Mutually exclusive with O(public_key).
      - For existing instances, see O(update_ssh_key).
    type: str
  public_key:
    description:
      - Public SSH key for the default user of a new instance. Mutually exclusive with O(ssh_key_name).
    type: str
  update_ssh_key:
    description:
      - When to associate O(ssh_key_name) with the instance.
      - V(on_create) uses the key only for new instances.
      - V(always) also associates the key with an existing instance, unless the API reports that the instance has it. If the API does not
        report a key, each run associates the key again and shows a warning.
      - Associating a key reboots a running instance, which requires O(allow_reboot).
    type: str
    choices: [on_create, always]
    default: on_create
  user_data:
    description:
      - User data of a new instance. It is available inside the instance.
      - Text is sent as it is, JSON text included. On ansible-core 2.17 and 2.18, a template that results in JSON text is sent as the same
        JSON in another spelling. A dict or a list is sent as JSON. Encode what is not text, such as gzip, as base64.
      - User data can contain secrets, so results and logs show only its length and its SHA-256.
    type: raw
  ports_to_forward:
    description:
      - Ports to forward from a public IP address to a new instance. If no public IP address is free, a new one is acquired.
    type: list
    elements: str
  root_volume_size_in_gb:
    description:
      - Size of the root volume of a new instance in GB. The template must allow it.
    type: int
  disk_offering:
    description:
      - Name or ID of the disk offering for an additional data volume of a new instance.
    type: str
  additional_disk_size_in_gb:
    description:
      - Size of the additional data volume in GB, for an O(disk_offering) with a custom size.
    type: int
  additional_disk_iops:
    description:
      - IOPS of the additional data volume, for an O(disk_offering) with custom IOPS.
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
      - Allow changes that reboot a running instance. Without it, such a change makes the module fail before anything is written.
      - Not required if the instance is stopped, or if the same run stops or creates it.
    type: bool
    default: false
  allow_network_change:
    description:
      - Allow a change of the network, which removes the port forwarding and load balancing rules of the instance.
    type: bool
    default: false
  allow_similar_name:
    description:
      - Allow creating an instance although the name of another one is similar. If the API rewrites names, that is the instance that an
        earlier run of the task created.
      - Names are similar if only letter case, blanks, C(_) and C(-), or other forms of the same characters differ, or what comes after the
        first 63 characters.
    type: bool
    default: false
  force_stop:
    description:
      - With O(state=stopped), stop the instance without waiting for its operating system. This also forces an instance that is already
        stopping.
    type: bool
    default: false
  purge:
    description:
      - With O(state=absent), remove the instance permanently. This also purges an instance that is already destroyed.
    type: bool
    default: false
  delete_snapshots:
    description:
      - With O(state=absent), also delete the snapshots of the instance's volumes.
    type: bool
    default: false
  public_ips_to_release:
    description:
      - With O(state=absent), the public IP addresses to release, as addresses or IDs.
      - The single value V(all) stands for all addresses of the instance that no other instance uses.
    type: list
    elements: str
  volumes_to_delete:
    description:
      - With O(state=absent), the attached data volumes to delete, as names or IDs.
      - The single value V(all) stands for all of them.
    type: list
    elements: str
  return_password:
    description:
      - Return the RV(password) that the API sends with a new instance. Set C(no_log) to V(true) on the task, so that the password is not
        shown or recorded.
    type: bool
    default: false
  wait:
    description:
      - Wait until the last operation has ended. The module always waits for the operations before it.
      - If you set this to V(false), do not run the task again before the API's task RV(task_id) has ended. Until then, a new instance
        may be missing from the API's list, and a second run would create another one.
      - M(coxedge.compute.task_info) shows that task, and can wait for it.
    type: bool
    default: true
  wait_timeout:
    description:
      - Maximum duration of the whole run in seconds. When the time is over, the module looks once more. Unless the instance is ready, the
        module fails, and the work on the server continues.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Create and start a web server
  coxedge.compute.instance:
    name: web1
    state: started
    template: Ubuntu 24.04
    compute_offering: 2vCPU.4GB
    network: Web-test_area
    ssh_key_name: mysshkey
  register: web

- name: Create a server that configures itself at its first boot
  coxedge.compute.instance:
    name: app1
    template: Ubuntu 24.04
    compute_offering: 2vCPU.4GB
    network: App-test_area
    user_data: "{{ lookup('ansible.builtin.template', 'cloud-init.yml.j2') }}"

- name: Create a server and save its password
  coxedge.compute.instance:
    name: app2
    template: CentOS 6.8 PV
    compute_offering: 2vCPU.4GB
    network: App-test_area
    return_password: true
  register: app
  no_log: true

- name: Create a server with a custom size, a data disk and a forwarded port
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

- name: Stop the web server
  coxedge.compute.instance:
    name: web1
    state: stopped

- name: Start the web server again
  coxedge.compute.instance:
    name: web1
    state: started

- name: Reboot the web server
  coxedge.compute.instance:
    name: web1
    state: restarted

- name: Give the web server more CPUs and memory, which reboots it
  coxedge.compute.instance:
    name: web1
    compute_offering: 4vCPU.8GB
    allow_reboot: true

- name: Rename the web server
  coxedge.compute.instance:
    id: "{{ web.instance.id }}"
    name: web2

- name: Destroy the web server, but keep the option to recover it
  coxedge.compute.instance:
    id: "{{ web.instance.id }}"
    state: absent

- name: Recover the web server
  coxedge.compute.instance:
    id: "{{ web.instance.id }}"
    state: recovered

- name: Remove a server permanently, with its data volumes and public IP addresses
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
    - The instance at the end of the run, with the attributes of the API in snake_case. An attribute that the API does not report is
      null or an empty list.
    - For a destroyed instance, the last known attributes with the RV(instance.state) V(Destroyed). Null after a purge, or if there is no
      instance.
    - In check mode, the predicted instance. Values that only the server knows are null, such as the RV(instance.id) of a new instance.
    - It does not contain user data or passwords.
    - If the run failed, the instance as it was last seen, or null.
  returned: always
  type: dict
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
      returned: success
      sample: [{id: f401d989-b149-4870-99f3-1991fec31454, is_default: true, network_id: d5a68379-a9ee-404f-9492-a1964b374d6f}]
    public_ips:
      description: Public IP addresses of the instance.
      type: list
      elements: dict
      returned: success
      sample: [{id: 7a204b7f-1039-4867-8971-c1e4f778ef33, ip_address: 199.215.226.46, ports: ["22"], purposes: [PORT_FORWARDING]}]
    state:
      description: State of the instance, as the API spells it.
      type: str
      returned: success
      sample: Running
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
id:
  description: ID of the instance that the run was about, or null if it is not known.
  returned: failure
  type: str
  sample: 9db8ff2f-b49b-466d-a2f3-c1e6def408f4
actions:
  description:
    - Operations of the API that the run executed, in order. In check mode, the operations that a real run would execute.
    - If the run failed, the operations that it sent before.
  returned: always
  type: list
  elements: str
  sample: [create, update, stop]
plan:
  description:
    - What the run does, on one line. It has the operations in order, what each one changes, and the risks. In check mode, it is the same.
    - Null if the run failed before a plan could be made.
  returned: always
  type: str
  sample: "web1: changeComputeOffering (2vCPU.4GB -> 4vCPU.8GB); reboots the server"
risks:
  description: The risks that RV(plan) names.
  returned: always
  type: list
  elements: str
  sample: [reboots the server]
diff:
  description:
    - Attributes that differ before and after the run. If the instance was created or destroyed, all attributes.
    - C(before_header) is the name and ID of the instance, and C(after_header) is RV(plan).
    - If nothing differs that could be compared, as after a restart, C(prepared) is RV(plan) too.
    - If the run failed, what it had planned.
  returned: always
  type: dict
  sample:
    before: {state: Running}
    after: {state: Stopped}
    before_header: web1 (9db8ff2f-b49b-466d-a2f3-c1e6def408f4)
    after_header: "web1: stop; interrupts the server"
drift:
  description: Options that differ from the existing instance and can only be set when an instance is created.
  returned: success
  type: dict
  sample: {template: {wanted: Debian 12, actual: Ubuntu 24.04}}
password:
  description: Password of the default user. Save it, because you can't read it from the API again.
  returned: with O(return_password=true), when an instance was created and the API returned a password
  type: str
  sample: xK3dPq9w
task_id:
  description: ID of the API's task for the last operation. Null if there was no task. If the run failed, the task that it waited for.
  returned: when O(wait=false), or if waiting failed
  type: str
  sample: b1c2f5a0-6f0e-4b7c-9f3d-0f6f1f9c2a51
error:
  description: Details of the failure. Values that the API did not report are null.
  returned: failure
  type: dict
  contains:
    status_code:
      description: HTTP status of the response.
      type: int
      returned: failure
      sample: 400
    code:
      description: Error code of the API.
      type: raw
      returned: failure
      sample: 2012
    message:
      description: Error message of the API. If there is none, the message of the module.
      type: str
      returned: failure
      sample: The instance is in a state that does not allow this.
    context:
      description: Further details that the API added to the error.
      type: dict
      returned: failure
      sample: {currentState: Stopped, expectedStates: [Running]}
"""

from typing import Any

from ..module_utils.api.errors import ApiError
from ..module_utils.instance.options import called, instance_options, option_problem
from ..module_utils.instance.steps import Refused
from ..module_utils.jobs import drive
from ..module_utils.module import ApiModule, api_options, wait_options
from ..module_utils.reconcile.catalog import Catalog
from ..module_utils.reconcile.outcome import Outcome
from ..module_utils.reconcile.reconciler import Reconciler
from ..module_utils.reconcile.run import Run
from ..module_utils.runtime import Runtime


class InstanceModule(ApiModule):
    """An ApiModule whose failures always say what is known of the instance, for ``rescue`` and ``until``."""

    def fail_json(self, msg: str, **kwargs: Any) -> Any:
        """Fails, with what a failure before the first request can say."""
        known = Outcome(subject=called(self.params), id=self.params.get("id")).so_far()
        return super().fail_json(msg, **{**known, **kwargs})


def main(runtime: Runtime | None = None) -> None:
    """Runs the module."""
    module = InstanceModule(argument_spec={**api_options(), **instance_options(), **wait_options()}, runtime=runtime)
    module.fail_on(module.null_id_problem() or option_problem(module.options))
    client = module.new_client()
    deadline = module.new_deadline(client)
    run = Run(client, Catalog(client, deadline), deadline, module.options, module.params["wait"], module.check_mode)
    run.wants_state = module.reporter.wants_state
    reconciler = Reconciler(run)
    module.reporter.watch(lambda: reconciler.reader.progress)
    try:
        outcome = drive(reconciler.converge(), client.sleep)
    except (ApiError, Refused, ImportError) as failure:
        module.warn_all(run.outcome.warnings)
        module.fail_with(failure, **run.outcome.so_far(module.params["return_password"]))
    else:
        module.warn_all(outcome.warnings)
        module.exit_json(**outcome.result(run.wait, module.params["return_password"]))


if __name__ == "__main__":
    main()
