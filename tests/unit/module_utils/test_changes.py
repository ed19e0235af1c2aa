# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans that change an instance: what differs, what that interrupts, and what it needs."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance.plan import lookups_needed
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Lookup, Refused
from ansible_collections.coxedge.compute.tests.unit.module_utils.plans import (
    BIG,
    CREATION,
    CUSTOM,
    ID,
    NETWORK,
    OTHER_NETWORK,
    SMALL,
    TEMPLATE,
    instance,
    options,
    plan,
    refused,
)


@pytest.mark.parametrize("current", ["Running", "Stopped"])
def test_an_instance_that_is_as_wanted_needs_no_changes(current):
    given = {**CREATION, "hostname": "web1", "ip_address": "10.0.0.5", "cpu_count": 1, "memory_in_mb": 512, "ssh_key_name": "k"}
    wanted = lookups_needed(instance(current), options(**given))
    assert (wanted.catalog, wanted.holders_of_name) == ((), None)
    assert plan(instance(current), **given).actions == []
    by_id = {"template": TEMPLATE["id"].upper(), "compute_offering": SMALL["id"].upper(), "network": NETWORK["id"].upper()}
    assert lookups_needed(instance(current), options(**by_id)).catalog == ()


def test_attributes_that_the_api_does_not_report_are_not_compared():
    there = instance(hostname=None, cpu_count=None, ip_address=None, network_id=None, network_name=None)
    given = {"hostname": "other", "cpu_count": 7, "ip_address": "10.0.0.6", "network": "App"}
    assert lookups_needed(there, options(**given)).catalog == () and plan(there, **given).actions == []


def test_a_name_is_looked_up_if_only_the_id_is_reported():
    there = instance(network_name=None)
    assert lookups_needed(there, options(network="Web")).catalog == (Lookup("network", "networks", "Web"),)
    assert plan(there, {"network": NETWORK}, network="Web").actions == []


def test_host_names_are_compared_without_regard_to_case():
    assert plan(instance(), hostname="WEB1").actions == plan(instance(hostname="WEB1"), hostname="web1").actions == []
    assert plan(instance("Stopped"), hostname="web2").actions == ["update"]


def test_a_size_may_be_reported_as_text():
    there = instance(cpu_count="1", memory_in_mb="512", compute_offering_id=CUSTOM["id"])
    assert lookups_needed(there, options(cpu_count=1)).catalog == ()
    (step,) = plan(there, {"compute_offering": CUSTOM}, cpu_count=4, allow_reboot=True).steps
    assert step.body == {"computeOfferingId": CUSTOM["id"], "cpuCount": 4, "memoryInMB": 512}


@pytest.mark.parametrize("invalid", [None, True, 1.5, "much"])
def test_a_size_that_is_not_a_number_is_not_filled_in(invalid):
    text = refused(instance(memory_in_mb=invalid), {"compute_offering": CUSTOM}, compute_offering="custom", cpu_count=4)
    assert "give memory_in_mb too" in text


@pytest.mark.parametrize("invalid", [None, "", 7])
def test_the_size_of_an_unknown_offering_is_not_changed(invalid):
    there = instance(compute_offering_id=invalid, compute_offering_name=None)
    assert lookups_needed(there, options(cpu_count=4)).catalog == () and plan(there, cpu_count=4).actions == []


