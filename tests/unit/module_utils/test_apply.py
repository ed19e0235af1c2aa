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


def failure(harness, kind=ApiError, **given):
    with pytest.raises(kind) as caught:
        harness.run(**given)
    return caught.value


# --- selecting ---------------------------------------------------------------------------------------------------


def test_an_ambiguous_name_fails_with_the_ids(harness):
    ids = [harness.seed(name="web1"), harness.seed(name="web1", state="Stopped")]
    for state in ("present", "started", "stopped", "restarted", "recovered", "absent"):
        text = str(failure(harness, Refused, **harness.creation(state=state)))
        assert all(item in text for item in ids)
    assert harness.writes() == []


def test_a_name_does_not_select_destroyed_or_expunging_ones(harness):
    harness.seed(name="web1", state="Destroyed")
    harness.seed(name="web1", state="Expunging")
    outcome = harness.run(name="web1", state="absent")
    assert (outcome.actions, outcome.instance) == ([], None)
    assert harness.run(**harness.creation(purge=True)).actions == ["create"]


def test_names_are_exact(harness):
    harness.seed(name="Web1")
    harness.seed(name="web10")
    assert harness.run(**harness.creation()).actions == ["create"]


def test_an_unknown_id_fails_naming_it_unless_absent(harness):
    for state in ("present", "started", "stopped", "restarted", "recovered"):
        text = str(failure(harness, Refused, id=UNKNOWN_ID, **harness.creation(state=state)))
        assert f"no instance with the id {UNKNOWN_ID} in environment test_area" in text
    outcome = harness.run(id=UNKNOWN_ID, state="absent")
    assert (outcome.actions, outcome.instance) == ([], None)
    assert harness.writes() == []


@pytest.mark.parametrize("selected", [{"id": UNKNOWN_ID}, {"name": "web1"}])
@pytest.mark.parametrize("wrong", ["environment_name", "service_code"])
def test_a_mistyped_environment_is_never_nothing_to_do(harness, selected, wrong):
    error = failure(harness, connection={wrong: "typo"}, state="absent", **selected)
    assert wrong in error.sentence and "typo" in error.sentence


def test_recover_and_purge_by_name_need_one_of_the_name(harness):
    live, dead = harness.seed(name="web1"), harness.seed(name="web1", state="Destroyed")
    for given in ({"state": "recovered"}, {"state": "absent", "purge": True}):
        text = str(failure(harness, Refused, name="web1", **given))
        assert live in text and dead in text
    harness.environment.remove_instance(harness.environment.instances[live])
    assert harness.run(name="web1", state="recovered").actions == ["recover"]


def test_one_destroyed_between_list_and_look_counts_as_none(harness):
    instance_id = harness.seed(name="web1", state="Running", settles_after=0, settles_as="Destroyed")
    outcome = harness.run(**harness.creation())
    assert outcome.actions == ["create"] and outcome.instance["id"] != instance_id
    harness.seed(name="web2", state="Running", settles_after=0, settles_as="Destroyed")
    outcome = harness.run(name="web2", state="absent")
    assert (outcome.actions, outcome.instance) == ([], None)


def test_one_of_an_id_that_is_expunged_counts_as_none(harness):
    gone = harness.seed(name="web1", state="Expunging")
    assert "no instance with the id" in str(failure(harness, Refused, id=gone))
    going = harness.seed(name="web1", state="Stopping", settles_after=2, settles_as="Expunging")
    assert "is gone" in str(failure(harness, Refused, id=going))


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
def test_check_mode_predicts_the_real_run_and_a_second_run_has_nothing_to_do(harness, state, current, by, allow_reboot):
    instance_id = None
    if current is not None:
        more = {"settles_after": 2, "settles_as": ENDS[current]} if current in ENDS else {}
        instance_id = harness.seed(name="web1", state=current, **more)
    given = harness.creation(state="absent" if state == "purged" else state, purge=state == "purged", allow_reboot=allow_reboot)
    if by == "id":
        given["id"] = instance_id
    outcomes = []
    for check_mode in (True, False):
        if current in ENDS:
            harness.environment.patch(harness.environment.instances[instance_id], {"state": current, **more})
        try:
            outcomes.append(harness.run(check_mode=check_mode, **given))
        except Refused as refused:
            outcomes.append(str(refused))
        if check_mode:
            assert harness.writes() == []
    predicted, done = outcomes
    assert isinstance(done, str) is is_refused(state, current, by, allow_reboot), done
    if isinstance(done, str):
        assert predicted == done and harness.writes() == []
        return
    assert (predicted.actions, predicted.diff) == (done.actions, done.diff)
    assert set(SHAPE) <= set(predicted.instance or SHAPE) and (predicted.instance is None) == (done.instance is None)
    if predicted.instance:
        assert predicted.instance["state"] == done.instance["state"]
    assert [instance["state"] for instance in harness.instances("web1") if instance["state"] != "Expunging"] == left_by(state, current, by)
    if state != "restarted":
        again = harness.run(**given)
        assert again.actions == [] and again.diff == {"before": {}, "after": {}}
    assert len([instance for instance in harness.instances("web1") if instance["state"] not in ("Destroyed", "Expunging")]) <= 1


@pytest.mark.parametrize(("by", "most"), [("name", 2), ("id", 1)])
@pytest.mark.parametrize("state", ["present", "started"])
def test_no_change_costs_one_request_by_id_and_two_by_name(harness, by, most, state):
    created = harness.run(**harness.creation(hostname="web1")).instance
    harness.simulator.app.log.clear()
    given = harness.creation(hostname="web1", state=state, cpu_count=2, memory_in_mb=4096, ip_address=created["ip_address"])
    outcome = harness.run(**given, **({"id": created["id"]} if by == "id" else {}))
    assert outcome.actions == [] and outcome.instance == created
    assert len(harness.requests()) == most


# --- create ------------------------------------------------------------------------------------------------------


def test_create_returns_instance_and_password(harness):
    outcome = harness.run(**harness.creation(user_data="secret"))
    assert outcome.instance["state"] == "Running" and outcome.password.startswith("Pw-")
    assert "secret" not in str(outcome.result()) and "password" not in outcome.instance
    assert outcome.warnings == []


def test_what_is_returned_also_of_a_run_that_fails(harness):
    result = harness.run(**harness.creation()).result()
    assert set(result) == {"changed", "instance", "actions", "diff", "drift", "password"}
    assert (result["changed"], result["actions"], result["password"][:3]) == (True, ["create"], "Pw-")
    result = harness.run(wait=False, **STOP).result(waited=False)
    assert set(result) == {"changed", "instance", "actions", "diff", "drift", "task_id"} and result["task_id"]
    harness.fault(method="PUT", kind="status", status=400)
    assert failure(harness, **harness.creation("web2", hostname="hal")).status_code == 400
    done = harness.last_run.outcome.so_far()
    assert (done["changed"], done["actions"], done["password"][:3]) == (True, ["create"], "Pw-")
    assert "required to create it" in str(failure(harness, Refused, name="web3"))
    assert harness.last_run.outcome.so_far() == {"changed": False, "actions": []}


