# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which options are valid together."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import option_problem

ID = "9db8ff2f-b49b-466d-a2f3-c1e6def408f4"


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
def test_invalid_options_are_reported(options, word):
    problem = option_problem(options)
    assert word in problem and problem.endswith(".")


@pytest.mark.parametrize("state", ["absent", "recovered"])
def test_attributes_are_not_checked_if_they_have_no_effect(state):
    assert option_problem({"name": "a", "state": state, "cpu_count": 0, "public_key": "k", "ssh_key_name": "k"}) is None
    assert option_problem({"name": "a", "state": state, "volumes_to_delete": ["all", "x"]}) is not None


def test_valid_options_are_accepted():
    assert option_problem({"id": ID, "public_ips_to_release": ["all"], "disk_offering": "d", "additional_disk_iops": 1}) is None
