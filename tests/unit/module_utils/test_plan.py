# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: every cell of the state table, and what converging leads to."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.instance import compare, convergence, creation, steps
from ansible_collections.coxedge.compute.plugins.module_utils.instance import plan as plan_module
from ansible_collections.coxedge.compute.plugins.module_utils.instance.compare import diff_of
from ansible_collections.coxedge.compute.plugins.module_utils.instance.conditions import TABLE, condition, must_settle, state_of
from ansible_collections.coxedge.compute.plugins.module_utils.instance.fields import FIELDS, Field
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import instance_options
from ansible_collections.coxedge.compute.plugins.module_utils.instance.plan import lookups_needed, make_plan
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import (
    NO_PROGRESS,
    Lookup,
    Progress,
    Refused,
    Resolved,
    Step,
    shows_effect,
)
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import full_view
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.outcome import failure_of

ID = "9db8ff2f-b49b-466d-a2f3-c1e6def408f4"
NETWORK = {"id": "d5a68379-a9ee-404f-9492-a1964b374d6f", "name": "Web", "vpcId": "v", "vpcName": "vpc", "zoneId": "z", "zoneName": "QC-1"}
OTHER_NETWORK = {**NETWORK, "id": "55ccea7f-8286-479e-a648-dd4a45866daf", "name": "App"}
SMALL = {"id": "3caab5ed-b5a2-4d8a-82e4-51c46168ee6c", "name": "small", "cpuCount": 1, "memoryInMB": 512, "custom": False}
BIG = {"id": "3caab5ed-b5a2-4d8a-82e4-51c46168ee60", "name": "big", "cpuCount": 4, "memoryInMB": 8192, "custom": False}
CUSTOM = {"id": "3caab5ed-b5a2-4d8a-82e4-51c46168ee61", "name": "custom", "custom": True}
TEMPLATE = {"id": "5f968ad6-56d0-4d0d-ad7e-f8f4a5b5d986", "name": "Debian"}
CREATION = {"template": "Debian", "compute_offering": "small", "network": "Web"}
RECORDS = {"template": TEMPLATE, "compute_offering": SMALL, "network": NETWORK}
TRANSITIONS = ("Starting", "Stopping", "Migrating", "Creating", "Unknown", "Rebooting", None)


def instance(state="Running", **changes):
    """An instance as users see it."""
    raw = {
        "id": ID,
        "name": "web1",
        "hostname": "web1",
        "state": state,
        "computeOfferingId": SMALL["id"],
        "computeOfferingName": "small",
        "cpuCount": 1,
        "memoryInMB": 512,
        "networkId": NETWORK["id"],
        "networkName": "Web",
        "imageId": TEMPLATE["id"],
        "imageName": "Debian",
        "ipAddress": "10.0.0.5",
    }
    return {**full_view(raw), **changes}


def options(**given):
    """All options, with their defaults; selected by name unless told otherwise."""
    whole = {name: spec.get("default") for name, spec in instance_options().items()}
    return {**whole, **({} if "id" in given else {"name": "web1"}), **given}


def plan(current, records=None, progress=NO_PROGRESS, holders=(), **given):
    return make_plan(current, options(**given), Resolved(records=dict(records or {}), holders=holders), progress)


def refusal(current, records=None, **given):
    with pytest.raises(Refused) as caught:
        plan(current, records, **given)
    return str(caught.value)


# --- the table ---------------------------------------------------------------------------------------------------

# Wanted state: (current state or None: actions, or a word of the refusal, or "settle").
CELLS = {
    "present": {None: ["create"], "Running": [], "Stopped": [], "Error": [], "Destroyed": "recovered"},
    "started": {None: ["create"], "Running": [], "Stopped": ["start"], "Error": "Error", "Destroyed": "recovered"},
    "stopped": {None: ["create", "stop"], "Running": ["stop"], "Stopped": [], "Error": "Error", "Destroyed": "recovered"},
    "restarted": {None: ["create"], "Running": ["reboot"], "Stopped": ["reboot"], "Error": "Error", "Destroyed": "recovered"},
    "recovered": {None: "no instance", "Running": [], "Stopped": [], "Error": [], "Destroyed": ["recover"]},
    "absent": {None: [], "Running": ["delete"], "Stopped": ["delete"], "Error": ["delete"], "Destroyed": []},
}


