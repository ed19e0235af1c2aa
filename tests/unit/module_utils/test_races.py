# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Others make changes at the same time: to the same instance, with the same name, or to the list while it is read."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY
from ansible_collections.coxedge.compute.tests.unit.module_utils.operations_table import (
    CASES,
    IMPERFECT,
    NAME,
    ONCE_ONLY,
    TIMEOUT,
    WAIT,
    run,
    there,
)

# The compute offering of seeded instances.
SMALL = "1vCPU.512MB"
# The kinds of imperfect APIs that matter here.
KINDS = ("is behind",)
WRITES = {name: case for name, case in CASES.items() if case.method != "GET"}


def to(**attributes: Any) -> Callable[[Any, dict[str, Any]], None]:
    return lambda harness, instance: harness.environment.patch(instance, attributes)


def remove(harness, instance):
    harness.environment.remove_instance(instance)


def make_duplicate(harness, _instance):
    harness.seed(name=NAME, hostname="duplicate")


def replace(harness, instance):
    remove(harness, instance)
    make_duplicate(harness, instance)


# What others do to the instance.
OTHERS: dict[str, Callable[[Any, dict[str, Any]], None]] = {
    "starts it": to(state="Running"),
    "stops it": to(state="Stopped"),
    "is stopping it": to(state="Stopping", settles_after=2, settles_as="Stopped"),
    "is starting it": to(state="Starting", settles_after=2, settles_as="Running"),
    "destroys it": to(state="Destroyed"),
    "purges it": remove,
    "breaks it": to(state="Error"),
    "renames it": to(name="renamed"),
    "creates another of the name": make_duplicate,
    "purges it and creates another of the name": replace,
}
# After these the operation is done, or it fails. If the first instance was replaced, it may have been done to the other one.
CONCLUSIVE = tuple(what for what in OTHERS if what != "purges it and creates another of the name")
# The requests that an operation may make: others decide in which state the instance is.
REQUESTS = {"delete": ("delete",), "delete for good": ("delete", "purge"), "purge": ("delete", "purge")}
# When others act: right before one of our requests.
MOMENTS = {"look": ("GET", "/instances/[0-9a-f-]+$"), "write": ("POST|PUT|DELETE", "/instances"), "poll": ("GET", "/tasks/")}
# Before a create, and while a purge is polled, there is no instance to act on.
NOTHING_THERE = (("create", "write"), ("delete for good", "poll"), ("purge", "poll"))


def interfering(harness, moment: str, what: str, acted: list[Any] | None = None) -> Any:
    """Makes others act once, right before one of our requests. ``acted`` gets the request's log entry if they did."""
    method, path = MOMENTS[moment]

    def act(entry):
        if not done and re.fullmatch(method, entry["method"]) and re.search(path, entry["path"]):
            done.append(entry)
            for task in harness.simulator.cloud.pending.values():
                # Others act as soon as our own work has ended, and before we look.
                task.ends_at = harness.clock.now
            instances = harness.instances(NAME)
            if instances or what == "creates another of the name":
                OTHERS[what](harness, instances[0] if instances else {})
                if acted is not None:
                    acted.append(entry)

    done: list[Any] = []
    return harness.intercepting(act)


def accepted(harness, operation: str) -> int:
    """How many requests of an operation the server accepted."""
    path = {"create": ("POST", "/instances$"), "delete": ("DELETE", "")}.get(operation, ("POST", f"/instances/.*{operation}$"))
    texts = [(entry, entry["path"] + entry["query"].get("operation", "")) for entry in harness.simulator.app.log]
    return sum(1 for entry, text in texts if entry["method"] == path[0] and re.search(path[1], text) and (entry["status"] or 0) < 400)


def is_fine(harness, name: str) -> bool:
    """Whether an operation succeeded although others brought the instance into another state than it leads to."""
    states = [instance["state"] for instance in there(harness)]
    if name == "delete":
        return states == []
    # For these, the state into which others brought the instance afterwards does not matter.
    return name == "resetPassword" or (name == "recover" and states != ["Destroyed"] and len(states) == 1)


