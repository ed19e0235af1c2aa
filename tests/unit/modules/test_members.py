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
