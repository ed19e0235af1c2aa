# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The five options that hold expressions: what fails, what is refused, and what is no expression but a value."""

from __future__ import annotations

import pytest
import yaml
from ansible.errors import AnsibleParserError
from ansible_collections.coxedge.compute.plugins.plugin_utils import reading
from ansible_collections.coxedge.compute.tests.unit.inventory.samples import instance, variables

# Options with an expression, and what a message calls the entry.
PLACES = {
    "filters": (lambda text: {"filters": [text]}, "filters: "),
    "hostnames": (lambda text: {"hostnames": [text, "name"]}, "hostnames: "),
    "compose": (lambda text: {"compose": {"tier": text}}, "compose tier: "),
    "groups": (lambda text: {"groups": {"tier": text}}, "groups tier: "),
    "keyed_groups": (lambda text: {"keyed_groups": [{"key": text}]}, "keyed_groups: "),
}
WITH_AN_EXPRESSION = pytest.mark.parametrize("option", PLACES)


@WITH_AN_EXPRESSION
@pytest.mark.parametrize("quick", [True, False])
def test_an_expression_that_fails_gives_one_warning_with_the_number_of_hosts_and_the_first_reason(plugin, option, quick):
    make, label = PLACES[option]
    resources = [instance(0, cpuCount=1), instance(1), instance(2), instance(3)]
    text = "coxedge_cpu_count + 1 > 0"
    inventory = plugin.inventory(resources, make(text), quick=quick)
    if option == "hostnames":
        # A boolean is not a name, so the condition fails for all hosts.
        (warning,) = plugin.warnings
        assert warning.startswith(f"{label}{text} could not be evaluated for 4 hosts, which get another name. The first reason: ")
        return
    (warning,) = plugin.warnings
    assert warning.startswith(f"{label}{text} could not be evaluated for 3 hosts, which ")
    assert "The first reason: " in warning and "NoneType" in warning and warning.endswith(")")
    assert len(inventory.hosts) == (1 if option == "filters" else 4)
    plugin.inventory(resources[:2], make(text), quick=quick)
    (warning,) = plugin.warnings
    assert "for 1 host, which " in warning
    with pytest.raises(AnsibleParserError) as caught:
        plugin.inventory(resources, {**make(text), "strict": True}, quick=quick)
    assert f"{label}{text} could not be evaluated" in str(caught.value)


def test_each_expression_has_a_warning_of_its_own(plugin):
    options = {
        "compose": {"a": "coxedge_no", "b": "coxedge_no"},
        "keyed_groups": [{"key": "coxedge_no"}, {"key": "coxedge_no", "prefix": "p"}],
    }
    plugin.inventory([instance(0), instance(1)], options)
    assert len(plugin.warnings) == 4 and all("for 2 hosts" in warning for warning in plugin.warnings)


def test_a_parent_group_that_fails_gives_a_warning(plugin):
    options = {"keyed_groups": [{"key": "coxedge_state", "parent_group": "in {{ coxedge_no }}"}]}
    plugin.inventory([instance(0), instance(1)], options)
    (warning,) = plugin.warnings
    assert warning.startswith("keyed_groups: coxedge_state could not be evaluated for 2 hosts") and "coxedge_no" in warning
    with pytest.raises(AnsibleParserError, match="coxedge_no"):
        plugin.inventory([instance(0)], {**options, "strict": True})


def test_a_parent_group_may_become_a_boolean(plugin):
    inventory = plugin.inventory([instance()], {"keyed_groups": [{"key": "coxedge_state", "parent_group": "{{ coxedge_active }}"}]})
    assert [group.name for group in inventory.groups["True"].child_groups] == ["_Running"] and not plugin.warnings


def test_a_key_without_a_value_makes_no_group_and_no_warning(plugin):
    plugin.inventory([instance()], {"keyed_groups": [{"key": "coxedge_network_name"}]})
    assert not plugin.warnings
    inventory = plugin.inventory([instance()], {"keyed_groups": [{"key": "coxedge_network_name", "default_value": "none"}]})
    assert "_none" in inventory.groups


