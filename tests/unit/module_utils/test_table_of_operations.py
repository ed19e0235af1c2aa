# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of operations against the API, as the simulator knows it."""

from __future__ import annotations

from ansible_collections.coxedge.compute.plugins.module_utils.instance.conditions import TABLE, TRANSITION, condition
from ansible_collections.coxedge.compute.plugins.module_utils.instance.fields import FIELDS
from ansible_collections.coxedge.compute.plugins.module_utils.instance.operations import CHANGES, OPERATIONS
from ansible_collections.coxedge.compute.tests.simulator import operations as simulated
from ansible_collections.coxedge.compute.tests.unit.module_utils.operations_table import CASES

WRITES = {"create": "POST", "update": "PUT", "delete": "DELETE"}


def test_every_documented_operation_has_a_row():
    assert set(OPERATIONS) == {*simulated.OPERATIONS, *WRITES}
    assert all(name == operation.name for name, operation in OPERATIONS.items())


def test_operations_of_an_instance_are_sent_as_a_query_and_the_others_by_their_method():
    assert {name for name, operation in OPERATIONS.items() if operation.is_query} == set(simulated.OPERATIONS)
    assert {name: operation.method for name, operation in OPERATIONS.items() if not operation.is_query} == WRITES
    assert {operation.method for operation in OPERATIONS.values() if operation.is_query} == {"POST"}


def test_changes_are_what_changes_a_field_in_the_documented_order():
    assert CHANGES == ("update", "changeComputeOffering", "changeNetwork", "associateSSHKey")
    assert {row.changed_by for row in FIELDS} - {None} == set(CHANGES)


def test_what_does_harm_when_repeated_is_never_sent_twice():
    assert {name for name, operation in OPERATIONS.items() if not operation.repeatable} == {"create", "stop", "reboot", "resetPassword"}


def test_the_state_table_names_operations_that_exist():
    verbs = {"converge", "settle", "warn", "fail", "refuse"}
    named = {verb for row in TABLE.values() for cell in row.values() for verb in cell}
    assert named - verbs <= set(OPERATIONS)


def test_the_state_that_an_operation_ends_in_is_no_transition():
    for operation in OPERATIONS.values():
        ended = operation.ends_in is None or condition({"state": operation.ends_in}) != TRANSITION
        assert ended, f"give the state {operation.ends_in} a column in instance/conditions.py: every run would wait for its end"


def test_faults_and_races_try_each_operation():
    missing = set(OPERATIONS) - set(CASES)
    assert not missing, f"add to CASES of operations_table.py: {missing}"
