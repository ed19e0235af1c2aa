# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of a fleet as a task gives them: what is refused, what may be text, and what an empty list means."""

from __future__ import annotations

import json

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.fleet_module import FleetModule, fleet_options
from ansible_collections.coxedge.compute.plugins.module_utils.module import api_options, wait_options
from ansible_collections.coxedge.compute.plugins.modules import instance_fleet

EMPTY = [(None, "null"), ("", "empty"), ({}, "empty"), ([], "empty")]
OTHERS = [(7, "a number"), (True, "a boolean"), ("web1", "text"), ("name=web1", "text"), (["web1"], "a list"), ('["web1"]', "a list")]


@pytest.mark.parametrize(("member", "kind"), EMPTY)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_an_empty_member_is_refused_with_its_number(failure_of, member, kind, number):
    members = [{"name": "a"}, {"name": "b"}]
    members.insert(number, member)
    text = failure_of(instance_fleet, instances=members)
    assert text == f"instances[{number}] is {kind}: give a dict of options, or remove it from the list."


@pytest.mark.parametrize(("member", "kind"), OTHERS)
def test_a_member_that_is_no_dict_is_refused_with_its_number(failure_of, member, kind):
    text = failure_of(instance_fleet, instances=[None, {"name": "a"}, member])
    assert text.startswith("instances[0] is null: ")
    assert f"instances[2] must be a dict of options, but it is {kind}: select an instance with name or id." in text


@pytest.mark.parametrize(("value", "kind"), [("web1", "text"), ("[{name: a}]", "text"), ({"name": "a"}, "a dict"), (7, "a number")])
def test_instances_that_are_no_list_are_refused_with_the_remedy(failure_of, value, kind):
    text = failure_of(instance_fleet, instances=value, defaults={"state": "started"})
    assert text == f'instances must be a list of dicts, but it is {kind}: give it as YAML or JSON, such as [{{"name": "web1"}}].'


@pytest.mark.parametrize(("value", "kind"), [("state=started", "text"), (["a"], "a list"), (False, "a boolean"), ("[1]", "a list")])
def test_defaults_that_are_no_dict_are_refused_with_the_remedy(failure_of, value, kind):
    text = failure_of(instance_fleet, instances=[{"name": "a"}], defaults=value)
    assert text == f'defaults must be a dict of options, but it is {kind}: give it as YAML or JSON, such as {{"state": "started"}}.'


@pytest.fixture
def fleet(give):
    """The members of a module with options, merged over the common ones."""

    def made(**options):
        give(options)
        return FleetModule(argument_spec={**api_options(), **fleet_options(), **wait_options()}).members

    return made


MEMBERS = [{"name": "web1", "cpu_count": 2, "purge": True, "ports_to_forward": ["22"]}, {"name": "7", "user_data": {"a": None, "b": []}}]


@pytest.mark.parametrize("written", [json.dumps, repr, lambda value: json.dumps(value, indent=2) + "\n"])
def test_members_and_defaults_may_be_text(fleet, written):
    common = {"state": "absent", "volumes_to_delete": ["all"]}
    assert fleet(instances=written(MEMBERS), defaults=written(common)) == fleet(instances=MEMBERS, defaults=common)
    assert fleet(instances=list(map(written, MEMBERS))) == fleet(instances=MEMBERS)
    assert fleet(instances=written([])) == []


def test_text_is_checked_like_anything_else(failure_of):
    assert failure_of(instance_fleet, instances='[{"name": false}]').startswith("instances[0]: name must be text, but it is a boolean")
    assert failure_of(instance_fleet, instances=[json.dumps({"name": "a"}), "null"]).startswith("instances[1] must be a dict")
    assert failure_of(instance_fleet, instances='[{"name": "a"}, null]').startswith("instances[1] is null")
    assert failure_of(instance_fleet, instances="[{'name': b'a'}]").startswith("instances must be a list of dicts, but it is text")
    assert failure_of(instance_fleet, instances=[{"name": "a"}], defaults='{"stat": 1}').startswith("defaults: there is no option stat")


@pytest.mark.parametrize("empty", [[], [""], [None], ["", None]])
def test_an_empty_list_of_a_member_overrides_the_common_one(fleet, empty):
    common = {"state": "absent", "public_ips_to_release": ["all"], "volumes_to_delete": ["all"]}
    first, second = fleet(instances=[{"name": "a", "public_ips_to_release": empty}, {"name": "b"}], defaults=common)
    assert first["public_ips_to_release"] == [] and first["volumes_to_delete"] == ["all"]
    assert second["public_ips_to_release"] == ["all"]


ID = "9db8ff2f-b49b-466d-a2f3-c1e6def408f4"


