# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing an instance until it is as wanted."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import OPERATIONS, failure


def test_all_attributes_change_in_one_run(harness):
    harness.settings(report_ssh_key=True)
    instance_id = harness.seed(name="web1", state="Running")
    given = {
        "id": instance_id,
        "name": "web2",
        "hostname": "hal",
        "compute_offering": "Custom CPU.Memory",
        "cpu_count": 3,
        "network": "Db-test_area",
        "ssh_key_name": "mysshkey",
        "update_ssh_key": "always",
        "allow_reboot": True,
        "allow_network_change": True,
    }
    predicted = harness.run(check_mode=True, **given)
    assert harness.writes() == []
    done = harness.run(**given)
    assert predicted.actions == done.actions == ["stop", "update", "changeComputeOffering", "changeNetwork", "associateSSHKey", "start"]
    assert predicted.diff == done.diff
    (instance,) = harness.instances()
    assert (instance["name"], instance["hostname"], instance["cpuCount"], instance["memoryInMB"]) == ("web2", "hal", 3, 512)
    assert (instance["networkName"], instance["state"]) == ("Db-test_area", "Running")
    assert harness.run(**given).actions == []


def test_a_refused_change_changes_nothing(harness):
    instance_id = harness.seed(name="web1", state="Running")
    before = dict(harness.environment.instances[instance_id])
    text = str(failure(harness, Refused, id=instance_id, name="web2", hostname="hal", network="Db-test_area"))
    assert "Set allow_reboot and allow_network_change to true" in text
    assert harness.environment.instances[instance_id] == before and harness.writes() == []


def test_a_rename_to_a_name_in_use_is_refused(harness):
    first, second = harness.seed(name="web1"), harness.seed(name="web2")
    assert second in str(failure(harness, Refused, id=first, name="web2"))
    harness.environment.patch(harness.environment.instances[second], {"state": "Destroyed"})
    assert harness.run(id=first, name="web2").actions == ["update"]


@pytest.mark.parametrize("change", ["changeComputeOffering", "changeNetwork", "associateSSHKey"])
def test_a_wrong_state_after_a_change_is_corrected(harness, change):
    harness.seed(name="web1", state="Stopped")
    harness.next_look(when=harness.writes, keep=True, state="Running")
    _before, given, _after = OPERATIONS[change]
    outcome = harness.run(**{**given, "state": "stopped"})
    assert outcome.actions == [change, "stop"] and outcome.instance["state"] == "Stopped"


def test_without_wait_a_wrong_state_is_not_corrected(harness):
    harness.settings(change_ends="started", first_response="done")
    harness.seed(name="web1", state="Stopped")
    outcome = harness.run(wait=False, name="web1", compute_offering="4vCPU.8GB", state="stopped")
    assert outcome.actions == ["changeComputeOffering"]
    harness.next_look(when=lambda: harness.requests("PUT"), times=None, state="Stopped")
    harness.run(wait=False, **harness.creation("web2", hostname="hal"))
    assert harness.writes() == ["POST changeComputeOffering", "POST instances", "PUT instances"]


@pytest.mark.parametrize("exists", [True, False])
def test_an_instance_that_a_change_left_stopped_is_started(harness, exists):
    if exists:
        harness.seed(name="web1", state="Running")
    harness.next_look(when=lambda: harness.requests("PUT"), keep=True, state="Stopped")
    outcome = harness.run(**harness.creation(hostname="hal", **({"compute_offering": "1vCPU.512MB"} if exists else {}), allow_reboot=True))
    assert outcome.actions == [*([] if exists else ["create"]), "update", "start"] and outcome.instance["state"] == "Running"
