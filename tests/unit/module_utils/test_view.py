# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance as users see it."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import full_view, list_view, partial_view, snake

ID = "9db8ff2f-b49b-466d-a2f3-c1e6def408f4"


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
def test_names_become_snake_case(name, expected):
    assert snake(name) == expected


def test_a_full_view_has_no_secrets_and_every_attribute():
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


def test_two_views_do_not_share_lists():
    first, second = full_view({}), full_view({})
    first["public_ips"].append(1)
    assert second["public_ips"] == []


def test_documented_numbers_and_booleans_are_such_even_if_the_api_sends_text():
    raw = {
        "id": "i",
        "cpuCount": "2",
        "memoryInMB": 4096.0,
        "isPasswordEnabled": "true",
        "nics": [{"isDefault": "False"}, "odd"],
        "name": "7",
    }
    for view in (full_view, list_view, partial_view):
        seen = view(raw)
        assert (seen["cpu_count"], seen["memory_in_mb"], seen["name"]) == (2, 4096, "7") and isinstance(seen["memory_in_mb"], int)
        assert seen["is_password_enabled"] is True and seen["nics"] == [{"is_default": False}, "odd"]


@pytest.mark.parametrize("value", ["many", "", 1.5, [], True, None])
def test_what_is_no_number_stays_as_it_is(value):
    assert full_view({"id": "i", "cpuCount": value})["cpu_count"] == value


def test_nics_that_are_no_list_stay_as_they_are():
    assert full_view({"id": "i", "nics": "none"})["nics"] == "none"