@pytest.mark.parametrize(("state", "current"), [(state, current) for state in CELLS for current in CELLS[state]])
def test_every_cell(state, current):
    expected = CELLS[state][current]
    there = None if current is None else instance(current)
    given = {"state": state, **CREATION}
    if isinstance(expected, str):
        assert expected in refusal(there, RECORDS, **given)
        return
    made = plan(there, RECORDS, **given)
    assert made.actions == expected
    diff = diff_of(made.before, made.after, made.extra)
    assert bool(diff["before"] or diff["after"]) is (bool(expected) and not (expected == ["reboot"] and current == "Running"))


@pytest.mark.parametrize("current", TRANSITIONS)
@pytest.mark.parametrize("state", TABLE)
def test_transitions_settle_except_where_nothing_is_to_be_done(state, current):
    there = instance(current)
    assert must_settle(there, options(state=state)) is (state != "recovered")
    if state == "recovered":
        assert plan(there, state=state).actions == []


def test_the_table_is_whole():
    columns = {"none", "running", "stopped", "in transition", "error", "destroyed"}
    assert set(TABLE) == set(instance_options()["state"]["choices"])
    assert all(set(row) == columns for row in TABLE.values())


@pytest.mark.parametrize("state", ["Running", "RUNNING", "running"])
def test_states_are_compared_without_regard_to_case(state):
    assert condition(instance(state)) == "running"


def test_a_state_that_is_not_reported_is_unknown():
    assert [state_of(instance(state)) for state in (None, "", 5)] == ["Unknown"] * 3


def test_expunging_counts_as_none():
    assert plan(instance("Expunging"), RECORDS, state="present", **CREATION).actions == ["create"]
    assert plan(instance("Expunging"), state="absent").actions == []


def test_error_is_left_alone_with_a_warning():
    made = plan(instance("Error"), state="present", hostname="other")
    assert made.actions == [] and f"web1 ({ID}) is in state Error" in made.warnings[0]


def test_what_is_not_there_to_recover_is_named():
    assert "with the name 'web1'" in refusal(None, state="recovered")
    assert f"with id {ID}" in refusal(None, id=ID, state="recovered")


def test_force_stop_stops_one_that_is_stopping_at_once():
    made = plan(instance("Stopping"), state="stopped", force_stop=True)
    assert made.actions == ["stop"] and made.steps[0].body == {"forceStop": True}
    assert plan(instance("Stopping"), state="stopped", force_stop=True, hostname="hal").actions == ["stop", "update"]
    assert not must_settle(instance("Stopping"), options(state="stopped", force_stop=True))
    assert must_settle(instance("Starting"), options(state="stopped", force_stop=True))


def test_a_graceful_stop_says_nothing_of_force():
    assert plan(instance(), state="stopped").steps[0].body is None


def test_purge_of_a_destroyed_one_and_what_has_no_effect_then():
    made = plan(instance("Destroyed"), id=ID, state="absent", purge=True, volumes_to_delete=["all"], delete_snapshots=True)
    assert made.actions == ["purge"] and made.after is None
    assert "volumes_to_delete and delete_snapshots have no effect" in made.warnings[0]
    made = plan(instance("Destroyed"), state="absent", purge=True, public_ips_to_release=["all"])
    assert "already destroyed, so public_ips_to_release has no effect" in made.warnings[0]
    assert plan(instance("Destroyed"), state="absent", purge=True).warnings == ()


def test_an_unknown_id_is_never_created():
    with pytest.raises(Refused, match=ID):
        lookups_needed(None, options(id=ID, **CREATION))


# --- destroy -----------------------------------------------------------------------------------------------------


def test_destroy_sends_its_four_options():
    facts = Resolved(volume_ids=("v1",), address_ids=("a1",))
    made = make_plan(instance(), options(state="absent", purge=True, delete_snapshots=True), facts)
    assert made.steps[0].body == {
        "deleteSnapshots": True,
        "purgeImmediately": True,
        "publicIpIdsToRelease": ["a1"],
        "volumeIdsToDelete": ["v1"],
    }
    assert plan(instance(), state="absent").steps[0].body == {"deleteSnapshots": False, "purgeImmediately": False}


def test_a_destroyed_one_keeps_the_addresses_that_are_not_released():
    there = instance(public_ips=[{"id": "a1"}, {"id": "a2"}])
    assert make_plan(there, options(state="absent"), Resolved(address_ids=("a1",))).after["public_ips"] == [{"id": "a2"}]


