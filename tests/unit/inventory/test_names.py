# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of hosts."""

from __future__ import annotations

import itertools
import socket

import pytest
from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import list_view
from ansible_collections.coxedge.compute.plugins.plugin_utils import reading
from ansible_collections.coxedge.compute.plugins.plugin_utils.hostvars import USES_UNSAFE_MARKS
from ansible_collections.coxedge.compute.plugins.plugin_utils.names import assign_names
from ansible_collections.coxedge.compute.tests.unit.inventory.samples import HOSTILE, instance, variables
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "entry", ["hostname", "coxedge_hostname", "coxedge_hostname | upper | lower", "coxedge_nothing | default(coxedge_hostname)"]
)
def test_a_host_is_named_after_a_field_or_an_expression(plugin, entry):
    assert list(plugin.inventory([instance()], {"hostnames": [entry]}).hosts) == ["host-0"]


def test_the_first_name_that_is_not_empty_is_used(plugin):
    resources = [instance(0), instance(1, hostname=""), instance(2, hostname=None, name=None)]
    names = list(plugin.inventory(resources, {"hostnames": ["hostname", "name"]}).hosts)
    assert sorted(names) == [resources[2]["id"], "host-0", "web-1"]


def test_an_expression_for_a_name_that_fails_is_skipped(plugin):
    options = {"hostnames": ["coxedge_nmae", "name"]}
    assert list(plugin.inventory([instance()], options).hosts) == ["web-0"]
    assert [text for text in plugin.warnings if "hostnames: coxedge_nmae" in text]
    with pytest.raises(AnsibleParserError, match="hostnames: coxedge_nmae"):
        plugin.inventory([instance()], {**options, "strict": True})


def test_no_host_gets_a_name_that_several_hosts_would_have(plugin):
    resources = [instance(0, name="web"), instance(1, name="web"), instance(2, name="web", hostname="db"), instance(3, name="db")]
    inventory = plugin.inventory(resources, {"hostnames": ["name", "hostname"]})
    assert {host.vars["coxedge_id"]: name for name, host in inventory.hosts.items()} == {
        resources[0]["id"]: "host-0",
        resources[1]["id"]: "host-1",
        resources[2]["id"]: resources[2]["id"],
        resources[3]["id"]: "host-3",
    }
    (warning,) = plugin.warnings
    assert "web (host-0)" in warning and "hostnames" in warning


def names_by_id(inventory):
    return {host.vars["coxedge_id"]: name for name, host in inventory.hosts.items()}


def test_names_that_several_environments_have_get_the_environment(plugin):
    here, there = [instance(0, name="bastion"), instance(1)], [instance(2, name="bastion"), instance(3)]
    inventory = plugin.inventory(here, environments={"prod": there})
    assert sorted(inventory.hosts) == ["bastion.prod", "bastion.test_area", "web-1", "web-3"]
    (warning,) = plugin.warnings
    assert "bastion (bastion.test_area)" in warning and "bastion (bastion.prod)" in warning
    # The next entry of hostnames comes first.
    inventory = plugin.inventory(here, {"hostnames": ["name", "hostname"]}, environments={"prod": there})
    assert sorted(inventory.hosts) == ["host-0", "host-2", "web-1", "web-3"]


def test_names_that_one_environment_has_several_times_do_not_get_the_environment(plugin):
    twins = [instance(0, name="web"), instance(1, name="web")]
    assert sorted(plugin.inventory([*twins, instance(2)], environments={"prod": [instance(3)]}).hosts)[:2] == [
        twins[0]["id"],
        twins[1]["id"],
    ]
    found = names_by_id(plugin.inventory(twins, environments={"prod": [instance(3, name="web")]}))
    assert found == {twins[0]["id"]: twins[0]["id"], twins[1]["id"]: twins[1]["id"], instance(3)["id"]: "web.prod"}


def test_a_name_with_an_environment_is_not_taken_from_a_host_that_has_it(plugin):
    here = [instance(0, name="web"), instance(1, name="web.prod")]
    found = names_by_id(plugin.inventory(here, environments={"prod": [instance(2, name="web")]}))
    assert found == {instance(0)["id"]: "web.test_area", instance(1)["id"]: instance(1)["id"], instance(2)["id"]: instance(2)["id"]}


def test_names_of_groups_in_several_environments_lead_to_ids(plugin):
    inventory = plugin.inventory([instance(0, name="coxedge")], environments={"prod": [instance(1, name="coxedge")]})
    assert sorted(inventory.hosts) == [instance(0)["id"], instance(1)["id"]] and plugin.warnings[0].count("a group has the name") == 2


def test_an_instance_of_another_environment_in_another_file_gets_its_environment(plugin):
    first = plugin.inventory([instance(0)])
    both = plugin.inventory([], environments={"prod": [instance(1, name="web-0")]}, before=first)
    assert sorted(both.hosts) == ["web-0", "web-0.prod"]


