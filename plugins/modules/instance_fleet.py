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

import difflib
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.fleet import Fleet, fleet_problem, label, summary_of
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import member_options, merged_options
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.module import ApiModule, api_options, wait_options
from ansible_collections.coxedge.compute.plugins.module_utils.tasks import concurrency_problem

# How many failures a message spells out.
SPELLED_OUT = 5


def fleet_options() -> dict[str, dict[str, Any]]:
    """The options of this module, less the shared ones."""
    return {
        "instances": {"type": "list", "elements": "dict", "required": True, "options": member_options()},
        "defaults": {"type": "dict", "options": member_options()},
        "max_concurrency": {"type": "int", "default": 10},
        "details": {"type": "bool", "default": False},
    }


def given_problem(given: Any, what: str) -> str | None:
    """What is wrong with the options of a member as they were given: unknown ones, wrong types. None if nothing is."""
    if not isinstance(given, dict):
        return f"{what} must be a dict of options."
    known = member_options()
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f", did you mean {near[0]}" if near else ""
            return f"{what}: there is no option {name}{hint}; see the options of coxedge.compute.instance."
    messages = ArgumentSpecValidator(known).validate(given).error_messages
    return f"{what}: {messages[0].rstrip('.')}." if messages else None


class FleetModule(ApiModule):
    """An ApiModule whose errors about members name them."""

    given: dict[str, Any] | None = None

    def _load_params(self) -> None:
        super()._load_params()
        raw = self.raw_params.get("instances")
        if raw == []:
            # A fleet of nobody is a fleet.
            self.params["instances"] = []
        members = self.params.get("instances")
        if isinstance(raw, list) and isinstance(members, list) and len(raw) == len(members):
            # A list that is empty is not given, but for this: with it a member has none of what the common options name.
            for member, given in zip(members, raw):
                if isinstance(member, dict) and isinstance(given, dict):
                    member.update({name: [] for name, value in given.items() if value == []})
        self.given = dict(self.params)

    def _hide_user_data(self) -> None:
        self.given = None
        common, members = self.params["defaults"], self.params["instances"]
        self.members = [merged_options(member, common) for member in members]
        for options in [*members, *([common] if common else [])]:
            if options.get("user_data") is not None:
                options["user_data"] = self._secret(options["user_data"])

    def fail_json(self, msg: str, **kwargs: Any) -> Any:
        """Fails. Of wrong options core says that they are somewhere in instances: this says where."""
        given, self.given = self.given, None
        if given is not None and isinstance(given.get("instances"), list):
            problems = [
                given_problem(member, label(n, member if isinstance(member, dict) else {})) for n, member in enumerate(given["instances"])
            ]
            problems.append(given_problem(given.get("defaults") or {}, "defaults"))
            msg = next((problem for problem in problems if problem), msg)
        return super().fail_json(msg, **kwargs)


def result_of(results: list[dict[str, Any]]) -> dict[str, Any]:
    """What the module returns, apart from warnings and a failure."""
    return {
        "changed": any(result["changed"] for result in results),
        "results": results,
        "instances": [result["instance"] for result in results if result["instance"] is not None],
        "diff": [
            {**result["diff"], "before_header": str(result["name"]), "after_header": str(result["name"])}
            for result in results
            if result["changed"] and not result["failed"]
        ],
        "summary": summary_of(results),
    }


def main() -> None:
    """Runs the module."""
    module = FleetModule(argument_spec={**api_options(), **fleet_options(), **wait_options()})
    problem = concurrency_problem(module.params["max_concurrency"]) or fleet_problem(module.members)
    if (module.params["defaults"] or {}).get("id"):
        problem = "defaults can't have an id: an id selects one instance, so it belongs to a member."
    if problem:
        module.refuse(problem)
    client = module.new_client(pool_size=module.params["max_concurrency"])
    fleet = Fleet(
        client,
        module.new_deadline(client),
        module.members,
        wait=module.params["wait"],
        check_mode=module.check_mode,
        details=module.params["details"],
        most=module.params["max_concurrency"],
    )
    try:
        results = fleet.converge()
    except (ApiError, Refused, ImportError) as failure:
        module.fail_with(failure)
        return
    module.warn_of(fleet.warnings)
    if module.no_log:
        # From core 2.19 on, no_log on the task hides of a key called results only what says so itself: as the results of a loop do.
        results = [{**result, "_ansible_no_log": True} for result in results]
    whole = result_of(results)
    failed = [(number, result) for number, result in enumerate(results) if result["failed"]]
    if not failed:
        module.exit_json(**whole)
    words = [f"{label(number, module.members[number])}: {result['msg']}" for number, result in failed[:SPELLED_OUT]]
    more = f" And {len(failed) - SPELLED_OUT} more, see results." if len(failed) > SPELLED_OUT else ""
    module.fail_json(f"{len(failed)} of {len(results)} members failed. {' '.join(words)}{more}", error=failed[0][1]["error"], **whole)


if __name__ == "__main__":
    main()