@pytest.mark.parametrize("settings", [{"first_response": "done"}, {"first_response": "pending_with_data"}, {"task_shape": "data"}])
@pytest.mark.parametrize("update_response", ["task", "data", "empty"])
def test_create_with_each_envelope(harness, settings, update_response):
    harness.settings(update_response=update_response, **settings)
    outcome = harness.run(**harness.creation(hostname="hal", state="stopped"))
    assert outcome.actions == ["create", "update", "stop"]
    assert (outcome.instance["hostname"], outcome.instance["state"]) == ("hal", "Stopped")
    assert outcome.password


def test_the_host_name_is_put_only_where_the_server_chose_another(harness):
    harness.settings(hostname_suffix="-x")
    assert harness.run(**harness.creation(hostname="web1-x")).actions == ["create"]
    assert harness.run(**harness.creation("web2", hostname="web2")).actions == ["create", "update"]


def test_a_refused_create_creates_nothing_and_is_no_action(harness):
    harness.settings(max_instances=1)
    harness.seed(name="other")
    error = failure(harness, **harness.creation())
    assert "quota" in error.sentence and harness.last_run.outcome.actions == []
    assert harness.instances("web1") == []


def test_a_create_that_fails_later_is_an_action(harness):
    harness.fault(kind="task_failed", method="POST", message="no host has room")
    error = failure(harness, TaskFailed, **harness.creation())
    assert "no host has room" in error.sentence and error.task_id
    assert harness.last_run.outcome.actions == ["create"]


def test_a_create_that_ends_in_error_fails(harness):
    harness.fault(kind="task_lost", method="POST")
    run = harness.run(**harness.creation())
    assert run.actions == ["create"]
    harness.fault(kind="task_failed", method="POST", leaves="Error", message="no host has room")
    assert "no host has room" in failure(harness, TaskFailed, **harness.creation("web2")).sentence
    # Also where no task tells of it.
    harness.fault(kind="task_failed", method="POST", leaves="Error")
    harness.fault(kind="task_lost", method="GET", path="/tasks/", count=0)
    assert "is in state Error after create" in failure(harness, **harness.creation("web3")).sentence
    assert harness.last_run.outcome.actions == ["create"]
    assert [instance["state"] for name in ("web2", "web3") for instance in harness.instances(name)] == ["Error"] * 2


def test_a_task_that_nobody_knows_any_more_says_nothing_of_the_create(harness):
    harness.settings(task_seconds=5.0)
    harness.fault(kind="task_lost", method="POST")
    outcome = harness.run(**harness.creation())
    assert outcome.instance["state"] == "Running" and len(harness.instances("web1")) == 1


def test_unknown_names_are_refused_with_the_nearest(harness):
    given = harness.creation(template="ubuntu 24.4", network="Web-test_aera")
    text = str(failure(harness, Refused, **given))
    assert "'Ubuntu 24.04'" in text and "'Web-test_area'" in text and "template:" in text and "network:" in text
    assert harness.writes() == []


def test_unknown_ids_and_ambiguous_names_are_refused(harness):
    assert UNKNOWN_ID in str(failure(harness, Refused, **harness.creation(compute_offering=UNKNOWN_ID)))
    harness.environment.resources["templates"].append({**harness.environment.resources["templates"][1], "id": UNKNOWN_ID})
    text = str(failure(harness, Refused, **harness.creation()))
    assert UNKNOWN_ID in text and harness.environment.resources["templates"][1]["id"] in text
    assert harness.writes() == []


def test_create_by_ids(harness):
    resources = harness.environment.resources
    by_id = {"template": "templates", "compute_offering": "computeofferings", "network": "networks"}
    outcome = harness.run(name="web1", **{option: resources[kind][0]["id"].upper() for option, kind in by_id.items()})
    assert outcome.instance["image_name"] == "CentOS 6.8 PV"


def test_a_twin_is_warned_of_and_not_destroyed(harness):
    harness.settings(task_seconds=5.0)

    def interfere(entry):
        if "/tasks/" in entry["path"] and not harness.instances("web1")[1:]:
            harness.seed(name="web1")

    with harness.intercepting(after=interfere):
        outcome = harness.run(**harness.creation())
    ids = {instance["id"] for instance in harness.instances("web1")}
    assert len(ids) == 2 and all(item in outcome.warnings[0] for item in ids)
    assert harness.requests("DELETE") == []


@pytest.mark.parametrize("data", [{"state": "Running"}, {"id": "x", "password": ""}, {"id": 5, "password": 5}])
@pytest.mark.parametrize("wait", [True, False])
def test_a_create_that_is_done_and_tells_no_id_is_found_in_the_list(harness, data, wait):
    harness.fault(method="POST", kind="status", status=200, body={"data": data}, act="first")
    outcome = harness.run(wait=wait, **harness.creation())
    assert outcome.instance["id"] == harness.instances("web1")[0]["id"] and outcome.password is None
    assert outcome.warnings == []


def test_a_create_that_is_done_at_once_tells_the_password_without_wait_too(harness):
    harness.settings(first_response="done")
    outcome = harness.run(wait=False, **harness.creation())
    assert outcome.password and outcome.instance["id"] == harness.instances("web1")[0]["id"]


def test_a_password_is_that_of_the_create_alone(harness):
    instance_id = harness.seed(name="web1", state="Stopped")
    done = {"id": instance_id, "password": "of another"}
    harness.fault(method="PUT", kind="status", status=200, body={"data": done}, act="first")
    harness.fault(method="GET", path="/tasks/", kind="status", status=200, body={"taskId": "t", "taskStatus": "SUCCESS", "result": done})
    outcome = harness.run(name="web1", hostname="hal", state="started")
    assert outcome.actions == ["update", "start"] and outcome.password is None


def test_a_list_of_twins_that_can_not_be_read_is_a_warning(harness):
    harness.fault(method="GET", path="/instances$", kind="status", status=403, skip=1)
    outcome = harness.run(**harness.creation())
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
def test_a_create_whose_answer_is_lost_is_adopted(harness, fault):
    harness.seed(name="web1", state="Destroyed")
    harness.fault(method="POST", **fault)
    outcome = harness.run(**harness.creation(hostname="hal"))
    assert outcome.actions == ["create", "update"] and outcome.instance["state"] == "Running"
    assert "was lost" in outcome.warnings[0]
    assert len(harness.instances("web1")) == 2 and harness.requests("POST") == ["POST instances"]


@pytest.mark.parametrize("fault", UNTAKEN, ids=name_of)
def test_a_create_that_never_shows_fails_as_unknown_after_30_seconds_and_is_not_sent_again(harness, clock, fault):
    harness.fault(method="POST", **fault, count=0)
    began = clock()
    error = failure(harness, **harness.creation())
    assert "outcome of create for an instance with the name 'web1' is unknown" in error.sentence and "no id" not in error.sentence
    assert "several" not in error.sentence
    assert clock() - began == pytest.approx(30, abs=2)
    assert harness.requests("POST") == ["POST instances"] and harness.last_run.outcome.actions == ["create"]


