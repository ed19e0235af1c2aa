# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any JSON that the API might send, for an instance, an offering or a whole response: a sound plan or a clear error, never a traceback."""

from __future__ import annotations

import contextlib
import json
from collections import Counter

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.instance.compare import diff_of
from ansible_collections.coxedge.compute.plugins.module_utils.instance.conditions import condition, must_settle, state_of
from ansible_collections.coxedge.compute.plugins.module_utils.instance.fields import FIELDS
from ansible_collections.coxedge.compute.plugins.module_utils.instance.filters import FILTERS, Selection, in_order
from ansible_collections.coxedge.compute.plugins.module_utils.instance.operations import CHANGES
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import instance_options
from ansible_collections.coxedge.compute.plugins.module_utils.instance.plan import lookups_needed, make_plan
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused, Resolved
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import full_view, list_view, partial_view
from ansible_collections.coxedge.compute.plugins.module_utils.text import is_uuid
from ansible_collections.coxedge.compute.tests.simulator.bodies import CREATE_BODY, CREATE_REQUIRED, DELETE_BODY, UPDATE_BODY
from ansible_collections.coxedge.compute.tests.simulator.operations import OPERATIONS
from ansible_collections.coxedge.compute.tests.unit.examples import examples
from ansible_collections.coxedge.compute.tests.unit.module_utils.operations_table import CASES, NAME, run, there
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ATTRIBUTES = ["id", "state", "affinityGroupIds", "imageId", "imageName", "networkName", "computeOfferingName", "publicIps", "nics"]
ATTRIBUTES += [row.api for row in FIELDS]
INSTANCES = st.dictionaries(st.sampled_from(ATTRIBUTES), ANY_JSON | st.sampled_from(["Running", "Stopped", "Destroyed", "Error"]))
RECORDS = st.dictionaries(
    st.sampled_from(["id", "name", "custom", "cpuCount", "memoryInMB", "availableCpuCountValues", "maxMemoryInMBToCpuRatio", "vpcId"]),
    ANY_JSON,
)
WANTED = st.fixed_dictionaries(
    {
        "state": st.sampled_from(instance_options()["state"]["choices"]),
        "update_ssh_key": st.sampled_from(["always", "on_create"]),
        **{name: st.booleans() for name in ("purge", "allow_reboot", "allow_network_change", "force_stop")},
        **{
            name: st.sampled_from([None, "x", "1c0bfd2b-d609-4892-a43e-273654532d26"])
            for name in ("compute_offering", "network", "template")
        },
        **{name: st.sampled_from([None, "x"]) for name in ("hostname", "ip_address", "ssh_key_name", "affinity_group")},
        "cpu_count": st.sampled_from([None, 4]),
    }
)


# Most are in a state that is planned for at once.
STATES = st.sampled_from(["Running", "Stopped", "Running", "Stopped", "Error", "Destroyed", "Expunging", "Stopping", None])
CURRENT = st.tuples(INSTANCES, STATES).map(lambda drawn: {**drawn[0], **({"state": drawn[1]} if drawn[1] else {})})
ANOTHER_ID = "1c0bfd2b-d609-4892-a43e-273654532d27"
# Where each operation is allowed and what it ends in, as the API documents it; None: it changes no state.
ALLOWED = {"create": ("",), "update": ("Running", "Stopped"), "delete": ("Running", "Stopped", "Error")}
ALLOWED.update({name: rule.states for name, rule in OPERATIONS.items()})
ENDS = {
    "create": "Running",
    "start": "Running",
    "reboot": "Running",
    "stop": "Stopped",
    "recover": "Stopped",
    "delete": "Destroyed",
    "purge": "",
}
BODIES = {"create": (CREATE_BODY, CREATE_REQUIRED), "update": (UPDATE_BODY, ()), "delete": (DELETE_BODY, ())}
BODIES.update({name: (rule.body, rule.required) for name, rule in OPERATIONS.items()})


def assert_sound(plan, current, options):
    """A plan is sound if the API takes each step in its turn, it interrupts nothing unasked or twice, and it ends as wanted."""
    state = state_of(current)
    interruptions = 0
    for step in plan.steps:
        assert state in ALLOWED[step.action], (plan.actions, state)
        fields, required = BODIES[step.action]
        assert set(required) <= set(step.body or {}) <= set(fields), step
        changes = step.action in CHANGES and (step.action != "update" or "hostname" in step.body)
        # Interrupting a new instance does no harm.
        if current is not None and state == "Running" and (changes or step.action in ("stop", "reboot")):
            interruptions += 1
            assert options["allow_reboot"] or (options["state"], step.action) in (("stopped", "stop"), ("restarted", "reboot")), step
        assert options["allow_network_change"] or step.action != "changeNetwork"
        purges = step.action == "delete" and step.body["purgeImmediately"]
        state = "" if purges else ENDS.get(step.action, state)
    assert interruptions <= 1, plan.actions
    # What it predicts is what comes of it.
    assert (plan.after is None) == (state == ""), plan.actions
    assert plan.after is None or state_of(plan.after) == state
    wanted = {"started": ["Running"], "restarted": ["Running"], "stopped": ["Stopped"], "absent": ["", "Destroyed"]}.get(options["state"])
    assert wanted is None or state in wanted, (plan.actions, state)