SETTINGS = [pytest.param({}, id="as documented"), *(pytest.param(IMPERFECT[kind], id=kind, marks=pytest.mark.slow) for kind in KINDS)]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("moment", MOMENTS)
def test_each_race(harness, clock, name, moment, settings):
    case = WRITES[name]
    for what in OTHERS:
        acted: list[Any] = []
        cell = (name, moment, what, settings)
        harness.simulator.app.reset_all()
        harness.settings(report_ssh_key=True, report_iso=True, **settings)
        if case.state is not None:
            harness.seed(name=NAME, state=case.state, **case.setup)
        harness.seed(name="bystander")
        clock.sleep(1 + settings.get("lag_seconds", 0))
        began, error = clock.now, None
        try:
            with interfering(harness, moment, what, acted):
                outcome = run(harness, case)
        except (ApiError, Refused) as problem:
            error = problem
        assert clock.now - began <= WAIT + 2 * TIMEOUT, cell
        nothing_there = (name, moment) in NOTHING_THERE and what != "creates another of the name"
        assert len(acted) == (0 if nothing_there else 1), cell
        clock.sleep(5)
        if error is not None:
            words = error.sentence if isinstance(error, ApiError) else str(error)
            assert "\n" not in words and words.endswith(".") and API_KEY not in words, (cell, words)
        else:
            if what == "creates another of the name":
                (duplicate,) = [instance for instance in harness.instances(NAME) if instance["hostname"] == "duplicate"]
                assert duplicate["state"] == "Running", cell
                # The operation was done to the other instance.
                remove(harness, duplicate)
            for instance in harness.instances("renamed"):
                instance["name"] = NAME
            # What others did last may not show yet.
            if what in CONCLUSIVE and "lag_seconds" not in settings:
                warned = what == "breaks it" and any("in state Error" in text for text in outcome.warnings)
                assert case.done(harness) or is_fine(harness, name) or warned, (cell, "claims to be done")
        for operation in (*ONCE_ONLY, "purge", "delete"):
            allowed = operation in REQUESTS.get(name, (name,))
            assert accepted(harness, operation) <= allowed, (cell, operation)
        if what == "creates another of the name" and error is not None:
            assert [instance["state"] for instance in harness.instances(NAME) if instance["hostname"] == "duplicate"] == ["Running"], cell
        assert [instance["state"] for instance in harness.instances("bystander")] == ["Running"], cell


# --- one name, several creates ------------------------------------------------------------------------------------


def test_an_instance_that_was_replaced_by_another_is_not_created_again(harness):
    harness.seed(name=NAME)
    with interfering(harness, "look", "purges it and creates another of the name"):
        outcome = harness.run(**harness.creation(NAME, compute_offering=SMALL))
    assert outcome.actions == [] and len(there(harness)) == 1


class WaitingTransport:
    """Passes requests to another transport. A create waits until all others are about to be sent."""

    def __init__(self, transport, barrier):
        self.transport, self.barrier = transport, barrier

    def exchange(self, request, deadline):
        if request.method == "POST":
            self.barrier.wait(30)
        return self.transport.exchange(request, deadline)


