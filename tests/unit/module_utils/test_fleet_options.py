# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a fleet's members."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import member_label, merged_options
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.fleet import fleet_problem
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import CREATION, UNKNOWN_ID


def problem_of(members, common=None):
    """What is wrong with the members of a task."""
    options = [merged_options(member, common) for member in members]
    return fleet_problem(options, [member_label(number, member) for number, member in enumerate(options)])


def test_member_options_are_merged_with_common_options_before_defaults():
    common = {"state": "stopped", "allow_reboot": True, "network": "n"}
    assert merged_options({"name": "a", "state": "started", "allow_reboot": False}, common)["state"] == "started"
    whole = merged_options({"name": "a", "allow_reboot": False}, common)
    assert (whole["state"], whole["allow_reboot"], whole["network"], whole["purge"]) == ("stopped", False, "n", False)
    assert merged_options({"name": "a"}, None)["state"] == "present"


@pytest.mark.parametrize(
    ("fleet", "words"),
    [
        ([{"name": "a"}, {"name": "b", "cpu_count": 0}], ["instances[1] (b): cpu_count"]),
        ([{"name": "a"}, {"state": "started"}], ["instances[1]: Give id or name"]),
        ([{"id": "x"}], ["instances[0] (x): id must be a UUID"]),
        ([{"name": "a"}, {"name": "a"}], ["instances[1] (a)", "instances[0] (a)"]),
        (
            [{"id": "0" * 8 + "-0000-4000-8000-" + "a" * 12}, {"id": "0" * 8 + "-0000-4000-8000-" + "A" * 12, "name": "b"}],
            ["same instance"],
        ),
        ([{"name": "a", "public_key": "k"}], None),
        ([{"id": UNKNOWN_ID, "name": "a"}, {"name": "a"}], ["same name"]),
        ([{"id": UNKNOWN_ID, "name": "a", "state": "absent"}, {"name": "a"}], None),
        ([{"id": UNKNOWN_ID, "name": "a", "state": "recovered"}, {"name": "a"}], None),
        ([{"id": UNKNOWN_ID, "state": "absent"}, {"name": "a"}], None),
    ],
)
def test_invalid_options_name_the_member(fleet, words):
    problem = problem_of(fleet)
    assert problem is None if words is None else all(word in problem for word in words)


def test_mutually_exclusive_options_are_checked_after_merging():
    assert "public_key" in problem_of([{"name": "a", "public_key": "k"}], {"ssh_key_name": "mysshkey"})


def test_a_name_and_an_id_of_the_same_instance_are_refused_before_any_write(harness):
    there = harness.seed(name="web0")
    for _n in range(2):
        harness.seed(name="duplicate")
    for other in ({"state": "absent"}, {"name": "duplicate"}):
        with pytest.raises(Refused, match=r"instances\[1\].*same instance as instances\[0\] \(web0\)"):
            harness.fleet([{"name": "web0", "state": "stopped"}, {"id": there.upper(), **other}, {"name": "new", **CREATION}])
    assert harness.writes() == []
