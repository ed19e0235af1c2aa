# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's options, one by one, on made-up instances."""

from __future__ import annotations

import itertools

import pytest
from ansible import constants
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.inventory.group import to_safe_group_name
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import list_view
from ansible_collections.coxedge.compute.plugins.plugin_utils import reading
from ansible_collections.coxedge.compute.plugins.plugin_utils.expressions import Origin
from ansible_collections.coxedge.compute.plugins.plugin_utils.hostvars import USES_UNSAFE_MARKS
from ansible_collections.coxedge.compute.plugins.plugin_utils.names import assign_names
from hypothesis import given
from hypothesis import strategies as st

HOSTILE = "{{ lookup('pipe', 'touch MARKER') }}"


def instance(number=0, **values):
    """An instance as the API lists it."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "name": f"web-{number}",
        "hostname": f"host-{number}",
        "state": "Running",
        "ipAddress": f"10.0.0.{number + 1}",
        "zoneId": "04afdbd1-e32d-4999-86d0-96703736dded",
        "zoneName": "QC-1",
        "username": "cca-user",
        **values,
    }


def variables(inventory, name):
    return inventory.hosts[name].vars


# -- variables


def test_each_field_is_a_variable(fleet):
    seen = variables(fleet.inventory([instance(memoryInMB=512, publicIPs=[{"ipAddress": "192.0.2.1"}], newField={"innerOne": 1})]), "web-0")
    assert seen["coxedge_name"] == "web-0" and seen["coxedge_memory_in_mb"] == 512
    assert seen["coxedge_public_ips"] == [{"ip_address": "192.0.2.1"}] and seen["coxedge_new_field"] == {"inner_one": 1}
    assert seen["coxedge_environment_name"] == "test_area" and seen["coxedge_service_code"] == "compute-on"
    assert seen["coxedge_network_name"] is None


def test_active_is_a_boolean(fleet):
    inventory = fleet.inventory([instance(0), instance(1, state="Stopped"), instance(2, state="RUNNING"), instance(3, state=None)])
    assert [variables(inventory, f"web-{number}")["coxedge_active"] for number in range(4)] == [True, False, True, False]


def test_no_secret_is_a_variable(fleet):
    seen = variables(fleet.inventory([instance(userData="s3cret", password="s3cret", nics=[{"password": "s3cret"}])]), "web-0")
    assert "s3cret" not in str(seen)


def test_the_prefix(fleet):
    seen = variables(fleet.inventory([instance()], {"hostvars_prefix": "x_", "hostnames": ["x_hostname"]}), "host-0")
    assert seen["x_name"] == "web-0" and seen["x_active"] is True and not [name for name in seen if name.startswith("coxedge_")]


def test_a_field_that_would_be_a_name_of_ansible_s(fleet):
    seen = variables(fleet.inventory([instance(nsibleConnection="local")], {"hostvars_prefix": "a"}), "web-0")
    assert "ansible_connection" not in seen and seen["aname"] == "web-0"


@pytest.mark.parametrize("prefix", ["ansible_", "1x", "a-b", "inventory_", "group_", "{{ x }}"])
def test_a_prefix_that_would_do_harm(fleet, prefix):
    with pytest.raises(AnsibleParserError, match="hostvars_prefix"):
        fleet.inventory([instance()], {"hostvars_prefix": prefix})


def test_a_field_that_is_no_name(fleet):
    seen = variables(
        fleet.inventory([{**instance(), "a b-c{{": 1, "__ansible_vault": "x", "deep": {"__ansible_unsafe": "x", "ok": 1}}]), "web-0"
    )
    assert seen["coxedge_a_b_c__"] == 1 and seen["coxedge_deep"] == {"ok": 1}


# -- hostile text


@pytest.mark.skipif(not USES_UNSAFE_MARKS, reason="since ansible-core 2.19 text is a template only where it is marked as trusted")
def test_text_that_could_be_a_template_is_marked(fleet):
    hostile = instance(name=HOSTILE, networkName="a {# b", tags=[{"x": "{% y"}])
    inventory = fleet.inventory([hostile], {"keyed_groups": [{"key": "coxedge_network_name"}], "compose": {"copy": "coxedge_name ~ '!'"}})
    (host,) = inventory.hosts.values()
    for text in (
        host.vars["coxedge_name"],
        host.vars["coxedge_network_name"],
        host.vars["coxedge_tags"][0]["x"],
        host.vars["copy"],
        host.name,
    ):
        assert getattr(text, "__UNSAFE__", False), text
    assert not getattr(host.vars["coxedge_state"], "__UNSAFE__", False)


@pytest.mark.parametrize(
    ("text", "group"),
    [
        (HOSTILE, "n____lookup__pipe____touch_MARKER_____"),
        ("a 'b' \"c\"\nd", "n_a__b___c__d"),
        ("web:80", "n_web_80"),
        ("😀", "n_😀"),
        ("ä" * 255, "n_" + "ä" * 255),
    ],
)
def test_groups_have_valid_names(fleet, text, group):
    inventory = fleet.inventory([instance(networkName=text)], {"keyed_groups": [{"key": "coxedge_network_name", "prefix": "n"}]})
    names = [name for name in inventory.groups if name.startswith("n_")]
    assert len(names) == 1 and names[0].isidentifier()
    # What counts as a letter is core's to say: of other text it says the same as of the ASCII that it may become.
    assert names == [group if text.isascii() else to_safe_group_name(group, force=True, silent=True)]


@pytest.mark.parametrize(
    "address",
    [
        "fe80::1%{{ 1 }}",
        "127.0.0.1",
        "0.0.0.0",
        "::1",
        "::ffff:127.0.0.1",
        "-oProxyCommand=touch MARKER",
        "10.0.0.1; touch MARKER",
        HOSTILE,
        "",
        None,
        5,
        "999.0.0.1",
    ],
)
def test_what_is_no_address_is_not_connected_to(fleet, address):
    inventory = fleet.inventory([instance(ipAddress=address)])
    assert "ansible_host" not in variables(inventory, "web-0")
    assert [text for text in fleet.warnings if "ansible_host" in text and "web-0" in text]


@pytest.mark.parametrize("hostname", ["localhost", "127.0.0.1", "localhost.", "-oProxyCommand=x", "a b", "a;b", HOSTILE, "a\nb", "", None])
def test_what_is_no_host_name_is_not_connected_to(fleet, hostname):
    inventory = fleet.inventory([instance(hostname=hostname)], {"connect_with": "hostname"})
    assert "ansible_host" not in variables(inventory, "web-0")


@pytest.mark.parametrize("user", ["-x", 'a" b', "a\nb", HOSTILE, "", None])
def test_what_is_no_user_name_is_not_taken_for_one(fleet, user):
    inventory = fleet.inventory([instance(username=user)], {"set_ansible_user": True})
    assert "ansible_user" not in variables(inventory, "web-0")
    assert [text for text in fleet.warnings if "ansible_user" in text]


# -- connecting


@pytest.mark.parametrize(
    ("connect_with", "address"), [(None, "10.0.0.1"), ("private_ip", "10.0.0.1"), ("hostname", "host-0"), ("none", None)]
)
def test_connect_with(fleet, connect_with, address):
    inventory = fleet.inventory([instance()], {"connect_with": connect_with} if connect_with else {})
    assert variables(inventory, "web-0").get("ansible_host") == address and not fleet.warnings


def test_the_user_is_set_on_demand(fleet):
    assert "ansible_user" not in variables(fleet.inventory([instance()]), "web-0")
    assert variables(fleet.inventory([instance()], {"set_ansible_user": True}), "web-0")["ansible_user"] == "cca-user"


# -- which


def test_filters_of_the_api_s_fields(fleet):
    resources = [
        instance(0),
        instance(1, zoneName="QC-2", zoneId="1"),
        instance(2, networkName="n", vpcName="v", imageName="i", computeOfferingName="c"),
    ]
    for options, names in (
        ({"zones": ["qc-2"]}, ["web-1"]),
        ({"zones": ["04AFDBD1-e32d-4999-86d0-96703736dded"], "networks": ["N"]}, ["web-2"]),
        ({"vpcs": ["v"], "templates": ["i"], "compute_offerings": ["c"]}, ["web-2"]),
        ({"vpcs": ["other"]}, []),
    ):
        assert list(fleet.inventory(resources, options).hosts) == names


def test_states(fleet):
    resources = [instance(number, state=state) for number, state in enumerate(["Running", "Stopped", "Error", "Destroyed", "EXPUNGING"])]
    assert list(fleet.inventory(resources).hosts) == ["web-0", "web-1", "web-2"]
    assert list(fleet.inventory(resources, {"states": ["destroyed", "stopped"]}).hosts) == ["web-1", "web-3"]


def test_conditions_must_all_hold(fleet):
    resources = [instance(number, cpuCount=number) for number in range(4)]
    conditions = ["coxedge_cpu_count > 0", "coxedge_name != 'web-2'"]
    for quick in (True, False):
        assert list(fleet.inventory(resources, {"filters": conditions}, quick=quick).hosts) == ["web-1", "web-3"]


def test_a_condition_that_fails_does_not_hold(fleet):
    resources = [instance(0, cpuCount=1), instance(1, cpuCount=None)]
    assert list(fleet.inventory(resources, {"filters": ["coxedge_cpu_count > 0"]}).hosts) == ["web-0"]
    (warning,) = fleet.warnings
    assert "filters" in warning and "coxedge_cpu_count > 0" in warning and "1 instances" in warning
    with pytest.raises(AnsibleParserError, match="filters: coxedge_cpu_count > 0"):
        fleet.inventory(resources, {"filters": ["coxedge_cpu_count > 0"], "strict": True})


def test_conditions_see_extra_vars_where_they_may(fleet):
    options = {"filters": ["coxedge_name == wanted"], "use_extra_vars": True}
    assert list(fleet.inventory([instance(0), instance(1)], options, extra_vars={"wanted": "web-1"}).hosts) == ["web-1"]


# -- names


@pytest.mark.parametrize(
    "entry", ["hostname", "coxedge_hostname", "coxedge_hostname | upper | lower", "coxedge_nothing | default(coxedge_hostname)"]
)
def test_a_host_is_named_after_a_field_or_an_expression(fleet, entry):
    assert list(fleet.inventory([instance()], {"hostnames": [entry]}).hosts) == ["host-0"]


def test_the_first_that_is_not_empty_is_the_name(fleet):
    resources = [instance(0), instance(1, hostname=""), instance(2, hostname=None, name=None)]
    names = list(fleet.inventory(resources, {"hostnames": ["hostname", "name"]}).hosts)
    assert sorted(names) == [resources[2]["id"], "host-0", "web-1"]


def test_a_name_that_can_t_be_worked_out_is_passed_over(fleet):
    options = {"hostnames": ["coxedge_nmae", "name"]}
    assert list(fleet.inventory([instance()], options).hosts) == ["web-0"]
    assert [text for text in fleet.warnings if "hostnames: coxedge_nmae" in text]
    with pytest.raises(AnsibleParserError, match="hostnames: coxedge_nmae"):
        fleet.inventory([instance()], {**options, "strict": True})


def test_nobody_keeps_a_name_that_several_would_have(fleet):
    resources = [instance(0, name="web"), instance(1, name="web"), instance(2, name="web", hostname="db"), instance(3, name="db")]
    inventory = fleet.inventory(resources, {"hostnames": ["name", "hostname"]})
    assert {host.vars["coxedge_id"]: name for name, host in inventory.hosts.items()} == {
        resources[0]["id"]: "host-0",
        resources[1]["id"]: "host-1",
        resources[2]["id"]: resources[2]["id"],
        resources[3]["id"]: "host-3",
    }
    (warning,) = fleet.warnings
    assert "web (host-0)" in warning and "hostnames" in warning


def test_without_another_wish_the_id_is_the_name(fleet):
    resources = [instance(0, name="web"), instance(1, name="web"), instance(2)]
    assert sorted(fleet.inventory(resources).hosts) == [resources[0]["id"], resources[1]["id"], "web-2"]


def test_the_order_of_the_list_is_no_matter(fleet):
    resources = [instance(0, name="web"), instance(1, name="web"), instance(2, name="a"), instance(3, name="b", hostname="a")]
    expected = None
    for order in itertools.permutations(resources):
        inventory = fleet.inventory(list(order), {"hostnames": ["name", "hostname"]})
        seen = [(name, host.vars["coxedge_id"]) for name, host in inventory.hosts.items()]
        expected = expected or seen
        assert seen == expected


@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=3, unique=True), min_size=1, max_size=6), st.permutations(range(6)))
def test_more_hosts_never_hand_a_name_from_one_to_another(wishes, order):
    def settled(numbers):
        names = assign_names([[*wishes[number], f"id-{number}"] for number in numbers], lambda _host, name: name == "e")
        assert len(set(names)) == len(names)
        return dict(zip(names, numbers))

    order = [number for number in order if number < len(wishes)]
    fewer: dict = {}
    for count in range(1, len(order) + 1):
        more = settled(order[:count])
        assert all(more.get(name, number) == number for name, number in fewer.items())
        fewer = more
    assert fewer == settled(sorted(order))


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
        "../x",
        "/x",
        "a/../b",
    ],
)
def test_names_that_mean_something_else_are_passed_over(fleet, name):
    resources = [instance(0, name=name), instance(1)]
    inventory = fleet.inventory(resources, {"hostnames": ["name", "hostname"], "groups": {"composed": "true"}})
    assert sorted(inventory.hosts) == ["host-0", "web-1"]
    assert name not in inventory.hosts and len(fleet.warnings) == 1


def test_names_of_groups_that_come_of_expressions_are_passed_over(fleet):
    resources = [instance(0, name="QC"), instance(1, name="up"), instance(2, hostname="QC", name=None)]
    for quick in (True, False):
        inventory = fleet.inventory(
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


def test_a_colon_is_an_underscore(fleet):
    inventory = fleet.inventory([instance(name="web:22"), instance(1, name="a\tb\n")])
    assert list(inventory.hosts) == ["a_b_", "web_22"]


def hosts_of(inventory, pattern, limit=None):
    """The names of the hosts that core takes a pattern for, within a limit."""
    manager = InventoryManager(DataLoader(), ["localhost,"])
    manager._inventory = inventory
    manager.subset(limit)
    return [host.name for host in manager.get_hosts(pattern)]


@pytest.mark.parametrize("name", ["web-1,web-2", "!web-1", " !web-1", "&web-1", "@web-1", "![*", "~web"])
def test_a_name_as_a_limit_is_its_host_alone(fleet, name):
    inventory = fleet.inventory([instance(0, name=name), instance(1), instance(2)])
    (mine,) = (host.name for host in inventory.hosts.values() if host.vars["coxedge_id"] == instance(0)["id"])
    assert hosts_of(inventory, "all", limit=mine) == [mine]


@pytest.mark.parametrize("pattern", ["*", "web-*", "web-?", "web-[!9]", "coxedge[1:2]"])
def test_a_name_takes_no_pattern_from_others(fleet, pattern):
    inventory = fleet.inventory([instance(0, name=pattern), instance(1), instance(2)])
    assert {"web-1", "web-2"} <= set(hosts_of(inventory, pattern))


def test_a_name_that_is_the_id_of_another(fleet):
    resources = [instance(0, name=instance(1)["id"]), instance(1, name="localhost")]
    inventory = fleet.inventory(resources)
    assert {name: host.vars["coxedge_id"] for name, host in inventory.hosts.items()} == {
        resource["id"]: resource["id"] for resource in resources
    }


def test_another_source_s_host_is_joined(fleet):
    before = InventoryData()
    before.add_host("web-0")
    before.set_variable("web-0", "mine", 1)
    inventory = fleet.inventory([instance(0)], before=before)
    assert variables(inventory, "web-0")["mine"] == 1 and variables(inventory, "web-0")["coxedge_name"] == "web-0"


def test_another_instance_of_another_file_stays_another_host(fleet):
    first = fleet.inventory([instance(0), instance(1)])
    both = fleet.inventory([instance(2, name="web-0"), instance(1)], {"hostvars_prefix": "cx_"}, before=first)
    assert sorted(both.hosts) == [instance(2)["id"], "web-0", "web-1"]
    assert "cx_id" not in variables(both, "web-0") and variables(both, "web-1")["cx_id"] == variables(both, "web-1")["coxedge_id"]


def test_ids_are_text_like_any_other(fleet):
    resources = [
        {**instance(0), "id": HOSTILE, "name": "b"},
        {**instance(1), "id": "a:b", "name": "b"},
        {**instance(2), "id": "-x", "name": "b"},
    ]
    inventory = fleet.inventory(resources)
    assert len(inventory.hosts) == 3 and "a_b" in inventory.hosts and "-x" not in inventory.hosts
    assert all(getattr(name, "__UNSAFE__", not USES_UNSAFE_MARKS) for name in inventory.hosts if "{" in name)


def test_an_id_in_two_environments_is_the_name_of_neither(fleet, monkeypatch):
    resource = list_view(instance(0, name=None))
    for names in (["test_area", "prod"], ["prod", "test_area"]):
        environments = [reading.Environment(name, [dict(resource)]) for name in names]
        monkeypatch.setattr(reading, "read", lambda *args, found=environments, **kwargs: found)
        inventory = fleet.parse({"api_key": "key", "service_code": "s", "environment_names": names})
        assert sorted(inventory.hosts) == [f"{resource['id']}.prod", f"{resource['id']}.test_area"]


def test_names_that_can_t_be_files_where_facts_are_kept_in_files(fleet, monkeypatch):
    resources = [instance(0, name="a/b"), instance(1, name="ä" * 120)]
    assert sorted(fleet.inventory(resources).hosts) == ["a/b", "ä" * 120]
    monkeypatch.setattr(constants, "CACHE_PLUGIN", "jsonfile")
    assert sorted(fleet.inventory(resources).hosts) == [resource["id"] for resource in resources]


def test_blanks_are_no_name(fleet):
    assert list(fleet.inventory([instance(0, name="  "), instance(1, name=" web ")], {"hostnames": ["name", "hostname"]}).hosts) == [
        "host-0",
        "web",
    ]


def test_groups_that_would_be_in_themselves_are_left_out(fleet):
    resources = [instance(number, name=name) for number, name in enumerate(["a-1", "b-1", "all-1", "z-1"])]
    keyed = [
        {"key": "coxedge_name.split('-')[0]", "separator": "", "parent_group": "b"},
        {"key": "coxedge_zone_name[:2]", "parent_group": "z"},
    ]
    keyed.append({"key": "'z'", "separator": "", "parent_group": "_QC"})
    for quick in (True, False):
        inventory = fleet.inventory(resources, {"keyed_groups": keyed}, quick=quick)
        assert sorted(inventory.hosts) == ["a-1", "all-1", "b-1", "z-1"]
        assert [text for text in fleet.warnings if "b in b" in text and "all in b" in text and "z in _QC" in text]
        assert [group.name for group in inventory.groups["b"].child_groups] == ["a", "z"]
    with pytest.raises(AnsibleParserError, match="b in b"):
        fleet.inventory(resources, {"keyed_groups": keyed, "strict": True})


# -- groups and constructed


def test_all_hosts_join_the_group(fleet):
    assert [host.name for host in fleet.inventory([instance(0), instance(1)]).groups["coxedge"].hosts] == ["web-0", "web-1"]
    assert [host.name for host in fleet.inventory([instance(0)], {"group": "cloud"}).groups["cloud"].hosts] == ["web-0"]
    assert "coxedge" in fleet.inventory([]).groups
    with pytest.raises(AnsibleParserError, match="group must be"):
        fleet.inventory([], {"group": "a-b"})


@pytest.mark.parametrize("quick", [True, False])
def test_constructed(fleet, quick):
    options = {
        "keyed_groups": [
            {"key": "coxedge_zone_name", "prefix": "zone", "parent_group": "zones"},
            {"key": "coxedge_state", "separator": ""},
        ],
        "groups": {"first": "coxedge_name == 'web-0'", "composed": "double == 4"},
        "compose": {"ansible_host": "coxedge_hostname ~ '.example.com'", "double": "2 * coxedge_cpu_count"},
    }
    inventory = fleet.inventory([instance(0, cpuCount=1), instance(1, cpuCount=2)], options, quick=quick)
    members = {name: [host.name for host in group.hosts] for name, group in inventory.groups.items()}
    assert members["zone_QC_1"] == members["Running"] == ["web-0", "web-1"]
    assert members["first"] == ["web-0"] and [group.name for group in inventory.groups["zones"].child_groups] == ["zone_QC_1"]
    assert variables(inventory, "web-0")["ansible_host"] == "host-0.example.com"
    # Before 2.19 core makes text of what comes of an expression, and a text is no number.
    native = Origin is not None
    assert variables(inventory, "web-1")["double"] == (4 if native else "4")
    assert members.get("composed") == (["web-1"] if native else None)


def test_strict_is_strict(fleet):
    for option, words in (
        ({"compose": {"x": "coxedge_nothing"}}, "Could not set x for host web-0"),
        ({"groups": {"x": "coxedge_nothing"}}, "Could not add host web-0 to group x"),
        ({"keyed_groups": [{"key": "coxedge_nothing"}]}, "Could not generate group for host web-0 from coxedge_nothing"),
    ):
        assert "web-0" in fleet.inventory([instance()], option).hosts
        with pytest.raises(AnsibleError, match=words):
            fleet.inventory([instance()], {**option, "strict": True})


def test_numbers_are_text_and_a_text_is_one_expression(fleet):
    resources = [instance(0, zoneName="1"), instance(1)]
    assert list(fleet.inventory(resources, {"zones": [1]}).hosts) == ["web-0"]
    assert list(fleet.inventory(resources, {"filters": "coxedge_name in ['web-0', 'x']"}).hosts) == ["web-0"]


def test_no_secret_by_another_spelling(fleet):
    seen = variables(fleet.inventory([instance(rootPassword="s3cret", userdata="s3cret", isPasswordEnabled=True)]), "web-0")
    assert "s3cret" not in str(seen) and seen["coxedge_is_password_enabled"] is True


# -- options


def test_an_unknown_option_is_refused_with_the_nearest_name(fleet):
    with pytest.raises(AnsibleParserError, match=r"no option stats .* did you mean states"):
        fleet.inventory([], {"stats": ["Running"]})


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"api_url": "http://example.com"}, "api_url must begin with https"),
        ({"api_timeout": 0}, "api_timeout"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"connect_with": "nothing"}, "connect_with"),
        ({"details": "perhaps"}, "details"),
        ({"hostnames": [{"name": "x"}]}, "hostnames"),
        ({"filters": [{"a": 1}]}, "filters"),
        ({"zones": [True]}, "zones"),
        ({"zones": ["{{ zone }}"]}, "zones"),
        ({"environment_names": [["a"]]}, "environment_names"),
    ],
)
def test_a_bad_value_names_its_option(fleet, options, word):
    with pytest.raises(AnsibleError) as caught:
        fleet.inventory([], options)
    assert word in str(caught.value)