@pytest.mark.parametrize("fault", [None, {"kind": "drop_after"}], ids=["responses", "responses lost"])
def test_runs_that_create_the_same_name_at_the_same_time_warn_and_destroy_nothing(harness, fault):
    """As job slices or two operators do: no run can see the others' instances before."""
    runs, ends = 5, []
    at_once = threading.Barrier(runs)
    if fault:
        harness.fault(**fault, method="POST", path="/instances$", count=0)

    def create():
        try:
            ends.append(run(harness, CASES["create"], harness.client(lambda transport: WaitingTransport(transport, at_once))))
        except ApiError as error:
            ends.append(error)

    threads = [threading.Thread(target=create) for _number in range(runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    ids = {instance["id"] for instance in there(harness)}
    assert len(ends) == len(ids) == runs and harness.writes() == ["POST instances"] * runs
    if fault:
        # No run can know which instance is its own.
        assert all(isinstance(end, ApiError) and "several new instances have the name" in end.message for end in ends)
    else:
        assert {end.instance["id"] for end in ends} == ids
        assert sum(1 for end in ends for text in end.warnings if "may have been created at the same time" in text) >= runs - 1
    with pytest.raises(Refused, match="Several instances have the name 'web1'"):
        run(harness, CASES["create"])


# --- lists ---------------------------------------------------------------------------------------------------------


def around(harness) -> str:
    """Seeds five instances. In pages of two, the one with the name is the first on the second page."""
    ids = [harness.seed(name=name) for name in ("a", "b", NAME, "c", "d")]
    return ids[2]


def short(harness):
    harness.settings(page_size=2, paging="ignored")


def miscounted(harness):
    instances = [{"id": f"00000000-0000-4000-8000-00000000000{n}", "name": f"n{n}", "state": "Running"} for n in range(3)]
    harness.fault(
        kind="status", status=200, body={"data": instances, "metadata": {"recordCount": 7}}, path="/instances$", method="GET", count=0
    )


def shrinking(harness):
    for number in range(60):
        harness.seed(name=f"more{number}")
    harness.settings(page_size=2)

    def shrink(entry):
        if entry["query"].get("page_number"):
            harness.environment.remove_instance(next(instance for instance in harness.instances() if instance["name"].startswith("more")))

    return shrink


LISTS = {"short and not paged": short, "fewer than are counted": miscounted, "shrinking at each page": shrinking}
LOOKERS = {
    name: case for name, case in CASES.items() if name in ("create", "stop", "delete", "purge", "recover", "resetPassword", "attachIso")
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("name", LOOKERS)
def test_an_incomplete_list_stops_every_operation(harness, kind, name):
    if LOOKERS[name].state is not None:
        harness.seed(name=NAME, state=LOOKERS[name].state)
    around(harness)
    meanwhile = LISTS[kind](harness)
    with harness.intercepting(after=meanwhile), pytest.raises(ApiError, match=r"list instances in|The list of instances in"):
        run(harness, LOOKERS[name])
    assert harness.writes() == []


@pytest.mark.parametrize("many", [False, True], ids=["one", "a fleet"])
def test_an_instance_that_moves_between_pages_is_not_created_again(harness, many):
    """While the pages are read, one entry disappears and another appears: the count is the same, and a third is on no page."""
    seen = around(harness)
    harness.settings(page_size=2)

    def replace_an_entry(entry):
        if entry["query"].get("page_number") == "2" and "new" not in [instance["name"] for instance in harness.instances()]:
            harness.environment.remove_instance(harness.instances("a")[0])
            harness.seed(name="new")

    with harness.intercepting(replace_an_entry):
        if many:
            (result,) = harness.fleet([harness.creation(NAME, compute_offering=SMALL)])
            assert not result["failed"] and result["actions"] == [] and result["id"] == seen
        else:
            assert harness.run(**harness.creation(NAME, compute_offering=SMALL)).instance["id"] == seen
    assert harness.writes() == [] and len(there(harness)) == 1


@pytest.mark.parametrize("many", [False, True], ids=["one", "a fleet"])
def test_a_paged_list_is_read_twice_before_a_create(harness, many):
    around(harness)
    harness.settings(page_size=2)
    create = [harness.creation("x"), harness.creation("y")]
    if many:
        assert [result["actions"] for result in harness.fleet(create)] == [["create"], ["create"]]
    else:
        assert harness.run(**create[0]).actions == ["create"]
    before = harness.requests()[: harness.requests().index("POST instances")]
    assert before.count("GET instances") == 6
