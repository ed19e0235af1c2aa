# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding, planning and carrying out, against the simulator over real HTTP and on simulated time."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError, DeadlineExceeded, TaskFailed
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import SHAPE

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
START = {"name": "web1", "state": "started"}
STOP = {"name": "web1", "state": "stopped"}


def failure(bench, kind=ApiError, **given):
    with pytest.raises(kind) as caught:
        bench.run(**given)
    return caught.value


# --- selecting ---------------------------------------------------------------------------------------------------


def test_an_ambiguous_name_fails_with_the_ids(bench):
    ids = [bench.place(name="web1"), bench.place(name="web1", state="Stopped")]
    for state in ("present", "started", "stopped", "restarted", "recovered", "absent"):
        text = str(failure(bench, Refused, **bench.creation(state=state)))
        assert all(item in text for item in ids)
    assert bench.writes() == []


def test_a_name_does_not_select_destroyed_or_expunging_ones(bench):
    bench.place(name="web1", state="Destroyed")
    bench.place(name="web1", state="Expunging")
    outcome = bench.run(name="web1", state="absent")
    assert (outcome.actions, outcome.instance) == ([], None)
    assert bench.run(**bench.creation(purge=True)).actions == ["create"]


def test_names_are_exact(bench):
    bench.place(name="Web1")
    bench.place(name="web10")
    assert bench.run(**bench.creation()).actions == ["create"]


def test_an_unknown_id_fails_naming_it_unless_absent(bench):
    for state in ("present", "started", "stopped", "restarted", "recovered"):
        text = str(failure(bench, Refused, id=UNKNOWN_ID, **bench.creation(state=state)))
        assert f"no instance with the id {UNKNOWN_ID} in environment test_area" in text
    outcome = bench.run(id=UNKNOWN_ID, state="absent")
    assert (outcome.actions, outcome.instance) == ([], None)
    assert bench.writes() == []


@pytest.mark.parametrize("selected", [{"id": UNKNOWN_ID}, {"name": "web1"}])
@pytest.mark.parametrize("wrong", ["environment_name", "service_code"])
def test_a_mistyped_environment_is_never_nothing_to_do(bench, selected, wrong):
    error = failure(bench, connection={wrong: "typo"}, state="absent", **selected)
    assert wrong in error.sentence and "typo" in error.sentence


def test_recover_and_purge_by_name_need_one_of_the_name(bench):
    live, dead = bench.place(name="web1"), bench.place(name="web1", state="Destroyed")
    for given in ({"state": "recovered"}, {"state": "absent", "purge": True}):
        text = str(failure(bench, Refused, name="web1", **given))
        assert live in text and dead in text
    bench.environment.vanish(bench.environment.instances[live])
    assert bench.run(name="web1", state="recovered").actions == ["recover"]


def test_one_destroyed_between_list_and_look_counts_as_none(bench):
    instance_id = bench.place(name="web1", state="Running", reads=0, then="Destroyed")
    outcome = bench.run(**bench.creation())
    assert outcome.actions == ["create"] and outcome.instance["id"] != instance_id
    bench.place(name="web2", state="Running", reads=0, then="Destroyed")
    outcome = bench.run(name="web2", state="absent")
    assert (outcome.actions, outcome.instance) == ([], None)


def test_one_of_an_id_that_is_expunged_counts_as_none(bench):
    gone = bench.place(name="web1", state="Expunging")
    assert "no instance with the id" in str(failure(bench, Refused, id=gone))
    going = bench.place(name="web1", state="Stopping", reads=2, then="Expunging")
    assert "is gone" in str(failure(bench, Refused, id=going))


# --- check mode is the real run ----------------------------------------------------------------------------------

STATES = ("present", "started", "stopped", "restarted", "recovered", "absent", "purged")
CURRENT = (None, "Running", "Stopped", "Starting", "Stopping", "Error", "Destroyed", "Expunging")


SELECTED = [(current, by) for current in CURRENT for by in ("name", "id") if current is not None or by == "name"]


# What a transition ends in.
ENDS = {"Starting": "Running", "Stopping": "Stopped", "Expunging": None}


def is_refused(state, current, by, allow_reboot):
    """Whether there is no way to the state; the instance has another compute offering than wanted."""
    settled = ENDS.get(current, current)
    if settled is None or (settled == "Destroyed" and by == "name" and state not in ("recovered", "purged")):
        # A new one is made, but none of a given id.
        return state == "recovered" or (by == "id" and state not in ("absent", "purged"))
    if settled == "Running" and state in ("present", "started", "restarted"):
        return not allow_reboot
    if settled in ("Error", "Destroyed"):
        return state in ("started", "stopped", "restarted") or (state, settled) == ("present", "Destroyed")
    return False


def left_by(state, current, by):
    """The states of the instances of the name afterwards."""
    settled = ENDS.get(current, current)
    if state == "purged":
        return []
    if state == "absent":
        return [] if settled is None else ["Destroyed"]
    if state == "recovered":
        # Of any other there is nothing to recover.
        return ["Stopped" if current == "Destroyed" else current]
    wanted = {"present": settled if settled not in (None, "Destroyed") else "Running", "stopped": "Stopped"}.get(state, "Running")
    return [*(["Destroyed"] if current == "Destroyed" else []), wanted]


@pytest.mark.parametrize("allow_reboot", [True, False])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("current", "by"), SELECTED)
def test_check_mode_predicts_the_real_run_and_a_second_run_has_nothing_to_do(bench, state, current, by, allow_reboot):
    instance_id = None
    if current is not None:
        more = {"reads": 2, "then": ENDS[current]} if current in ENDS else {}
        instance_id = bench.place(name="web1", state=current, **more)
    given = bench.creation(state="absent" if state == "purged" else state, purge=state == "purged", allow_reboot=allow_reboot)
    if by == "id":
        given["id"] = instance_id
    outcomes = []
    for check_mode in (True, False):
        if current in ENDS:
            bench.environment.amend(bench.environment.instances[instance_id], {"state": current, **more})
        try:
            outcomes.append(bench.run(check_mode=check_mode, **given))
        except Refused as refused:
            outcomes.append(str(refused))
        if check_mode:
            assert bench.writes() == []
    predicted, done = outcomes
    assert isinstance(done, str) is is_refused(state, current, by, allow_reboot), done
    if isinstance(done, str):
        assert predicted == done and bench.writes() == []
        return
    assert (predicted.actions, predicted.diff) == (done.actions, done.diff)
    assert set(SHAPE) <= set(predicted.instance or SHAPE) and (predicted.instance is None) == (done.instance is None)
    if predicted.instance:
        assert predicted.instance["state"] == done.instance["state"]
    assert [row["state"] for row in bench.instances("web1") if row["state"] != "Expunging"] == left_by(state, current, by)
    if state != "restarted":
        again = bench.run(**given)
        assert again.actions == [] and again.diff == {"before": {}, "after": {}}
    assert len([row for row in bench.instances("web1") if row["state"] not in ("Destroyed", "Expunging")]) <= 1


@pytest.mark.parametrize(("by", "most"), [("name", 2), ("id", 1)])
@pytest.mark.parametrize("state", ["present", "started"])
def test_no_change_costs_one_request_by_id_and_two_by_name(bench, by, most, state):
    created = bench.run(**bench.creation(hostname="web1")).instance
    bench.simulator.face.log.clear()
    given = bench.creation(hostname="web1", state=state, cpu_count=2, memory_in_mb=4096, ip_address=created["ip_address"])
    outcome = bench.run(**given, **({"id": created["id"]} if by == "id" else {}))
    assert outcome.actions == [] and outcome.instance == created
    assert len(bench.requests()) == most


