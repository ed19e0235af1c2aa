# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every cell of the table of states, and how states are compared."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.compare import diff_of
from ansible_collections.coxedge.compute.plugins.module_utils.instance.conditions import TABLE, condition, must_settle, state_of
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import instance_options
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Progress
from ansible_collections.coxedge.compute.tests.unit.module_utils.plans import CREATION, ID, RECORDS, instance, options, plan, refused

TRANSITIONS = ("Starting", "Stopping", "Migrating", "Creating", "Unknown", "Rebooting", None)
# Wanted state: current state or None: actions, or a part of the message of Refused.
CELLS = {
    "present": {None: ["create"], "Running": [], "Stopped": [], "Error": [], "Destroyed": "recovered"},
    "started": {None: ["create"], "Running": [], "Stopped": ["start"], "Error": "Error", "Destroyed": "recovered"},
    "stopped": {None: ["create", "stop"], "Running": ["stop"], "Stopped": [], "Error": "Error", "Destroyed": "recovered"},
    "restarted": {None: ["create"], "Running": ["reboot"], "Stopped": ["reboot"], "Error": "Error", "Destroyed": "recovered"},
    "recovered": {None: "no instance", "Running": [], "Stopped": [], "Error": [], "Destroyed": ["recover"]},
    "absent": {None: [], "Running": ["delete"], "Stopped": ["delete"], "Error": ["delete"], "Destroyed": []},
}


@pytest.mark.parametrize(("state", "current"), [(state, current) for state in CELLS for current in CELLS[state]])
def test_every_cell_leads_to_its_actions(state, current):
    expected = CELLS[state][current]
    there = None if current is None else instance(current)
    given = {"state": state, **CREATION}
    if isinstance(expected, str):
        assert expected in refused(there, RECORDS, **given)
        return
    made = plan(there, RECORDS, **given)
    assert made.actions == expected
    diff = diff_of(made.before, made.after, made.extra)
    assert bool(diff["before"] or diff["after"]) is (bool(expected) and not (expected == ["reboot"] and current == "Running"))


@pytest.mark.parametrize("current", TRANSITIONS)
@pytest.mark.parametrize("state", TABLE)
def test_transitions_are_waited_for_unless_nothing_will_be_done(state, current):
    there = instance(current)
    assert must_settle(there, options(state=state)) is (state != "recovered")
    if state == "recovered":
        assert plan(there, state=state).actions == []


def test_the_table_is_complete():
    columns = {"none", "running", "stopped", "in transition", "error", "destroyed"}
    assert set(TABLE) == set(instance_options()["state"]["choices"])
    assert all(set(row) == columns for row in TABLE.values())


@pytest.mark.parametrize("state", ["Running", "RUNNING", "running"])
def test_states_are_compared_without_regard_to_case(state):
    assert condition(instance(state)) == "running"


def test_a_state_that_is_not_reported_is_unknown():
    assert [state_of(instance(state)) for state in (None, "", 5)] == ["Unknown"] * 3


def test_expunging_counts_as_absent():
    assert plan(instance("Expunging"), RECORDS, state="present", **CREATION).actions == ["create"]
    assert plan(instance("Expunging"), state="absent").actions == []


@pytest.mark.parametrize("state", CELLS)
def test_shutdowned_counts_as_stopped(state):
    assert plan(instance("Shutdowned"), RECORDS, state=state, **CREATION).actions == CELLS[state]["Stopped"]


def test_an_instance_in_error_is_not_changed_with_a_warning():
    made = plan(instance("Error"), state="present", hostname="other")
    assert made.actions == [] and f"web1 ({ID}) is in state Error" in made.warnings[0]


def test_a_missing_instance_to_recover_is_named():
    assert "with the name 'web1'" in refused(None, state="recovered")
    assert f"with id {ID}" in refused(None, id=ID, state="recovered")


def test_force_stop_stops_a_stopping_instance_at_once():
    made = plan(instance("Stopping"), state="stopped", force_stop=True)
    assert made.actions == ["stop"] and made.steps[0].body == {"forceStop": True}
    assert plan(instance("Stopping"), state="stopped", force_stop=True, hostname="hal").actions == ["stop", "update"]
    assert not must_settle(instance("Stopping"), options(state="stopped", force_stop=True))
    assert must_settle(instance("Starting"), options(state="stopped", force_stop=True))


def test_a_graceful_stop_does_not_send_force_stop():
    assert plan(instance(), state="stopped").steps[0].body is None


def test_a_second_plan_does_not_reboot_again():
    assert plan(instance(), state="restarted", progress=Progress(interrupted=True)).actions == []


@pytest.mark.parametrize("state", ["present", "restarted"])
def test_a_second_plan_starts_what_the_run_stopped(state):
    assert plan(instance("Stopped"), state=state, progress=Progress(True, True)).actions == ["start"]
