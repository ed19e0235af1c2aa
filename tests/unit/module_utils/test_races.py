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
from ansible_collections.coxedge.compute.tests.simulator.cloud import API_KEY
from ansible_collections.coxedge.compute.tests.unit.module_utils.operations_table import CASES, NAME, TIMEOUT, WAIT, run, there

# What instances have that the tests put there.
SMALL = "1vCPU.512MB"
WRITES = {name: case for name, case in CASES.items() if case.method != "GET"}


def to(**attributes: Any) -> Callable[[Any, dict[str, Any]], None]:
    return lambda bench, row: bench.environment.amend(row, attributes)


def vanish(bench, row):
    bench.environment.vanish(row)


def make_twin(bench, _row):
    bench.place(name=NAME, hostname="twin")


def replace(bench, row):
    vanish(bench, row)
    make_twin(bench, row)


# What somebody else does to the instance.
OTHERS: dict[str, Callable[[Any, dict[str, Any]], None]] = {
    "starts it": to(state="Running"),
    "stops it": to(state="Stopped"),
    "is stopping it": to(state="Stopping", reads=2, then="Stopped"),
    "is starting it": to(state="Starting", reads=2, then="Running"),
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


def interfering(bench, moment: str, what: str, acted: list[Any] | None = None) -> Any:
    """Has somebody else act once, right before a request of ours is carried out. ``acted`` gets its log entry where they did."""
    method, path = MOMENTS[moment]

    def act(entry):
        if not done and re.fullmatch(method, entry["method"]) and re.search(path, entry["path"]):
            done.append(entry)
            for task in bench.simulator.cloud.pending.values():
                # Others get at it as soon as our own work has ended, and before we look.
                task.ends_at = bench.clock.now
            rows = bench.instances(NAME)
            if rows or what == "creates another of the name":
                OTHERS[what](bench, rows[0] if rows else {})
                if acted is not None:
                    acted.append(entry)

    done: list[Any] = []
    return bench.meddling(act)


def taken(bench, operation: str) -> int:
    """How many requests of an operation the server took."""
    path = {"create": ("POST", "/instances$"), "delete": ("DELETE", "")}.get(operation, ("POST", f"/instances/.*{operation}$"))
    texts = [(entry, entry["path"] + entry["query"].get("operation", "")) for entry in bench.simulator.face.log]
    return sum(1 for entry, text in texts if entry["method"] == path[0] and re.search(path[1], text) and (entry["status"] or 0) < 400)


def is_fine(bench, name: str) -> bool:
    """Whether an operation has come to a good end though the instance is not in the state that it leaves if nobody else acts."""
    states = [row["state"] for row in there(bench)]
    if name == "delete":
        return states == []
    # In which state somebody else has brought it afterwards is none of their concern.
    return name == "resetPassword" or (name == "recover" and states != ["Destroyed"] and len(states) == 1)


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("moment", MOMENTS)
def test_each_race(bench, clock, name, moment):
    case = WRITES[name]
    for what in OTHERS:
        acted: list[Any] = []
        cell = (name, moment, what)
        bench.simulator.face.reset_all()
        bench.settings(report_ssh_key=True, report_iso=True)
        if case.state is not None:
            bench.place(name=NAME, state=case.state, **case.setup)
        bench.place(name="bystander")
        began, error = clock.now, None
        try:
            with interfering(bench, moment, what, acted):
                outcome = run(bench, case)
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
                (twin,) = [row for row in bench.instances(NAME) if row["hostname"] == "twin"]
                assert twin["state"] == "Running", cell
                # What is said of the operation is about the other one.
                vanish(bench, twin)
            for row in bench.instances("renamed"):
                row["name"] = NAME
            if what in TELLING:
                warned = what == "breaks it" and any("in state Error" in text for text in outcome.warnings)
                assert case.done(bench) or is_fine(bench, name) or warned, (cell, "claims to be done")
        for operation in ("create", "stop", "reboot", "resetPassword", "purge", "delete"):
            allowed = operation in GOING.get(name, (name,))
            assert taken(bench, operation) <= allowed, (cell, operation)
        if what == "creates another of the name" and error is not None:
            assert [row["state"] for row in bench.instances(NAME) if row["hostname"] == "twin"] == ["Running"], cell
        assert [row["state"] for row in bench.instances("bystander")] == ["Running"], cell


# --- one name, several creates ------------------------------------------------------------------------------------


def test_one_that_vanishes_while_another_of_the_name_appears_is_not_doubled(bench):
    bench.place(name=NAME)
    with interfering(bench, "look", "purges it and creates another of the name"):
        outcome = bench.run(**bench.creation(NAME, compute_offering=SMALL))
    assert outcome.actions == [] and len(there(bench)) == 1


@pytest.mark.parametrize("fault", [None, {"kind": "drop_after"}], ids=["answered", "answers lost"])
def test_runs_that_create_a_name_at_the_same_time_all_say_so_and_destroy_nothing(bench, fault):
    """As job slices or two operators do: none of them can know of the others before."""
    runs, ends = 5, []
    at_once = threading.Barrier(runs)
    if fault:
        bench.fault(**fault, method="POST", path="/instances$", count=0)

    def create():
        client = bench.client()
        real = client.write

        def write(method, *args, **kwargs):
            at_once.wait(30)
            return real(method, *args, **kwargs)

        client.write = write
        try:
            ends.append(run(bench, CASES["create"], client))
        except ApiError as error:
            ends.append(error)

    threads = [threading.Thread(target=create) for _number in range(runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    ids = {row["id"] for row in there(bench)}
    assert len(ends) == len(ids) == runs and bench.writes() == ["POST instances"] * runs
    if fault:
        # None can tell which of them is its own.
        assert all(isinstance(end, ApiError) and "several new instances have the name" in end.message for end in ends)
    else:
        assert {end.instance["id"] for end in ends} == ids
        assert sum(1 for end in ends for text in end.warnings if "may have been created at the same time" in text) >= runs - 1
    with pytest.raises(Refused, match="Several instances have the name 'web1'"):
        run(bench, CASES["create"])


# --- lists ---------------------------------------------------------------------------------------------------------


def around(bench) -> str:
    """Five instances; of three pages of two, the one of the name is first on the second."""
    ids = [bench.place(name=name) for name in ("a", "b", NAME, "c", "d")]
    return ids[2]


def short(bench):
    bench.settings(page_size=2, paging="ignored")


def miscounted(bench):
    rows = [{"id": f"00000000-0000-4000-8000-00000000000{n}", "name": f"n{n}", "state": "Running"} for n in range(3)]
    bench.fault(kind="status", status=200, body={"data": rows, "metadata": {"recordCount": 7}}, path="/instances$", method="GET", count=0)


def for_ever_shrinking(bench):
    for number in range(60):
        bench.place(name=f"more{number}")
    bench.settings(page_size=2)

    def shrink(entry):
        if entry["query"].get("page_number"):
            bench.environment.vanish(next(row for row in bench.instances() if row["name"].startswith("more")))

    return shrink


LISTS = {"short and not paged": short, "fewer than are counted": miscounted, "shrinking at each page": for_ever_shrinking}
LOOKERS = {
    name: case for name, case in CASES.items() if name in ("create", "stop", "delete", "purge", "recover", "resetPassword", "attachIso")
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("name", LOOKERS)
def test_on_a_part_of_a_list_nothing_is_done(bench, kind, name):
    if LOOKERS[name].state is not None:
        bench.place(name=NAME, state=LOOKERS[name].state)
    around(bench)
    meanwhile = LISTS[kind](bench)
    with bench.meddling(after=meanwhile), pytest.raises(ApiError, match=r"list instances in|The list of instances in"):
        run(bench, LOOKERS[name])
    assert bench.writes() == []


@pytest.mark.parametrize("many", [False, True], ids=["one", "a fleet"])
def test_one_that_slips_from_page_to_page_is_not_created_again(bench, many):
    """One entry goes and another comes while the pages are read: the count stays as it was, and a third is seen on no page."""
    seen = around(bench)
    bench.settings(page_size=2)

    def come_and_go(entry):
        if entry["query"].get("page_number") == "2" and "new" not in [row["name"] for row in bench.instances()]:
            bench.environment.vanish(bench.instances("a")[0])
            bench.place(name="new")

    with bench.meddling(come_and_go):
        if many:
            (result,) = bench.fleet([bench.creation(NAME, compute_offering=SMALL)])
            assert not result["failed"] and result["actions"] == [] and result["id"] == seen
        else:
            assert bench.run(**bench.creation(NAME, compute_offering=SMALL)).instance["id"] == seen
    assert bench.writes() == [] and len(there(bench)) == 1


@pytest.mark.parametrize("many", [False, True], ids=["one", "a fleet"])
def test_before_a_create_a_list_in_pages_is_read_twice(bench, many):
    around(bench)
    bench.settings(page_size=2)
    create = [bench.creation("x"), bench.creation("y")]
    if many:
        assert [result["actions"] for result in bench.fleet(create)] == [["create"], ["create"]]
    else:
        assert bench.run(**create[0]).actions == ["create"]
    before = bench.requests()[: bench.requests().index("POST instances")]
    assert before.count("GET instances") == 6
