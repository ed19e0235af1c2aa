# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that nothing can calculate with lead to one sentence, whether a task or the API has them."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.sizes import size_of
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.text import as_integer
from ansible_collections.coxedge.compute.plugins.modules import instance, instance_fleet, instance_info, instance_password
from ansible_collections.coxedge.compute.tests.unit.modules.given import CONNECTION, filled

NUMBERS = ["1e400", "1" * 400, 10**400, float("inf"), float("nan"), "-inf", "9" * 4000, 2**63, 2**31]
# The module, and its options; the value of ... is the number.
OPTIONS = [
    (instance, {"name": "x", "root_volume_size_in_gb": ...}, "root_volume_size_in_gb"),
    (instance, {"name": "x", "wait_timeout": ...}, "wait_timeout"),
    (instance, {"name": "x", "api_timeout": ...}, "api_timeout"),
    (instance, {"name": "x", "api_retries": ...}, "api_retries"),
    (instance_fleet, {"instances": [{"name": "x"}, {"name": "y", "cpu_count": ...}]}, "instances[1] (y): cpu_count"),
    (instance_fleet, {"instances": [{"name": "x"}], "defaults": {"memory_in_mb": ...}}, "defaults: memory_in_mb"),
    (instance_fleet, {"instances": [{"name": "x"}], "max_concurrency": ...}, "max_concurrency"),
    (instance_info, {"max_concurrency": ...}, "max_concurrency"),
    (instance_password, {"name": "x", "wait_timeout": ...}, "wait_timeout"),
]


@pytest.mark.parametrize(("module", "options", "name"), OPTIONS, ids=[name for _module, _options, name in OPTIONS])
@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: str(number)[:8])
def test_a_number_that_is_too_large_names_its_option(failure_of, module, options, name, number):
    assert failure_of(module, **filled(options, number)) == f"{name} must be a whole number of at most 2147483647."


@pytest.mark.parametrize("variable", ["COXEDGE_API_TIMEOUT", "COXEDGE_API_RETRIES"])
def test_an_infinite_number_in_the_environment_is_an_error(failure_of, monkeypatch, variable):
    monkeypatch.setenv(variable, "inf")
    monkeypatch.delitem(CONNECTION, "api_retries")
    assert variable in failure_of(instance, name="x")


HUGE = [10**400, 1e308, float("inf"), -(10**400), 10**15, "9" * 400]


@pytest.mark.parametrize("number", HUGE, ids=lambda number: str(number)[:8])
@pytest.mark.parametrize("field", ["maxMemoryInMBToCpuRatio", "cpuCount", "memoryInMB"])
@pytest.mark.parametrize("custom", [True, False])
def test_huge_numbers_in_an_offering_are_understood_or_refused(number, field, custom):
    offering = {"name": "huge", "custom": custom, field: number}
    for current in ({}, {"cpu_count": number, "memory_in_mb": number}, {"cpu_count": 0, "memory_in_mb": 1}):
        try:
            size_of(offering, {"cpu_count": 2, "memory_in_mb": 4096}, current)
            size_of(offering, {}, current)
        except Refused as refused:
            assert str(refused).endswith(".")


def test_numbers_of_more_than_15_digits_are_no_integers():
    assert [as_integer(number, floats=True) for number in HUGE] == [None] * len(HUGE)
    assert as_integer(10**15 - 1) == as_integer(str(10**15 - 1)) == 10**15 - 1
