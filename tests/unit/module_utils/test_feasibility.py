# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the catalog shows to be impossible is refused in check mode too, before anything is written."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.feasibility import GIB
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.tests.unit.module_utils.plans import NETWORK, RECORDS, TEMPLATE, plan, refused
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import failure

IMPOSSIBLE = [
    ({"ip_address": "10.9.9.9"}, "ip_address 10.9.9.9 is not one of 10.164.0.0/16"),
    ({"ip_address": "10.164.0.1"}, "ip_address 10.164.0.1 is reserved"),
    ({"root_volume_size_in_gb": 9}, "root_volume_size_in_gb 9 is smaller than the template 'Ubuntu 24.04': give at least 10"),
    ({"cpu_count": 3}, "cpu_count 3 is not available with the compute_offering"),
    ({"compute_offering": "Custom steps", "cpu_count": 3, "memory_in_mb": 1024}, "cpu_count 3 is not available"),
    ({"compute_offering": "Custom steps", "cpu_count": 1, "memory_in_mb": 8192}, "memory_in_mb 8192 is too much for cpu_count 1"),
    ({"compute_offering": "Custom CPU.Memory"}, "give cpu_count and memory_in_mb too"),
    ({"compute_offering": "Metal 24 cores"}, "is for bare metal"),
    (
        {"disk_offering": "50GB", "additional_disk_size_in_gb": 10},
        "additional_disk_size_in_gb can't be chosen with the disk_offering '50GB'",
    ),
    ({"disk_offering": "50GB", "additional_disk_iops": 10}, "additional_disk_iops can't be chosen"),
    ({"disk_offering": "Custom size"}, "needs additional_disk_size_in_gb"),
]


@pytest.mark.parametrize(("given", "text"), IMPOSSIBLE)
@pytest.mark.parametrize("check_mode", [False, True])
def test_the_impossible_is_refused_before_anything_is_written(harness, given, text, check_mode):
    message = str(failure(harness, Refused, check_mode=check_mode, **harness.creation(**given)))
    assert text in message and message.endswith(".") and harness.writes() == []


def test_all_that_is_impossible_is_named_at_once(harness):
    message = str(failure(harness, Refused, **harness.creation(ip_address="10.9.9.9", root_volume_size_in_gb=1)))
    assert "ip_address" in message and "root_volume_size_in_gb" in message


@pytest.mark.parametrize("given", [{"ip_address": "10.164.0.77"}, {"root_volume_size_in_gb": 10}, {"disk_offering": "50GB"}])
def test_what_is_possible_is_created(harness, given):
    assert harness.run(**harness.creation(**given)).actions == ["create"]


@pytest.mark.parametrize("size", [20 * GIB, str(20 * GIB), float(20 * GIB)])
def test_a_size_may_come_as_text(size):
    records = {**RECORDS, "template": {**TEMPLATE, "size": size}}
    assert "at least 20" in refused(None, records, root_volume_size_in_gb=19)
    assert plan(None, records, root_volume_size_in_gb=20).actions == ["create"]


@pytest.mark.parametrize(
    ("option", "entry", "given", "text"),
    [
        ("template", {"ready": "false"}, {}, "not ready yet"),
        ("template", {"resizable": False}, {"root_volume_size_in_gb": 50}, "root_volume_size_in_gb can't be chosen"),
        ("volume_to_attach", {"name": "disk", "type": "OS"}, {}, "is not a data volume"),
        ("volume_to_attach", {"name": "disk", "type": "DATA", "instanceId": "i-1"}, {}, "is attached to the instance i-1"),
    ],
)
def test_entries_that_can_not_be_used_are_refused(option, entry, given, text):
    records = {**RECORDS, option: {**RECORDS.get(option, {}), "id": "x", **entry}}
    assert text in refused(None, records, **given)


@pytest.mark.parametrize(
    "network", [NETWORK, {**NETWORK, "cidr": "nonsense"}, {**NETWORK, "cidr": None}, {**NETWORK, "cidr": ["10.0.0.0/8"]}]
)
def test_what_the_catalog_does_not_show_is_for_the_api_to_judge(network):
    assert plan(None, {**RECORDS, "network": network}, ip_address="10.9.9.9").actions == ["create"]
