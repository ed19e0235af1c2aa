# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter provision_hosts gives hosts the names and addresses that the inventory gives them."""

from __future__ import annotations

import socket

import pytest
from ansible_collections.coxedge.compute.plugins.filter.provision_hosts import FilterModule
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import list_view
from ansible_collections.coxedge.compute.plugins.plugin_utils.hostvars import USES_UNSAFE_MARKS
from ansible_collections.coxedge.compute.tests.unit.inventory.samples import HOSTILE, instance

provision_hosts = FilterModule().filters()["provision_hosts"]


def hosts(*instances, **options):
    """The hosts that the filter makes of instances."""
    return provision_hosts([list_view(resource) for resource in instances], **options)


SPECIAL = ["web 1", "a/b", "db.yml", "~x", "same", "same", "localhost", HOSTILE, "", "web\u202e", "all", "ctl"]
ADDRESSES = ["10.0.0.1", "127.0.0.1", "0.0.0.0", "::1", "x", None, "10.0.0.7"]
HOSTNAMES = ["web-1", "localhost6.localdomain", "a.localhost", "ctl", "-x", None, "web-1."]


@pytest.mark.parametrize("connect_with", ["private_ip", "hostname", "none"])
def test_names_and_addresses_are_those_of_the_inventory(plugin, monkeypatch, connect_with):
    monkeypatch.setattr(socket, "gethostname", lambda: "ctl")
    count = len(SPECIAL)
    resources = [
        instance(n, name=SPECIAL[n], ipAddress=ADDRESSES[n % len(ADDRESSES)], hostname=HOSTNAMES[n % len(HOSTNAMES)]) for n in range(count)
    ]
    inventory = plugin.inventory(resources, {"connect_with": connect_with, "set_ansible_user": True})
    expected = {host.vars["coxedge_id"]: host for host in inventory.hosts.values()}
    made = hosts(*resources, connect_with=connect_with, groups=list(inventory.groups))
    assert len(made) == count
    for host in made:
        same = expected[host["variables"]["coxedge_id"]]
        assert host["name"] == same.name
        assert host["address"] == (same.name if connect_with == "none" else same.vars.get("ansible_host"))
        assert host["user"] == same.vars.get("ansible_user")
        assert host["variables"] == {name: same.vars[name] for name in host["variables"]}


def test_a_public_address_is_used_only_if_no_other_instance_has_it():
    users = [{"id": instance(number)["id"]} for number in range(3)]
    public = [
        {"ip_address": "192.0.2.9", "instances": users[:1]},
        {"ip_address": "192.0.2.10", "instances": users[:1]},
        {"ip_address": "192.0.2.1", "instances": users[:2]},
        {"ip_address": "127.0.0.1", "instances": users[2:]},
        {"ip_address": None},
    ]
    made = hosts(*(instance(number) for number in range(3)), connect_with="public_ip", public_ips=public)
    assert [host["address"] for host in made] == ["192.0.2.9", None, None]


def test_a_known_host_keeps_its_name_unless_it_is_the_same_instance():
    known = {"web-0": {"coxedge_id": instance(0)["id"]}, "web-1": {"coxedge_id": "another"}, "web-2": {}}
    made = hosts(instance(0), instance(1), instance(2), known_hosts=known)
    assert [host["name"] for host in made] == ["web-0", instance(1)["id"], instance(2)["id"]]


def test_instances_that_do_not_exist_are_left_out():
    planned = {**list_view(instance(0)), "id": None}
    gone = [list_view(instance(number, state=state)) for number, state in enumerate(("Destroyed", "Expunging"), 1)]
    assert [host["name"] for host in provision_hosts([planned, *gone, list_view(instance(3))])] == ["web-3"]


@pytest.mark.skipif(not USES_UNSAFE_MARKS, reason="since ansible-core 2.19 text is a template only where it is marked as trusted")
def test_every_text_is_marked_as_unsafe():
    (host,) = hosts(instance())
    texts = [host["name"], host["address"], host["user"], *(host["variables"][f"coxedge_{name}"] for name in ("id", "name", "state"))]
    assert all(hasattr(text, "__UNSAFE__") for text in texts)
