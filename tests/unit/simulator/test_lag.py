# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator with a list that lags behind."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.tests.unit.simulator.documented import MINIMUM, error_of

LAG = 10.0


@pytest.fixture
def environment(simulator):
    simulator.cloud.settings.update({"lag_seconds": LAG})
    return simulator.cloud.environment(None, "compute-on", "test_area")


@pytest.fixture
def seen(api, clock, environment):
    """Returns the states that the list and a retrieve show, at the given seconds after the fixture's first use."""
    began = clock()

    def states(instance_id, *times):
        found = []
        for time in times:
            clock.sleep(began + time - clock())
            listed = [instance["state"] for instance in api.instances("GET").json()["data"] if instance["id"] == instance_id]
            response = api.instances("GET", f"/{instance_id}")
            retrieved = [response.json()["data"]["state"]] if response.status_code == 200 else []
            assert listed == retrieved, time
            found.append(listed[0] if listed else None)
        return found

    return states


def test_a_new_instance_and_the_states_of_its_task_show_late(api, seen, clock):
    first = api.instances("POST", body=MINIMUM).json()
    clock.sleep(1)
    instance = api.task(first["taskId"])["result"]
    assert instance["state"] == "Running"
    assert seen(instance["id"], 1, LAG - 0.1, LAG, LAG + 0.9, LAG + 1) == [None, None, "Starting", "Starting", "Running"]


def test_states_show_late_even_if_nobody_looked_in_the_meantime(api, seen, environment):
    instance_id = environment.seed({"name": "a"})["id"]
    api.operate(instance_id, "reboot")
    assert seen(instance_id, LAG + 0.2, LAG + 0.7, LAG + 1) == ["Stopping", "Starting", "Running"]


def test_a_deleted_instance_still_shows_in_its_old_state(api, seen, environment):
    instance_id = environment.seed({"name": "a", "publicIps": 1})["id"]
    api.instances("DELETE", f"/{instance_id}", {"purgeImmediately": True})
    assert seen(instance_id, 0, 2, LAG - 0.1, LAG, LAG + 1) == ["Running", "Running", "Running", "Stopping", None]
    assert api.instances("GET").json()["metadata"]["recordCount"] == 0


def test_an_expunged_instance_shows_for_as_long_as_the_lag(api, seen, environment, simulator):
    simulator.cloud.settings.update({"expunge_after": 5.0})
    instance_id = environment.seed({"name": "a"})["id"]
    api.instances("DELETE", f"/{instance_id}")
    assert seen(instance_id, LAG + 1, LAG + 5.9, LAG + 6) == ["Destroyed", "Destroyed", None]


def test_changed_values_show_late_and_writes_use_the_real_state(api, seen, environment, clock):
    instance_id = environment.seed({"name": "old"})["id"]
    assert api.finished(api.operate(instance_id, "stop"))["state"] == "Stopped"
    assert api.finished(api.instances("PUT", f"/{instance_id}", {"name": "new"}))["name"] == "new"
    error_of(api.operate(instance_id, "stop"), 400, "is in state Stopped", code=2012)
    assert api.detail(instance_id)["name"] == "old"
    assert seen(instance_id, 3, LAG + 1) == ["Running", "Stopped"]
    assert api.detail(instance_id)["name"] == "old"
    clock.sleep(1)
    assert api.detail(instance_id)["name"] == "new"


def test_changes_by_others_show_late_and_seeded_instances_at_once(api, seen, environment):
    first = environment.seed({"name": "a"})["id"]
    assert seen(first, 0) == ["Running"]
    second = environment.seed({"name": "b"})["id"]
    assert seen(second, 0) == ["Running"]
    environment.patch(environment.instances[second], {"state": "Error"})
    assert seen(second, 1, LAG, LAG + 1) == ["Running", "Running", "Error"]


def test_a_transition_that_ends_with_a_look_is_seen_to_end_late(seen, environment):
    instance_id = environment.seed({"state": "Starting", "settles_after": 1, "settles_as": "Running"})["id"]
    assert seen(instance_id, 0, 1, 2, LAG + 0.9, LAG + 1) == ["Starting"] * 4 + ["Running"]


def test_without_lag_everything_shows_at_once_again(api, seen, environment, simulator):
    instance_id = environment.seed({"name": "a"})["id"]
    api.operate(instance_id, "stop")
    assert seen(instance_id, 1) == ["Running"]
    simulator.cloud.settings.update({"lag_seconds": 0.0})
    assert seen(instance_id, 1) == ["Stopped"]
    simulator.cloud.settings.update({"lag_seconds": LAG})
    assert seen(instance_id, 1) == ["Stopped"], "what is there when the lag begins has always been there"
