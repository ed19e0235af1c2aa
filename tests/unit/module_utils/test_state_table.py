# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every cell of the table of states, and what a plan is told about states."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.compare import diff_of
from ansible_collections.coxedge.compute.plugins.module_utils.instance.conditions import TABLE, condition, must_settle, state_of
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import instance_options
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import (
    Progress,
)
from ansible_collections.coxedge.compute.tests.unit.module_utils.plans import CREATION, ID, RECORDS, instance, options, plan, refusal

TRANSITIONS = ("Starting", "Stopping", "Migrating", "Creating", "Unknown", "Rebooting", None)
# Wanted state: (current state or None: actions, or a word of the refusal, or "settle").
CELLS = {
    "present": {None: ["create"], "Running": [], "Stopped": [], "Error": [], "Destroyed": "recovered"},
    "started": {None: ["create"], "Running": [], "Stopped": ["start"], "Error": "Error", "Destroyed": "recovered"},
    "stopped": {None: ["create", "stop"], "Running": ["stop"], "Stopped": [], "Error": "Error", "Destroyed": "recovered"},
    "restarted": {None: ["create"], "Running": ["reboot"], "Stopped": ["reboot"], "Error": "Error", "Destroyed": "recovered"},
    "recovered": {None: "no instance", "Running": [], "Stopped": [], "Error": [], "Destroyed": ["recover"]},
    "absent": {None: [], "Running": ["delete"], "Stopped": ["delete"], "Error": ["delete"], "Destroyed": []},
}


@pytest.mark.parametrize(("state", "current"), [(state, current) for state in CELLS for current in CELLS[state]])
def test_every_cell(state, current):
    expected = CELLS[state][current]
    there = None if current is None else instance(current)
    given = {"state": state, **CREATION}
    if isinstance(expected, str):
        assert expected in refusal(there, RECORDS, **given)
        return
    made = plan(there, RECORDS, **given)
    assert made.actions == expected
    diff = diff_of(made.before, made.after, made.extra)
    assert bool(diff["before"] or diff["after"]) is (bool(expected) and not (expected == ["reboot"] and current == "Running"))


@pytest.mark.parametrize("current", TRANSITIONS)
@pytest.mark.parametrize("state", TABLE)
def test_transitions_settle_except_where_nothing_is_to_be_done(state, current):
    there = instance(current)
    assert must_settle(there, options(state=state)) is (state != "recovered")
    if state == "recovered":
        assert plan(there, state=state).actions == []


def test_the_table_is_whole():
    columns = {"none", "running", "stopped", "in transition", "error", "destroyed"}
    assert set(TABLE) == set(instance_options()["state"]["choices"])
    assert all(set(row) == columns for row in TABLE.values())


@pytest.mark.parametrize("state", ["Running", "RUNNING", "running"])
def test_states_are_compared_without_regard_to_case(state):
    assert condition(instance(state)) == "running"


def test_a_state_that_is_not_reported_is_unknown():
    assert [state_of(instance(state)) for state in (None, "", 5)] == ["Unknown"] * 3


def test_expunging_counts_as_none():
    assert plan(instance("Expunging"), RECORDS, state="present", **CREATION).actions == ["create"]
    assert plan(instance("Expunging"), state="absent").actions == []


def test_error_is_left_alone_with_a_warning():
    made = plan(instance("Error"), state="present", hostname="other")
    assert made.actions == [] and f"web1 ({ID}) is in state Error" in made.warnings[0]


def test_what_is_not_there_to_recover_is_named():
    assert "with the name 'web1'" in refusal(None, state="recovered")
    assert f"with id {ID}" in refusal(None, id=ID, state="recovered")


def test_force_stop_stops_one_that_is_stopping_at_once():
    made = plan(instance("Stopping"), state="stopped", force_stop=True)
    assert made.actions == ["stop"] and made.steps[0].body == {"forceStop": True}
    assert plan(instance("Stopping"), state="stopped", force_stop=True, hostname="hal").actions == ["stop", "update"]
    assert not must_settle(instance("Stopping"), options(state="stopped", force_stop=True))
    assert must_settle(instance("Starting"), options(state="stopped", force_stop=True))


def test_a_graceful_stop_says_nothing_of_force():
    assert plan(instance(), state="stopped").steps[0].body is None


def test_it_is_not_rebooted_twice():
    assert plan(instance(), state="restarted", progress=Progress(interrupted=True)).actions == []


@pytest.mark.parametrize("state", ["present", "restarted"])
def test_what_this_run_stopped_it_starts_again(state):
    assert plan(instance("Stopped"), state=state, progress=Progress(True, True)).actions == ["start"]