def test_an_unknown_filter_is_an_expression_that_fails(plugin):
    plugin.inventory([instance()], {"compose": {"x": "coxedge_name | nofilter"}})
    (warning,) = plugin.warnings
    assert "compose x: coxedge_name | nofilter" in warning and "nofilter" in warning.partition("reason")[2]


@WITH_AN_EXPRESSION
@pytest.mark.parametrize(
    "text", ["this is not ((", "{{ coxedge_name }}", "{% if x %}a{% endif %}", "a b", "coxedge_name ==", "x }}{{ y", " "]
)
def test_what_is_no_expression_is_refused_before_any_request(plugin, monkeypatch, option, text):
    make, label = PLACES[option]
    requests = []
    plugin.inventory([])
    monkeypatch.setattr(reading, "read", lambda *args, **kwargs: requests.append(args) or [])
    with pytest.raises(AnsibleParserError) as caught:
        plugin.parse({"service_code": "s", "environment_names": ["e"], **make(text)})
    words = str(caught.value)
    assert label + text.strip() in words and "is not a Jinja expression" in words and "\n" not in words and not requests
    assert ("without braces" in words) is ("{{" in text or "{%" in text)


def test_braces_within_text_of_an_expression_are_allowed(plugin):
    inventory = plugin.inventory([instance()], {"filters": ["coxedge_name != '{'"], "compose": {"x": "{'a': {'b': 1}}"}})
    assert variables(inventory, "web-0")["x"] == {"a": {"b": 1}} and not plugin.warnings


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"key": "coxedge_name", "prefx": "p"}, "entry 1 has no key 'prefx'; the nearest key is 'prefix'"),
        ({"kye": "coxedge_name"}, "entry 1 has no key 'kye'; the nearest key is 'key'"),
        ({"prefix": "p"}, "entry 1 has no key: "),
        ({"key": None}, "entry 1 has no key: "),
        ({"key": ""}, "entry 1 has no key: "),
        ("coxedge_name", "entry 1 must be a dict"),
        ({"key": "a", "prefix": False}, "entry 1: prefix must be text"),
        ({"key": "a", "separator": 1.5}, "entry 1: separator must be text"),
        ({"key": "a", "parent_group": ["a"]}, "entry 1: parent_group must be text"),
        ({"key": "a", "parent_group": "{{ a"}, "entry 1: parent_group is not a Jinja template"),
        ({"key": "a", "trailing_separator": "perhaps"}, "entry 1: trailing_separator must be true or false"),
        ({"key": "a", "trailing_separator": False, "default_value": "x"}, "which exclude each other"),
    ],
)
def test_an_entry_of_keyed_groups_that_is_not_valid_is_refused(plugin, entry, words):
    with pytest.raises(AnsibleParserError) as caught:
        plugin.inventory([], {"keyed_groups": [entry]})
    assert words in str(caught.value) and "keyed_groups" in str(caught.value)


def test_null_in_an_entry_of_keyed_groups_counts_as_not_given(plugin):
    inventory = plugin.inventory([instance()], {"keyed_groups": [{"key": "coxedge_state", "prefix": None, "parent_group": None}]})
    assert "_Running" in inventory.groups


@pytest.mark.parametrize("quick", [True, False])
def test_a_literal_means_the_value_itself(plugin, quick):
    values = {
        "ansible_port": 2222,
        "flag": True,
        "off": False,
        "below": -1,
        "ratio": 1.5,
        "nothing": None,
        "ports": [80, "a"],
        "map": {"a": 1},
    }
    inventory = plugin.inventory([instance(0), instance(1)], {"compose": values}, quick=quick)
    for host in inventory.hosts.values():
        for name, value in values.items():
            found = host.vars[name]
            assert found == value and isinstance(found, type(value)) and isinstance(found, bool) is isinstance(value, bool)
    ports = [host.vars["ports"] for host in inventory.hosts.values()]
    assert ports[0] is not ports[1] and not plugin.warnings