def test_destroy_shows_the_whole():
    made = plan(instance(), state="absent")
    diff = diff_of(made.before, made.after, made.extra)
    assert diff["before"] == instance() and diff["after"] == {**instance(), "state": "Destroyed"}
    made = plan(instance(), state="absent", purge=True)
    assert diff_of(made.before, made.after, made.extra)["after"] == {}


def test_destroy_asks_for_volumes_and_addresses_only_where_they_are_wanted():
    assert lookups_needed(instance(), options(state="absent")).volumes == ()
    wanted = lookups_needed(instance(), options(state="absent", volumes_to_delete=["all"], public_ips_to_release=["1.2.3.4"]))
    assert (wanted.volumes, wanted.addresses) == (("all",), ("1.2.3.4",))
    assert lookups_needed(instance("Destroyed"), options(state="absent", purge=True, volumes_to_delete=["all"])).volumes == ()


# --- create ------------------------------------------------------------------------------------------------------


def test_all_that_is_missing_to_create_is_in_one_message():
    with pytest.raises(Refused) as caught:
        lookups_needed(None, options(network="Web"))
    assert "compute_offering and template are required" in str(caught.value)
    with pytest.raises(Refused, match="yet, and network is required"):
        lookups_needed(None, options(template="Debian", compute_offering="small"))


def test_create_sends_every_documented_field():
    group = {"id": "g"}
    given = {
        **CREATION,
        "compute_offering": "custom",
        "cpu_count": 2,
        "memory_in_mb": 2048,
        "ip_address": "10.0.0.9",
        "ssh_key_name": "key",
        "user_data": "#!/bin/sh",
        "ports_to_forward": ["22"],
        "root_volume_size_in_gb": 30,
        "disk_offering": "d",
        "additional_disk_size_in_gb": 10,
        "additional_disk_iops": 100,
        "volume_to_attach": "v",
        "affinity_group": "g",
    }
    more = {"ssh_key_name": {"name": "key"}, "disk_offering": {"id": "D"}, "volume_to_attach": {"id": "V"}, "affinity_group": group}
    records = {**RECORDS, "compute_offering": CUSTOM, **more}
    (step,) = plan(None, records, **given).steps
    assert step.body == {
        "name": "web1",
        "computeOfferingId": CUSTOM["id"],
        "networkId": NETWORK["id"],
        "templateId": TEMPLATE["id"],
        "cpuCount": 2,
        "memoryInMB": 2048,
        "ipAddress": "10.0.0.9",
        "sshKeyName": "key",
        "userData": "#!/bin/sh",
        "portsToForward": ["22"],
        "rootVolumeSizeInGb": 30,
        "diskOfferingId": "D",
        "additionalDiskSizeInGb": 10,
        "additionalDiskIops": 100,
        "volumeIdToAttach": "V",
        "affinityGroupId": "g",
    }
    assert plan(None, RECORDS, **CREATION, public_key="ssh-ed25519 A").steps[0].body["publicKey"] == "ssh-ed25519 A"


def test_a_predicted_instance_is_known_but_for_what_the_server_decides():
    group = {"affinity_group": {"id": "g"}}
    given = {**CREATION, "hostname": "web1", "ip_address": "10.0.0.9", "affinity_group": "my group"}
    made = plan(None, {**RECORDS, **group}, **given)
    expected = {**instance(), "id": None, "ip_address": "10.0.0.9", "affinity_group_ids": ["g"]}
    place = {"vpc_id": "v", "vpc_name": "vpc", "zone_id": "z", "zone_name": "QC-1"}
    assert made.after == {**expected, **place} and set(made.after) == set(full_view({})) and not made.extra


def test_a_field_more_is_a_row_more(monkeypatch):
    """The one that CONTRIBUTING adds."""
    for module in (compare, convergence, creation, plan_module, steps):
        monkeypatch.setattr(module, "FIELDS", (*FIELDS, Field("label", "label", attribute="label", changed_by="update")))
    made = make_plan(None, {**options(**CREATION), "label": "blue"}, Resolved(records=RECORDS), NO_PROGRESS)
    assert made.steps[0].body["label"] == made.after["label"] == "blue"
    there = instance(label="blue")
    assert make_plan(there, {**options(), "label": "blue"}, Resolved(), NO_PROGRESS).actions == []
    changed = make_plan(there, {**options(), "label": "red"}, Resolved(), NO_PROGRESS)
    assert changed.steps == (Step("update", {"label": "red"}, {"label": "red"}),)
    assert diff_of(changed.before, changed.after, {}) == {"before": {"label": "blue"}, "after": {"label": "red"}}


