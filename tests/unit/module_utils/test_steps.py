# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an instance shows that a step took effect."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Step, shows_effect
from ansible_collections.coxedge.compute.tests.unit.module_utils.plans import OTHER_NETWORK, instance, plan

SHOWS = [
    ("start", "Stopped", "Starting", True),
    ("start", "Stopped", "Running", True),
    ("start", "Stopped", "Stopped", False),
    ("stop", "Running", "Stopping", True),
    ("stop", "Running", "Stopped", True),
    ("stop", "Running", "Shutdowned", True),
    ("stop", "Running", "Running", False),
    ("stop", "Stopping", "Stopping", False),
    ("reboot", "Running", "Running", False),
    ("reboot", "Running", "Stopping", True),
    ("reboot", "Running", "Rebooting", True),
    ("reboot", "Stopped", "Running", True),
    ("reboot", "Shutdowned", "Running", True),
    ("recover", "Destroyed", "Stopped", True),
    ("recover", "Destroyed", "Running", True),
    ("recover", "Destroyed", "Destroyed", False),
    ("delete", "Running", "Running", False),
    ("delete", "Running", "Stopping", True),
    ("delete", "Running", "Destroyed", True),
    ("delete", "Running", None, True),
    ("purge", "Destroyed", "Destroyed", False),
    ("purge", "Destroyed", "Expunging", True),
    ("purge", "Destroyed", None, True),
    ("update", "Running", "Running", False),
    ("update", "Running", None, False),
]


@pytest.mark.parametrize(("action", "before", "now", "expected"), SHOWS)
def test_an_instance_shows_whether_a_step_took_effect(action, before, now, expected):
    step = Step(action, None, {"hostname": "hal"} if action == "update" else {})
    there = None if now is None else instance(now)
    assert shows_effect(step, instance(before), there) is expected


def test_a_change_shows_if_the_api_reports_it():
    assert shows_effect(Step("update", None, {"hostname": "hal"}), instance(), instance(hostname="hal"))
    assert not shows_effect(Step("associateSSHKey", None, {"ssh_key_name": "k"}), instance(), instance())


def test_a_change_of_network_shows_with_any_new_address():
    (step,) = plan(instance("Stopped"), {"network": OTHER_NETWORK}, network="App", allow_network_change=True).steps
    assert shows_effect(step, instance("Stopped"), instance("Stopped", network_id=OTHER_NETWORK["id"], ip_address="10.0.1.9"))


@pytest.mark.parametrize(("action", "iso"), [("attachIso", "i"), ("detachIso", None)])
def test_an_iso_shows_if_the_api_reports_it(action, iso):
    step = Step(action, None, {"iso_id": iso})
    assert shows_effect(step, instance(), instance(iso_id=iso))
    assert not shows_effect(step, instance(), instance(iso_id="other")) and not shows_effect(step, instance(), instance())
