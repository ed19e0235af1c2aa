# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of fields, and what follows from it."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.doc_fragments import api, filters
from ansible_collections.coxedge.compute.plugins.module_utils.instance.fields import FIELDS
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import instance_options, member_options, option_problem
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import full_view, snake
from ansible_collections.coxedge.compute.plugins.module_utils.module import ENVIRONMENT, api_options, wait_options
from ansible_collections.coxedge.compute.plugins.modules import instance, instance_fleet, instance_info
from ansible_collections.coxedge.compute.tests.simulator import bodies

ID = "9db8ff2f-b49b-466d-a2f3-c1e6def408f4"


def test_the_create_fields_are_the_documented_ones():
    assert {row.api for row in FIELDS if row.created_with} == set(bodies.CREATE_BODY)
    assert {row.api for row in FIELDS if row.required} == set(bodies.CREATE_REQUIRED)
    assert {row.api for row in FIELDS if row.changed_by == "update"} == set(bodies.UPDATE_BODY)


def documented(*texts):
    """The options of some documentation blocks together."""
    return {name: row for text in texts for name, row in yaml.safe_load(text)["options"].items()}


FILTERS = filters.ModuleDocFragment.DOCUMENTATION
FLEET = documented(instance_fleet.DOCUMENTATION)
DOCUMENTED = {
    "instance": ({**instance_options(), **wait_options()}, documented(instance.DOCUMENTATION)),
    "instance_info": (instance_info.info_options(), documented(instance_info.DOCUMENTATION, FILTERS)),
    "instance_fleet": ({**instance_fleet.fleet_options(), **wait_options()}, FLEET),
    "members": (member_options(), FLEET["instances"]["suboptions"]),
    "defaults": (member_options(), FLEET["defaults"]["suboptions"]),
    "fragment": (api_options(), documented(api.ModuleDocFragment.DOCUMENTATION)),
}


@pytest.mark.parametrize("where", DOCUMENTED)
def test_the_documentation_has_every_option_as_it_is(where):
    spec, rows = DOCUMENTED[where]
    assert set(rows) == set(spec)
    for name, row in spec.items():
        shown_row = rows[name]
        assert shown_row["type"] == row["type"], name
        for key in ("default", "choices", "elements", "required"):
            assert shown_row.get(key) == row.get(key), f"{name}: {key}"
        if where == "fragment":
            for variable in ENVIRONMENT[name]:
                assert f"E({variable})" in str(shown_row["description"]), name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("memoryInMB", "memory_in_mb"),
        ("publicIps", "public_ips"),
        ("publicIPs", "public_ips"),
        ("affinityGroupIds", "affinity_group_ids"),
        ("isSshKeyEnabled", "is_ssh_key_enabled"),
        ("additionalDiskSizeInGb", "additional_disk_size_in_gb"),
        ("ipAddressId", "ip_address_id"),
        ("id", "id"),
    ],
)
def test_names_in_snake_case(name, expected):
    assert snake(name) == expected


def test_what_users_see_of_an_instance():
    raw = {
        "id": ID,
        "userData": "secret",
        "password": "secret",
        "more": [{"userData": "secret"}],
        "publicIPs": [{"ipAddress": "1.2.3.4"}],
        "nics": [{"isDefault": True}],
    }
    seen = full_view({**raw, "templateId": "t", "templateName": "Debian", "newAttribute": 1})
    assert "secret" not in str(seen)
    assert seen["public_ips"] == [{"ip_address": "1.2.3.4"}] and seen["nics"] == [{"is_default": True}]
    assert (seen["image_id"], seen["image_name"], seen["new_attribute"]) == ("t", "Debian", 1)
    assert seen["zone_name"] is None and seen["affinity_group_ids"] == []


def test_the_shapes_of_two_instances_are_not_the_same_lists():
    first, second = full_view({}), full_view({})
    first["public_ips"].append(1)
    assert second["public_ips"] == []


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({}, "id or name"),
        ({"id": "web1"}, "UUID"),
        ({"name": "a", "public_key": "k", "ssh_key_name": "k"}, "exclude"),
        ({"name": "a", "additional_disk_size_in_gb": 1}, "disk_offering"),
        ({"name": "a", "additional_disk_iops": 1}, "disk_offering"),
        ({"name": "a", "cpu_count": 0}, "cpu_count"),
        ({"name": "a", "memory_in_mb": -1}, "memory_in_mb"),
        ({"name": "a", "public_ips_to_release": ["all", "1.2.3.4"]}, "public_ips_to_release"),
    ],
)
def test_options_that_make_no_sense(options, word):
    problem = option_problem(options)
    assert word in problem and problem.endswith(".")


@pytest.mark.parametrize("state", ["absent", "recovered"])
def test_attributes_can_not_be_wrong_where_they_play_no_part(state):
    assert option_problem({"name": "a", "state": state, "cpu_count": 0, "public_key": "k", "ssh_key_name": "k"}) is None
    assert option_problem({"name": "a", "state": state, "volumes_to_delete": ["all", "x"]}) is not None


def test_options_that_make_sense():
    assert option_problem({"id": ID, "public_ips_to_release": ["all"], "disk_offering": "d", "additional_disk_iops": 1}) is None