def test_user_data_shows_in_the_diff_as_length_and_hash():
    made = plan(None, RECORDS, **CREATION, user_data="password: x")
    text = str(diff_of(made.before, made.after, made.extra))
    assert "password: x" not in text and "11 characters, sha256" in text and set(made.extra) == {"user_data"}


def test_a_host_name_is_put_after_the_create_unless_the_server_will_choose_it():
    assert plan(None, RECORDS, **CREATION, hostname="hal").actions == ["create", "update"]
    assert plan(None, RECORDS, **CREATION, hostname="web1").actions == ["create"]
    assert plan(None, RECORDS, **CREATION, hostname="hal", state="stopped").actions == ["create", "update", "stop"]


def test_a_size_that_the_offering_does_not_have_is_refused():
    assert "cpu_count 2 is not available with the compute_offering 'small'" in refusal(None, RECORDS, **CREATION, cpu_count=2)
    assert not {"cpuCount", "memoryInMB"} & set(plan(None, RECORDS, **CREATION, cpu_count=1, memory_in_mb=512).steps[0].body)
    custom = {**RECORDS, "compute_offering": CUSTOM}
    assert "cpu_count and memory_in_mb" in refusal(None, custom, **CREATION)
    steps = {**CUSTOM, "availableCpuCountValues": [1, 2], "maxMemoryInMBToCpuRatio": 1024}
    assert "1, 2" in refusal(None, {**RECORDS, "compute_offering": steps}, **CREATION, cpu_count=3, memory_in_mb=1024)
    assert "1024 MB" in refusal(None, {**RECORDS, "compute_offering": steps}, **CREATION, cpu_count=2, memory_in_mb=4096)
    assert plan(None, {**RECORDS, "compute_offering": steps}, **CREATION, cpu_count=2, memory_in_mb=2048).actions == ["create"]
    steps["availableMemoryInMBValues"] = [1024, 2048]
    assert "1024, 2048" in refusal(None, {**RECORDS, "compute_offering": steps}, **CREATION, cpu_count=2, memory_in_mb=1536)


# --- converge ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("current", ["Running", "Stopped"])
def test_what_is_as_wanted_needs_nothing(current):
    given = {**CREATION, "hostname": "web1", "ip_address": "10.0.0.5", "cpu_count": 1, "memory_in_mb": 512, "ssh_key_name": "k"}
    wanted = lookups_needed(instance(current), options(**given))
    assert (wanted.catalog, wanted.holders_of_name) == ((), None)
    assert plan(instance(current), **given).actions == []
    by_id = {"template": TEMPLATE["id"].upper(), "compute_offering": SMALL["id"].upper(), "network": NETWORK["id"].upper()}
    assert lookups_needed(instance(current), options(**by_id)).catalog == ()


def test_what_is_not_reported_can_not_be_compared():
    there = instance(hostname=None, cpu_count=None, ip_address=None, network_id=None, network_name=None)
    given = {"hostname": "other", "cpu_count": 7, "ip_address": "10.0.0.6", "network": "App"}
    assert lookups_needed(there, options(**given)).catalog == () and plan(there, **given).actions == []


def test_where_the_id_is_reported_and_not_the_name_it_is_looked_up():
    there = instance(network_name=None)
    assert lookups_needed(there, options(network="Web")).catalog == (Lookup("network", "networks", "Web"),)
    assert plan(there, {"network": NETWORK}, network="Web").actions == []


def test_names_differ_by_case_too():
    assert plan(instance("Stopped"), hostname="WEB1").actions == ["update"]


def test_a_size_may_be_reported_as_text():
    there = instance(cpu_count="1", memory_in_mb="512", compute_offering_id=CUSTOM["id"])
    assert lookups_needed(there, options(cpu_count=1)).catalog == ()
    (step,) = plan(there, {"compute_offering": CUSTOM}, cpu_count=4, allow_reboot=True).steps
    assert step.body == {"computeOfferingId": CUSTOM["id"], "cpuCount": 4, "memoryInMB": 512}


