# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups and composed variables."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleParserError
from ansible_collections.coxedge.compute.plugins.plugin_utils.expressions import Origin
from ansible_collections.coxedge.compute.tests.unit.inventory.samples import instance, variables


def test_all_hosts_are_in_the_group(plugin):
    assert [host.name for host in plugin.inventory([instance(0), instance(1)]).groups["coxedge"].hosts] == ["web-0", "web-1"]
    assert [host.name for host in plugin.inventory([instance(0)], {"group": "cloud"}).groups["cloud"].hosts] == ["web-0"]
    assert "coxedge" in plugin.inventory([]).groups
    with pytest.raises(AnsibleParserError, match="group must be"):
        plugin.inventory([], {"group": "a-b"})


@pytest.mark.parametrize("quick", [True, False])
def test_constructed_options_add_groups_and_variables(plugin, quick):
    options = {
        "keyed_groups": [
            {"key": "coxedge_zone_name", "prefix": "zone", "parent_group": "zones"},
            {"key": "coxedge_state", "separator": ""},
        ],
        "groups": {"first": "coxedge_name == 'web-0'", "composed": "double == 4"},
        "compose": {"ansible_host": "coxedge_hostname ~ '.example.com'", "double": "2 * coxedge_cpu_count"},
    }
    inventory = plugin.inventory([instance(0, cpuCount=1), instance(1, cpuCount=2)], options, quick=quick)
    members = {name: [host.name for host in group.hosts] for name, group in inventory.groups.items()}
    assert members["zone_QC_1"] == members["Running"] == ["web-0", "web-1"]
    assert members["first"] == ["web-0"] and [group.name for group in inventory.groups["zones"].child_groups] == ["zone_QC_1"]
    assert variables(inventory, "web-0")["ansible_host"] == "host-0.example.com"
    # Before 2.19, core turns the result of an expression into text, and text does not equal a number.
    native = Origin is not None
    assert variables(inventory, "web-1")["double"] == (4 if native else "4")
    assert members.get("composed") == (["web-1"] if native else None)


@pytest.mark.parametrize("quick", [True, False])
def test_an_entry_of_keyed_groups_sees_the_parents_of_groups_that_earlier_entries_made(plugin, quick):
    keyed = [{"key": "coxedge_state", "separator": "", "parent_group": "states"}, {"key": "group_names", "prefix": "in"}]
    inventory = plugin.inventory([instance(0)], {"keyed_groups": keyed}, quick=quick)
    assert [host.name for host in inventory.groups["in_states"].hosts] == ["web-0"]


def test_strict_is_strict(plugin):
    for option, words in (
        ({"compose": {"x": "coxedge_nothing"}}, "compose x: coxedge_nothing could not be evaluated.*host web-0"),
        ({"groups": {"x": "coxedge_nothing"}}, "groups x: coxedge_nothing could not be evaluated.*host web-0"),
        ({"keyed_groups": [{"key": "coxedge_nothing"}]}, "keyed_groups: coxedge_nothing could not be evaluated.*host web-0"),
        ({"keyed_groups": [{"key": "coxedge_network_name"}]}, "keyed_groups: coxedge_network_name could not be evaluated"),
    ):
        assert "web-0" in plugin.inventory([instance()], option).hosts
        with pytest.raises(AnsibleParserError, match=words):
            plugin.inventory([instance()], {**option, "strict": True})


def test_groups_that_would_contain_themselves_are_left_out(plugin):
    resources = [instance(number, name=name) for number, name in enumerate(["a-1", "b-1", "all-1", "z-1"])]
    keyed = [
        {"key": "coxedge_name.split('-')[0]", "separator": "", "parent_group": "b"},
        {"key": "coxedge_zone_name[:2]", "parent_group": "z"},
    ]
    keyed.append({"key": "'z'", "separator": "", "parent_group": "_QC"})
    for quick in (True, False):
        inventory = plugin.inventory(resources, {"keyed_groups": keyed}, quick=quick)
        assert sorted(inventory.hosts) == ["a-1", "all-1", "b-1", "z-1"]
        assert [text for text in plugin.warnings if "b in b" in text and "all in b" in text and "z in _QC" in text]
        assert [group.name for group in inventory.groups["b"].child_groups] == ["a", "z"]
    with pytest.raises(AnsibleParserError, match="b in b"):
        plugin.inventory(resources, {"keyed_groups": keyed, "strict": True})
