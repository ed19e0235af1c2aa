# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instances become hosts."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleParserError
from ansible_collections.coxedge.compute.tests.unit.inventory.samples import instance


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