def test_a_short_deadline_ends_the_search_for_a_lost_create(harness, clock):
    harness.fault(method="POST", kind="drop_before")
    began = clock()
    assert "unknown" in failure(harness, wait_timeout=7, **harness.creation()).sentence
    assert clock() - began <= 7.1


def test_two_new_ones_of_the_name_are_not_guessed_between(harness):
    def interfere(_entry):
        if harness.requests("POST") and len(harness.instances("web1")) == 1:
            harness.seed(name="web1")

    harness.fault(method="POST", kind="drop_after")
    with harness.intercepting(after=interfere):
        error = failure(harness, **harness.creation())
    instances = harness.instances("web1")
    assert len(instances) == 2 and all(instance["id"] in error.sentence for instance in instances)


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
def test_a_repeatable_write_whose_answer_is_lost_is_looked_after_and_sent_again(harness, clock, operation, fault):
    before, given, after = OPERATIONS[operation]
    harness.seed(name="web1", state=before)
    harness.fault(method="DELETE" if operation == "instances" else "POST", **fault, count=2)
    outcome = harness.run(**given)
    assert outcome.actions == ["delete" if operation == "instances" else operation]
    clock.sleep(5)
    assert [instance["state"] for instance in harness.instances("web1")] == ([] if after is None else [after])
    assert len(harness.writes()) == (3 if fault in UNTAKEN else SHOWS_AFTER.get(operation, 1))


@pytest.mark.parametrize("fault", LOST + UNTAKEN, ids=name_of)
def test_an_update_whose_answer_is_lost(harness, fault):
    instance_id = harness.seed(name="web1", state="Stopped")
    harness.fault(method="PUT", **fault, count=2)
    outcome = harness.run(id=instance_id, name="web2", hostname="hal")
    assert outcome.actions == ["update"] and outcome.instance["hostname"] == "hal"
    # While an update of a stopped instance goes on it does not show.
    assert len(harness.requests("PUT")) == (3 if fault in UNTAKEN else 2)


def test_a_repeatable_write_gives_up_after_api_retries_and_longer_and_longer_pauses(harness, clock):
    harness.seed(name="web1", state="Stopped")
    harness.fault(method="POST", kind="drop_before", count=0)
    error = failure(harness, connection={"api_retries": 2}, **START)
    assert "unknown" in error.sentence and harness.writes() == ["POST start"] * 3
    assert clock.slept == [0.375, 0.75, 1.5]


def test_a_host_name_whose_answer_is_lost_is_put_once(harness):
    harness.settings(update_response="data")
    harness.fault(method="PUT", kind="drop_after")
    outcome = harness.run(**harness.creation(hostname="hal"))
    assert outcome.actions == ["create", "update"] and len(harness.requests("PUT")) == 1


@pytest.mark.parametrize("fault", LOST, ids=name_of)
@pytest.mark.parametrize("operation", ["stop", "reboot"])
def test_a_stop_or_reboot_that_shows_goes_on_as_if_answered(harness, operation, fault):
    harness.seed(name="web1", state="Running")
    harness.fault(method="POST", **fault)
    state = "stopped" if operation == "stop" else "restarted"
    outcome = harness.run(name="web1", state=state)
    assert outcome.actions == [operation] and harness.writes() == [f"POST {operation}"]
    assert outcome.instance["state"] == ("Stopped" if operation == "stop" else "Running")


@pytest.mark.parametrize("fault", UNTAKEN, ids=name_of)
@pytest.mark.parametrize("operation", ["stop", "reboot"])
def test_a_stop_or_reboot_that_does_not_show_fails_as_unknown_and_is_not_sent_again(harness, clock, operation, fault):
    harness.seed(name="web1", state="Running")
    harness.fault(method="POST", **fault, count=0)
    began = clock()
    error = failure(harness, name="web1", state="stopped" if operation == "stop" else "restarted")
    assert f"outcome of {operation} for Instance web1 (" in error.sentence and "unknown" in error.sentence
    assert clock() - began == pytest.approx(30, abs=2)
    assert harness.writes() == [f"POST {operation}"]


def test_when_reading_fails_too_after_a_lost_answer_the_outcome_is_unknown(harness):
    harness.seed(name="web1", state="Stopped")
    harness.fault(method="POST", kind="drop_after")
    harness.fault(method="GET", path="instances/", kind="status", status=500, skip=1, count=0)
    error = failure(harness, connection={"api_retries": 1}, **START)
    assert "unknown" in error.sentence and "500" in error.sentence and harness.writes() == ["POST start"]
    assert harness.last_run.outcome.actions == ["start"]


def test_a_stop_that_shows_late_goes_on_as_if_answered(harness):
    instance_id = harness.seed(name="web1", state="Running")
    harness.settings(task_seconds=5.0)
    harness.fault(method="POST", kind="drop_after")
    stale = {"data": {**harness.environment.instances[instance_id], "state": "Running"}}
    harness.fault(method="GET", path=f"/{instance_id}$", kind="status", status=200, body=stale, skip=1, count=2)
    outcome = harness.run(**STOP)
    assert outcome.actions == ["stop"] and outcome.instance["state"] == "Stopped" and harness.writes() == ["POST stop"]


def test_when_listing_fails_after_a_lost_create_the_outcome_is_unknown(harness):
    harness.fault(method="POST", kind="drop_after")
    harness.fault(method="GET", path="/instances$", kind="status", status=500, skip=1, count=0)
    text = failure(harness, connection={"api_retries": 1}, **harness.creation()).sentence
    assert "unknown" in text and "then:" in text and "500" in text


def test_a_create_that_is_said_to_be_done_and_is_nowhere_is_unknown(harness):
    harness.fault(method="POST", kind="status", status=200, body={"data": {"state": "Running"}})
    text = failure(harness, **harness.creation()).sentence
    assert "unknown" in text and "has no id" in text and harness.requests("POST") == ["POST instances"]


def test_a_repetition_that_is_refused_because_the_first_took_effect_is_the_action(harness):
    instance_id = harness.seed(name="web1", state="Stopped")
    harness.settings(task_seconds=5.0)
    harness.fault(method="POST", kind="drop_after")
    instance = harness.environment.instances[instance_id]
    # What is read lags behind: the two looks after the lost answer still show the old state.
    stale = {"data": {**instance, "state": "Stopped"}}
    harness.fault(method="GET", path=f"/{instance_id}$", kind="status", status=200, body=stale, skip=1, count=2)
    outcome = harness.run(**START)
    assert outcome.actions == ["start"] and harness.writes() == ["POST start"] * 2
    assert outcome.instance["state"] == "Running"


def test_an_old_instance_that_comes_back_is_not_adopted_for_a_lost_create(harness):
    harness.seed(name="web1", state="Destroyed")
    harness.fault(method="POST", kind="drop_before")

    def recovering(_entry):
        if harness.requests("POST"):
            for instance in harness.instances("web1"):
                instance["state"] = "Running"

    with harness.intercepting(recovering):
        assert "unknown" in failure(harness, **harness.creation()).sentence


