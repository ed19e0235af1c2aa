# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instances become hosts."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleParserError
from ansible_collections.coxedge.compute.tests.unit.inventory.samples import instance


def test_options_filter_by_the_fields_of_the_api(plugin):
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
        assert list(plugin.inventory(resources, options).hosts) == names


def test_states_selects_instances_by_state(plugin):
    resources = [instance(number, state=state) for number, state in enumerate(["Running", "Stopped", "Error", "Destroyed", "EXPUNGING"])]
    assert list(plugin.inventory(resources).hosts) == ["web-0", "web-1", "web-2"]
    assert list(plugin.inventory(resources, {"states": ["destroyed", "stopped"]}).hosts) == ["web-1", "web-3"]


def test_all_conditions_must_be_true(plugin):
    resources = [instance(number, cpuCount=number) for number in range(4)]
    conditions = ["coxedge_cpu_count > 0", "coxedge_name != 'web-2'"]
    for quick in (True, False):
        assert list(plugin.inventory(resources, {"filters": conditions}, quick=quick).hosts) == ["web-1", "web-3"]


def test_a_condition_that_fails_counts_as_false(plugin):
    resources = [instance(0, cpuCount=1), instance(1, cpuCount=None)]
    assert list(plugin.inventory(resources, {"filters": ["coxedge_cpu_count > 0"]}).hosts) == ["web-0"]
    (warning,) = plugin.warnings
    assert "filters" in warning and "coxedge_cpu_count > 0" in warning and "for 1 host, which is left out" in warning
    with pytest.raises(AnsibleParserError, match="filters: coxedge_cpu_count > 0"):
        plugin.inventory(resources, {"filters": ["coxedge_cpu_count > 0"], "strict": True})


def test_conditions_can_use_extra_vars_if_allowed(plugin):
    options = {"filters": ["coxedge_name == wanted"], "use_extra_vars": True}
    assert list(plugin.inventory([instance(0), instance(1)], options, extra_vars={"wanted": "web-1"}).hosts) == ["web-1"]
