# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of plans share: an instance, entries of the catalog, and plans made from them."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import instance_options
from ansible_collections.coxedge.compute.plugins.module_utils.instance.plan import make_plan
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import NO_PROGRESS, Refused, Resolved
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import full_view

ID = "9db8ff2f-b49b-466d-a2f3-c1e6def408f4"
NETWORK = {"id": "d5a68379-a9ee-404f-9492-a1964b374d6f", "name": "Web", "vpcId": "v", "vpcName": "vpc", "zoneId": "z", "zoneName": "QC-1"}
OTHER_NETWORK = {**NETWORK, "id": "55ccea7f-8286-479e-a648-dd4a45866daf", "name": "App"}
SMALL = {"id": "3caab5ed-b5a2-4d8a-82e4-51c46168ee6c", "name": "small", "cpuCount": 1, "memoryInMB": 512, "custom": False}
BIG = {"id": "3caab5ed-b5a2-4d8a-82e4-51c46168ee60", "name": "big", "cpuCount": 4, "memoryInMB": 8192, "custom": False}
CUSTOM = {"id": "3caab5ed-b5a2-4d8a-82e4-51c46168ee61", "name": "custom", "custom": True}
TEMPLATE = {"id": "5f968ad6-56d0-4d0d-ad7e-f8f4a5b5d986", "name": "Debian"}
CREATION = {"template": "Debian", "compute_offering": "small", "network": "Web"}
RECORDS = {"template": TEMPLATE, "compute_offering": SMALL, "network": NETWORK}


def instance(state="Running", **changes):
    """An instance as users see it."""
    raw = {
        "id": ID,
        "name": "web1",
        "hostname": "web1",
        "state": state,
        "computeOfferingId": SMALL["id"],
        "computeOfferingName": "small",
        "cpuCount": 1,
        "memoryInMB": 512,
        "networkId": NETWORK["id"],
        "networkName": "Web",
        "imageId": TEMPLATE["id"],
        "imageName": "Debian",
        "ipAddress": "10.0.0.5",
    }
    return {**full_view(raw), **changes}


def options(**given):
    """All options, with their defaults; selected by name unless an id is given."""
    whole = {name: spec.get("default") for name, spec in instance_options().items()}
    return {**whole, **({} if "id" in given else {"name": "web1"}), **given}


def plan(current, records=None, progress=NO_PROGRESS, holders=(), **given):
    """The plan for an instance and options. ``records``: entries of the catalog by option."""
    return make_plan(current, options(**given), Resolved(records=dict(records or {}), holders=holders), progress)


def refused(current, records=None, **given):
    """The message of the Refused that planning raises."""
    with pytest.raises(Refused) as caught:
        plan(current, records, **given)
    return str(caught.value)