@pytest.mark.parametrize(
    ("before", "given", "action"),
    [("Running", {"purge": True}, "delete"), ("Running", {}, "delete"), ("Destroyed", {"purge": True}, "purge")],
)
def test_a_404_on_destroying_is_success(harness, before, given, action):
    harness.seed(name="web1", state=before)
    harness.fault(method="POST" if action == "purge" else "DELETE", kind="status", status=404)

    def vanishing(_entry):
        for instance in harness.instances("web1"):
            if len(harness.requests()) == 2:
                harness.environment.remove_instance(instance)

    with harness.intercepting(after=vanishing):
        outcome = harness.run(name="web1", state="absent", **given)
    assert outcome.actions == [action] and harness.instances("web1") == []


def test_what_somebody_else_has_under_way_is_not_taken_for_a_change_whose_answer_is_lost(harness):
    instance_id = harness.seed(name="web1", state="Stopped")
    harness.fault(method="PUT", kind="drop_before")
    real = harness.environment.detail
    done: list[bool] = []

    def detail(wanted):
        if harness.writes() and not done:
            done.append(True)
            harness.environment.patch(
                harness.environment.instances[instance_id], {"state": "Migrating", "settles_after": 2, "settles_as": "Stopped"}
            )
        return real(wanted)

    harness.environment.detail = detail
    assert "unknown" in failure(harness, name="web1", hostname="hal").sentence


# --- races -------------------------------------------------------------------------------------------------------


def interfering(harness, before_write, change):
    """Changes the instance right before the n-th write reaches the server."""

    def act(_entry):
        if len(harness.writes()) == before_write and not done:
            done.append(True)
            for instance in harness.instances():
                change(instance)

    done: list[bool] = []
    return harness.intercepting(act)


def to_state(harness, state, **more):
    return lambda instance: harness.environment.patch(instance, {"state": state, **more})


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
def test_a_race_is_read_and_planned_again_once(harness, before, meanwhile, given, actions, after):
    harness.seed(name="web1", state=before)
    with interfering(
        harness, 1, to_state(harness, meanwhile, **({"settles_after": 2, "settles_as": "Running"} if meanwhile == "Starting" else {}))
    ):
        outcome = harness.run(**given)
    assert outcome.actions == actions
    if not actions:
        assert outcome.diff == {"before": {}, "after": {}}
    assert [instance["state"] for instance in harness.instances("web1")] == [after]


def test_a_second_race_fails_with_the_api_s_words(harness):
    harness.seed(name="web1", state="Stopped")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Stopped"}}]}
    harness.fault(method="POST", kind="status", status=400, body=body, count=0)
    assert failure(harness, **START).code == 2012
    assert harness.writes() == ["POST start"] * 2


def test_a_race_after_the_create_never_creates_a_second_one(harness):
    with interfering(harness, 2, to_state(harness, "Destroyed")):
        text = str(failure(harness, Refused, **harness.creation(hostname="hal")))
    assert "destroyed" in text and len(harness.instances("web1")) == 1
    assert harness.last_run.outcome.actions == ["create"]


def test_a_race_after_the_create_ends_with_the_new_one_as_wanted(harness):
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Migrating"}}]}
    harness.fault(method="PUT", kind="status", status=400, body=body)
    outcome = harness.run(**harness.creation(hostname="hal", ssh_key_name="mysshkey", update_ssh_key="always"))
    assert outcome.actions == ["create", "update"] and outcome.diff["before"] == {}
    assert [(instance["hostname"], instance["state"]) for instance in harness.instances("web1")] == [("hal", "Running")]


def test_a_new_one_that_vanishes_in_a_race_is_not_created_again(harness):
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Expunging"}}]}
    harness.fault(method="PUT", kind="status", status=400, body=body)
    with interfering(harness, 2, harness.environment.remove_instance):
        assert failure(harness, **harness.creation(hostname="hal")).code == 2012
    assert harness.requests("POST") == ["POST instances"]


