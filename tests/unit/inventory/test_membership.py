# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter members makes members of a fleet of instances that exist."""

from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.coxedge.compute.plugins.filter.members import FilterModule
from ansible_collections.coxedge.compute.plugins.module_utils.fleet_module import structure_problems
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import option_problem
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import list_view
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.fleet import fleet_problem
from ansible_collections.coxedge.compute.plugins.module_utils.retrieve import find_instances
from ansible_collections.coxedge.compute.plugins.plugin_utils.hostvars import USES_UNSAFE_MARKS
from ansible_collections.coxedge.compute.tests.unit.inventory.samples import HOSTILE, instance

members = FilterModule().filters()["members"]
ONE, TWO = (f"00000000-0000-4000-8000-{number:012}" for number in (1, 2))
NETWORK = "d5a68379-a9ee-404f-9492-a1964b374d6f"
EVERY = {"states": ["Running", "Stopped", "Error", "Destroyed"], "max_concurrency": 10}


def view(number=1, **values):
    """An instance as instance_info returns it."""
    return list_view(instance(number, **values))


def refusal(*args, **kwargs):
    """The message of the filter when it refuses something: it has to be one sentence with a remedy."""
    with pytest.raises(AnsibleFilterError) as caught:
        members(*args, **kwargs)
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text and ". " not in text, text
    return text


def test_members_have_the_id_and_the_options_of_the_task():
    given = [view(2), view(1)]
    assert members(given) == [{"id": TWO}, {"id": ONE}]
    assert members(given, state="stopped", force_stop=True) == [{"id": item, "state": "stopped", "force_stop": True} for item in (TWO, ONE)]
    assert members(given, by="name", state="started") == [{"name": f"web-{n}", "state": "started"} for n in (2, 1)]
    assert members([]) == members(item for item in []) == []


@pytest.mark.parametrize("prefix", ["coxedge_", "cx_", "x"])
def test_variables_of_hosts_are_instances_too(plugin, prefix):
    resources = [instance(1, networkId=NETWORK, networkName="Web"), instance(2, cpuCount=2)]
    inventory = plugin.inventory(resources, {"hostvars_prefix": prefix})
    given = [{**host.vars, "inventory_hostname": name, "id": "7", "state": "x"} for name, host in inventory.hosts.items()]
    assert members(given, state="stopped") == [{"id": ONE, "state": "stopped"}, {"id": TWO, "state": "stopped"}]
    assert members(given, full=True) == members([list_view(resource) for resource in resources], full=True)
    # As in the output of ansible-inventory --list.
    assert members([dict(host.vars) for host in inventory.hosts.values()], by="name") == [{"name": "web-1"}, {"name": "web-2"}]


def test_options_that_do_not_exist_are_refused_with_the_nearest():
    assert "There is no option stat, did you mean state;" in refusal([view()], stat="stopped")
    assert "no option ful, did you mean full" in refusal([], ful=True)
    assert "wait_timeout is not an option of a member: set it for the whole task" in refusal([view()], wait_timeout=5)
    assert "api_key" in refusal([view()], api_key="x")
    assert "by must be id or name" in refusal([view()], by="hostname") and "full must be" in refusal([view()], full="maybe")


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("web1", "it got text"),
        (7, "it got a number"),
        (None, "it got null"),
        (True, "it got a boolean"),
        ({"instances": []}, "it got a dict"),
        (["web1"], "Entry 0 is text"),
        ([None], "Entry 0 is null"),
        ([{}], "Entry 0 has no id"),
        ([{"name": "web1"}], "Entry 0 (web1) has no id"),
        ([{"id": None, "name": "web1"}], "Entry 0 (web1) has no id"),
        ([{"id": 7}], "Entry 0 has no id"),
        ([{"id": ""}], "Entry 0 has no id"),
        ([{"inventory_hostname": "db\n1", "id": ONE}], "Entry 0 (db 1) is not a host of the inventory"),
    ],
)
def test_what_is_no_list_of_instances_is_refused_with_the_remedy(given, what):
    text = refusal(given)
    assert what in text and "coxedge.compute.instance_info" in text and "map('extract', hostvars)" in text


def test_by_name_refuses_duplicates_and_names_that_the_module_refuses():
    assert f"Several instances have the name 'web-1', {ONE} and {TWO}" in refusal([view(1), view(2, name="web-1")], by="name")
    for name in (" web", "a\nb", "", None, 5, "x" * 256):
        assert f"({ONE}) has no name that" in refusal([view(name=name)], by="name")
    # A predicted server has a name only.
    assert members([{"id": None, "name": "web1"}], by="name") == [{"name": "web1"}]


