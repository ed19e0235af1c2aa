# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection does is the same with each harmless imperfection of the API that the simulator knows."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.retrieve import find_instances
from ansible_collections.coxedge.compute.plugins.modules.instance_info import info_options
from ansible_collections.coxedge.compute.tests.unit.module_utils.operations_table import IMPERFECT
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import CREATION, failure

# Those that leave values as they are and show them at once.
HARMLESS = ("sends text", "leaves out", "pages", "pages by headers", "is done without data", "refuses with a task")
SETTINGS = {"as documented": {}, **{kind: IMPERFECT[kind] for kind in HARMLESS}}
SETTINGS["all at once"] = {name: value for settings in SETTINGS.values() for name, value in settings.items()}


@pytest.fixture(params=SETTINGS)
def imperfect(harness, request):
    """A harness whose simulator has one of the settings, and three instances that nothing is about."""
    harness.settings(report_ssh_key=True, report_iso=True, **SETTINGS[request.param])
    for number in range(3):
        harness.seed(name=f"other{number}")
    return harness


@pytest.mark.parametrize("offering", ["Custom CPU.Memory", "Custom steps"])
def test_a_custom_size_converges(imperfect, offering):
    custom = {"compute_offering": offering, "allow_reboot": True}
    created = imperfect.run(**imperfect.creation(**custom, cpu_count=2, memory_in_mb=2048))
    assert created.actions == ["create"] and created.password
    assert (created.instance["cpu_count"], created.instance["memory_in_mb"]) == (2, 2048)
    assert imperfect.run(**imperfect.creation(**custom, cpu_count=2, memory_in_mb=2048)).actions == []
    changed = imperfect.run(name="web1", cpu_count=4, **custom)
    assert changed.actions == ["changeComputeOffering"] and changed.instance["cpu_count"] == 4
    fixed = {"compute_offering": "2vCPU.4GB", "cpu_count": 2, "memory_in_mb": 4096}
    assert imperfect.run(name="web1", allow_reboot=True, **fixed).instance["memory_in_mb"] == 4096


def test_a_refusal_shows_what_the_api_says(imperfect):
    imperfect.settings(max_instances=1)
    error = failure(imperfect, **imperfect.creation())
    assert error.status_code == 400 and "quota" in error.message and error.api_message and imperfect.last_run.outcome.actions == []


def test_a_fleet_is_created_once_with_passwords(imperfect):
    members = [{"name": f"web{number}", "return_password": True, **CREATION} for number in range(4)]
    results = imperfect.fleet(members)
    assert all(result["actions"] == ["create"] and result["password"] for result in results)
    assert all(isinstance(result["instance"]["cpu_count"], int) for result in results)
    assert [result["actions"] for result in imperfect.fleet(members)] == [[]] * 4


def test_instance_info_returns_the_documented_types(imperfect):
    options = {name: spec.get("default") for name, spec in info_options().items()}
    for details in (False, True):
        instances = find_instances(imperfect.client(), {**options, "details": details})
        assert len(instances) == 3
        assert all((item["cpu_count"], item["memory_in_mb"], item["is_password_enabled"]) == (1, 512, True) for item in instances)
        assert all(nic["is_default"] is True for item in instances for nic in item.get("nics", []))