# --- create ------------------------------------------------------------------------------------------------------


def test_create_returns_instance_and_password(bench):
    outcome = bench.run(**bench.creation(user_data="secret"))
    assert outcome.instance["state"] == "Running" and outcome.password.startswith("Pw-")
    assert "secret" not in str(outcome.result()) and "password" not in outcome.instance
    assert outcome.warnings == []


def test_what_is_returned_also_of_a_run_that_fails(bench):
    result = bench.run(**bench.creation()).result()
    assert set(result) == {"changed", "instance", "actions", "diff", "drift", "password"}
    assert (result["changed"], result["actions"], result["password"][:3]) == (True, ["create"], "Pw-")
    result = bench.run(wait=False, **STOP).result(waited=False)
    assert set(result) == {"changed", "instance", "actions", "diff", "drift", "task_id"} and result["task_id"]
    bench.fault(method="PUT", kind="status", status=400)
    assert failure(bench, **bench.creation("web2", hostname="hal")).status_code == 400
    done = bench.last_run.outcome.so_far()
    assert (done["changed"], done["actions"], done["password"][:3]) == (True, ["create"], "Pw-")
    assert "required to create it" in str(failure(bench, Refused, name="web3"))
    assert bench.last_run.outcome.so_far() == {"changed": False, "actions": []}


@pytest.mark.parametrize("settings", [{"first_answer": "done"}, {"first_answer": "pending_with_data"}, {"task_shape": "data"}])
@pytest.mark.parametrize("update_answer", ["task", "data", "empty"])
def test_create_with_each_envelope(bench, settings, update_answer):
    bench.settings(update_answer=update_answer, **settings)
    outcome = bench.run(**bench.creation(hostname="hal", state="stopped"))
    assert outcome.actions == ["create", "update", "stop"]
    assert (outcome.instance["hostname"], outcome.instance["state"]) == ("hal", "Stopped")
    assert outcome.password


def test_the_host_name_is_put_only_where_the_server_chose_another(bench):
    bench.settings(hostname_suffix="-x")
    assert bench.run(**bench.creation(hostname="web1-x")).actions == ["create"]
    assert bench.run(**bench.creation("web2", hostname="web2")).actions == ["create", "update"]


def test_a_refused_create_creates_nothing_and_is_no_action(bench):
    bench.settings(max_instances=1)
    bench.place(name="other")
    error = failure(bench, **bench.creation())
    assert "quota" in error.sentence and bench.last_run.outcome.actions == []
    assert bench.instances("web1") == []


def test_a_create_that_fails_later_is_an_action(bench):
    bench.fault(kind="task_failed", method="POST", message="no host has room")
    error = failure(bench, TaskFailed, **bench.creation())
    assert "no host has room" in error.sentence and error.task_id
    assert bench.last_run.outcome.actions == ["create"]


def test_a_create_that_ends_in_error_fails(bench):
    bench.fault(kind="task_lost", method="POST")
    run = bench.run(**bench.creation())
    assert run.actions == ["create"]
    bench.fault(kind="task_failed", method="POST", leaves="Error", message="no host has room")
    assert "no host has room" in failure(bench, TaskFailed, **bench.creation("web2")).sentence
    # Also where no task tells of it.
    bench.fault(kind="task_failed", method="POST", leaves="Error")
    bench.fault(kind="task_lost", method="GET", path="/tasks/", count=0)
    assert "is in state Error after create" in failure(bench, **bench.creation("web3")).sentence
    assert bench.last_run.outcome.actions == ["create"]
    assert [row["state"] for name in ("web2", "web3") for row in bench.instances(name)] == ["Error"] * 2


def test_a_task_that_nobody_knows_any_more_says_nothing_of_the_create(bench):
    bench.settings(task_seconds=5.0)
    bench.fault(kind="task_lost", method="POST")
    outcome = bench.run(**bench.creation())
    assert outcome.instance["state"] == "Running" and len(bench.instances("web1")) == 1


def test_unknown_names_are_refused_with_the_nearest(bench):
    given = bench.creation(template="ubuntu 24.4", network="Web-test_aera")
    text = str(failure(bench, Refused, **given))
    assert "'Ubuntu 24.04'" in text and "'Web-test_area'" in text and "template:" in text and "network:" in text
    assert bench.writes() == []


def test_unknown_ids_and_ambiguous_names_are_refused(bench):
    assert UNKNOWN_ID in str(failure(bench, Refused, **bench.creation(compute_offering=UNKNOWN_ID)))
    bench.environment.siblings["templates"].append({**bench.environment.siblings["templates"][1], "id": UNKNOWN_ID})
    text = str(failure(bench, Refused, **bench.creation()))
    assert UNKNOWN_ID in text and bench.environment.siblings["templates"][1]["id"] in text
    assert bench.writes() == []


def test_create_by_ids(bench):
    rows = bench.environment.siblings
    by_id = {"template": "templates", "compute_offering": "computeofferings", "network": "networks"}
    outcome = bench.run(name="web1", **{option: rows[kind][0]["id"].upper() for option, kind in by_id.items()})
    assert outcome.instance["image_name"] == "CentOS 6.8 PV"


def test_a_twin_is_warned_of_and_not_destroyed(bench):
    bench.settings(task_seconds=5.0)

    def meddling(entry):
        if "/tasks/" in entry["path"] and not bench.instances("web1")[1:]:
            bench.place(name="web1")

    with bench.meddling(after=meddling):
        outcome = bench.run(**bench.creation())
    ids = {row["id"] for row in bench.instances("web1")}
    assert len(ids) == 2 and all(item in outcome.warnings[0] for item in ids)
    assert bench.requests("DELETE") == []


@pytest.mark.parametrize("data", [{"state": "Running"}, {"id": "x", "password": ""}, {"id": 5, "password": 5}])
@pytest.mark.parametrize("wait", [True, False])
def test_a_create_that_is_done_and_tells_no_id_is_found_in_the_list(bench, data, wait):
    bench.fault(method="POST", kind="status", status=200, body={"data": data}, act="first")
    outcome = bench.run(wait=wait, **bench.creation())
    assert outcome.instance["id"] == bench.instances("web1")[0]["id"] and outcome.password is None
    assert outcome.warnings == []


def test_a_create_that_is_done_at_once_tells_the_password_without_wait_too(bench):
    bench.settings(first_answer="done")
    outcome = bench.run(wait=False, **bench.creation())
    assert outcome.password and outcome.instance["id"] == bench.instances("web1")[0]["id"]


def test_a_password_is_that_of_the_create_alone(bench):
    instance_id = bench.place(name="web1", state="Stopped")
    done = {"id": instance_id, "password": "of another"}
    bench.fault(method="PUT", kind="status", status=200, body={"data": done}, act="first")
    bench.fault(method="GET", path="/tasks/", kind="status", status=200, body={"taskId": "t", "taskStatus": "SUCCESS", "result": done})
    outcome = bench.run(name="web1", hostname="hal", state="started")
    assert outcome.actions == ["update", "start"] and outcome.password is None


def test_a_list_of_twins_that_can_not_be_read_is_a_warning(bench):
    bench.fault(method="GET", path="/instances$", kind="status", status=403, skip=1)
    outcome = bench.run(**bench.creation())
    assert outcome.actions == ["create"] and "could not be checked" in outcome.warnings[0]


# --- lost answers ------------------------------------------------------------------------------------------------