def test_one_warning_names_all_hosts_with_other_names(plugin):
    plugin.inventory([instance(number, name="web") for number in range(34)])
    (warning,) = plugin.warnings
    assert warning.count("web (") == 34 and all(instance(number)["id"] in warning for number in range(34))


def test_without_another_candidate_the_id_is_the_name(plugin):
    resources = [instance(0, name="web"), instance(1, name="web"), instance(2)]
    assert sorted(plugin.inventory(resources).hosts) == [resources[0]["id"], resources[1]["id"], "web-2"]


def test_names_do_not_depend_on_the_order_of_the_list(plugin):
    resources = [instance(0, name="web"), instance(1, name="web"), instance(2, name="a"), instance(3, name="b", hostname="a")]
    expected = None
    for order in itertools.permutations(resources):
        inventory = plugin.inventory(list(order), {"hostnames": ["name", "hostname"]})
        seen = [(name, host.vars["coxedge_id"]) for name, host in inventory.hosts.items()]
        expected = expected or seen
        assert seen == expected


@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=3, unique=True), min_size=1, max_size=6), st.permutations(range(6)))
def test_a_new_host_never_takes_the_name_of_another(candidates, order):
    def assigned(numbers):
        names = assign_names([[*candidates[number], f"id-{number}"] for number in numbers], lambda _host, name: name == "e")
        assert len(set(names)) == len(names)
        return dict(zip(names, numbers))

    order = [number for number in order if number < len(candidates)]
    fewer: dict = {}
    for count in range(1, len(order) + 1):
        more = assigned(order[:count])
        assert all(more.get(name, number) == number for name, number in fewer.items())
        fewer = more
    assert fewer == assigned(sorted(order))


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "127.8.8.8",
        "all",
        "ungrouped",
        "coxedge",
        "composed",
        "-oProxyCommand=x",
        "0",
        "127.1",
        "localhost.",
        "localhost4.localdomain4",
        "LocalHost6.localdomain",
        "ip6-loopback",
        "web.localhost",
        "\uff4cocalhost",
        # Paths under host_vars.
        "../x",
        "/x",
        "a/../b",
        "prod-web/vault",
        "prod-web\\vault",
        "./prod-db",
        ".hidden",
        "prod-db.yml",
        "prod-db.YAML",
        "prod-db.json",
    ],
)
def test_names_with_a_special_meaning_are_skipped(plugin, name):
    resources = [instance(0, name=name), instance(1)]
    inventory = plugin.inventory(resources, {"hostnames": ["name", "hostname"], "groups": {"composed": "true"}})
    assert sorted(inventory.hosts) == ["host-0", "web-1"]
    assert name not in inventory.hosts and len(plugin.warnings) == 1
    assert ("a group has the name" in plugin.warnings[0]) is (name in ("all", "ungrouped", "coxedge", "composed"))


def test_extensions_of_variable_files_come_from_core_too(plugin, monkeypatch):
    assert list(plugin.inventory([instance(name="db.vars")]).hosts) == ["db.vars"]
    monkeypatch.setattr(constants, "YAML_FILENAME_EXTENSIONS", ["vars"])
    assert list(plugin.inventory([instance(name="db.vars")]).hosts) == [instance()["id"]]


@pytest.mark.parametrize("own", ["ctl", "ctl.example.com"])
def test_the_name_of_this_machine_is_used_only_with_an_address(plugin, monkeypatch, own):
    monkeypatch.setattr(socket, "gethostname", lambda: own)
    for name in (own, "CTL", "ctl."):
        assert list(plugin.inventory([instance(name=name)]).hosts) == [name]
        assert list(plugin.inventory([instance(name=name)], {"connect_with": "none"}).hosts) == [instance()["id"]]


def test_names_of_groups_from_expressions_are_skipped(plugin):
    resources = [instance(0, name="QC"), instance(1, name="up"), instance(2, hostname="QC", name=None)]
    for quick in (True, False):
        inventory = plugin.inventory(
            resources,
            {
                "hostnames": ["name", "hostname"],
                "leading_separator": False,
                "keyed_groups": [{"key": "coxedge_zone_name[:2]", "parent_group": "up"}],
                "compose": {"me": "inventory_hostname"},
            },
            quick=quick,
        )
        assert sorted(inventory.hosts) == [resources[2]["id"], "host-0", "host-1"]
        assert sorted(group.name for group in inventory.groups["up"].child_groups) == ["QC"]
        assert all(host.vars["me"] == name for name, host in inventory.hosts.items())


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("web:22", "web_22"),
        ("a\tb\n", "a_b_"),
        ("web 1", "web_1"),
        ("web\u00a01\u30002", "web_1_2"),
        (" web ", "web"),
        ("a,b;c*d?e[f]", "a_b_c_d_e_f_"),
        ("!web", "_web"),
        ("&web", "_web"),
        ("~web", "_web"),
        (" @web", "_web"),
        ("a!&~@b", "a!&~@b"),
        ("a\x1b[31mb", "a__31mb"),
        ("a\u2028b\x9bc", "a_b_c"),
        # These have no width, or turn the direction of what follows.
        ("a\u200bb\u202ec", "a_b_c"),
        ("a\ud800b", "a_b"),
        ("\u00e9t\u00e9 \U0001f600", "\u00e9t\u00e9_\U0001f600"),
    ],
)
def test_characters_that_would_be_misread_become_underscores(plugin, name, host):
    assert list(plugin.inventory([instance(name=name)]).hosts) == [host]


