# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of fields, and what follows from it."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.doc_fragments import api, filters
from ansible_collections.coxedge.compute.plugins.module_utils.fleet.members import NUMBERING
from ansible_collections.coxedge.compute.plugins.module_utils.instance.fields import FIELDS
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import instance_options, member_options
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import SHAPE
from ansible_collections.coxedge.compute.plugins.module_utils.module import ENVIRONMENT, api_options, wait_options
from ansible_collections.coxedge.compute.plugins.modules import instance, instance_fleet, instance_info
from ansible_collections.coxedge.compute.tests.simulator import bodies


def test_the_create_fields_are_the_documented_ones():
    assert {row.api for row in FIELDS if row.created_with} == set(bodies.CREATE_BODY)
    assert {row.api for row in FIELDS if row.required} == set(bodies.CREATE_REQUIRED)
    assert {row.api for row in FIELDS if row.changed_by == "update"} == set(bodies.UPDATE_BODY)


def documented(*texts):
    """The options of several documentation blocks."""
    return {name: row for text in texts for name, row in yaml.safe_load(text)["options"].items()}


FILTERS = filters.ModuleDocFragment.DOCUMENTATION
FLEET = documented(instance_fleet.DOCUMENTATION)
DOCUMENTED = {
    "instance": ({**instance_options(), **wait_options()}, documented(instance.DOCUMENTATION)),
    "instance_info": (instance_info.info_options(), documented(instance_info.DOCUMENTATION, FILTERS)),
    "instance_fleet": ({**instance_fleet.fleet_options(), **wait_options()}, FLEET),
    "members": ({**member_options(), **NUMBERING}, FLEET["instances"]["suboptions"]),
    "defaults": (member_options(), FLEET["defaults"]["suboptions"]),
    "fragment": (api_options(), documented(api.ModuleDocFragment.DOCUMENTATION)),
}


@pytest.mark.parametrize("where", DOCUMENTED)
def test_the_documentation_matches_every_option(where):
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


@pytest.mark.parametrize(("text", "more"), [(instance.RETURN, set()), (instance_info.RETURN, {"user_data"})])
def test_the_documentation_has_every_attribute_of_a_returned_instance(text, more):
    returned = yaml.safe_load(text)
    documented = set((returned.get("instance") or returned["instances"])["contains"])
    assert documented - more == set(SHAPE), "SHAPE is in instance/view.py"


def test_a_field_that_instances_show_is_in_their_shape():
    # The API need not report the SSH key.
    shown = {name for row in FIELDS for name in (row.attribute, row.name_attribute) if name} - {"ssh_key_name"}
    assert shown <= set(SHAPE), "add it to SHAPE in instance/view.py"