LOST = [
    {"kind": "drop_after"},
    {"kind": "status", "status": 502, "act": "first"},
    {"kind": "html", "act": "first"},
    {"kind": "broken_json"},
    {"kind": "empty"},
    {"kind": "status", "status": 200, "body": [], "act": "first"},
]
UNTAKEN = [{"kind": "drop_before"}, {"kind": "status", "status": 500}, {"kind": "html", "status": 503}]


def name_of(fault):
    return f"{fault['kind']}-{fault.get('status', '')}"


@pytest.mark.parametrize("fault", LOST, ids=name_of)
def test_a_create_whose_answer_is_lost_is_adopted(bench, fault):
    bench.place(name="web1", state="Destroyed")
    bench.fault(method="POST", **fault)
    outcome = bench.run(**bench.creation(hostname="hal"))
    assert outcome.actions == ["create", "update"] and outcome.instance["state"] == "Running"
    assert "was lost" in outcome.warnings[0]
    assert len(bench.instances("web1")) == 2 and bench.requests("POST") == ["POST instances"]


@pytest.mark.parametrize("fault", UNTAKEN, ids=name_of)
def test_a_create_that_never_shows_fails_as_unknown_after_30_seconds_and_is_not_sent_again(bench, clock, fault):
    bench.fault(method="POST", **fault, count=0)
    began = clock()
    error = failure(bench, **bench.creation())
    assert "outcome of create for an instance with the name 'web1' is unknown" in error.sentence and "no id" not in error.sentence
    assert "several" not in error.sentence
    assert clock() - began == pytest.approx(30, abs=2)
    assert bench.requests("POST") == ["POST instances"] and bench.last_run.outcome.actions == ["create"]


def test_a_short_deadline_ends_the_search_for_a_lost_create(bench, clock):
    bench.fault(method="POST", kind="drop_before")
    began = clock()
    assert "unknown" in failure(bench, wait_timeout=7, **bench.creation()).sentence
    assert clock() - began <= 7.1


def test_two_new_ones_of_the_name_are_not_guessed_between(bench):
    def meddling(_entry):
        if bench.requests("POST") and len(bench.instances("web1")) == 1:
            bench.place(name="web1")

    bench.fault(method="POST", kind="drop_after")
    with bench.meddling(after=meddling):
        error = failure(bench, **bench.creation())
    rows = bench.instances("web1")
    assert len(rows) == 2 and all(row["id"] in error.sentence for row in rows)


# Operation: (state before, options, state after).
OPERATIONS = {
    "start": ("Stopped", START, "Running"),
    "recover": ("Destroyed", {"name": "web1", "state": "recovered"}, "Stopped"),
    "purge": ("Destroyed", {"name": "web1", "state": "absent", "purge": True}, None),
    "instances": ("Running", {"name": "web1", "state": "absent"}, "Destroyed"),
    "changeComputeOffering": ("Running", {"name": "web1", "compute_offering": "4vCPU.8GB", "allow_reboot": True}, "Running"),
    "changeNetwork": ("Stopped", {"name": "web1", "network": "Db-test_area", "allow_network_change": True}, "Stopped"),
    "associateSSHKey": ("Stopped", {"name": "web1", "ssh_key_name": "mysshkey", "update_ssh_key": "always"}, "Stopped"),
}
# How often those are sent that do not show at once that they are under way: of an SSH key nothing shows at all.
SHOWS_AFTER = {"recover": 3, "changeNetwork": 2, "associateSSHKey": 3}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", LOST + UNTAKEN, ids=name_of)
def test_a_repeatable_write_whose_answer_is_lost_is_looked_after_and_sent_again(bench, clock, operation, fault):
    before, given, after = OPERATIONS[operation]
    bench.place(name="web1", state=before)
    bench.fault(method="DELETE" if operation == "instances" else "POST", **fault, count=2)
    outcome = bench.run(**given)
    assert outcome.actions == ["delete" if operation == "instances" else operation]
    clock.sleep(5)
    assert [row["state"] for row in bench.instances("web1")] == ([] if after is None else [after])
    assert len(bench.writes()) == (3 if fault in UNTAKEN else SHOWS_AFTER.get(operation, 1))


@pytest.mark.parametrize("fault", LOST + UNTAKEN, ids=name_of)
def test_an_update_whose_answer_is_lost(bench, fault):
    instance_id = bench.place(name="web1", state="Stopped")
    bench.fault(method="PUT", **fault, count=2)
    outcome = bench.run(id=instance_id, name="web2", hostname="hal")
    assert outcome.actions == ["update"] and outcome.instance["hostname"] == "hal"
    # While an update of a stopped instance goes on it does not show.
    assert len(bench.requests("PUT")) == (3 if fault in UNTAKEN else 2)


def test_a_repeatable_write_gives_up_after_api_retries_and_longer_and_longer_pauses(bench, clock):
    bench.place(name="web1", state="Stopped")
    bench.fault(method="POST", kind="drop_before", count=0)
    error = failure(bench, connection={"api_retries": 2}, **START)
    assert "unknown" in error.sentence and bench.writes() == ["POST start"] * 3
    assert clock.slept == [0.375, 0.75, 1.5]


def test_a_host_name_whose_answer_is_lost_is_put_once(bench):
    bench.settings(update_answer="data")
    bench.fault(method="PUT", kind="drop_after")
    outcome = bench.run(**bench.creation(hostname="hal"))
    assert outcome.actions == ["create", "update"] and len(bench.requests("PUT")) == 1


@pytest.mark.parametrize("fault", LOST, ids=name_of)
@pytest.mark.parametrize("operation", ["stop", "reboot"])
def test_a_stop_or_reboot_that_shows_goes_on_as_if_answered(bench, operation, fault):
    bench.place(name="web1", state="Running")
    bench.fault(method="POST", **fault)
    state = "stopped" if operation == "stop" else "restarted"
    outcome = bench.run(name="web1", state=state)
    assert outcome.actions == [operation] and bench.writes() == [f"POST {operation}"]
    assert outcome.instance["state"] == ("Stopped" if operation == "stop" else "Running")


@pytest.mark.parametrize("fault", UNTAKEN, ids=name_of)
@pytest.mark.parametrize("operation", ["stop", "reboot"])
def test_a_stop_or_reboot_that_does_not_show_fails_as_unknown_and_is_not_sent_again(bench, clock, operation, fault):
    bench.place(name="web1", state="Running")
    bench.fault(method="POST", **fault, count=0)
    began = clock()
    error = failure(bench, name="web1", state="stopped" if operation == "stop" else "restarted")
    assert f"outcome of {operation} for Instance web1 (" in error.sentence and "unknown" in error.sentence
    assert clock() - began == pytest.approx(30, abs=2)
    assert bench.writes() == [f"POST {operation}"]


def test_when_reading_fails_too_after_a_lost_answer_the_outcome_is_unknown(bench):
    bench.place(name="web1", state="Stopped")
    bench.fault(method="POST", kind="drop_after")
    bench.fault(method="GET", path="instances/", kind="status", status=500, skip=1, count=0)
    error = failure(bench, connection={"api_retries": 1}, **START)
    assert "unknown" in error.sentence and "500" in error.sentence and bench.writes() == ["POST start"]
    assert bench.last_run.outcome.actions == ["start"]


def test_a_stop_that_shows_late_goes_on_as_if_answered(bench):
    instance_id = bench.place(name="web1", state="Running")
    bench.settings(task_seconds=5.0)
    bench.fault(method="POST", kind="drop_after")
    stale = {"data": {**bench.environment.instances[instance_id], "state": "Running"}}
    bench.fault(method="GET", path=f"/{instance_id}$", kind="status", status=200, body=stale, skip=1, count=2)
    outcome = bench.run(**STOP)
    assert outcome.actions == ["stop"] and outcome.instance["state"] == "Stopped" and bench.writes() == ["POST stop"]