def test_what_somebody_else_stopped_is_not_started_when_a_change_fails(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    with interfering(harness, 1, to_state(harness, "Stopped")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
        assert "no room" in failure(harness, **given).sentence
    assert harness.last_run.outcome.actions == ["update"]
    assert [instance["state"] for instance in harness.instances("web1")] == ["Stopped"]


def test_what_was_to_be_stopped_is_not_started_when_a_change_fails(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    assert "no room" in failure(harness, name="web1", state="stopped", compute_offering="4vCPU.8GB").sentence
    assert harness.last_run.outcome.actions == ["stop"] and harness.instances("web1")[0]["state"] == "Stopped"


def test_one_that_others_start_after_the_changes_is_not_rebooted_once_more(harness):
    harness.seed(name="web1", state="Running")
    with interfering(harness, 4, to_state(harness, "Running")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True, "state": "restarted"}
        assert harness.run(**given).actions == ["stop", "update", "changeComputeOffering"]
    assert harness.instances("web1")[0]["state"] == "Running"


def test_a_warning_is_told_once_where_the_run_is_planned_again(harness):
    harness.seed(name="web1", state="Stopped")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Migrating"}}]}
    harness.fault(method="POST", kind="status", status=400, body=body)
    outcome = harness.run(**START, template="Ubuntu 24.04")
    assert outcome.actions == ["start"] and harness.writes() == ["POST start"] * 2
    assert len(outcome.warnings) == 1 and "another template" in outcome.warnings[0]


def test_one_that_vanishes_between_reading_and_writing(harness):
    harness.seed(name="web1", state="Stopped")
    with interfering(harness, 1, harness.environment.remove_instance):
        assert "is gone" in failure(harness, **START).sentence


def test_what_was_stopped_for_a_change_is_started_again_when_the_change_fails(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert "no room" in failure(harness, **given).sentence
    assert harness.last_run.outcome.actions == ["stop", "update", "start"]
    assert [instance["state"] for instance in harness.instances("web1")] == ["Running"]


def test_a_race_in_the_middle_of_changes_leaves_a_running_instance_running(harness):
    harness.seed(name="web1", state="Running")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Stopped"}}]}
    harness.fault(path="changeComputeOffering", kind="status", status=400, body=body)
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert harness.run(**given).actions == ["stop", "update", "changeComputeOffering", "start"]
    assert [(instance["state"], instance["cpuCount"]) for instance in harness.instances("web1")] == [("Running", 4)]


@pytest.mark.parametrize("count", [2, 0])
def test_a_second_race_in_the_middle_of_changes_leaves_a_running_instance_running_too(harness, count):
    harness.seed(name="web1", state="Running")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Migrating"}}]}
    harness.fault(path="changeComputeOffering", kind="status", status=400, body=body, count=count)
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert "busy" in failure(harness, **given).sentence
    assert harness.last_run.outcome.actions == ["stop", "update", "start"]
    assert [instance["state"] for instance in harness.instances("web1")] == ["Running"]


@pytest.mark.parametrize("context", [{}, {"currentState": "Migrating"}])
def test_when_it_can_not_be_started_again_the_error_says_so(harness, context):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    harness.fault(path="operation=start", kind="status", status=400, body={"errors": [{"message": "no host", "context": context}]})
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    text = failure(harness, **given).sentence
    assert "no room" in text and "could not be started again: Could not start" in text and "no host" in text


def test_a_start_after_the_changes_that_fails_is_not_tried_twice(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="operation=start", kind="task_failed", message="no host")
    given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
    assert "no host" in failure(harness, TaskFailed, **given).sentence
    assert harness.last_run.outcome.actions == ["stop", "update", "changeComputeOffering", "start"]


def test_when_a_refusal_is_followed_by_that_both_are_told(harness):
    harness.seed(name="web1", state="Running")
    body = {"errors": [{"code": 2012, "message": "busy", "context": {"currentState": "Stopped"}}]}
    harness.fault(path="changeComputeOffering", kind="status", status=400, body=body)
    harness.fault(path="operation=start", kind="status", status=400, message="no host")
    with interfering(harness, 3, lambda instance: instance.update(name="other")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
        text = str(failure(harness, Refused, **given))
    assert "renamed" in text and "could not be started again" in text and "no host" in text


def test_what_somebody_else_started_again_is_not_started(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(path="changeComputeOffering", kind="status", status=400, message="no room")
    with interfering(harness, 3, to_state(harness, "Running")):
        given = {"name": "web1", "hostname": "hal", "compute_offering": "4vCPU.8GB", "allow_reboot": True}
        assert "no room" in failure(harness, **given).sentence
    assert harness.writes() == ["POST stop", "PUT instances", "POST changeComputeOffering"]


@pytest.mark.parametrize("operation", ["changeComputeOffering", "stop"])
def test_an_instance_that_ends_in_error_is_a_failure(harness, operation):
    harness.seed(name="web1", state="Running")

    def breaking(_entry):
        for instance in harness.instances("web1"):
            if instance["state"] == "Running" and f"POST {operation}" in harness.requests():
                instance["state"] = "Error"
        if f"POST {operation}" in harness.requests() and operation == "stop":
            harness.instances("web1")[0]["state"] = "Error"

    given = {"state": "stopped"} if operation == "stop" else {"compute_offering": "4vCPU.8GB", "allow_reboot": True}
    with harness.intercepting(after=breaking):
        error = failure(harness, name="web1", **given)
        assert "Error" in error.sentence and error.task_id in harness.simulator.cloud.tasks
    assert harness.last_run.outcome.actions == [operation]


@pytest.mark.parametrize(
    ("action", "before", "given"),
    [("create", None, {}), ("start", "Stopped", START), ("stop", "Running", STOP), ("reboot", "Stopped", {"state": "restarted"})],
)
def test_one_that_is_in_error_afterwards_is_a_failure_at_once(harness, action, before, given):
    if before:
        harness.seed(name="web1", state=before)
    real = harness.environment.detail
    harness.environment.detail = lambda wanted: {**real(wanted), **({"state": "Error"} if harness.writes() else {})}
    given = {**given, "name": "web1"} if before else harness.creation()
    assert f"is in state Error after {action}" in failure(harness, **given).sentence


def test_a_first_answer_that_says_failed_was_sent_all_the_same(harness):
    harness.seed(name="web1", state="Stopped")
    harness.settings(first_response="done")
    harness.fault(kind="task_failed", method="POST", message="no room")
    assert "no room" in failure(harness, TaskFailed, **START).sentence
    assert harness.last_run.outcome.actions == ["start"]


@pytest.mark.parametrize("state", ["present", "started", "stopped", "absent"])
def test_one_that_is_renamed_between_list_and_look_is_left_alone(harness, state):
    instance_id = harness.seed(name="web1")
    instance = harness.environment.instances[instance_id]
    harness.fault(kind="status", status=200, path=f"/{instance_id}$", body={"data": {**instance, "name": "other"}})
    assert "renamed" in str(failure(harness, Refused, **harness.creation(state=state)))
    assert harness.writes() == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_one_that_is_renamed_while_it_settles_is_left_alone(harness, state):
    instance_id = harness.seed(name="web1", state="Starting", settles_after=2, settles_as="Running")
    real = harness.environment.detail

    def renaming(wanted):
        shown = real(wanted)
        if shown["state"] == "Running":
            harness.environment.instances[instance_id]["name"] = shown["name"] = "other"
        return shown

    harness.environment.detail = renaming
    assert "renamed" in str(failure(harness, Refused, **harness.creation(state=state)))
    assert harness.writes() == []


def test_one_that_was_destroyed_while_it_settled_is_returned_as_last_known(harness):
    instance_id = harness.seed(name="web1", state="Stopping", settles_after=1, settles_as="Destroyed")
    outcome = harness.run(name="web1", state="absent")
    assert outcome.actions == [] and (outcome.instance["id"], outcome.instance["state"]) == (instance_id, "Destroyed")


def test_a_host_name_that_the_server_did_not_choose_is_put_without_wait_too(harness):
    harness.settings(hostname_suffix="-x")
    assert harness.run(wait=False, **harness.creation(hostname="web1")).actions == ["create", "update"]


@pytest.mark.parametrize("before", ["Stopped", "Destroyed"])
def test_a_purge_that_is_not_waited_for_returns_no_instance(harness, before):
    instance_id = harness.seed(name="web1", state=before)
    outcome = harness.run(wait=False, id=instance_id, state="absent", purge=True)
    assert outcome.instance is None and outcome.task_id


def test_a_twin_is_looked_for_also_when_the_run_fails_after_the_create(harness):
    harness.fault(method="PUT", kind="status", status=400)

    def interfere(entry):
        if entry["method"] == "POST":
            harness.seed(name="web1")

    with harness.intercepting(after=interfere):
        assert failure(harness, **harness.creation(hostname="hal")).message.startswith("Could not update instance ")
    ids = {instance["id"] for instance in harness.instances("web1")}
    (warning,) = harness.last_run.outcome.warnings
    assert len(ids) == 2 and all(item in warning for item in ids)


@pytest.mark.parametrize("task_id", [7, "00000000-0000-4000-8000-000000000001"])
def test_a_change_that_goes_on_as_no_task_or_an_unknown_one_must_show(harness, task_id):
    harness.seed(name="web1", state="Stopped")
    harness.fault(method="PUT", kind="status", status=200, body={"taskId": task_id, "taskStatus": "PENDING"})
    assert "unknown" in failure(harness, name="web1", hostname="hal").sentence


def test_what_is_not_reported_need_not_show(harness):
    harness.seed(name="web1", state="Stopped")
    harness.fault(path="associateSSHKey", kind="status", status=200, body={"data": {}}, act="first")
    assert harness.run(name="web1", ssh_key_name="mysshkey", update_ssh_key="always").actions == ["associateSSHKey"]


@pytest.mark.parametrize("strange", [7, "x", [{"id": ["x"]}], [None]])
def test_addresses_of_any_shape_are_no_traceback(harness, strange):
    harness.seed(name="web1", publicIps=1)
    harness.environment.resources["publicipaddresses"][0]["instances"] = []
    real = harness.environment.detail
    harness.environment.detail = lambda wanted: {**real(wanted), "publicIps": strange}
    assert harness.run(name="web1", state="absent", public_ips_to_release=["all"]).actions == ["delete"]


def test_one_destroyed_by_others_and_created_anew_shows_the_new_one_whole(harness):
    harness.seed(name="web1", state="Stopped")
    with interfering(harness, 1, to_state(harness, "Destroyed")):
        outcome = harness.run(**harness.creation(state="started"))
    assert outcome.actions == ["create"] and outcome.diff["before"] == {} and set(SHAPE) <= set(outcome.diff["after"])


@pytest.mark.parametrize("by", ["name", "id"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_404_does_not_overrule_a_list_that_shows_the_instance(harness, by, state):
    instance_id = harness.seed(name="web1", state="Running")
    harness.fault(kind="html", status=404, method="GET", path="/instances/")
    given = harness.creation(state=state, compute_offering="1vCPU.512MB", **({"id": instance_id} if by == "id" else {}))
    assert harness.run(**given).actions == ([] if state == "present" else ["delete"])
    assert len(harness.instances("web1")) == 1


def test_a_404_that_lasts_while_the_list_shows_the_instance_is_an_error(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(kind="html", status=404, method="GET", path="/instances/", count=0)
    error = failure(harness, **harness.creation())
    assert "The list shows" in error.sentence and error.status_code == 404
    assert harness.writes() == []


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("purge", [True, False])
def test_a_gateway_s_404_on_destroying_is_no_success(harness, wait, purge):
    harness.seed(name="web1", state="Running")
    harness.fault(kind="html", status=404, method="DELETE")
    harness.fault(kind="html", status=404, method="GET", path="/instances/", skip=1)
    error = failure(harness, wait=wait, name="web1", state="absent", purge=purge)
    assert error.message.startswith("Could not delete instance ") and error.status_code == 404
    assert [instance["state"] for instance in harness.instances("web1")] == ["Running"]


@pytest.mark.parametrize("how", ["settled", "raced"])
def test_one_that_a_colleague_made_in_the_meantime_is_taken_and_none_created(harness, how):
    more = {"state": "Stopping", "settles_after": 2, "settles_as": "Destroyed"} if how == "settled" else {"state": "Stopped"}
    harness.seed(name="web1", **more)
    made: list[str] = []

    def creating(_entry):
        if not made and len(harness.requests() if how == "settled" else harness.writes()) == (3 if how == "settled" else 1):
            for instance in harness.instances("web1"):
                instance["state"] = "Destroyed" if how == "raced" else instance["state"]
            made.append(harness.seed(name="web1", state="Running"))

    given = harness.creation(template="CentOS 6.8 PV", compute_offering="1vCPU.512MB", state="started")
    with harness.intercepting(creating):
        outcome = harness.run(**given)
    assert outcome.actions == [] and outcome.instance["id"] == made[0]
    assert "POST instances" not in harness.writes()


def test_one_that_is_stopping_for_a_change_when_the_run_fails_is_started_again(harness):
    harness.settings(task_seconds=5.0)
    harness.seed(name="web1", state="Running")
    harness.fault(kind="status", status=403, path="/tasks/")
    error = failure(harness, name="web1", hostname="hal", compute_offering="4vCPU.8GB", allow_reboot=True)
    assert error.status_code == 403 and "poll task" in error.sentence
    assert harness.last_run.outcome.actions == ["stop", "start"]
    assert [instance["state"] for instance in harness.instances("web1")] == ["Running"]


def test_a_lost_answer_and_then_a_refusal_is_an_unknown_outcome_and_an_action(harness):
    harness.seed(name="web1", state="Stopped")
    harness.fault(method="POST", kind="drop_before")
    harness.fault(method="POST", kind="status", status=403)
    assert "unknown" in failure(harness, **START).sentence
    assert harness.last_run.outcome.actions == ["start"]


def test_the_task_is_told_where_looking_fails_without_wait(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(method="GET", kind="status", status=403, path="/instances/", skip=1)
    assert failure(harness, wait=False, **STOP).task_id in harness.simulator.cloud.tasks


def test_attributes_nested_without_end_are_no_traceback(harness):
    instance_id = harness.seed(name="web1")
    endless: list = []
    for _n in range(300):
        endless = [endless]
    harness.environment.instances[instance_id]["strange"] = endless
    assert harness.run(name="web1").actions == []


def test_an_ssh_key_goes_by_its_name_whatever_id_it_has(harness):
    harness.environment.resources["sshkeys"][0]["id"] = UNKNOWN_ID
    harness.run(**harness.creation(ssh_key_name="mysshkey"))
    (body,) = [entry["body"] for entry in harness.simulator.app.log if entry["method"] == "POST"]
    assert body["sshKeyName"] == "mysshkey"


@pytest.mark.parametrize("change", ["changeComputeOffering", "changeNetwork", "associateSSHKey"])
def test_a_state_that_a_change_left_wrong_is_put_right(harness, change):
    harness.seed(name="web1", state="Stopped")
    real = harness.environment.detail
    done: list[bool] = []

    def starting(wanted):
        if harness.writes() and not done:
            done.append(True)
            harness.instances("web1")[0]["state"] = "Running"
        return real(wanted)

    harness.environment.detail = starting
    _before, given, _after = OPERATIONS[change]
    outcome = harness.run(**{**given, "state": "stopped"})
    assert outcome.actions == [change, "stop"] and outcome.instance["state"] == "Stopped"


def test_without_wait_no_state_is_put_right(harness):
    harness.settings(change_ends="started", first_response="done")
    harness.seed(name="web1", state="Stopped")
    outcome = harness.run(wait=False, name="web1", compute_offering="4vCPU.8GB", state="stopped")
    assert outcome.actions == ["changeComputeOffering"]
    real = harness.environment.detail
    harness.environment.detail = lambda wanted: {**real(wanted), **({"state": "Stopped"} if harness.requests("PUT") else {})}
    harness.run(wait=False, **harness.creation("web2", hostname="hal"))
    assert harness.writes() == ["POST changeComputeOffering", "POST instances", "PUT instances"]


@pytest.mark.parametrize("exists", [True, False])
def test_one_that_a_change_left_stopped_is_started(harness, exists):
    if exists:
        harness.seed(name="web1", state="Running")
    real = harness.environment.detail
    done: list[bool] = []

    def stopping(wanted):
        if harness.requests("PUT") and not done:
            done.append(True)
            harness.instances("web1")[0]["state"] = "Stopped"
        return real(wanted)

    harness.environment.detail = stopping
    outcome = harness.run(**harness.creation(hostname="hal", **({"compute_offering": "1vCPU.512MB"} if exists else {}), allow_reboot=True))
    assert outcome.actions == [*([] if exists else ["create"]), "update", "start"] and outcome.instance["state"] == "Running"


# --- waiting -----------------------------------------------------------------------------------------------------


def test_without_wait_the_last_task_is_returned(harness, clock):
    harness.seed(name="web1", state="Running")
    began = clock()
    outcome = harness.run(wait=False, name="web1", state="stopped")
    assert clock() == began and outcome.task_id in harness.simulator.cloud.tasks
    assert outcome.instance["state"] == "Stopping" and outcome.actions == ["stop"]


@pytest.mark.parametrize("first_response", ["pending", "pending_with_data"])
def test_a_pending_create_has_an_id_only_if_the_answer_has(harness, first_response):
    harness.settings(first_response=first_response)
    outcome = harness.run(wait=False, **harness.creation())
    (instance,) = harness.instances("web1")
    assert outcome.instance["id"] == (instance["id"] if first_response == "pending_with_data" else None)
    assert outcome.instance["state"] != "Running"
    assert outcome.instance["image_name"] == "Ubuntu 24.04" and set(outcome.instance) >= set(SHAPE)
    assert harness.requests("GET").count("GET instances") == 1


def test_steps_before_the_last_are_waited_for(harness):
    outcome = harness.run(wait=False, **harness.creation(hostname="hal", state="stopped"))
    assert outcome.actions == ["create", "update", "stop"]
    (instance,) = harness.instances("web1")
    assert (instance["hostname"], instance["state"]) == ("hal", "Stopping") and outcome.instance["id"] == instance["id"]


def test_one_to_be_created_stopped_is_stopped_without_wait_too(harness):
    assert harness.run(wait=False, **harness.creation(state="stopped")).actions == ["create", "stop"]


def test_past_the_deadline_it_fails_with_task_and_last_state(harness, clock):
    harness.settings(task_seconds=1000.0)
    harness.seed(name="web1", state="Running")
    began = clock()
    error = failure(harness, DeadlineExceeded, wait_timeout=20, **STOP)
    assert clock() - began == pytest.approx(20, abs=0.1)
    assert error.task_id in harness.simulator.cloud.tasks and "last state seen is Running" in error.sentence
    assert error.sentence.count("last state") == 1
    assert harness.last_run.outcome.actions == ["stop"]


def test_past_the_deadline_of_a_look_the_last_state_is_told_if_there_is_one(harness):
    harness.seed(name="web1", state="Running")
    harness.fault(method="GET", path="/instances/", kind="status", status=503, skip=1, count=0)
    error = failure(harness, DeadlineExceeded, wait_timeout=20, connection={"api_retries": 100}, **STOP)
    assert "last state seen is Running" in error.sentence
    harness.fault(method="GET", path="/instances$", kind="status", status=503, count=0)
    error = failure(harness, DeadlineExceeded, wait_timeout=20, connection={"api_retries": 100}, **STOP)
    assert "last state" not in error.sentence


def test_a_state_that_never_comes_ends_at_the_deadline(harness, clock):
    instance_id = harness.seed(name="web1", state="Stopped")
    harness.fault(method="POST", kind="status", status=200, body={"data": {}})
    error = failure(harness, DeadlineExceeded, wait_timeout=20, **START)
    assert "last state seen is Stopped" in error.sentence and instance_id in error.sentence


def test_a_transition_that_never_ends_is_waited_for_up_to_the_deadline(harness, clock):
    harness.seed(name="web1", state="Migrating")
    for wait in (True, False):
        error = failure(harness, DeadlineExceeded, wait=wait, wait_timeout=20, **START)
        assert "Migrating" in error.sentence
    assert harness.writes() == []


def test_one_deadline_for_the_whole_run(harness, clock):
    harness.settings(task_seconds=8.0)
    began = clock()
    error = failure(harness, DeadlineExceeded, wait_timeout=20, **harness.creation(hostname="hal", state="stopped"))
    assert "20 seconds" in error.sentence and harness.last_run.outcome.actions == ["create", "update", "stop"]
    assert clock() - began == pytest.approx(20, abs=0.1)


def test_a_reboot_ends_running(harness):
    harness.settings(task_seconds=4.0)
    harness.seed(name="web1", state="Stopped")
    assert harness.run(name="web1", state="restarted").instance["state"] == "Running"


@pytest.mark.parametrize("operation", ["create", "reboot"])
def test_one_that_shows_stopped_on_its_way_to_running_is_waited_for(harness, operation):
    if operation == "reboot":
        harness.seed(name="web1", state="Running")
    real = harness.environment.detail
    done: list[bool] = []

    def passing(wanted):
        shown = real(wanted)
        if harness.writes() and harness.requests()[-1] == "GET instances" and not done:
            done.append(True)
            return {**shown, "state": "Stopped"}
        return shown

    harness.environment.detail = passing
    outcome = harness.run(**harness.creation(state="restarted" if operation == "reboot" else "present", compute_offering="1vCPU.512MB"))
    assert outcome.actions == [operation] and outcome.instance["state"] == "Running" and done and len(harness.writes()) == 1


def shows_afterwards(harness, instance_id, count, **values):
    """Has looks at an instance show this, so many times after the first one."""
    body = {"data": {"id": instance_id, "name": "web1", **values}}
    harness.fault(method="GET", path="/instances/", kind="status", status=200, body=body, skip=1, count=count)


def test_a_purge_has_ended_only_when_nothing_is_left(harness):
    instance_id = harness.seed(name="web1")
    shows_afterwards(harness, instance_id, 2, state="Destroyed")
    assert harness.run(name="web1", state="absent", purge=True).instance is None
    assert len([entry for entry in harness.simulator.app.log if entry["method"] == "GET" and entry["path"].endswith(instance_id)]) == 4


@pytest.mark.parametrize(("before", "purge"), [("Running", True), ("Destroyed", True), ("Running", False)])
def test_one_that_is_being_expunged_is_gone(harness, before, purge):
    instance_id = harness.seed(name="web1", state=before)
    shows_afterwards(harness, instance_id, 0, state="Expunging")
    left = harness.run(name="web1", state="absent", purge=purge).instance
    assert left is None if purge else (left["state"], left["hostname"]) == ("Destroyed", "web1")


def test_a_destroyed_one_is_returned_as_it_is_shown_last(harness):
    shows_afterwards(harness, harness.seed(name="web1"), 0, state="Destroyed", hostname="last")
    assert harness.run(name="web1", state="absent").instance["hostname"] == "last"


@pytest.mark.parametrize("wait", [True, False])
def test_of_one_that_is_gone_at_once_what_was_last_known_is_returned(harness, wait):
    harness.settings(first_response="done", list_destroyed=False)
    instance_id = harness.seed(name="web1")
    harness.fault(method="GET", path="/instances/", kind="status", status=404, skip=1, count=0)
    outcome = harness.run(wait=wait, name="web1", state="absent")
    assert (outcome.instance["id"], outcome.instance["state"]) == (instance_id, "Destroyed")


NOWHERE = {"kind": "status", "status": 200, "body": {"data": [], "metadata": {"recordCount": 0}}}


def test_a_new_one_that_does_not_show_at_once_is_waited_for(harness):
    harness.fault(method="GET", path="/instances/", kind="status", status=404)
    harness.fault(method="GET", path="/instances$", **NOWHERE, skip=1)
    outcome = harness.run(**harness.creation())
    assert outcome.actions == ["create"] and outcome.instance["state"] == "Running"


@pytest.mark.parametrize(
    ("action", "before", "given", "after"),
    [("create", None, {}, 30), ("start", "Stopped", START, 0), ("recover", "Destroyed", {"name": "web1", "state": "recovered"}, 0)],
)
def test_one_that_is_gone_afterwards_is_a_failure(harness, clock, action, before, given, after):
    if before:
        harness.seed(name="web1", state=before)
    harness.fault(method="GET", path="/instances/", kind="status", status=404, skip=1 if before else 0, count=0)
    harness.fault(method="GET", path="/instances$", **NOWHERE, skip=1, count=0)
    began = clock()
    assert f"is gone after {action}" in failure(harness, **(given or harness.creation())).sentence
    assert clock() - began == pytest.approx(after, abs=4)


def test_one_that_runs_after_it_was_recovered_is_there(harness):
    instance_id = harness.seed(name="web1", state="Destroyed")
    running = {"data": {**harness.environment.instances[instance_id], "state": "Running"}}
    harness.fault(method="GET", path="/instances/", kind="status", status=200, body=running, skip=1, count=0)
    assert harness.run(name="web1", state="recovered").instance["state"] == "Running"


# --- destroy -----------------------------------------------------------------------------------------------------


def test_all_volumes_and_addresses_less_the_shared_ones(harness):
    instance_id = harness.seed(name="web1", publicIps=2, dataVolumes=["a", "b"])
    shared = harness.environment.resources["publicipaddresses"][0]
    shared["instances"].append({"id": harness.seed(name="other", dataVolumes=["c"]), "name": "other"})
    outcome = harness.run(name="web1", state="absent", public_ips_to_release=["all"], volumes_to_delete=["all"])
    assert shared["ipAddress"] in outcome.warnings[0]
    assert [resource["id"] for resource in harness.environment.resources["publicipaddresses"]] == [shared["id"]]
    left = {resource["name"] for resource in harness.environment.resources["volumes"] if resource["type"] == "data"}
    assert left == {"c", "archive", "scratch"} and outcome.instance["id"] == instance_id


def test_a_server_that_ignores_filters_does_not_cost_others_their_volumes(harness):
    harness.seed(name="web1", publicIps=1, dataVolumes=["a"])
    harness.seed(name="other", publicIps=1, dataVolumes=["b"])
    real = harness.environment.list_resources
    harness.environment.list_resources = lambda kind, query: real(kind, {})
    harness.run(name="web1", state="absent", purge=True, public_ips_to_release=["all"], volumes_to_delete=["all"])
    assert len(harness.environment.resources["publicipaddresses"]) == 1
    assert {resource["name"] for resource in harness.environment.resources["volumes"]} >= {"b"}


def test_single_volumes_and_addresses_by_name_address_and_id(harness):
    harness.seed(name="web1", publicIps=2, dataVolumes=["a", "b"])
    first, second = harness.environment.resources["publicipaddresses"]
    volume = next(resource["id"] for resource in harness.environment.resources["volumes"] if resource["name"] == "b")
    given = {"public_ips_to_release": [first["ipAddress"], second["id"]], "volumes_to_delete": ["a", volume]}
    harness.run(name="web1", state="absent", **given)
    assert harness.environment.resources["publicipaddresses"] == []
    assert not {"a", "b"} & {resource["name"] for resource in harness.environment.resources["volumes"]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"public_ips_to_release": ["192.0.2.1"]}, "no public IP address '192.0.2.1'"),
        ({"volumes_to_delete": ["archive"]}, "no data volume 'archive'"),
        ({"volumes_to_delete": ["twice"]}, "several with the name 'twice'"),
        ({"volumes_to_delete": [UNKNOWN_ID]}, f"no data volume '{UNKNOWN_ID}'"),
    ],
)
def test_what_is_not_the_instance_s_is_refused_before_anything_is_written(harness, given, words):
    harness.seed(name="web1", publicIps=1, dataVolumes=["twice", "twice"])
    text = str(failure(harness, Refused, name="web1", state="absent", **given))
    assert words in text and all(f"{option}: " in text for option in given)
    assert harness.writes() == []


def test_a_shared_address_that_is_named_is_refused(harness):
    first = harness.seed(name="web1", publicIps=1)
    harness.seed(name="other", shareIpWith=first)
    address = harness.environment.resources["publicipaddresses"][0]["ipAddress"]
    assert address in str(failure(harness, Refused, name="web1", state="absent", public_ips_to_release=[address]))
    assert harness.writes() == []


def test_purging_a_destroyed_one(harness):
    instance_id = harness.seed(name="web1", state="Destroyed")
    outcome = harness.run(id=instance_id, state="absent", purge=True, delete_snapshots=True)
    assert (outcome.actions, outcome.instance) == (["purge"], None) and "no effect" in outcome.warnings[0]
    assert harness.instances() == []


def test_of_a_destroyed_one_what_was_last_known_is_returned(harness):
    harness.settings(list_destroyed=False)
    instance_id = harness.seed(name="web1")
    outcome = harness.run(name="web1", state="absent")
    assert (outcome.instance["id"], outcome.instance["state"]) == (instance_id, "Destroyed")
    assert harness.run(id=instance_id, state="absent").instance["state"] == "Destroyed"


# --- converge ----------------------------------------------------------------------------------------------------


def test_converging_everything_at_once_for_real(harness):
    harness.settings(report_ssh_key=True)
    instance_id = harness.seed(name="web1", state="Running")
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
    predicted = harness.run(check_mode=True, **given)
    assert harness.writes() == []
    done = harness.run(**given)
    assert predicted.actions == done.actions == ["stop", "update", "changeComputeOffering", "changeNetwork", "associateSSHKey", "start"]
    assert predicted.diff == done.diff
    (instance,) = harness.instances()
    assert (instance["name"], instance["hostname"], instance["cpuCount"], instance["memoryInMB"]) == ("web2", "hal", 3, 512)
    assert (instance["networkName"], instance["state"]) == ("Db-test_area", "Running")
    assert harness.run(**given).actions == []


def test_a_refused_change_leaves_everything_as_it_was(harness):
    instance_id = harness.seed(name="web1", state="Running")
    before = dict(harness.environment.instances[instance_id])
    text = str(failure(harness, Refused, id=instance_id, name="web2", hostname="hal", network="Db-test_area"))
    assert "Set allow_reboot and allow_network_change to true" in text
    assert harness.environment.instances[instance_id] == before and harness.writes() == []


def test_a_rename_onto_a_live_name_is_refused(harness):
    first, second = harness.seed(name="web1"), harness.seed(name="web2")
    assert second in str(failure(harness, Refused, id=first, name="web2"))
    harness.environment.patch(harness.environment.instances[second], {"state": "Destroyed"})
    assert harness.run(id=first, name="web2").actions == ["update"]