def test_a_literal_condition_is_true_or_false(plugin):
    options = {"filters": [True], "groups": {"all_of_them": True, "nobody": False, "one": 1, "zero": 0, "null": None}}
    inventory = plugin.inventory([instance()], options)
    assert (
        {"all_of_them", "one"} <= set(inventory.groups) and not {"nobody", "zero", "null"} & set(inventory.groups) and not plugin.warnings
    )
    assert not plugin.inventory([instance()], {"filters": [False]}).hosts
    for option in ({"filters": [{"a": 1}]}, {"groups": {"x": ["a"]}}):
        with pytest.raises(AnsibleParserError, match="is not a condition"):
            plugin.inventory([], option)


def test_a_sign_at_the_beginning_of_an_expression_is_kept(plugin):
    inventory = plugin.inventory([instance(cpuCount=2)], {"compose": {"below": "-1", "less": "-coxedge_cpu_count", "more": "+1"}})
    found = variables(inventory, "web-0")
    assert [str(found[name]) for name in ("below", "less", "more")] == ["-1", "-2", "1"]


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize(
    ("key", "groups"),
    [
        ("coxedge_active", ["_False", "_True"]),
        ("coxedge_cpu_count", ["_0", "_2"]),
        ("coxedge_state == 'Running'", ["_False", "_True"]),
        ("coxedge_cpu_count / 4", ["_0_0", "_0_5"]),
        (True, ["_True"]),
        (0, ["_0"]),
        (1.5, ["_1_5"]),
        ("[1, true]", ["_1", "_True"]),
        ("{'a': 1}", ["_a_1"]),
    ],
)
def test_numbers_and_booleans_become_names_of_groups_for_every_host(plugin, key, groups, quick):
    resources = [instance(0, cpuCount=2), instance(1, cpuCount=0, state="Stopped")]
    for strict in (False, True):
        inventory = plugin.inventory(resources, {"keyed_groups": [{"key": key}], "strict": strict}, quick=quick)
        assert sorted(name for name in inventory.groups if name.startswith("_")) == groups and not plugin.warnings


def test_names_in_groups_may_be_numbers_or_booleans(plugin):
    plugin.dump = yaml.safe_dump
    inventory = plugin.inventory([instance()], {"groups": {True: "coxedge_active", 1.5: "coxedge_active", 12: "coxedge_active"}})
    # Core makes a valid name of text that begins with a digit.
    assert {"True", "_2", "__5"} <= set(inventory.groups)
    for option in ("groups", "compose"):
        with pytest.raises(AnsibleParserError, match=f"{option} has an entry without a name"):
            plugin.inventory([], {option: {None: "true"}})


def test_a_result_that_is_no_name_gives_a_warning(plugin):
    resources = [instance(0, tags=["a"]), instance(1, tags=None)]
    inventory = plugin.inventory(resources, {"hostnames": ["tags", "name"]})
    assert sorted(inventory.hosts) == ["web-0", "web-1"]
    (warning,) = plugin.warnings
    assert "hostnames: tags could not be evaluated for 1 host" in warning and "a name is text" in warning
    assert list(plugin.inventory([instance(cpuCount=3)], {"hostnames": ["coxedge_cpu_count + 0.5"]}).hosts) == ["3.5"]
    for name in (True, 1.5):
        with pytest.raises(AnsibleParserError, match=r"hostnames: .* is not a name"):
            plugin.inventory([], {"hostnames": [name]})


def test_single_values_count_as_lists_of_one(plugin):
    assert not plugin.inventory([instance()], {"filters": False}).hosts
    assert list(plugin.inventory([instance()], {"hostnames": 5}).hosts) == ["5"]


def test_an_inline_if_is_a_condition_on_every_core(plugin):
    inventory = plugin.inventory(
        [instance()], {"groups": {"g": "true if coxedge_active else false"}, "filters": ["true if true else false"]}
    )
    assert "g" in inventory.groups and not plugin.warnings
