# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as one line: each operation, what it changes, and each risk."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import TaskFailed
from ansible_collections.coxedge.compute.plugins.module_utils.instance.operations import OPERATIONS
from ansible_collections.coxedge.compute.plugins.module_utils.instance.plan import make_plan
from ansible_collections.coxedge.compute.plugins.module_utils.instance.plan_line import plan_line
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused, Resolved
from ansible_collections.coxedge.compute.tests.unit.module_utils.plans import (
    BIG,
    CREATION,
    CUSTOM,
    NETWORK,
    OTHER_NETWORK,
    RECORDS,
    instance,
    options,
    plan,
)
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import START, STOP, interfering, to_state

ALLOWED = {"allow_reboot": True, "allow_network_change": True}
RESIZE = {"compute_offering": "big", **ALLOWED}
MOVE = {"network": "App", **ALLOWED}
OFFERINGS = {"compute_offering": BIG}
NETWORKS = {"network": OTHER_NETWORK}
DROPS = "drops its port forwarding and load balancing rules"
KEY = {"ssh_key_name": "ops", "update_ssh_key": "always", **ALLOWED}
# State of the instance, records, options, the line without the name.
LINES = [
    ("Running", {}, {}, "nothing to do"),
    ("Stopped", {}, {"state": "started"}, "start"),
    ("Running", {}, {"state": "stopped"}, "stop; interrupts the server"),
    ("Stopping", {}, {"state": "stopped", "force_stop": True}, "stop (forced)"),
    ("Running", {}, {"state": "restarted"}, "reboot; interrupts the server"),
    ("Stopped", {}, {"state": "restarted"}, "reboot"),
    ("Running", {}, {"hostname": "b", **ALLOWED}, "update (hostname web1 -> b); reboots the server"),
    ("Running", OFFERINGS, RESIZE, "changeComputeOffering (small -> big); reboots the server"),
    ("Stopped", OFFERINGS, RESIZE, "changeComputeOffering (small -> big)"),
    (
        "Running",
        OFFERINGS,
        {"hostname": "b", **RESIZE},
        "stop, update (hostname web1 -> b), changeComputeOffering (small -> big), start; interrupts the server",
    ),
    ("Running", OFFERINGS, {"state": "restarted", **RESIZE}, "changeComputeOffering (small -> big); reboots the server"),
    ("Running", NETWORKS, MOVE, f"changeNetwork (Web -> App); reboots the server; {DROPS}"),
    ("Stopped", NETWORKS, MOVE, f"changeNetwork (Web -> App); {DROPS}"),
    ("Running", {}, KEY, "associateSSHKey (ops); reboots the server"),
    ("Destroyed", {}, {"state": "recovered"}, "recover"),
    ("Destroyed", {}, {"state": "absent", "purge": True}, "purge; can't be undone"),
    ("Running", {}, {"state": "absent"}, "delete; can be recovered"),
    ("Running", {}, {"state": "absent", "purge": True}, "delete (purged); can't be undone"),
    ("Stopped", {}, {"state": "absent", "delete_snapshots": True}, "delete (with its snapshots); can't be undone"),
]


@pytest.mark.parametrize(("state", "records", "given", "line"), LINES, ids=[case[3] for case in LINES])
def test_a_line_has_each_operation_and_each_risk(state, records, given, line):
    assert plan_line(plan(instance(state=state), records, **given), "web1") == f"web1: {line}"


def test_each_operation_that_a_plan_can_have_has_a_line():
    lines = " ".join(case[3] for case in LINES) + " create"
    of_other_modules = {"resetPassword", "attachIso", "detachIso"}
    assert [name for name in OPERATIONS if name not in lines and name not in of_other_modules] == []


def test_a_key_that_the_api_reports_shows_old_and_new():
    there = instance(ssh_key_name="mine")
    assert plan_line(plan(there, {}, **KEY), "a") == "a: associateSSHKey (mine -> ops); reboots the server"


def test_the_size_of_a_custom_offering_is_named():
    there = instance(compute_offering_id=CUSTOM["id"], compute_offering_name="custom", cpu_count=1, memory_in_mb=512)
    given = {"compute_offering": "custom", "cpu_count": 2, "memory_in_mb": 512, **ALLOWED}
    made = plan(there, {"compute_offering": CUSTOM}, **given)
    assert plan_line(made, "a") == "a: changeComputeOffering (cpu_count 1 -> 2); reboots the server"
    made = plan(instance(), {"compute_offering": CUSTOM}, **given)
    assert plan_line(made, "a") == "a: changeComputeOffering (small -> custom, cpu_count 1 -> 2); reboots the server"


def test_entries_with_the_same_name_are_told_apart_by_their_ids():
    same = {**OTHER_NETWORK, "name": "Web"}
    line = plan_line(plan(instance(), {"network": same}, **{**MOVE, "network": same["id"]}), "a")
    assert f"changeNetwork ({NETWORK['id']} -> {same['id']})" in line


