# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance as users see it."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import full_view, snake

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