def hosts_of(inventory, pattern, limit=None):
    """The names of the hosts that core selects with a pattern, within a limit."""
    manager = InventoryManager(DataLoader(), ["localhost,"])
    manager._inventory = inventory
    manager.subset(limit)
    return [host.name for host in manager.get_hosts(pattern)]


@pytest.mark.parametrize("name", ["web-1,web-2", "!web-1", " !web-1", "&web-1", "@web-1", "![*", "~web", "web 1", "web-1 web-2", "a;b"])
def test_a_name_as_a_limit_selects_only_its_host(plugin, name):
    inventory = plugin.inventory([instance(0, name=name), instance(1), instance(2)])
    (mine,) = (host.name for host in inventory.hosts.values() if host.vars["coxedge_id"] == instance(0)["id"])
    assert hosts_of(inventory, "all", limit=mine) == [mine]


@pytest.mark.parametrize("pattern", ["*", "web-*", "web-?", "web-[!9]", "coxedge[1:2]"])
def test_a_host_named_like_a_pattern_does_not_hide_other_hosts(plugin, pattern):
    inventory = plugin.inventory([instance(0, name=pattern), instance(1), instance(2)])
    assert {"web-1", "web-2"} <= set(hosts_of(inventory, pattern))


def test_a_name_that_is_the_id_of_another_instance_is_not_used(plugin):
    resources = [instance(0, name=instance(1)["id"]), instance(1, name="localhost")]
    inventory = plugin.inventory(resources)
    assert {name: host.vars["coxedge_id"] for name, host in inventory.hosts.items()} == {
        resource["id"]: resource["id"] for resource in resources
    }


def test_variables_are_added_to_a_host_of_another_source(plugin):
    before = InventoryData()
    before.add_host("web-0")
    before.set_variable("web-0", "mine", 1)
    inventory = plugin.inventory([instance(0)], before=before)
    assert variables(inventory, "web-0")["mine"] == 1 and variables(inventory, "web-0")["coxedge_name"] == "web-0"


def test_an_instance_of_another_file_with_the_same_name_is_a_separate_host(plugin):
    first = plugin.inventory([instance(0), instance(1)])
    both = plugin.inventory([instance(2, name="web-0"), instance(1)], {"hostvars_prefix": "cx_"}, before=first)
    assert sorted(both.hosts) == [instance(2)["id"], "web-0", "web-1"]
    assert "cx_id" not in variables(both, "web-0") and variables(both, "web-1")["cx_id"] == variables(both, "web-1")["coxedge_id"]


def test_ids_are_sanitized_like_any_other_text(plugin):
    resources = [
        {**instance(0), "id": HOSTILE, "name": "b"},
        {**instance(1), "id": "a:b", "name": "b"},
        {**instance(2), "id": "-x", "name": "b"},
    ]
    inventory = plugin.inventory(resources)
    assert len(inventory.hosts) == 3 and "a_b" in inventory.hosts and "-x" not in inventory.hosts
    assert all(getattr(name, "__UNSAFE__", not USES_UNSAFE_MARKS) for name in inventory.hosts if "{" in name)


def test_an_id_in_two_environments_is_not_used_as_a_name(plugin, monkeypatch):
    resource = list_view(instance(0, name=None))
    for names in (["test_area", "prod"], ["prod", "test_area"]):
        environments = [reading.Environment(name, [dict(resource)]) for name in names]
        monkeypatch.setattr(reading, "read", lambda *args, found=environments, **kwargs: found)
        inventory = plugin.parse({"api_key": "key", "service_code": "s", "environment_names": names})
        assert sorted(inventory.hosts) == [f"{resource['id']}.prod", f"{resource['id']}.test_area"]


def test_names_that_are_too_long_for_files_are_skipped_if_facts_are_cached_in_files(plugin, monkeypatch):
    resource = instance(1, name="ä" * 120)
    assert sorted(plugin.inventory([resource]).hosts) == ["ä" * 120]
    monkeypatch.setattr(constants, "CACHE_PLUGIN", "jsonfile")
    assert sorted(plugin.inventory([resource]).hosts) == [resource["id"]]


def test_names_are_stripped_and_blank_names_are_skipped(plugin):
    assert list(plugin.inventory([instance(0, name="  "), instance(1, name=" web ")], {"hostnames": ["name", "hostname"]}).hosts) == [
        "host-0",
        "web",
    ]