def test_a_create_names_what_it_is_given():
    assert plan_line(plan(None, RECORDS, **CREATION), "web4") == "web4: create (template Debian, small, network Web)"
    given = {
        **CREATION,
        "compute_offering": "custom",
        "cpu_count": 2,
        "memory_in_mb": 2048,
        "ip_address": "10.0.0.9",
        "user_data": "password: x",
        "public_key": "ssh-ed25519 AAAA",
        "ports_to_forward": ["22", "443"],
        "root_volume_size_in_gb": 30,
        "affinity_group": "mine",
        "hostname": "web-4",
        "state": "stopped",
    }
    made = plan(None, {**RECORDS, "compute_offering": CUSTOM, "affinity_group": {"id": "g"}}, **given)
    assert plan_line(made, "web4") == (
        "web4: create (template Debian, custom, network Web, cpu_count 2, memory_in_mb 2048, ip_address 10.0.0.9, public_key, user_data,"
        " ports_to_forward 22 and 443, root_volume_size_in_gb 30, affinity_group mine), update (hostname web-4), stop"
    )


@pytest.mark.parametrize(
    ("addresses", "volumes", "line"),
    [
        (("a",), ("b", "c"), "with 1 public IP and 2 volumes"),
        (("a", "b"), (), "with 2 public IPs"),
        ((), ("a",), "with 1 volume"),
    ],
)
def test_a_delete_counts_what_goes_with_it(addresses, volumes, line):
    wanted = options(state="absent", volumes_to_delete=["all"], public_ips_to_release=["all"])
    made = make_plan(instance(), wanted, Resolved(volume_ids=volumes, address_ids=addresses))
    assert plan_line(made, "old1") == f"old1: delete ({line}); can't be undone"


def test_a_line_is_one_printable_line():
    hostile = "a\nb\x1b[31m\u202e"
    line = plan_line(plan(instance(network_name=hostile), NETWORKS, **MOVE), hostile)
    assert line.isprintable() and line.startswith("a b\\x1b[31m\\u202e: changeNetwork (a b")


def test_the_plan_is_the_same_in_check_mode_and_after_the_run(harness):
    creation = harness.creation(hostname="other", state="stopped")
    predicted, done = harness.run(check_mode=True, **creation), harness.run(**creation)
    assert (
        predicted.plan
        == done.plan
        == ("web1: create (template Ubuntu 24.04, 2vCPU.4GB, network Web-test_area), update (hostname other), stop")
    )
    assert predicted.shown_diff == done.shown_diff and done.shown_diff["before_header"] == "web1"
    again = harness.run(**creation)
    assert (again.plan, again.risks) == ("web1: nothing to do", []) and again.shown_diff["before"] == {}


def test_a_missing_instance_is_named_as_the_task_names_it(harness):
    assert harness.run(name="gone", state="absent").plan == "gone: nothing to do"


def test_a_restart_shows_in_a_diff_although_no_value_differs(harness):
    instance_id = harness.seed(name="web1")
    diff = harness.run(name="web1", state="restarted", check_mode=True).shown_diff
    assert diff == {
        "before": {},
        "after": {},
        "before_header": f"web1 ({instance_id})",
        "after_header": "web1: reboot; interrupts the server",
        "prepared": "web1: reboot; interrupts the server\n",
    }


def test_a_plan_that_others_carried_out_first_has_nothing_to_do(harness):
    harness.seed(name="web1", state="Stopped")
    with interfering(harness, 1, to_state(harness, "Running")):
        outcome = harness.run(**START)
    assert (outcome.actions, outcome.plan) == ([], "web1: nothing to do")


def steps_of(line):
    """The operations of a line, with their details."""
    return line.partition(": ")[2].partition("; ")[0].split(", ")


def test_a_second_plan_continues_the_line_of_the_first(harness):
    harness.seed(name="web1", hostname="a")
    with interfering(harness, 2, to_state(harness, "Destroyed")), pytest.raises(Refused):
        harness.run(name="web1", hostname="b", compute_offering="4vCPU.8GB", **ALLOWED)
    assert harness.last_run.outcome.plan.endswith("(1vCPU.512MB -> 4vCPU.8GB), start; interrupts the server")
    harness.seed(name="web2", hostname="a")
    with interfering(harness, 2, to_state(harness, "Running")):
        outcome = harness.run(name="web2", hostname="b", compute_offering="4vCPU.8GB", **ALLOWED)
    assert outcome.plan.startswith("web2: stop, ") and outcome.actions == [step.split(" ")[0] for step in steps_of(outcome.plan)]


def test_a_failed_run_returns_its_plan(harness):
    harness.seed(name="web1")
    harness.fault(kind="task_failed", method="POST", path="operation=stop")
    with pytest.raises(TaskFailed):
        harness.run(**STOP)
    assert harness.last_run.outcome.so_far()["plan"] == "web1: stop; interrupts the server"
