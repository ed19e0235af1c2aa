# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Others are at work at the same time: on the same instance, under the same name, or on the list while it is read."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY
from ansible_collections.coxedge.compute.tests.unit.module_utils.operations_table import CASES, NAME, TIMEOUT, WAIT, run, there

# What instances have that the tests put there.
SMALL = "1vCPU.512MB"
WRITES = {name: case for name, case in CASES.items() if case.method != "GET"}


def to(**attributes: Any) -> Callable[[Any, dict[str, Any]], None]:
    return lambda harness, instance: harness.environment.patch(instance, attributes)


def vanish(harness, instance):
    harness.environment.remove_instance(instance)


def make_twin(harness, _row):
    harness.seed(name=NAME, hostname="twin")


def replace(harness, instance):
    vanish(harness, instance)
    make_twin(harness, instance)


# What somebody else does to the instance.
OTHERS: dict[str, Callable[[Any, dict[str, Any]], None]] = {
    "starts it": to(state="Running"),
    "stops it": to(state="Stopped"),
    "is stopping it": to(state="Stopping", settles_after=2, settles_as="Stopped"),
    "is starting it": to(state="Starting", settles_after=2, settles_as="Running"),
    "destroys it": to(state="Destroyed"),
    "purges it": vanish,
    "breaks it": to(state="Error"),
    "renames it": to(name="renamed"),
    "creates another of the name": make_twin,
    "purges it and creates another of the name": replace,
}
# After these the operation is done, or it fails. Where another has the name and the first is gone it may be that one that is meant.
TELLING = tuple(what for what in OTHERS if what != "purges it and creates another of the name")
# What is asked for by the operation, where others decide in which state it meets the instance.
GOING = {"delete": ("delete",), "delete for good": ("delete", "purge"), "purge": ("delete", "purge")}
# When: with which of our requests it coincides, taking effect before that.
MOMENTS = {"look": ("GET", "/instances/[0-9a-f-]+$"), "write": ("POST|PUT|DELETE", "/instances"), "poll": ("GET", "/tasks/")}
# Before a create, and when a purge is polled for, there is no instance to act on.
NOTHING_THERE = (("create", "write"), ("delete for good", "poll"), ("purge", "poll"))


def interfering(harness, moment: str, what: str, acted: list[Any] | None = None) -> Any:
    """Has somebody else act once, right before a request of ours is carried out. ``acted`` gets its log entry where they did."""
    method, path = MOMENTS[moment]

    def act(entry):
        if not done and re.fullmatch(method, entry["method"]) and re.search(path, entry["path"]):
            done.append(entry)
            for task in harness.simulator.cloud.pending.values():
                # Others get at it as soon as our own work has ended, and before we look.
                task.ends_at = harness.clock.now
            instances = harness.instances(NAME)
            if instances or what == "creates another of the name":
                OTHERS[what](harness, instances[0] if instances else {})
                if acted is not None:
                    acted.append(entry)

    done: list[Any] = []
    return harness.intercepting(act)


def taken(harness, operation: str) -> int:
    """How many requests of an operation the server took."""
    path = {"create": ("POST", "/instances$"), "delete": ("DELETE", "")}.get(operation, ("POST", f"/instances/.*{operation}$"))
    texts = [(entry, entry["path"] + entry["query"].get("operation", "")) for entry in harness.simulator.app.log]
    return sum(1 for entry, text in texts if entry["method"] == path[0] and re.search(path[1], text) and (entry["status"] or 0) < 400)


def is_fine(harness, name: str) -> bool:
    """Whether an operation has come to a good end though the instance is not in the state that it leaves if nobody else acts."""
    states = [instance["state"] for instance in there(harness)]
    if name == "delete":
        return states == []
    # In which state somebody else has brought it afterwards is none of their concern.
    return name == "resetPassword" or (name == "recover" and states != ["Destroyed"] and len(states) == 1)


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("moment", MOMENTS)
def test_each_race(harness, clock, name, moment):
    case = WRITES[name]
    for what in OTHERS:
        acted: list[Any] = []
        cell = (name, moment, what)
        harness.simulator.app.reset_all()
        harness.settings(report_ssh_key=True, report_iso=True)
        if case.state is not None:
            harness.seed(name=NAME, state=case.state, **case.setup)
        harness.seed(name="bystander")
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
                (twin,) = [instance for instance in harness.instances(NAME) if instance["hostname"] == "twin"]
                assert twin["state"] == "Running", cell
                # What is said of the operation is about the other one.
                vanish(harness, twin)
            for instance in harness.instances("renamed"):
                instance["name"] = NAME
            if what in TELLING:
                warned = what == "breaks it" and any("in state Error" in text for text in outcome.warnings)
                assert case.done(harness) or is_fine(harness, name) or warned, (cell, "claims to be done")
        for operation in ("create", "stop", "reboot", "resetPassword", "purge", "delete"):
            allowed = operation in GOING.get(name, (name,))
            assert taken(harness, operation) <= allowed, (cell, operation)
        if what == "creates another of the name" and error is not None:
            assert [instance["state"] for instance in harness.instances(NAME) if instance["hostname"] == "twin"] == ["Running"], cell
        assert [instance["state"] for instance in harness.instances("bystander")] == ["Running"], cell


