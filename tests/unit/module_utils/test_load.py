# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of a thousand on a network that loses one response in twenty."""

from __future__ import annotations

from collections import Counter

import pytest

# One request in a hundred each, so 5% in all. Some of these requests are processed, and others are not.
FAULTS = [
    {"kind": "drop_after", "every": 100, "skip": 7, "count": 0},
    {"kind": "drop_before", "every": 100, "skip": 27, "count": 0},
    {"kind": "status", "status": 503, "every": 100, "skip": 47, "count": 0},
    {"kind": "html", "act": "first", "every": 100, "skip": 67, "count": 0},
    {"kind": "status", "status": 429, "every": 100, "skip": 87, "count": 0},
]
MANY = 1000


@pytest.mark.slow
def test_a_fleet_of_a_thousand_with_one_request_in_twenty_failing(harness):
    members = [harness.creation(f"web{number}") for number in range(MANY)]
    for fault in FAULTS:
        harness.fault(**fault)
    results = harness.fleet(members, max_concurrency=25, wait_timeout=10**6)
    assert sum(fault.hits for fault in harness.simulator.app.faults.active) > 0.04 * len(harness.requests())
    names = Counter(instance["name"] for instance in harness.instances())
    assert set(names.values()) == {1}
    failed = [result for result in results if result["failed"]]
    # A create whose response is lost is not sent again, even if it was not processed: the client can't know.
    assert all("The outcome of create" in result["msg"] for result in failed)
    assert {result["name"] for result in results if not result["failed"]} <= set(names)
    assert len(names) == MANY - len(failed) and len(failed) < MANY / 20

    # A second run creates the rest. A third, on an equally bad network, stops each once.
    harness.simulator.app.faults.clear()
    second = harness.fleet(members, max_concurrency=25, wait_timeout=10**6)
    assert [result["failed"] for result in second] == [False] * MANY
    assert {result["name"] for result in second if result["changed"]} == {result["name"] for result in failed}
    for fault in FAULTS:
        harness.fault(**fault)
    third = harness.fleet([{**member, "state": "stopped"} for member in members], max_concurrency=25, wait_timeout=10**6)
    stopped = [instance["name"] for instance in harness.instances() if instance["state"] == "Stopped"]
    assert {result["name"] for result in third if not result["failed"]} <= set(stopped)
    assert all("The outcome of stop" in result["msg"] for result in third if result["failed"])
    log = harness.simulator.app.log
    sent = Counter(entry["path"] for entry in log if entry["query"].get("operation") == "stop" and entry["status"] != 429)
    assert set(sent.values()) == {1}
    assert set(Counter(instance["name"] for instance in harness.instances()).values()) == {1} and len(harness.instances()) == MANY
