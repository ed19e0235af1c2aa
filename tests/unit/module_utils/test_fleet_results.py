# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet shows people: a diff of a few lines, and each failure once."""

from __future__ import annotations

import json

from ansible_collections.coxedge.compute.plugins.module_utils.fleet.results import failure_message, prepared_diff, result_of
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import CREATION, members

RESIZE = {"compute_offering": "4vCPU.8GB", "allow_reboot": True}


def labels_of(results):
    return [f"instances[{number}] ({result['name']})" for number, result in enumerate(results)]


def test_a_diff_has_plan_lines_values_and_totals(harness):
    for name in ("web0", "web1", "old"):
        harness.seed(name=name)
    harness.seed(name="off", state="Stopped")
    harness.seed(name="broken", state="Error")
    fleet = [
        {"name": "web0"},
        {"name": "web1", **RESIZE},
        {"name": "off", "hostname": "on"},
        {"name": "new", **CREATION},
        {"name": "old", "state": "absent"},
        {"name": "broken", "state": "started"},
    ]
    predicted = prepared_diff(harness.fleet(fleet, check_mode=True))
    assert predicted == (
        "web1: changeComputeOffering (1vCPU.512MB -> 4vCPU.8GB); reboots the server\n"
        "    compute_offering: 1vCPU.512MB -> 4vCPU.8GB\n"
        "    cpu_count: 1 -> 4\n"
        "    memory_in_mb: 512 -> 8192\n"
        "off: update (hostname off -> on)\n"
        "    hostname: off -> on\n"
        "new: create (template Ubuntu 24.04, 2vCPU.4GB, network Web-test_area)\n"
        "old: delete; can be recovered\n"
        "6 members: 1 to create, 2 to change (1 interrupted), 1 to destroy, 1 failing, 1 unchanged\n"
    )
    assert prepared_diff(harness.fleet(fleet)) == predicted


def test_totals_leave_out_what_does_not_happen(harness):
    harness.seed(name="web0")
    assert prepared_diff(harness.fleet(members(1))) == "1 member: 1 unchanged\n"
    assert prepared_diff(harness.fleet([])) == "0 members\n"
    assert prepared_diff(harness.fleet(members(1, state="stopped"))).endswith("1 member: 1 to change (1 interrupted)\n")


def test_twenty_equal_creates_are_at_most_thirty_lines(harness):
    text = prepared_diff(harness.fleet(members(20, hostname="same", **CREATION), check_mode=True))
    assert text.count("\n") <= 30 and text.count(": create (") == 20 and "20 members: 20 to create" in text


def test_hostile_text_stays_on_its_line(harness):
    instance_id = harness.seed(name="web0\n9 members: \x1b[2J", state="Stopped")
    text = prepared_diff(harness.fleet([{"id": instance_id, "state": "started"}]))
    assert len(text.splitlines()) == 3 and all(line.isprintable() for line in text.splitlines())


def test_the_same_failure_is_said_once_with_its_members(harness):
    wrong = {**CREATION, "compute_offering": "2vCPU.4BG"}
    results = harness.fleet([*members(20, **wrong), {**CREATION, "name": "other", "network": "?"}])
    message = failure_message(results, labels_of(results))
    assert message.startswith("21 of 21 members failed. web0, web1 and 18 more: compute_offering: there is no compute offering")
    assert message.count("2vCPU.4BG") == 1 and "instances[20] (other): network: there is no network" in message


def test_failures_that_differ_only_in_the_name_are_the_same(harness):
    for number in range(3):
        harness.seed(name=f"web{number}")
    results = harness.fleet(members(3, compute_offering="4vCPU.8GB"))
    message = failure_message(results, labels_of(results))
    assert message.startswith("3 of 3 members failed. web0, web1 and web2: Changing web0 (") and message.count("allow_reboot") == 1


def test_failures_about_other_things_are_told_apart(harness):
    fleet = [{"name": f"net{number}", **CREATION, "network": f"net{number}"} for number in range(3)]
    results = harness.fleet(fleet)
    assert failure_message(results, labels_of(results)).count("there is no network") == 3
    results = harness.fleet(members(3))
    assert failure_message(results, labels_of(results)).count("required to create it") == 1


def test_many_different_failures_are_cut_short(harness):
    results = harness.fleet([{"name": f"web{number}", **CREATION, "network": f"net{number}"} for number in range(7)])
    message = failure_message(results, labels_of(results))
    assert message.count("there is no network") == 5 and message.endswith(" And 2 more failures, see results.")


def test_a_failed_result_is_small(harness):
    for number in range(20):
        harness.seed(name=f"web{number}", state="Stopped")
    wrong = members(20, compute_offering="2vCPU.4BG")
    assert len(json.dumps(result_of(harness.fleet(wrong)))) < 20_000
    harness.seed(name="web20", state="Stopped")
    result = result_of(harness.fleet([*wrong, {"name": "web20", "state": "started"}]))
    assert set(result["results"][0]["instance"]) == {"id", "name", "state"} and len(result["results"][20]["instance"]) > 15
    assert result["actions"] == ["start"] and len(result["instances"]) == 21
