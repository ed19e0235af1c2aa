# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random sequences of tasks, faults and changes by others, checked against what must hold whatever happens."""

from __future__ import annotations

import copy

from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = ("a", "b")
STATES = ("present", "started", "stopped", "restarted", "recovered", "absent")
TASKS = st.fixed_dictionaries(
    {"name": st.sampled_from(NAMES), "state": st.sampled_from(STATES)},
    optional={
        "compute_offering": st.sampled_from(["1vCPU.512MB", "2vCPU.4GB", "4vCPU.8GB"]),
        "network": st.sampled_from(["Web-test_area", "App-test_area"]),
        "template": st.sampled_from(["Ubuntu 24.04", "CentOS 6.8 PV"]),
        "hostname": st.sampled_from(["one", "two"]),
        "allow_reboot": st.booleans(),
        "allow_network_change": st.booleans(),
        "purge": st.booleans(),
        "force_stop": st.booleans(),
    },
)
# What others do: an instance more of a name, one brought into another state, one that vanishes.
OTHERS = st.tuples(
    st.sampled_from(["place", "amend", "vanish"]), st.sampled_from(NAMES), st.sampled_from(["Running", "Stopped", "Error", "Destroyed"])
)
FAULTS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["drop_before", "drop_after", "broken_json", "html", "task_failed", "task_lost"]),
        "method": st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
        "skip": st.integers(0, 3),
    }
)
STEPS = st.lists(st.one_of(TASKS, TASKS, TASKS, OTHERS, FAULTS), min_size=1, max_size=8)


def seen(bench):
    """Everything there is, hidden attributes included."""
    bench.simulator.cloud.advance()
    return copy.deepcopy((bench.environment.instances, bench.environment.hidden))


def live(bench, name):
    return [row for row in bench.instances(name) if row["state"] not in ("Destroyed", "Expunging")]


def attempt(bench, task, **how):
    """What a run came to, as far as it can be compared: a refusal is one of the ends."""
    try:
        outcome = bench.run(**how, **task)
    except (Refused, ApiError) as problem:
        return type(problem).__name__, str(problem)
    return outcome.actions, outcome.diff, outcome.drift


def interfere(bench, what, name, state):
    """Something that somebody else does."""
    rows = bench.instances(name)
    if what == "place" and len(rows) < 2:
        bench.place(name=name, state=state)
    elif rows and what == "amend":
        bench.environment.amend(rows[0], {"state": state})
    elif rows and what == "vanish":
        del bench.environment.instances[rows[0]["id"]]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS)
def test_whatever_happens(bench, steps):
    bench.simulator.face.reset_all()
    for step in steps:
        if isinstance(step, tuple):
            interfere(bench, *step)
            continue
        if "kind" in step:
            bench.fault(**step)
            continue
        troubled = bool(bench.simulator.face.faults.active)
        before, counts = seen(bench), {name: len(live(bench, name)) for name in NAMES}
        if not troubled:
            written = len(bench.writes())
            predicted = attempt(bench, step, check_mode=True)
            assert len(bench.writes()) == written and seen(bench) == before
        written = len(bench.writes())
        done = attempt(bench, step)
        # Never more than one of a name by our doing, whatever became of the answers.
        for name in NAMES:
            assert len(live(bench, name)) <= max(1, counts[name])
        if done[0] == "Refused":
            assert len(bench.writes()) == written or troubled
        if troubled:
            bench.simulator.face.faults.clear()
            # What this run began may go on; no later step is compared with it.
            bench.clock.sleep(60)
            continue
        assert done == predicted
        if done[0] in ("Refused", "ApiError"):
            assert seen(bench) == before
        elif step["state"] != "restarted":
            again = attempt(bench, step)
            assert again[0] == [], (step, again)
