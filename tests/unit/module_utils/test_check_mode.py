# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode predicts what a run does, for each wanted state and each state of the instance."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import SHAPE

STATES = ("present", "started", "stopped", "restarted", "recovered", "absent", "purged")
CURRENT = (None, "Running", "Stopped", "Starting", "Stopping", "Error", "Destroyed", "Expunging")
SELECTED = [(current, by) for current in CURRENT for by in ("name", "id") if current is not None or by == "name"]
# The state that a transition ends in.
ENDS = {"Starting": "Running", "Stopping": "Stopped", "Expunging": None}


def is_refused(state, current, by, allow_reboot):
    """Whether the run is refused. The instance has another compute offering than the options."""
    settled = ENDS.get(current, current)
    if settled is None or (settled == "Destroyed" and by == "name" and state not in ("recovered", "purged")):
        # A new instance is created, but not with a given id.
        return state == "recovered" or (by == "id" and state not in ("absent", "purged"))
    if settled == "Running" and state in ("present", "started", "restarted"):
        return not allow_reboot
    if settled in ("Error", "Destroyed"):
        return state in ("started", "stopped", "restarted") or (state, settled) == ("present", "Destroyed")
    return False


def left_by(state, current, by):
    """The states of the instances with the name afterwards."""
    settled = ENDS.get(current, current)
    if state == "purged":
        return []
    if state == "absent":
        return [] if settled is None else ["Destroyed"]
    if state == "recovered":
        # In any other state there is nothing to recover.
        return ["Stopped" if current == "Destroyed" else current]
    wanted = {"present": settled if settled not in (None, "Destroyed") else "Running", "stopped": "Stopped"}.get(state, "Running")
    return [*(["Destroyed"] if current == "Destroyed" else []), wanted]


@pytest.mark.parametrize("allow_reboot", [True, False])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("current", "by"), SELECTED)
def test_check_mode_predicts_the_real_run_and_a_second_run_changes_nothing(harness, state, current, by, allow_reboot):
    instance_id = None
    if current is not None:
        more = {"settles_after": 2, "settles_as": ENDS[current]} if current in ENDS else {}
        instance_id = harness.seed(name="web1", state=current, **more)
    given = harness.creation(state="absent" if state == "purged" else state, purge=state == "purged", allow_reboot=allow_reboot)
    if by == "id":
        given["id"] = instance_id
    outcomes = []
    for check_mode in (True, False):
        if current in ENDS:
            harness.environment.patch(harness.environment.instances[instance_id], {"state": current, **more})
        try:
            outcomes.append(harness.run(check_mode=check_mode, **given))
        except Refused as problem:
            outcomes.append(str(problem))
        if check_mode:
            assert harness.writes() == []
    predicted, done = outcomes
    assert isinstance(done, str) is is_refused(state, current, by, allow_reboot), done
    if isinstance(done, str):
        assert predicted == done and harness.writes() == []
        return
    assert (predicted.actions, predicted.diff) == (done.actions, done.diff)
    assert set(SHAPE) <= set(predicted.instance or SHAPE) and (predicted.instance is None) == (done.instance is None)
    if predicted.instance:
        assert predicted.instance["state"] == done.instance["state"]
    assert [instance["state"] for instance in harness.instances("web1") if instance["state"] != "Expunging"] == left_by(state, current, by)
    if state != "restarted":
        again = harness.run(**given)
        assert again.actions == [] and again.diff == {"before": {}, "after": {}}
    assert len([instance for instance in harness.instances("web1") if instance["state"] not in ("Destroyed", "Expunging")]) <= 1