def plan_for(current, options, catalog):
    """The plan, out of entries of the catalog for whatever it needs to look up."""
    wants = {lookup.option: lookup.text for lookup in lookups_needed(current, options).catalog}
    # An entry is found by its name or its id. The client refuses lists with entries that have no id.
    records = {name: {**catalog[name], "id": ANOTHER_ID, "id" if is_uuid(text) else "name": text} for name, text in wants.items()}
    return make_plan(current, options, Resolved(records=records))


def test_instances_of_any_shape_are_planned_for_or_refused():
    ends = Counter()

    @settings(max_examples=examples(600), deadline=None)
    @given(CURRENT, WANTED, RECORDS, RECORDS)
    def planned(raw, wanted, offering, network):
        current = full_view(raw)
        # What is being expunged is none to a run.
        current = None if condition(current) == "none" else current
        options = {**{name: spec.get("default") for name, spec in instance_options().items()}, "name": "web1", **wanted}
        json.dumps([current, list_view(raw), partial_view(raw)])
        if must_settle(current, options):
            ends["settles"] += 1
            return
        catalog = {
            "compute_offering": offering,
            "network": network,
            "template": network,
            "ssh_key_name": network,
            "affinity_group": network,
        }
        try:
            plan = plan_for(current, options, catalog)
        except Refused as refused:
            ends["refused"] += 1
            assert str(refused).endswith(".") and "\n" not in str(refused)
            return
        ends["planned" if plan.steps else "nothing to do"] += 1
        json.dumps(diff_of(plan.before, plan.after, plan.extra))
        assert_sound(plan, current, options)
        if options["state"] != "restarted":
            # With "always", the SSH key of a new instance is associated again, because the API need not report it.
            more = {"update_ssh_key": "on_create"} if "create" in plan.actions else {}
            assert plan_for(plan.after, {**options, **more}, catalog).actions == []

    planned()
    # Else little would be asserted of plans.
    assert ends["planned"] > sum(ends.values()) / 5


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(INSTANCES, max_size=5))
def test_instances_of_any_shape_are_filtered_and_sorted(instances):
    seen = [list_view(instance) for instance in instances]
    selection = Selection({name: ["x"] for name in FILTERS})
    assert len(in_order(seen)) == len(instances)
    assert all(isinstance(selection.matches(instance), bool) for instance in seen)


# Whole responses: JSON of any kind, and JSON that resembles a response.
RESOURCES = st.fixed_dictionaries(
    {},
    optional={
        "id": ANY_JSON | st.just("9db8ff2f-b49b-466d-a2f3-c1e6def408f4"),
        "name": ANY_JSON | st.just(NAME),
        "state": ANY_JSON | st.sampled_from(["Running", "Destroyed"]),
    },
)
ALMOST = st.fixed_dictionaries(
    {},
    optional={
        "data": ANY_JSON | RESOURCES | st.lists(RESOURCES, max_size=3),
        "metadata": ANY_JSON | st.fixed_dictionaries({"recordCount": st.integers(-1, 4) | ANY_JSON}),
        "errors": ANY_JSON | st.lists(st.fixed_dictionaries({"message": ANY_JSON, "code": ANY_JSON, "context": ANY_JSON}), max_size=2),
        "taskId": ANY_JSON | st.just("9db8ff2f-b49b-466d-a2f3-c1e6def408f5"),
        "taskStatus": ANY_JSON | st.sampled_from(["SUCCESS", "FAILED", "FAILURE", "PENDING"]),
        "result": ANY_JSON | RESOURCES,
    },
)
RESPONSES = st.tuples(
    ANY_JSON | ALMOST, st.sampled_from([200, 200, 202, 400, 404, 500]), st.sampled_from(["first", "never"]), st.integers(0, 1)
)


@pytest.mark.parametrize("name", CASES)
def test_a_response_of_any_shape_is_an_error_or_no_harm(harness, name):
    case = CASES[name]

    @settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(RESPONSES)
    def responds(response):
        body, status, act, count = response
        harness.simulator.app.reset_all()
        harness.settings(report_ssh_key=True, report_iso=True)
        if case.state is not None:
            harness.seed(name=NAME, state=case.state, **case.setup)
        harness.seed(name="bystander")
        harness.fault(kind="status", body=body, status=status, act=act, method=case.method, path=case.path, count=count)
        with contextlib.suppress(ApiError, Refused):
            json.dumps(run(harness, case).result())
        assert len(there(harness)) <= 1
        assert [instance["state"] for instance in harness.instances("bystander")] == ["Running"]

    responds()