def test_when_listing_fails_after_a_lost_create_the_outcome_is_unknown(bench):
    bench.fault(method="POST", kind="drop_after")
    bench.fault(method="GET", path="/instances$", kind="status", status=500, skip=1, count=0)
    text = failure(bench, connection={"api_retries": 1}, **bench.creation()).sentence
    assert "unknown" in text and "then:" in text and "500" in text


def test_a_create_that_is_said_to_be_done_and_is_nowhere_is_unknown(bench):
    bench.fault(method="POST", kind="status", status=200, body={"data": {"state": "Running"}})
    text = failure(bench, **bench.creation()).sentence
    assert "unknown" in text and "has no id" in text and bench.requests("POST") == ["POST instances"]


def test_a_repetition_that_is_refused_because_the_first_took_effect_is_the_action(bench):
    instance_id = bench.place(name="web1", state="Stopped")
    bench.settings(task_seconds=5.0)
    bench.fault(method="POST", kind="drop_after")
    row = bench.environment.instances[instance_id]
    # What is read lags behind: the two looks after the lost answer still show the old state.
    stale = {"data": {**row, "state": "Stopped"}}
    bench.fault(method="GET", path=f"/{instance_id}$", kind="status", status=200, body=stale, skip=1, count=2)
    outcome = bench.run(**START)
    assert outcome.actions == ["start"] and bench.writes() == ["POST start"] * 2
    assert outcome.instance["state"] == "Running"


def test_an_old_instance_that_comes_back_is_not_adopted_for_a_lost_create(bench):
    bench.place(name="web1", state="Destroyed")
    bench.fault(method="POST", kind="drop_before")

    def recovering(_entry):
        if bench.requests("POST"):
            for row in bench.instances("web1"):
                row["state"] = "Running"

    with bench.meddling(recovering):
        assert "unknown" in failure(bench, **bench.creation()).sentence


@pytest.mark.parametrize(
    ("before", "given", "action"),
    [("Running", {"purge": True}, "delete"), ("Running", {}, "delete"), ("Destroyed", {"purge": True}, "purge")],
)
def test_a_404_on_destroying_is_success(bench, before, given, action):
    bench.place(name="web1", state=before)
    bench.fault(method="POST" if action == "purge" else "DELETE", kind="status", status=404)

    def vanishing(_entry):
        for row in bench.instances("web1"):
            if len(bench.requests()) == 2:
                bench.environment.vanish(row)

    with bench.meddling(after=vanishing):
        outcome = bench.run(name="web1", state="absent", **given)
    assert outcome.actions == [action] and bench.instances("web1") == []


def test_what_somebody_else_has_under_way_is_not_taken_for_a_change_whose_answer_is_lost(bench):
    instance_id = bench.place(name="web1", state="Stopped")
    bench.fault(method="PUT", kind="drop_before")
    real = bench.environment.detail
    done: list[bool] = []

    def detail(wanted):
        if bench.writes() and not done:
            done.append(True)
            bench.environment.amend(bench.environment.instances[instance_id], {"state": "Migrating", "reads": 2, "then": "Stopped"})
        return real(wanted)

    bench.environment.detail = detail
    assert "unknown" in failure(bench, name="web1", hostname="hal").sentence


# --- races -------------------------------------------------------------------------------------------------------


def meddle(bench, before_write, change):
    """Changes the instance right before the n-th write reaches the server."""

    def act(_entry):
        if len(bench.writes()) == before_write and not done:
            done.append(True)
            for row in bench.instances():
                change(row)

    done: list[bool] = []
    return bench.meddling(act)


def to_state(bench, state, **more):
    return lambda row: bench.environment.amend(row, {"state": state, **more})


@pytest.mark.parametrize(
    ("before", "meanwhile", "given", "actions", "after"),
    [
        ("Running", "Stopped", STOP, [], "Stopped"),
        ("Stopped", "Running", START, [], "Running"),
        ("Running", "Destroyed", {"name": "web1", "state": "absent"}, [], "Destroyed"),
        ("Running", "Stopped", {"name": "web1", "state": "restarted"}, ["reboot"], "Running"),
        ("Stopped", "Starting", START, [], "Running"),
    ],
)
def test_a_race_is_read_and_planned_again_once(bench, before, meanwhile, given, actions, after):
    bench.place(name="web1", state=before)
    with meddle(bench, 1, to_state(bench, meanwhile, **({"reads": 2, "then": "Running"} if meanwhile == "Starting" else {}))):
        outcome = bench.run(**given)
    assert outcome.actions == actions
    if not actions:
        assert outcome.diff == {"before": {}, "after": {}}
    assert [row["state"] for row in bench.instances("web1")] == [after]


def test_a_second_race_fails_with_the_api_s_words(bench):
    bench.place(name="web1", state="Stopped")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Stopped"}}]}
    bench.fault(method="POST", kind="status", status=400, body=body, count=0)
    assert failure(bench, **START).code == 2012
    assert bench.writes() == ["POST start"] * 2


def test_a_race_after_the_create_never_creates_a_second_one(bench):
    with meddle(bench, 2, to_state(bench, "Destroyed")):
        text = str(failure(bench, Refused, **bench.creation(hostname="hal")))
    assert "destroyed" in text and len(bench.instances("web1")) == 1
    assert bench.last_run.outcome.actions == ["create"]


def test_a_race_after_the_create_ends_with_the_new_one_as_wanted(bench):
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Migrating"}}]}
    bench.fault(method="PUT", kind="status", status=400, body=body)
    outcome = bench.run(**bench.creation(hostname="hal", ssh_key_name="mysshkey", update_ssh_key="always"))
    assert outcome.actions == ["create", "update"] and outcome.diff["before"] == {}
    assert [(row["hostname"], row["state"]) for row in bench.instances("web1")] == [("hal", "Running")]


def test_a_new_one_that_vanishes_in_a_race_is_not_created_again(bench):
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Expunging"}}]}
    bench.fault(method="PUT", kind="status", status=400, body=body)
    with meddle(bench, 2, bench.environment.vanish):
        assert failure(bench, **bench.creation(hostname="hal")).code == 2012
    assert bench.requests("POST") == ["POST instances"]