CHANGES = {
    "hostname": ({"hostname": "hal"}, {}, "update"),
    "offering": ({"compute_offering": "big"}, {"compute_offering": BIG}, "changeComputeOffering"),
    "network": ({"network": "App", "allow_network_change": True}, {"network": OTHER_NETWORK}, "changeNetwork"),
    "key": ({"ssh_key_name": "k", "update_ssh_key": "always"}, {"ssh_key_name": {"name": "k"}}, "associateSSHKey"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_single_change_reboots_a_running_instance_and_needs_permission(change):
    given, records, action = CHANGES[change]
    assert "allow_reboot" in refused(instance(), records, **given)
    assert plan(instance(), records, **given, allow_reboot=True).actions == [action]
    assert plan(instance(), records, **given, allow_reboot=True, state="restarted").actions == [action]


@pytest.mark.parametrize("change", CHANGES)
def test_an_instance_that_is_or_will_be_stopped_needs_no_permission_to_reboot(change):
    given, records, action = CHANGES[change]
    for state in ("present", "stopped"):
        assert plan(instance("Stopped"), records, **given, state=state).actions == [action]
    assert plan(instance("Stopped"), records, **given, state="started").actions == [action, "start"]
    assert plan(instance("Stopped"), records, **given, state="restarted").actions == [action, "reboot"]
    assert plan(instance(), records, **given, state="stopped").actions == ["stop", action]


def test_several_changes_stop_the_instance_once_and_come_in_order():
    given = {k: v for change in CHANGES.values() for k, v in change[0].items()}
    records = {k: v for change in CHANGES.values() for k, v in change[1].items()}
    changes = ["update", "changeComputeOffering", "changeNetwork", "associateSSHKey"]
    for state in ("present", "started", "restarted"):
        made = plan(instance(), records, **given, allow_reboot=True, state=state)
        assert made.actions == ["stop", *changes, "start"]
        assert made.after["state"] == "Running" and set(made.after) == {*instance(), "ssh_key_name"}
    assert plan(instance("Stopped"), records, **given).actions == changes


def test_the_message_names_every_difference_and_permission():
    given = {"hostname": "hal", "compute_offering": "big", "network": "App"}
    text = refused(instance(), {"compute_offering": BIG, "network": OTHER_NETWORK}, **given)
    for words in ("hostname web1 -> hal", "compute_offering small -> big", "network Web -> App"):
        assert words in text
    assert "Set allow_reboot and allow_network_change to true" in text
    exact = "would reboot it: hostname web1 -> hal. Set allow_reboot to true"
    assert exact in refused(instance(), hostname="hal")


def test_a_change_of_network_needs_permission_in_every_state():
    assert "allow_network_change" in refused(instance("Stopped"), {"network": OTHER_NETWORK}, network="App")


def test_a_rename_does_not_reboot_and_shares_one_update_with_the_host_name():
    (step,) = plan(instance(), id=ID, name="web2").steps
    assert (step.action, step.body) == ("update", {"name": "web2"})
    (step,) = plan(instance("Stopped"), id=ID, name="web2", hostname="hal").steps
    assert step.body == {"name": "web2", "hostname": "hal"}
    assert plan(instance(), id=ID, name="web2", hostname="hal", allow_reboot=True).actions == ["update"]


def test_a_rename_neither_adds_nor_saves_a_reboot():
    given = {"id": ID, "name": "web2", "compute_offering": "big", "allow_reboot": True}
    assert plan(instance(), {"compute_offering": BIG}, **given).actions == ["update", "changeComputeOffering"]
    assert plan(instance(), id=ID, name="web2", state="restarted").actions == ["update", "reboot"]


def test_a_rename_to_a_name_in_use_is_refused():
    assert lookups_needed(instance(), options(id=ID, name="web2")).holders_of_name == "web2"
    with pytest.raises(Refused, match="other-id"):
        plan(instance(), id=ID, name="web2", holders=("other-id",))
    assert plan(instance(), id=ID, name="web2", holders=(ID,)).actions == ["update"]


def test_a_missing_part_of_a_size_is_taken_from_the_instance():
    there = instance(compute_offering_id=CUSTOM["id"], compute_offering_name="custom")
    wanted = lookups_needed(there, options(cpu_count=4))
    assert [(lookup.option, lookup.text) for lookup in wanted.catalog] == [("compute_offering", CUSTOM["id"])]
    (step,) = plan(there, {"compute_offering": CUSTOM}, cpu_count=4, allow_reboot=True).steps
    assert step.body == {"computeOfferingId": CUSTOM["id"], "cpuCount": 4, "memoryInMB": 512}
    (step,) = plan(instance(), {"compute_offering": CUSTOM}, compute_offering="custom", allow_reboot=True).steps
    assert step.body == {"computeOfferingId": CUSTOM["id"], "cpuCount": 1, "memoryInMB": 512}


def test_a_renamed_offering_is_not_a_difference():
    there = instance(compute_offering_name="old name")
    assert plan(there, {"compute_offering": SMALL}, compute_offering="small").actions == []


def test_attributes_that_the_catalog_lacks_keep_their_predicted_values():
    there = instance("Stopped", zone_name="QC-1")
    after = plan(there, {"compute_offering": {"id": BIG["id"], "name": "big"}}, compute_offering="big").after
    assert (after["compute_offering_name"], after["cpu_count"], after["memory_in_mb"]) == ("big", 1, 512)
    network = {"id": OTHER_NETWORK["id"], "name": "App"}
    after = plan(there, {"network": network}, network="App", allow_network_change=True).after
    assert (after["network_name"], after["zone_name"]) == ("App", "QC-1")


def test_another_ip_address_is_refused_unless_the_network_changes():
    assert "ip_address 10.0.0.5, not 10.0.0.6" in refused(instance("Stopped"), ip_address="10.0.0.6")
    renamed = instance("Stopped", network_name="old name")
    assert "ip_address" in refused(renamed, {"network": NETWORK}, ip_address="10.0.0.6", network="Web")
    made = plan(instance("Stopped"), {"network": OTHER_NETWORK}, ip_address="10.0.0.6", network="App", allow_network_change=True)
    assert made.actions == ["changeNetwork"] and "ip_address" in made.warnings[0] and made.after["ip_address"] is None
    assert plan(instance("Stopped"), {"network": OTHER_NETWORK}, network="App", allow_network_change=True).warnings == ()


def test_the_ssh_key_changes_only_with_update_ssh_key_always():
    assert plan(instance(), ssh_key_name="other").actions == []
    there = instance("Stopped", ssh_key_name="k")
    assert plan(there, ssh_key_name="k", update_ssh_key="always").actions == []
    made = plan(instance("Stopped"), {"ssh_key_name": {"name": "k"}}, ssh_key_name="k", update_ssh_key="always")
    assert made.actions == ["associateSSHKey"] and "does not report" in made.warnings[0]
    wanted = {"ssh_key_name": "other", "update_ssh_key": "always"}
    assert lookups_needed(there, options(**wanted)).catalog == (Lookup("ssh_key_name", "ssh_keys", "other"),)
    made = plan(there, {"ssh_key_name": {"name": "other"}}, **wanted)
    assert made.actions == ["associateSSHKey"] and made.warnings == ()


@pytest.mark.parametrize(
    ("shown", "wanted", "drifts"),
    [
        ([{"ports": ["22"]}], ["22"], False),
        ([{"ports": ["22"]}, {"ports": [443]}], ["443", "22"], False),
        ([{"ports": ["22"]}], ["8080"], True),
        ([{"ports": ["22"]}], ["22", "443"], True),
        ([], ["22"], True),
        ([{"ports": None}, "odd"], ["22"], True),
        ([{"ports": ["22"]}], None, False),
        (None, ["22"], False),
    ],
)
def test_other_forwarded_ports_are_reported_as_drift(shown, wanted, drifts):
    made = plan(instance(public_ips=shown), ports_to_forward=wanted)
    assert (made.actions, "ports_to_forward" in made.drift, bool(made.warnings)) == ([], drifts, drifts)


def test_another_template_or_affinity_group_is_reported_as_drift():
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
def test_absent_and_recovered_ignore_attributes(state):
    given = {"hostname": "hal", "network": "App", "compute_offering": "big", "ip_address": "10.9.9.9", "template": "Ubuntu"}
    assert lookups_needed(instance(), options(state=state, **given)).catalog == ()
    made = plan(instance(), state=state, **given)
    assert made.actions == ([] if state == "recovered" else ["delete"]) and (made.drift, made.warnings) == ({}, ())
