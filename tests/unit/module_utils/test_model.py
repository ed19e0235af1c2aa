# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random sequences of tasks, faults and changes by others, checked against what must always hold."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.tests.unit.examples import examples
from ansible_collections.coxedge.compute.tests.unit.module_utils.operations_table import IMPERFECT
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
# What others do: create another instance with the name, change the state of one, remove one.
OTHERS = st.tuples(
    st.sampled_from(["seed", "patch", "remove"]), st.sampled_from(NAMES), st.sampled_from(["Running", "Stopped", "Error", "Destroyed"])
)
FAULTS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["drop_before", "drop_after", "broken_json", "html", "task_failed", "task_lost"]),
        "method": st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
        "skip": st.integers(0, 3),
    }
)
STEPS = st.lists(st.one_of(TASKS, TASKS, TASKS, OTHERS, FAULTS), min_size=1, max_size=8)


def seen(harness):
    """All instances, including their private attributes."""
    harness.simulator.cloud.advance()
    return copy.deepcopy((harness.environment.instances, harness.environment.private))


def live(harness, name):
    return [instance for instance in harness.instances(name) if instance["state"] not in ("Destroyed", "Expunging")]


def attempt(harness, task, **how):
    """What a run resulted in, as far as it can be compared: its outcome or its error."""
    try:
        outcome = harness.run(**how, **task)
    except (Refused, ApiError) as problem:
        return type(problem).__name__, str(problem)
    return outcome.actions, outcome.diff, outcome.drift


def interfere(harness, what, name, state):
    """Makes a change that others make, at this time: a list that lags behind shows it when its time has come."""
    harness.simulator.cloud.advance()
    instances = harness.instances(name)
    if what == "seed" and len(instances) < 2:
        harness.seed(name=name, state=state)
    elif instances and what == "patch":
        harness.environment.patch(instances[0], {"state": state})
    elif instances and what == "remove":
        del harness.environment.instances[instances[0]["id"]]
    harness.simulator.cloud.advance()


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_random_sequences_keep_every_promise(harness, count):
    @settings(deadline=None, max_examples=examples(count), suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(["", *IMPERFECT]), STEPS)
    def keep_every_promise(kind, steps):
        check_every_promise(harness, IMPERFECT.get(kind, {}), steps)

    keep_every_promise()


def check_every_promise(harness, imperfections, steps):
    harness.simulator.app.reset_all()
    harness.settings(**imperfections)
    for step in steps:
        # What was done so far shows by then.
        harness.clock.sleep(1 + imperfections.get("lag_seconds", 0))
        if isinstance(step, tuple):
            interfere(harness, *step)
            continue
        if "kind" in step:
            harness.fault(**step)
            continue
        faulty = bool(harness.simulator.app.faults.active)
        before, counts = seen(harness), {name: len(live(harness, name)) for name in NAMES}
        if not faulty:
            written = len(harness.writes())
            predicted = attempt(harness, step, check_mode=True)
            assert len(harness.writes()) == written and seen(harness) == before
        written = len(harness.writes())
        done = attempt(harness, step)
        # A run never creates a second instance with the name, even if responses are lost.
        for name in NAMES:
            assert len(live(harness, name)) <= max(1, counts[name])
        if done[0] == "Refused":
            assert len(harness.writes()) == written or faulty
        if faulty:
            harness.simulator.app.faults.clear()
            # Work of this run may continue; no later step is compared with it.
            harness.clock.sleep(60)
            continue
        assert done == predicted
        if done[0] in ("Refused", "ApiError"):
            assert seen(harness) == before
        elif step["state"] != "restarted":
            again = attempt(harness, step)
            assert again[0] == [], (step, again)
