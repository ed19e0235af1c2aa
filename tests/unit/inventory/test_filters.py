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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"zones": ["QC-2"]}, "zones: no instance has 'QC-2'; the nearest name is 'QC-1'."),
        ({"networks": ["wbe"]}, "networks: no instance has 'wbe'; the nearest name is 'web'."),
        ({"vpcs": ["v"]}, "vpcs: no instance has 'v'; none exist."),
        ({"compute_offerings": ["1vcpu"]}, "compute_offerings: no instance has '1vcpu'; the nearest name is '1vCPU.512MB'."),
        ({"templates": ["Ubunto"]}, "templates: no instance has 'Ubunto'; the nearest name is 'Ubuntu'."),
        ({"states": ["Runningx"]}, "states: no instance has 'Runningx'; the nearest state is 'Running'."),
    ],
)
def test_a_filter_value_that_matches_nothing_gives_one_warning(plugin, options, words):
    resources = [instance(number, networkName="web", computeOfferingName="1vCPU.512MB", imageName="Ubuntu") for number in range(2)]
    plugin.inventory(resources, options)
    assert plugin.warnings == [words]


def test_values_that_exist_and_documented_states_give_no_warning(plugin):
    options = {"zones": ["qc-1"], "states": ["Destroyed", "starting", "Shutdowned"], "networks": ["Web"]}
    plugin.inventory([], options | {"zones": [], "networks": []})
    assert not plugin.warnings
    plugin.inventory([instance()], options, environments={"prod": [instance(1, networkName="web", zoneName="x")]})
    # It is enough if one environment has the value.
    assert not plugin.warnings


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