def test_what_somebody_else_stopped_is_not_started_when_a_change_fails(bench):
    bench.place(name="web1", state="Running")
    bench.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    with meddle(bench, 1, to_state(bench, "Stopped")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
        assert "no room" in failure(bench, **given).sentence
    assert bench.last_run.outcome.actions == ["update"]
    assert [row["state"] for row in bench.instances("web1")] == ["Stopped"]


def test_what_was_to_be_stopped_is_not_started_when_a_change_fails(bench):
    bench.place(name="web1", state="Running")
    bench.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    assert "no room" in failure(bench, name="web1", state="stopped", compute_offering="4vCPU.8GB").sentence
    assert bench.last_run.outcome.actions == ["stop"] and bench.instances("web1")[0]["state"] == "Stopped"


def test_one_that_others_start_after_the_changes_is_not_rebooted_once_more(bench):
    bench.place(name="web1", state="Running")
    with meddle(bench, 4, to_state(bench, "Running")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True, "state": "restarted"}
        assert bench.run(**given).actions == ["stop", "update", "changeComputeOffering"]
    assert bench.instances("web1")[0]["state"] == "Running"


def test_a_warning_is_told_once_where_the_run_is_planned_again(bench):
    bench.place(name="web1", state="Stopped")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Migrating"}}]}
    bench.fault(method="POST", kind="status", status=400, body=body)
    outcome = bench.run(**START, template="Ubuntu 24.04")
    assert outcome.actions == ["start"] and bench.writes() == ["POST start"] * 2
    assert len(outcome.warnings) == 1 and "another template" in outcome.warnings[0]


def test_one_that_vanishes_between_reading_and_writing(bench):
    bench.place(name="web1", state="Stopped")
    with meddle(bench, 1, bench.environment.vanish):
        assert "is gone" in failure(bench, **START).sentence


def test_what_was_stopped_for_a_change_is_started_again_when_the_change_fails(bench):
    bench.place(name="web1", state="Running")
    bench.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert "no room" in failure(bench, **given).sentence
    assert bench.last_run.outcome.actions == ["stop", "update", "start"]
    assert [row["state"] for row in bench.instances("web1")] == ["Running"]


def test_a_race_in_the_middle_of_changes_leaves_a_running_instance_running(bench):
    bench.place(name="web1", state="Running")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Stopped"}}]}
    bench.fault(path="changeComputeOffering", kind="status", status=400, body=body)
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert bench.run(**given).actions == ["stop", "update", "changeComputeOffering", "start"]
    assert [(row["state"], row["cpuCount"]) for row in bench.instances("web1")] == [("Running", 4)]


@pytest.mark.parametrize("count", [2, 0])
def test_a_second_race_in_the_middle_of_changes_leaves_a_running_instance_running_too(bench, count):
    bench.place(name="web1", state="Running")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Migrating"}}]}
    bench.fault(path="changeComputeOffering", kind="status", status=400, body=body, count=count)
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert "busy" in failure(bench, **given).sentence
    assert bench.last_run.outcome.actions == ["stop", "update", "start"]
    assert [row["state"] for row in bench.instances("web1")] == ["Running"]


@pytest.mark.parametrize("context", [{}, {"currentState": "Migrating"}])
def test_when_it_can_not_be_started_again_the_error_says_so(bench, context):
    bench.place(name="web1", state="Running")
    bench.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    bench.fault(path="operation=start", kind="status", status=400, body={"errors": [{"message": "no host", "context": context}]})
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    text = failure(bench, **given).sentence
    assert "no room" in text and "could not be started again: Could not start" in text and "no host" in text


def test_a_start_after_the_changes_that_fails_is_not_tried_twice(bench):
    bench.place(name="web1", state="Running")
    bench.fault(path="operation=start", kind="task_failed", message="no host")
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert "no host" in failure(bench, TaskFailed, **given).sentence
    assert bench.last_run.outcome.actions == ["stop", "update", "changeComputeOffering", "start"]


def test_when_a_refusal_is_followed_by_that_both_are_told(bench):
    bench.place(name="web1", state="Running")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Stopped"}}]}
    bench.fault(path="changeComputeOffering", kind="status", status=400, body=body)
    bench.fault(path="operation=start", kind="status", status=400, message="no host")
    with meddle(bench, 3, lambda row: row.update(name="other")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
        text = str(failure(bench, Refused, **given))
    assert "renamed" in text and "could not be started again" in text and "no host" in text


def test_what_somebody_else_started_again_is_not_started(bench):
    bench.place(name="web1", state="Running")
    bench.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    with meddle(bench, 3, to_state(bench, "Running")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
        assert "no room" in failure(bench, **given).sentence
    assert bench.writes() == ["POST stop", "PUT instances", "POST changeComputeOffering"]


@pytest.mark.parametrize("operation", ["changeComputeOffering", "stop"])
def test_an_instance_that_ends_in_error_is_a_failure(bench, operation):
    bench.place(name="web1", state="Running")

    def breaking(_entry):
        for row in bench.instances("web1"):
            if row["state"] == "Running" and f"POST {operation}" in bench.requests():
                row["state"] = "Error"
        if f"POST {operation}" in bench.requests() and operation == "stop":
            bench.instances("web1")[0]["state"] = "Error"

    given = {"state": "stopped"} if operation == "stop" else {"compute_offering": "4vCPU.8GB", "allow_reboot": True}
    with bench.meddling(after=breaking):
        error = failure(bench, name="web1", **given)
        assert "Error" in error.sentence and error.task_id in bench.simulator.cloud.tasks
    assert bench.last_run.outcome.actions == [operation]


@pytest.mark.parametrize(
    ("action", "before", "given"),
    [("create", None, {}), ("start", "Stopped", START), ("stop", "Running", STOP), ("reboot", "Stopped", {"state": "restarted"})],
)
def test_one_that_is_in_error_afterwards_is_a_failure_at_once(bench, action, before, given):
    if before:
        bench.place(name="web1", state=before)
    real = bench.environment.detail
    bench.environment.detail = lambda wanted: {**real(wanted), **({"state": "Error"} if bench.writes() else {})}
    given = {**given, "name": "web1"} if before else bench.creation()
    assert f"is in state Error after {action}" in failure(bench, **given).sentence


def test_a_first_answer_that_says_failed_was_sent_all_the_same(bench):
    bench.place(name="web1", state="Stopped")
    bench.settings(first_answer="done")
    bench.fault(kind="task_failed", method="POST", message="no room")
    assert "no room" in failure(bench, TaskFailed, **START).sentence
    assert bench.last_run.outcome.actions == ["start"]


@pytest.mark.parametrize("state", ["present", "started", "stopped", "absent"])
def test_one_that_is_renamed_between_list_and_look_is_left_alone(bench, state):
    instance_id = bench.place(name="web1")
    row = bench.environment.instances[instance_id]
    bench.fault(kind="status", status=200, path=f"/{instance_id}$", body={"data": {**row, "name": "other"}})
    assert "renamed" in str(failure(bench, Refused, **bench.creation(state=state)))
    assert bench.writes() == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_one_that_is_renamed_while_it_settles_is_left_alone(bench, state):
    instance_id = bench.place(name="web1", state="Starting", reads=2, then="Running")
    real = bench.environment.detail

    def renaming(wanted):
        shown = real(wanted)
        if shown["state"] == "Running":
            bench.environment.instances[instance_id]["name"] = shown["name"] = "other"
        return shown

    bench.environment.detail = renaming
    assert "renamed" in str(failure(bench, Refused, **bench.creation(state=state)))
    assert bench.writes() == []


def test_one_that_was_destroyed_while_it_settled_is_returned_as_last_known(bench):
    instance_id = bench.place(name="web1", state="Stopping", reads=1, then="Destroyed")
    outcome = bench.run(name="web1", state="absent")
    assert outcome.actions == [] and (outcome.instance["id"], outcome.instance["state"]) == (instance_id, "Destroyed")


def test_a_host_name_that_the_server_did_not_choose_is_put_without_wait_too(bench):
    bench.settings(hostname_suffix="-x")
    assert bench.run(wait=False, **bench.creation(hostname="web1")).actions == ["create", "update"]


@pytest.mark.parametrize("before", ["Stopped", "Destroyed"])
def test_a_purge_that_is_not_waited_for_returns_no_instance(bench, before):
    instance_id = bench.place(name="web1", state=before)
    outcome = bench.run(wait=False, id=instance_id, state="absent", purge=True)
    assert outcome.instance is None and outcome.task_id


def test_a_twin_is_looked_for_also_when_the_run_fails_after_the_create(bench):
    bench.fault(method="PUT", kind="status", status=400)

    def meddling(entry):
        if entry["method"] == "POST":
            bench.place(name="web1")

    with bench.meddling(after=meddling):
        assert failure(bench, **bench.creation(hostname="hal")).message.startswith("Could not update instance ")
    ids = {row["id"] for row in bench.instances("web1")}
    (warning,) = bench.last_run.outcome.warnings
    assert len(ids) == 2 and all(item in warning for item in ids)


@pytest.mark.parametrize("task_id", [7, "00000000-0000-4000-8000-000000000001"])
def test_a_change_that_goes_on_as_no_task_or_an_unknown_one_must_show(bench, task_id):
    bench.place(name="web1", state="Stopped")
    bench.fault(method="PUT", kind="status", status=200, body={"taskId": task_id, "taskStatus": "PENDING"})
    assert "unknown" in failure(bench, name="web1", hostname="hal").sentence


def test_what_is_not_reported_need_not_show(bench):
    bench.place(name="web1", state="Stopped")
    bench.fault(path="associateSSHKey", kind="status", status=200, body={"data": {}}, act="first")
    assert bench.run(name="web1", ssh_key_name="mysshkey", update_ssh_key="always").actions == ["associateSSHKey"]


@pytest.mark.parametrize("strange", [7, "x", [{"id": ["x"]}], [None]])
def test_addresses_of_any_shape_are_no_traceback(bench, strange):
    bench.place(name="web1", publicIps=1)
    bench.environment.siblings["publicipaddresses"][0]["instances"] = []
    real = bench.environment.detail
    bench.environment.detail = lambda wanted: {**real(wanted), "publicIps": strange}
    assert bench.run(name="web1", state="absent", public_ips_to_release=["all"]).actions == ["delete"]


def test_one_destroyed_by_others_and_created_anew_shows_the_new_one_whole(bench):
    bench.place(name="web1", state="Stopped")
    with meddle(bench, 1, to_state(bench, "Destroyed")):
        outcome = bench.run(**bench.creation(state="started"))
    assert outcome.actions == ["create"] and outcome.diff["before"] == {} and set(SHAPE) <= set(outcome.diff["after"])


@pytest.mark.parametrize("by", ["name", "id"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_404_does_not_overrule_a_list_that_shows_the_instance(bench, by, state):
    instance_id = bench.place(name="web1", state="Running")
    bench.fault(kind="html", status=404, method="GET", path="/instances/")
    given = bench.creation(state=state, compute_offering="1vCPU.512MB", **({"id": instance_id} if by == "id" else {}))
    assert bench.run(**given).actions == ([] if state == "present" else ["delete"])
    assert len(bench.instances("web1")) == 1


def test_a_404_that_lasts_while_the_list_shows_the_instance_is_an_error(bench):
    bench.place(name="web1", state="Running")
    bench.fault(kind="html", status=404, method="GET", path="/instances/", count=0)
    error = failure(bench, **bench.creation())
    assert "The list shows" in error.sentence and error.status_code == 404
    assert bench.writes() == []


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("purge", [True, False])
def test_a_gateway_s_404_on_destroying_is_no_success(bench, wait, purge):
    bench.place(name="web1", state="Running")
    bench.fault(kind="html", status=404, method="DELETE")
    bench.fault(kind="html", status=404, method="GET", path="/instances/", skip=1)
    error = failure(bench, wait=wait, name="web1", state="absent", purge=purge)
    assert error.message.startswith("Could not delete instance ") and error.status_code == 404
    assert [row["state"] for row in bench.instances("web1")] == ["Running"]


@pytest.mark.parametrize("how", ["settled", "raced"])
def test_one_that_a_colleague_made_in_the_meantime_is_taken_and_none_created(bench, how):
    more = {"state": "Stopping", "reads": 2, "then": "Destroyed"} if how == "settled" else {"state": "Stopped"}
    bench.place(name="web1", **more)
    made: list[str] = []

    def creating(_entry):
        if not made and len(bench.requests() if how == "settled" else bench.writes()) == (3 if how == "settled" else 1):
            for row in bench.instances("web1"):
                row["state"] = "Destroyed" if how == "raced" else row["state"]
            made.append(bench.place(name="web1", state="Running"))

    given = bench.creation(template="CentOS 6.8 PV", compute_offering="1vCPU.512MB", state="started")
    with bench.meddling(creating):
        outcome = bench.run(**given)
    assert outcome.actions == [] and outcome.instance["id"] == made[0]
    assert "POST instances" not in bench.writes()


def test_one_that_is_stopping_for_a_change_when_the_run_fails_is_started_again(bench):
    bench.settings(task_seconds=5.0)
    bench.place(name="web1", state="Running")
    bench.fault(kind="status", status=403, path="/tasks/")
    error = failure(bench, name="web1", hostname="hal", compute_offering="4vCPU.8GB", allow_reboot=True)
    assert error.status_code == 403 and "poll task" in error.sentence
    assert bench.last_run.outcome.actions == ["stop", "start"]
    assert [row["state"] for row in bench.instances("web1")] == ["Running"]


def test_a_lost_answer_and_then_a_refusal_is_an_unknown_outcome_and_an_action(bench):
    bench.place(name="web1", state="Stopped")
    bench.fault(method="POST", kind="drop_before")
    bench.fault(method="POST", kind="status", status=403)
    assert "unknown" in failure(bench, **START).sentence
    assert bench.last_run.outcome.actions == ["start"]


def test_the_task_is_told_where_looking_fails_without_wait(bench):
    bench.place(name="web1", state="Running")
    bench.fault(method="GET", kind="status", status=403, path="/instances/", skip=1)
    assert failure(bench, wait=False, **STOP).task_id in bench.simulator.cloud.tasks


def test_attributes_nested_without_end_are_no_traceback(bench):
    instance_id = bench.place(name="web1")
    endless: list = []
    for _n in range(300):
        endless = [endless]
    bench.environment.instances[instance_id]["strange"] = endless
    assert bench.run(name="web1").actions == []


def test_an_ssh_key_goes_by_its_name_whatever_id_it_has(bench):
    bench.environment.siblings["sshkeys"][0]["id"] = UNKNOWN_ID
    bench.run(**bench.creation(ssh_key_name="mysshkey"))
    (body,) = [entry["body"] for entry in bench.simulator.face.log if entry["method"] == "POST"]
    assert body["sshKeyName"] == "mysshkey"


@pytest.mark.parametrize("change", ["changeComputeOffering", "changeNetwork", "associateSSHKey"])
def test_a_state_that_a_change_left_wrong_is_put_right(bench, change):
    bench.place(name="web1", state="Stopped")
    real = bench.environment.detail
    done: list[bool] = []

    def starting(wanted):
        if bench.writes() and not done:
            done.append(True)
            bench.instances("web1")[0]["state"] = "Running"
        return real(wanted)

    bench.environment.detail = starting
    _before, given, _after = OPERATIONS[change]
    outcome = bench.run(**{**given, "state": "stopped"})
    assert outcome.actions == [change, "stop"] and outcome.instance["state"] == "Stopped"


def test_without_wait_no_state_is_put_right(bench):
    bench.settings(change_ends="started", first_answer="done")
    bench.place(name="web1", state="Stopped")
    outcome = bench.run(wait=False, name="web1", compute_offering="4vCPU.8GB", state="stopped")
    assert outcome.actions == ["changeComputeOffering"]
    real = bench.environment.detail
    bench.environment.detail = lambda wanted: {**real(wanted), **({"state": "Stopped"} if bench.requests("PUT") else {})}
    bench.run(wait=False, **bench.creation("web2", hostname="hal"))
    assert bench.writes() == ["POST changeComputeOffering", "POST instances", "PUT instances"]


@pytest.mark.parametrize("exists", [True, False])
def test_one_that_a_change_left_stopped_is_started(bench, exists):
    if exists:
        bench.place(name="web1", state="Running")
    real = bench.environment.detail
    done: list[bool] = []

    def stopping(wanted):
        if bench.requests("PUT") and not done:
            done.append(True)
            bench.instances("web1")[0]["state"] = "Stopped"
        return real(wanted)

    bench.environment.detail = stopping
    outcome = bench.run(**bench.creation(hostname="hal", **({"compute_offering": "1vCPU.512MB"} if exists else {}), allow_reboot=True))
    assert outcome.actions == [*([] if exists else ["create"]), "update", "start"] and outcome.instance["state"] == "Running"


# --- waiting -----------------------------------------------------------------------------------------------------


def test_without_wait_the_last_task_is_returned(bench, clock):
    bench.place(name="web1", state="Running")
    began = clock()
    outcome = bench.run(wait=False, name="web1", state="stopped")
    assert clock() == began and outcome.task_id in bench.simulator.cloud.tasks
    assert outcome.instance["state"] == "Stopping" and outcome.actions == ["stop"]


@pytest.mark.parametrize("first_answer", ["pending", "pending_with_data"])
def test_a_pending_create_has_an_id_only_if_the_answer_has(bench, first_answer):
    bench.settings(first_answer=first_answer)
    outcome = bench.run(wait=False, **bench.creation())
    (row,) = bench.instances("web1")
    assert outcome.instance["id"] == (row["id"] if first_answer == "pending_with_data" else None)
    assert outcome.instance["state"] != "Running"
    assert outcome.instance["image_name"] == "Ubuntu 24.04" and set(outcome.instance) >= set(SHAPE)
    assert bench.requests("GET").count("GET instances") == 1


def test_steps_before_the_last_are_waited_for(bench):
    outcome = bench.run(wait=False, **bench.creation(hostname="hal", state="stopped"))
    assert outcome.actions == ["create", "update", "stop"]
    (row,) = bench.instances("web1")
    assert (row["hostname"], row["state"]) == ("hal", "Stopping") and outcome.instance["id"] == row["id"]


def test_one_to_be_created_stopped_is_stopped_without_wait_too(bench):
    assert bench.run(wait=False, **bench.creation(state="stopped")).actions == ["create", "stop"]


def test_past_the_deadline_it_fails_with_task_and_last_state(bench, clock):
    bench.settings(task_seconds=1000.0)
    bench.place(name="web1", state="Running")
    began = clock()
    error = failure(bench, DeadlineExceeded, wait_timeout=20, **STOP)
    assert clock() - began == pytest.approx(20, abs=0.1)
    assert error.task_id in bench.simulator.cloud.tasks and "last state seen is Running" in error.sentence
    assert error.sentence.count("last state") == 1
    assert bench.last_run.outcome.actions == ["stop"]


def test_past_the_deadline_of_a_look_the_last_state_is_told_if_there_is_one(bench):
    bench.place(name="web1", state="Running")
    bench.fault(method="GET", path="/instances/", kind="status", status=503, skip=1, count=0)
    error = failure(bench, DeadlineExceeded, wait_timeout=20, connection={"api_retries": 100}, **STOP)
    assert "last state seen is Running" in error.sentence
    bench.fault(method="GET", path="/instances$", kind="status", status=503, count=0)
    error = failure(bench, DeadlineExceeded, wait_timeout=20, connection={"api_retries": 100}, **STOP)
    assert "last state" not in error.sentence


def test_a_state_that_never_comes_ends_at_the_deadline(bench, clock):
    instance_id = bench.place(name="web1", state="Stopped")
    bench.fault(method="POST", kind="status", status=200, body={"data": {}})
    error = failure(bench, DeadlineExceeded, wait_timeout=20, **START)
    assert "last state seen is Stopped" in error.sentence and instance_id in error.sentence


def test_a_transition_that_never_ends_is_waited_for_up_to_the_deadline(bench, clock):
    bench.place(name="web1", state="Migrating")
    for wait in (True, False):
        error = failure(bench, DeadlineExceeded, wait=wait, wait_timeout=20, **START)
        assert "Migrating" in error.sentence
    assert bench.writes() == []


def test_one_deadline_for_the_whole_run(bench, clock):
    bench.settings(task_seconds=8.0)
    began = clock()
    error = failure(bench, DeadlineExceeded, wait_timeout=20, **bench.creation(hostname="hal", state="stopped"))
    assert "20 seconds" in error.sentence and bench.last_run.outcome.actions == ["create", "update", "stop"]
    assert clock() - began == pytest.approx(20, abs=0.1)


def test_a_reboot_ends_running(bench):
    bench.settings(task_seconds=4.0)
    bench.place(name="web1", state="Stopped")
    assert bench.run(name="web1", state="restarted").instance["state"] == "Running"


@pytest.mark.parametrize("operation", ["create", "reboot"])
def test_one_that_shows_stopped_on_its_way_to_running_is_waited_for(bench, operation):
    if operation == "reboot":
        bench.place(name="web1", state="Running")
    real = bench.environment.detail
    done: list[bool] = []

    def passing(wanted):
        shown = real(wanted)
        if bench.writes() and bench.requests()[-1] == "GET instances" and not done:
            done.append(True)
            return {**shown, "state": "Stopped"}
        return shown

    bench.environment.detail = passing
    outcome = bench.run(**bench.creation(state="restarted" if operation == "reboot" else "present", compute_offering="1vCPU.512MB"))
    assert outcome.actions == [operation] and outcome.instance["state"] == "Running" and done and len(bench.writes()) == 1


def shows_afterwards(bench, instance_id, count, **values):
    """Has looks at an instance show this, so many times after the first one."""
    body = {"data": {"id": instance_id, "name": "web1", **values}}
    bench.fault(method="GET", path="/instances/", kind="status", status=200, body=body, skip=1, count=count)


def test_a_purge_has_ended_only_when_nothing_is_left(bench):
    instance_id = bench.place(name="web1")
    shows_afterwards(bench, instance_id, 2, state="Destroyed")
    assert bench.run(name="web1", state="absent", purge=True).instance is None
    assert len([entry for entry in bench.simulator.face.log if entry["method"] == "GET" and entry["path"].endswith(instance_id)]) == 4


@pytest.mark.parametrize(("before", "purge"), [("Running", True), ("Destroyed", True), ("Running", False)])
def test_one_that_is_being_expunged_is_gone(bench, before, purge):
    instance_id = bench.place(name="web1", state=before)
    shows_afterwards(bench, instance_id, 0, state="Expunging")
    left = bench.run(name="web1", state="absent", purge=purge).instance
    assert left is None if purge else (left["state"], left["hostname"]) == ("Destroyed", "web1")


def test_a_destroyed_one_is_returned_as_it_is_shown_last(bench):
    shows_afterwards(bench, bench.place(name="web1"), 0, state="Destroyed", hostname="last")
    assert bench.run(name="web1", state="absent").instance["hostname"] == "last"


@pytest.mark.parametrize("wait", [True, False])
def test_of_one_that_is_gone_at_once_what_was_last_known_is_returned(bench, wait):
    bench.settings(first_answer="done", list_destroyed=False)
    instance_id = bench.place(name="web1")
    bench.fault(method="GET", path="/instances/", kind="status", status=404, skip=1, count=0)
    outcome = bench.run(wait=wait, name="web1", state="absent")
    assert (outcome.instance["id"], outcome.instance["state"]) == (instance_id, "Destroyed")


NOWHERE = {"kind": "status", "status": 200, "body": {"data": [], "metadata": {"recordCount": 0}}}


def test_a_new_one_that_does_not_show_at_once_is_waited_for(bench):
    bench.fault(method="GET", path="/instances/", kind="status", status=404)
    bench.fault(method="GET", path="/instances$", **NOWHERE, skip=1)
    outcome = bench.run(**bench.creation())
    assert outcome.actions == ["create"] and outcome.instance["state"] == "Running"


@pytest.mark.parametrize(
    ("action", "before", "given", "after"),
    [("create", None, {}, 30), ("start", "Stopped", START, 0), ("recover", "Destroyed", {"name": "web1", "state": "recovered"}, 0)],
)
def test_one_that_is_gone_afterwards_is_a_failure(bench, clock, action, before, given, after):
    if before:
        bench.place(name="web1", state=before)
    bench.fault(method="GET", path="/instances/", kind="status", status=404, skip=1 if before else 0, count=0)
    bench.fault(method="GET", path="/instances$", **NOWHERE, skip=1, count=0)
    began = clock()
    assert f"is gone after {action}" in failure(bench, **(given or bench.creation())).sentence
    assert clock() - began == pytest.approx(after, abs=4)


def test_one_that_runs_after_it_was_recovered_is_there(bench):
    instance_id = bench.place(name="web1", state="Destroyed")
    running = {"data": {**bench.environment.instances[instance_id], "state": "Running"}}
    bench.fault(method="GET", path="/instances/", kind="status", status=200, body=running, skip=1, count=0)
    assert bench.run(name="web1", state="recovered").instance["state"] == "Running"


# --- destroy -----------------------------------------------------------------------------------------------------


def test_all_volumes_and_addresses_less_the_shared_ones(bench):
    instance_id = bench.place(name="web1", publicIps=2, dataVolumes=["a", "b"])
    shared = bench.environment.siblings["publicipaddresses"][0]
    shared["instances"].append({"id": bench.place(name="other", dataVolumes=["c"]), "name": "other"})
    outcome = bench.run(name="web1", state="absent", public_ips_to_release=["all"], volumes_to_delete=["all"])
    assert shared["ipAddress"] in outcome.warnings[0]
    assert [row["id"] for row in bench.environment.siblings["publicipaddresses"]] == [shared["id"]]
    left = {row["name"] for row in bench.environment.siblings["volumes"] if row["type"] == "data"}
    assert left == {"c", "archive", "scratch"} and outcome.instance["id"] == instance_id


def test_a_server_that_ignores_filters_does_not_cost_others_their_volumes(bench):
    bench.place(name="web1", publicIps=1, dataVolumes=["a"])
    bench.place(name="other", publicIps=1, dataVolumes=["b"])
    real = bench.environment.sibling_list
    bench.environment.sibling_list = lambda kind, query: real(kind, {})
    bench.run(name="web1", state="absent", purge=True, public_ips_to_release=["all"], volumes_to_delete=["all"])
    assert len(bench.environment.siblings["publicipaddresses"]) == 1
    assert {row["name"] for row in bench.environment.siblings["volumes"]} >= {"b"}


def test_single_volumes_and_addresses_by_name_address_and_id(bench):
    bench.place(name="web1", publicIps=2, dataVolumes=["a", "b"])
    first, second = bench.environment.siblings["publicipaddresses"]
    volume = next(row["id"] for row in bench.environment.siblings["volumes"] if row["name"] == "b")
    given = {"public_ips_to_release": [first["ipAddress"], second["id"]], "volumes_to_delete": ["a", volume]}
    bench.run(name="web1", state="absent", **given)
    assert bench.environment.siblings["publicipaddresses"] == []
    assert not {"a", "b"} & {row["name"] for row in bench.environment.siblings["volumes"]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"public_ips_to_release": ["192.0.2.1"]}, "no public IP address '192.0.2.1'"),
        ({"volumes_to_delete": ["archive"]}, "no data volume 'archive'"),
        ({"volumes_to_delete": ["twice"]}, "several with the name 'twice'"),
        ({"volumes_to_delete": [UNKNOWN_ID]}, f"no data volume '{UNKNOWN_ID}'"),
    ],
)
def test_what_is_not_the_instance_s_is_refused_before_anything_is_written(bench, given, words):
    bench.place(name="web1", publicIps=1, dataVolumes=["twice", "twice"])
    text = str(failure(bench, Refused, name="web1", state="absent", **given))
    assert words in text and all(f"{option}: " in text for option in given)
    assert bench.writes() == []


def test_a_shared_address_that_is_named_is_refused(bench):
    first = bench.place(name="web1", publicIps=1)
    bench.place(name="other", shareIpWith=first)
    address = bench.environment.siblings["publicipaddresses"][0]["ipAddress"]
    assert address in str(failure(bench, Refused, name="web1", state="absent", public_ips_to_release=[address]))
    assert bench.writes() == []


def test_purging_a_destroyed_one(bench):
    instance_id = bench.place(name="web1", state="Destroyed")
    outcome = bench.run(id=instance_id, state="absent", purge=True, delete_snapshots=True)
    assert (outcome.actions, outcome.instance) == (["purge"], None) and "no effect" in outcome.warnings[0]
    assert bench.instances() == []


def test_of_a_destroyed_one_what_was_last_known_is_returned(bench):
    bench.settings(list_destroyed=False)
    instance_id = bench.place(name="web1")
    outcome = bench.run(name="web1", state="absent")
    assert (outcome.instance["id"], outcome.instance["state"]) == (instance_id, "Destroyed")
    assert bench.run(id=instance_id, state="absent").instance["state"] == "Destroyed"


# --- converge ----------------------------------------------------------------------------------------------------


def test_converging_everything_at_once_for_real(bench):
    bench.settings(report_ssh_key=True)
    instance_id = bench.place(name="web1", state="Running")
    given = {
        "id": instance_id,
        "name": "web2",
        "hostname": "hal",
        "compute_offering": "Custom CPU.Memory",
        "cpu_count": 3,
        "network": "Db-test_area",
        "ssh_key_name": "mysshkey",
        "update_ssh_key": "always",
        "allow_reboot": True,
        "allow_network_change": True,
    }
    predicted = bench.run(check_mode=True, **given)
    assert bench.writes() == []
    done = bench.run(**given)
    assert predicted.actions == done.actions == ["stop", "update", "changeComputeOffering", "changeNetwork", "associateSSHKey", "start"]
    assert predicted.diff == done.diff
    (row,) = bench.instances()
    assert (row["name"], row["hostname"], row["cpuCount"], row["memoryInMB"]) == ("web2", "hal", 3, 512)
    assert (row["networkName"], row["state"]) == ("Db-test_area", "Running")
    assert bench.run(**given).actions == []


def test_a_refused_change_leaves_everything_as_it_was(bench):
    instance_id = bench.place(name="web1", state="Running")
    before = dict(bench.environment.instances[instance_id])
    text = str(failure(bench, Refused, id=instance_id, name="web2", hostname="hal", network="Db-test_area"))
    assert "Set allow_reboot and allow_network_change to true" in text
    assert bench.environment.instances[instance_id] == before and bench.writes() == []


def test_a_rename_onto_a_live_name_is_refused(bench):
    first, second = bench.place(name="web1"), bench.place(name="web2")
    assert second in str(failure(bench, Refused, id=first, name="web2"))
    bench.environment.amend(bench.environment.instances[second], {"state": "Destroyed"})
    assert bench.run(id=first, name="web2").actions == ["update"]