def test_names_and_ids_are_members_with_the_common_options(fleet):
    given = fleet(
        names=["b", 7], ids=[ID], instances=[{"name": "a", "state": "started"}], defaults={"state": "stopped", "force_stop": True}
    )
    assert [(one["name"], one["id"], one["state"]) for one in given] == [
        ("a", None, "started"),
        ("b", None, "stopped"),
        ("7", None, "stopped"),
        (None, ID, "stopped"),
    ]
    assert all(one["force_stop"] for one in given)
    assert fleet(names="b, 7", defaults={"state": "stopped", "force_stop": True}) == given[1:3]
    assert fleet(ids=json.dumps([ID])) == fleet(ids=[ID])


@pytest.mark.parametrize("given", [{"names": []}, {"ids": []}, {"instances": []}, {"ids": [], "instances": None, "names": ""}])
def test_an_empty_list_is_a_fleet_with_nothing_to_do(give, given):
    give(given)
    made = FleetModule(argument_spec={**api_options(), **fleet_options(), **wait_options()})
    assert made.members == [] and made.members_problem() is None


@pytest.mark.parametrize("given", [{}, {"instances": None}, {"names": ""}, {"defaults": {"state": "stopped"}}])
def test_a_fleet_without_members_is_refused_with_the_remedy(failure_of, given):
    text = failure_of(instance_fleet, **given)
    assert text == "Give instances, names or ids: one of them is required to say which instances the fleet has."


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"names": ["a", None]}, "names[1] is null: give a name, or remove it from the list."),
        ({"names": ["", "a"]}, "names[0] is empty: give a name, or remove it from the list."),
        ({"ids": [None]}, "ids[0] is null: give an id, or remove it from the list. In check mode,"),
        ({"names": ["a", True]}, "names must be a list of text, but it contains a boolean"),
        ({"names": [{"name": "a"}]}, "names must be a list of text, but it contains a dict"),
        ({"names": ["a", " b"]}, "names[1] (b): name"),
        ({"ids": ["web1"]}, "ids[0] (web1): id must be a UUID"),
        ({"names": ["a", "a"]}, "names[1] (a) has the same name as names[0] (a): leave one of them out."),
        ({"names": ["a"], "instances": [{"name": "a"}]}, "names[0] (a) has the same name as instances[0] (a): leave one"),
        ({"ids": [ID, ID.upper()]}, f"ids[1] ({ID.upper()}) selects the same instance as ids[0] ({ID})"),
        ({"ids": [ID], "defaults": {"id": ID}}, "defaults can't have an id"),
        ({"names": ["a"], "defaults": {"count": 2}}, "defaults: there is no option count"),
    ],
)
def test_names_and_ids_that_are_none_are_refused(failure_of, given, words):
    assert words in failure_of(instance_fleet, **{"instances": [], **given})


def test_a_member_with_a_count_stands_for_several(fleet):
    given = fleet(instances=[{"name": "web{n}", "hostname": "h{n:02}", "count": 2}, {"name": "db-{n:03}-x", "count": 2, "first": 9}])
    assert [one["name"] for one in given] == ["web1", "web2", "db-009-x", "db-010-x"]
    assert [one["hostname"] for one in given] == ["h01", "h02", None, None]
    assert [one["name"] for one in fleet(instances=[{"count": 2, "first": 0}], defaults={"name": "web{n}"})] == ["web0", "web1"]
    assert fleet(instances=[{"name": "web{n}", "count": 0}]) == []
    # Without a count, the braces are a part of the name.
    assert [one["name"] for one in fleet(instances=[{"name": "web{n}"}])] == ["web{n}"]


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ({"name": "web", "count": 3}, "instances[0] (web): count requires a name with {n} or {n:02}"),
        ({"name": "web{n:2}", "count": 3}, "count requires a name with {n} or {n:02}"),
        ({"count": 3}, "instances[0]: count requires a name"),
        ({"name": "web{n}", "first": 3}, "instances[0] (web{n}): first requires count"),
        ({"name": "web{n}", "count": -1}, "count must be from 0 to 10000, not -1."),
        ({"name": "web{n}", "count": 10001}, "count must be from 0 to 10000, not 10001."),
        ({"name": "web{n}", "count": 1, "first": -1}, "first must be at least 0, not -1."),
        ({"name": "web{n}", "count": 1, "id": ID}, "count can't be combined with id"),
        ({"name": "web{n}", "count": True}, "count must be a whole number, but it is a boolean"),
        ({"name": "web{n}", "count": 2, "cpu_count": 0}, "instances[0] (web1): cpu_count must be at least 1."),
    ],
)
def test_a_count_that_does_not_fit_is_refused(failure_of, member, words):
    assert words in failure_of(instance_fleet, instances=[member])


def test_members_of_a_count_are_compared_with_all_others(failure_of):
    text = failure_of(instance_fleet, instances=[{"name": "web{n}", "count": 3}], names=["web3"])
    assert text == "names[0] (web3) has the same name as instances[0] (web3): leave one of them out."


def test_the_result_shows_only_options_that_are_given(give):
    given = {"instances": [{"name": "a", "purge": False}, {"name": "a"}], "defaults": {"state": "stopped"}}
    give(given)
    shown = FleetModule(argument_spec={**api_options(), **fleet_options(), **wait_options()}).params
    assert {name: shown[name] for name in given} == given