# --- one name, several creates ------------------------------------------------------------------------------------


def test_one_that_vanishes_while_another_of_the_name_appears_is_not_doubled(harness):
    harness.seed(name=NAME)
    with interfering(harness, "look", "purges it and creates another of the name"):
        outcome = harness.run(**harness.creation(NAME, compute_offering=SMALL))
    assert outcome.actions == [] and len(there(harness)) == 1


class WaitingTransport:
    """Lets another transport do the work; a create waits until so many others are about to be sent."""

    def __init__(self, transport, barrier):
        self.transport, self.barrier = transport, barrier

    def exchange(self, request, deadline):
        if request.method == "POST":
            self.barrier.wait(30)
        return self.transport.exchange(request, deadline)


@pytest.mark.parametrize("fault", [None, {"kind": "drop_after"}], ids=["answered", "responses lost"])
def test_runs_that_create_a_name_at_the_same_time_all_say_so_and_destroy_nothing(harness, fault):
    """As job slices or two operators do: none of them can know of the others before."""
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
        # None can tell which of them is its own.
        assert all(isinstance(end, ApiError) and "several new instances have the name" in end.message for end in ends)
    else:
        assert {end.instance["id"] for end in ends} == ids
        assert sum(1 for end in ends for text in end.warnings if "may have been created at the same time" in text) >= runs - 1
    with pytest.raises(Refused, match="Several instances have the name 'web1'"):
        run(harness, CASES["create"])


# --- lists ---------------------------------------------------------------------------------------------------------


def around(harness) -> str:
    """Five instances; of three pages of two, the one of the name is first on the second."""
    ids = [harness.seed(name=name) for name in ("a", "b", NAME, "c", "d")]
    return ids[2]


def short(harness):
    harness.settings(page_size=2, paging="ignored")


def miscounted(harness):
    instances = [{"id": f"00000000-0000-4000-8000-00000000000{n}", "name": f"n{n}", "state": "Running"} for n in range(3)]
    harness.fault(
        kind="status", status=200, body={"data": instances, "metadata": {"recordCount": 7}}, path="/instances$", method="GET", count=0
    )


def for_ever_shrinking(harness):
    for number in range(60):
        harness.seed(name=f"more{number}")
    harness.settings(page_size=2)

    def shrink(entry):
        if entry["query"].get("page_number"):
            harness.environment.remove_instance(next(instance for instance in harness.instances() if instance["name"].startswith("more")))

    return shrink


LISTS = {"short and not paged": short, "fewer than are counted": miscounted, "shrinking at each page": for_ever_shrinking}
LOOKERS = {
    name: case for name, case in CASES.items() if name in ("create", "stop", "delete", "purge", "recover", "resetPassword", "attachIso")
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("name", LOOKERS)
def test_on_a_part_of_a_list_nothing_is_done(harness, kind, name):
    if LOOKERS[name].state is not None:
        harness.seed(name=NAME, state=LOOKERS[name].state)
    around(harness)
    meanwhile = LISTS[kind](harness)
    with harness.intercepting(after=meanwhile), pytest.raises(ApiError, match=r"list instances in|The list of instances in"):
        run(harness, LOOKERS[name])
    assert harness.writes() == []


@pytest.mark.parametrize("many", [False, True], ids=["one", "a fleet"])
def test_one_that_slips_from_page_to_page_is_not_created_again(harness, many):
    """One entry goes and another comes while the pages are read: the count stays as it was, and a third is seen on no page."""
    seen = around(harness)
    harness.settings(page_size=2)

    def come_and_go(entry):
        if entry["query"].get("page_number") == "2" and "new" not in [instance["name"] for instance in harness.instances()]:
            harness.environment.remove_instance(harness.instances("a")[0])
            harness.seed(name="new")

    with harness.intercepting(come_and_go):
        if many:
            (result,) = harness.fleet([harness.creation(NAME, compute_offering=SMALL)])
            assert not result["failed"] and result["actions"] == [] and result["id"] == seen
        else:
            assert harness.run(**harness.creation(NAME, compute_offering=SMALL)).instance["id"] == seen
    assert harness.writes() == [] and len(there(harness)) == 1


@pytest.mark.parametrize("many", [False, True], ids=["one", "a fleet"])
def test_before_a_create_a_list_in_pages_is_read_twice(harness, many):
    around(harness)
    harness.settings(page_size=2)
    create = [harness.creation("x"), harness.creation("y")]
    if many:
        assert [result["actions"] for result in harness.fleet(create)] == [["create"], ["create"]]
    else:
        assert harness.run(**create[0]).actions == ["create"]
    before = harness.requests()[: harness.requests().index("POST instances")]
    assert before.count("GET instances") == 6
