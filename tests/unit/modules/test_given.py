# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No value becomes text, or a number, that the user did not write."""

from __future__ import annotations

import json

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.given import prepare
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import instance_options
from ansible_collections.coxedge.compute.plugins.modules import (
    catalog_info,
    instance,
    instance_fleet,
    instance_info,
    instance_iso,
    instance_password,
)
from ansible_collections.coxedge.compute.tests.unit.modules.given import filled

NO_TEXT = [(False, "a boolean"), (True, "a boolean"), (1.5, "a fraction"), (2.0, "a fraction"), (["x"], "a list"), ({"x": 1}, "a dict")]
IDS = [json.dumps(value) for value, _kind in NO_TEXT]
# The module, and its options; the value of ... is no text.
OPTIONS = [
    (instance, {"name": ...}, "name"),
    (instance, {"name": "x", "state": ...}, "state"),
    (instance, {"name": "x", "hostname": ...}, "hostname"),
    (instance, {"name": "x", "api_url": ...}, "api_url"),
    (instance, {"name": "x", "ca_path": ...}, "ca_path"),
    (instance_fleet, {"instances": [{"name": "a"}, {"name": "web2", "network": ...}]}, "instances[1] (web2): network"),
    (instance_fleet, {"instances": [{"name": "a"}], "defaults": {"template": ...}}, "defaults: template"),
    (instance_info, {"name": ...}, "name"),
    (instance_password, {"name": ...}, "name"),
    (instance_iso, {"name": "x", "iso": ...}, "iso"),
]
LISTS = [
    (instance, {"name": "x", "ports_to_forward": ...}, "ports_to_forward"),
    (instance_info, {"states": ...}, "states"),
    (catalog_info, {"kinds": ...}, "kinds"),
]


@pytest.mark.parametrize(("module", "options", "name"), OPTIONS, ids=[name for _module, _options, name in OPTIONS])
@pytest.mark.parametrize(("value", "kind"), NO_TEXT, ids=IDS)
def test_a_text_option_refuses_what_is_no_text(failure_of, module, options, name, value, kind):
    assert failure_of(module, **filled(options, value)) == f"{name} must be text, but it is {kind}: put the text in quotes."


@pytest.mark.parametrize(("module", "options", "name"), LISTS, ids=[name for _module, _options, name in LISTS])
@pytest.mark.parametrize(("value", "kind"), NO_TEXT, ids=IDS)
def test_a_list_of_text_refuses_what_is_no_text(failure_of, module, options, name, value, kind):
    text = failure_of(module, **filled(options, ["fine", value]))
    assert text == f"{name} must be a list of text, but it contains {kind}: put each text in quotes."
    if not isinstance(value, list):
        assert failure_of(module, **filled(options, value)).startswith(f"{name} must be a list of text, but it is {kind}")


def test_a_wrong_key_is_not_shown(failure_of):
    text = failure_of(instance, name="x", api_key={"secret": "of the key"})
    assert text == "api_key must be text, but it is a dict: put the text in quotes."


def test_a_number_option_refuses_a_boolean(failure_of):
    assert failure_of(instance, name="x", cpu_count=True) == "cpu_count must be a whole number, but it is a boolean: give the number."


def test_several_problems_are_named_at_once(failure_of):
    assert failure_of(instance, name=False, network=1.5).count("must be text") == 2


def converted(**options):
    """Options as core gets them."""
    assert prepare(instance_options(), options) == []
    return options


def test_a_whole_number_is_text_in_its_digits():
    assert converted(name=7, ports_to_forward=[22, "80"]) == {"name": "7", "ports_to_forward": ["22", "80"]}


@pytest.mark.parametrize("text", ["22,80", "22, 80", " 22 ,80 ", "22,,80,"])
def test_whitespace_around_the_items_of_a_list_given_as_text_is_removed(text):
    assert converted(name="x", ports_to_forward=text)["ports_to_forward"] == ["22", "80"]


# -- user data


@pytest.mark.parametrize("text", ["#cloud-config\n", '{"a": 1}', "[1, 2]", " x \n", "true", "1.5", "{{ x }}"])
def test_user_data_as_text_is_sent_as_it_is(text):
    assert converted(name="x", user_data=text)["user_data"] == text


@pytest.mark.parametrize("value", [{"a": None, "b": "", "c": []}, [None, "", {}, 1.5, False], {}, []])
def test_user_data_as_a_structure_is_sent_as_json_with_what_is_empty(value):
    assert json.loads(converted(name="x", user_data=value)["user_data"]) == value


def test_user_data_in_other_alphabets_is_readable():
    assert converted(name="x", user_data={"name": "caf\u00e9"})["user_data"] == '{"name": "caf\u00e9"}'


@pytest.mark.parametrize(("value", "kind"), [(True, "a boolean"), (7, "a number"), (1.5, "a fraction")])
@pytest.mark.parametrize("where", ["instance", "member", "defaults"])
def test_other_user_data_is_refused(failure_of, value, kind, where):
    common = f"user_data must be text, a dict or a list, but it is {kind}: put the text in quotes."
    if where == "instance":
        assert failure_of(instance, name="x", user_data=value) == common
    elif where == "member":
        assert failure_of(instance_fleet, instances=[{"name": "x", "user_data": value}]) == f"instances[0] (x): {common}"
    else:
        assert failure_of(instance_fleet, instances=[{"name": "x"}], defaults={"user_data": value}) == f"defaults: {common}"


@pytest.mark.parametrize("value", ["\udc1f\udc8b", {"a": "\udc8b"}, ["\ud800"]])
def test_bytes_that_are_not_text_are_refused_with_the_way_to_send_them(value):
    options = {"name": "x", "user_data": value}
    text = "user_data contains bytes that are not text: encode them as base64, for example with the filter b64encode."
    assert prepare(instance_options(), options) == [text] and "user_data" not in options


# -- the null id of an instance that check mode would create


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize("module", [instance, instance_password, instance_iso])
def test_in_check_mode_a_null_id_gets_its_own_sentence(failure_of, module, empty):
    more = {"state": "detached"} if module is instance_iso else {}
    assert "an instance that an earlier task would create has no id yet" in failure_of(module, id=empty, _ansible_check_mode=True, **more)
    assert "Give id or name" in failure_of(module, id=empty, **more)


def test_a_null_id_of_a_member_names_the_member(failure_of):
    text = failure_of(instance_fleet, instances=[{"name": "web1"}, {"id": None, "state": "stopped"}], _ansible_check_mode=True)
    assert text.startswith("instances[1]: id is null")


@pytest.mark.parametrize("options", [{}, {"name": False}, {"name": "x", "state": "on"}, {"name": "x", "wait_timeout": 0}])
def test_a_failure_before_any_request_says_what_is_known_of_the_instance(failing, options):
    result = failing(instance, **options)
    nothing = {"changed": False, "actions": [], "instance": None, "id": None, "plan": None}
    assert {name: result[name] for name in nothing} == nothing and result["error"]["message"] == result["msg"]