def test_full_has_every_attribute_that_the_module_accepts():
    shown = view(
        affinityGroupIds=[TWO],
        computeOfferingId=NETWORK,
        computeOfferingName="2vCPU.4GB",
        cpuCount="2",
        memoryInMB=4096,
        imageId=NETWORK,
        imageName="Ubuntu 24.04",
        networkId=NETWORK,
        sshKeyName="mysshkey",
        publicIps=[{"id": ONE, "ports": ["443", "22", "443"]}],
    )
    assert members([{**shown, "user_data": "#!/bin/sh"}], full=True) == [
        {
            "id": ONE,
            "name": "web-1",
            "hostname": "host-1",
            "compute_offering": "2vCPU.4GB",
            "cpu_count": 2,
            "memory_in_mb": 4096,
            # It shows no name.
            "network": NETWORK,
            "template": "Ubuntu 24.04",
            "ip_address": "10.0.0.2",
            "ssh_key_name": "mysshkey",
            "user_data": "#!/bin/sh",
            "ports_to_forward": ["22", "443"],
            "affinity_group": TWO,
        }
    ]
    (overridden,) = members([shown], full=True, hostname="other", state="started", cpu_count=None)
    assert overridden["hostname"] == "other" and overridden["state"] == "started" and overridden["cpu_count"] is None


def test_full_leaves_out_what_would_select_another_thing_or_be_refused():
    twins = members([view(1, name="web"), view(2, name="web"), view(3, name="web", state="Destroyed")], full=True)
    assert not any("name" in member for member in twins) and [member.get("state") for member in twins] == [None, None, "absent"]
    # The name of a live server selects it, whatever has been destroyed.
    assert members([view(1, name="web"), view(2, name="web", state="Expunging")], full=True)[0]["name"] == "web"
    networks = [view(1, networkId=NETWORK, networkName="Web"), view(2, networkId=TWO, networkName="Web")]
    assert [member["network"] for member in members(networks, full=True)] == [NETWORK, TWO]
    strange = {"hostname": "my_host", "name": "web ", "ipAddress": "fe80::1", "cpuCount": 0, "memoryInMB": True, "networkName": ONE}
    others = {"affinityGroupIds": [ONE, TWO], "imageName": 5, "imageId": "x", "publicIps": [{"ports": ["80-90"]}], "sshKeyName": ""}
    assert members([view(**strange, **others)], full=True) == [{"id": ONE}]


def test_a_destroyed_server_is_never_selected_by_name_unless_a_state_is_given():
    gone = view(state="Destroyed")
    assert "is destroyed, and a name selects only servers that are not" in refusal([gone], by="name", full=True)
    assert members([gone], by="name", full=True, state="recovered")[0]["state"] == "recovered"


@pytest.mark.skipif(not USES_UNSAFE_MARKS, reason="newer versions of core need no marks")
def test_text_from_the_api_is_marked():
    (member,) = members([view(name=HOSTILE, hostname="web")], full=True, user_data="{{ own }}")
    assert all(hasattr(member[name], "__UNSAFE__") for name in ("id", "name", "hostname"))
    assert not hasattr(member["user_data"], "__UNSAFE__")


@pytest.mark.parametrize("details", [False, True])
def test_a_fleet_of_full_members_changes_nothing(harness, details):
    states = ["Running", "Stopped", "Error", "Destroyed"]
    names = ["web", "web", "a b", HOSTILE, "#jinja2: x", " edge", "no", "123", "null", "\U0001f600", "x" * 255, 'it\'s "it"', ONE]
    for number, name in enumerate(names):
        for state in states:
            values = {"publicIps": 1, "userData": "x"} if number % 2 else {}
            harness.seed(name=name, hostname=f"Host_{number}" if number % 3 else f"Host-{number}", state=state, **values)
    given = find_instances(harness.client(), {**EVERY, "details": details})
    assert len(given) == len(names) * len(states)
    made = members(given, full=True)
    assert not structure_problems({"instances": made}) and json.dumps(made)
    assert not [option_problem({"state": "present", **member}) for member in made if option_problem({"state": "present", **member})]
    for check_mode in (True, False):
        results = harness.fleet(made, check_mode=check_mode)
        assert not [result["msg"] for result in results if result["failed"] or result["changed"] or result["drift"]]
    assert not harness.writes() and not fleet_problem([{"state": "present", **member} for member in made], [""] * len(made))


def test_a_fleet_of_members_selected_by_name_changes_nothing(harness):
    for number in range(5):
        harness.seed(name=f"web{number}", state="Stopped" if number % 2 else "Running")
    made = members(find_instances(harness.client(), {**EVERY, "details": False}), by="name", full=True)
    assert "id" not in made[0] and not any(result["changed"] or result["failed"] for result in harness.fleet(made))