@pytest.mark.parametrize("odd", [None, True, 1.5, "much"])
def test_a_size_that_is_no_number_can_not_be_filled_in(odd):
    text = refusal(instance(memory_in_mb=odd), {"compute_offering": CUSTOM}, compute_offering="custom", cpu_count=4)
    assert "give memory_in_mb too" in text


@pytest.mark.parametrize("odd", [None, "", 7])
def test_the_size_of_an_unknown_offering_can_not_be_changed(odd):
    there = instance(compute_offering_id=odd, compute_offering_name=None)
    assert lookups_needed(there, options(cpu_count=4)).catalog == () and plan(there, cpu_count=4).actions == []


CHANGES = {
    "hostname": ({"hostname": "hal"}, {}, "update"),
    "offering": ({"compute_offering": "big"}, {"compute_offering": BIG}, "changeComputeOffering"),
    "network": ({"network": "App", "allow_network_change": True}, {"network": OTHER_NETWORK}, "changeNetwork"),
    "key": ({"ssh_key_name": "k", "update_ssh_key": "always"}, {"ssh_key_name": {"name": "k"}}, "associateSSHKey"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_change_reboots_a_running_instance_by_itself_and_needs_permission(change):
    given, records, action = CHANGES[change]
    assert "allow_reboot" in refusal(instance(), records, **given)
    assert plan(instance(), records, **given, allow_reboot=True).actions == [action]
    assert plan(instance(), records, **given, allow_reboot=True, state="restarted").actions == [action]


@pytest.mark.parametrize("change", CHANGES)
def test_a_stopped_or_to_be_stopped_instance_needs_no_permission_to_reboot(change):
    given, records, action = CHANGES[change]
    for state in ("present", "stopped"):
        assert plan(instance("Stopped"), records, **given, state=state).actions == [action]
    assert plan(instance("Stopped"), records, **given, state="started").actions == [action, "start"]
    assert plan(instance("Stopped"), records, **given, state="restarted").actions == [action, "reboot"]
    assert plan(instance(), records, **given, state="stopped").actions == ["stop", action]


def test_several_changes_interrupt_once_and_in_order():
    given = {k: v for change in CHANGES.values() for k, v in change[0].items()}
    records = {k: v for change in CHANGES.values() for k, v in change[1].items()}
    changes = ["update", "changeComputeOffering", "changeNetwork", "associateSSHKey"]
    for state in ("present", "started", "restarted"):
        made = plan(instance(), records, **given, allow_reboot=True, state=state)
        assert made.actions == ["stop", *changes, "start"]
        assert made.after["state"] == "Running" and set(made.after) == {*instance(), "ssh_key_name"}
    assert plan(instance("Stopped"), records, **given).actions == changes


def test_a_refusal_names_every_difference_and_permission():
    given = {"hostname": "hal", "compute_offering": "big", "network": "App"}
    text = refusal(instance(), {"compute_offering": BIG, "network": OTHER_NETWORK}, **given)
    for words in ("hostname web1 -> hal", "compute_offering small -> big", "network Web -> App"):
        assert words in text
    assert "Set allow_reboot and allow_network_change to true" in text
    exact = "would reboot it: hostname web1 -> hal. Set allow_reboot to true"
    assert exact in refusal(instance(), hostname="hal")


def test_the_network_needs_its_permission_in_every_state():
    assert "allow_network_change" in refusal(instance("Stopped"), {"network": OTHER_NETWORK}, network="App")


def test_a_rename_reboots_nothing_and_is_one_update_with_the_host_name():
    (step,) = plan(instance(), id=ID, name="web2").steps
    assert (step.action, step.body) == ("update", {"name": "web2"})
    (step,) = plan(instance("Stopped"), id=ID, name="web2", hostname="hal").steps
    assert step.body == {"name": "web2", "hostname": "hal"}
    assert plan(instance(), id=ID, name="web2", hostname="hal", allow_reboot=True).actions == ["update"]


def test_a_rename_adds_no_interruption_and_spares_none():
    given = {"id": ID, "name": "web2", "compute_offering": "big", "allow_reboot": True}
    assert plan(instance(), {"compute_offering": BIG}, **given).actions == ["update", "changeComputeOffering"]
    assert plan(instance(), id=ID, name="web2", state="restarted").actions == ["update", "reboot"]


def test_a_rename_onto_a_live_name_is_refused():
    assert lookups_needed(instance(), options(id=ID, name="web2")).holders_of_name == "web2"
    with pytest.raises(Refused, match="other-id"):
        plan(instance(), id=ID, name="web2", holders=("other-id",))
    assert plan(instance(), id=ID, name="web2", holders=(ID,)).actions == ["update"]


def test_a_size_is_filled_in_from_the_instance():
    there = instance(compute_offering_id=CUSTOM["id"], compute_offering_name="custom")
    wanted = lookups_needed(there, options(cpu_count=4))
    assert [(lookup.option, lookup.text) for lookup in wanted.catalog] == [("compute_offering", CUSTOM["id"])]
    (step,) = plan(there, {"compute_offering": CUSTOM}, cpu_count=4, allow_reboot=True).steps
    assert step.body == {"computeOfferingId": CUSTOM["id"], "cpuCount": 4, "memoryInMB": 512}
    (step,) = plan(instance(), {"compute_offering": CUSTOM}, compute_offering="custom", allow_reboot=True).steps
    assert step.body == {"computeOfferingId": CUSTOM["id"], "cpuCount": 1, "memoryInMB": 512}


def test_an_offering_that_was_renamed_is_no_difference():
    there = instance(compute_offering_name="old name")
    assert plan(there, {"compute_offering": SMALL}, compute_offering="small").actions == []


def test_what_the_catalog_does_not_tell_stays_as_it_is_in_the_prediction():
    there = instance("Stopped", zone_name="QC-1")
    after = plan(there, {"compute_offering": {"id": BIG["id"], "name": "big"}}, compute_offering="big").after
    assert (after["compute_offering_name"], after["cpu_count"], after["memory_in_mb"]) == ("big", 1, 512)
    network = {"id": OTHER_NETWORK["id"], "name": "App"}
    after = plan(there, {"network": network}, network="App", allow_network_change=True).after
    assert (after["network_name"], after["zone_name"]) == ("App", "QC-1")


def test_another_address_is_refused_unless_the_network_changes():
    assert "ip_address 10.0.0.5, not 10.0.0.6" in refusal(instance("Stopped"), ip_address="10.0.0.6")
    renamed = instance("Stopped", network_name="old name")
    assert "ip_address" in refusal(renamed, {"network": NETWORK}, ip_address="10.0.0.6", network="Web")
    made = plan(instance("Stopped"), {"network": OTHER_NETWORK}, ip_address="10.0.0.6", network="App", allow_network_change=True)
    assert made.actions == ["changeNetwork"] and "ip_address" in made.warnings[0] and made.after["ip_address"] is None
    assert plan(instance("Stopped"), {"network": OTHER_NETWORK}, network="App", allow_network_change=True).warnings == ()


def test_the_ssh_key_is_left_alone_unless_always():
    assert plan(instance(), ssh_key_name="other").actions == []
    there = instance("Stopped", ssh_key_name="k")
    assert plan(there, ssh_key_name="k", update_ssh_key="always").actions == []
    made = plan(instance("Stopped"), {"ssh_key_name": {"name": "k"}}, ssh_key_name="k", update_ssh_key="always")
    assert made.actions == ["associateSSHKey"] and "does not report" in made.warnings[0]
    wanted = {"ssh_key_name": "other", "update_ssh_key": "always"}
    assert lookups_needed(there, options(**wanted)).catalog == (Lookup("ssh_key_name", "ssh_keys", "other"),)
    made = plan(there, {"ssh_key_name": {"name": "other"}}, **wanted)
    assert made.actions == ["associateSSHKey"] and made.warnings == ()


def test_drift_of_template_and_affinity_group():
    group = "1c0bfd2b-d609-4892-a43e-273654532d26"
    made = plan(instance(), template="Ubuntu", affinity_group=group)
    assert made.actions == [] and len(made.warnings) == 2
    assert made.drift == {
        "template": {"wanted": "Ubuntu", "actual": "Debian"},
        "affinity_group": {"wanted": group, "actual": []},
    }
    assert plan(instance(affinity_group_ids=[group.upper()]), affinity_group=group).drift == {}
    assert plan(instance(), affinity_group="by name").drift == {}
    assert plan(instance(image_name=None), template="Ubuntu").drift == {}
    assert plan(instance(), template=BIG["id"]).drift["template"]["actual"] == TEMPLATE["id"]


def test_create_only_options_change_nothing():
    given = {"public_key": "k", "user_data": "u", "ports_to_forward": ["1"], "root_volume_size_in_gb": 99, "disk_offering": "d"}
    assert lookups_needed(instance(), options(**given)).catalog == ()
    assert plan(instance(), **given).actions == []


@pytest.mark.parametrize("state", ["absent", "recovered"])
def test_absent_and_recovered_ignore_the_attributes(state):
    given = {"hostname": "hal", "network": "App", "compute_offering": "big", "ip_address": "10.9.9.9", "template": "Ubuntu"}
    assert lookups_needed(instance(), options(state=state, **given)).catalog == ()
    made = plan(instance(), state=state, **given)
    assert made.actions == ([] if state == "recovered" else ["delete"]) and (made.drift, made.warnings) == ({}, ())


# --- again, after a race -----------------------------------------------------------------------------------------


def test_it_is_not_rebooted_twice():
    assert plan(instance(), state="restarted", progress=Progress(interrupted=True)).actions == []


@pytest.mark.parametrize("state", ["present", "restarted"])
def test_what_this_run_stopped_it_starts_again(state):
    assert plan(instance("Stopped"), state=state, progress=Progress(True, True)).actions == ["start"]


# --- what shows --------------------------------------------------------------------------------------------------

SHOWS = [
    ("start", "Stopped", "Starting", True),
    ("start", "Stopped", "Running", True),
    ("start", "Stopped", "Stopped", False),
    ("stop", "Running", "Stopping", True),
    ("stop", "Running", "Stopped", True),
    ("stop", "Running", "Running", False),
    ("stop", "Stopping", "Stopping", False),
    ("reboot", "Running", "Running", False),
    ("reboot", "Running", "Stopping", True),
    ("reboot", "Stopped", "Running", True),
    ("recover", "Destroyed", "Stopped", True),
    ("recover", "Destroyed", "Running", True),
    ("recover", "Destroyed", "Destroyed", False),
    ("delete", "Running", "Running", False),
    ("delete", "Running", "Stopping", True),
    ("delete", "Running", "Destroyed", True),
    ("delete", "Running", None, True),
    ("purge", "Destroyed", "Destroyed", False),
    ("purge", "Destroyed", "Expunging", True),
    ("purge", "Destroyed", None, True),
    ("update", "Running", "Running", False),
    ("update", "Running", None, False),
]


@pytest.mark.parametrize(("action", "before", "now", "expected"), SHOWS)
def test_what_shows_that_a_step_was_taken_up(action, before, now, expected):
    step = Step(action, None, {"hostname": "hal"} if action == "update" else {})
    there = None if now is None else instance(now)
    assert shows_effect(step, instance(before), there) is expected


def test_a_change_shows_where_it_is_reported():
    assert shows_effect(Step("update", None, {"hostname": "hal"}), instance(), instance(hostname="hal"))
    assert not shows_effect(Step("associateSSHKey", None, {"ssh_key_name": "k"}), instance(), instance())


def test_another_network_shows_whatever_address_the_server_chose():
    (step,) = plan(instance("Stopped"), {"network": OTHER_NETWORK}, network="App", allow_network_change=True).steps
    assert shows_effect(step, instance("Stopped"), instance("Stopped", network_id=OTHER_NETWORK["id"], ip_address="10.0.1.9"))


@pytest.mark.parametrize(("action", "iso"), [("attachIso", "i"), ("detachIso", None)])
def test_an_iso_shows_where_it_is_reported(action, iso):
    step = Step(action, None, {"iso_id": iso})
    assert shows_effect(step, instance(), instance(iso_id=iso))
    assert not shows_effect(step, instance(), instance(iso_id="other")) and not shows_effect(step, instance(), instance())


# --- failures ----------------------------------------------------------------------------------------------------


def test_a_failure_tells_its_task_once():
    for message in ("No room", "Task t-1 has failed"):
        error = ApiError(message)
        error.task_id = "t-1"
        failure = failure_of(error)
        assert failure["task_id"] == "t-1" and failure["msg"].count("t-1") == 1 and failure["msg"].startswith(message)
