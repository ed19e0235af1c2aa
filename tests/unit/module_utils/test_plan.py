# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans that create and destroy."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.instance import compare, convergence, creation, steps
from ansible_collections.coxedge.compute.plugins.module_utils.instance import plan as plan_module
from ansible_collections.coxedge.compute.plugins.module_utils.instance.compare import diff_of
from ansible_collections.coxedge.compute.plugins.module_utils.instance.fields import FIELDS, Field
from ansible_collections.coxedge.compute.plugins.module_utils.instance.plan import lookups_needed, make_plan
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import NO_PROGRESS, Refused, Resolved, Step
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import full_view
from ansible_collections.coxedge.compute.tests.unit.module_utils.plans import (
    CREATION,
    CUSTOM,
    ID,
    NETWORK,
    RECORDS,
    SMALL,
    TEMPLATE,
    instance,
    options,
    plan,
    refused,
)


def test_an_unknown_id_is_refused_and_not_created():
    with pytest.raises(Refused, match=ID):
        lookups_needed(None, options(id=ID, **CREATION))


def test_one_message_names_all_options_missing_to_create():
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


def test_a_predicted_instance_has_all_attributes_that_are_known():
    group = {"affinity_group": {"id": "g"}}
    given = {**CREATION, "hostname": "web1", "ip_address": "10.0.0.9", "affinity_group": "my group"}
    made = plan(None, {**RECORDS, **group}, **given)
    expected = {**instance(), "id": None, "ip_address": "10.0.0.9", "affinity_group_ids": ["g"]}
    network = {"vpc_id": "v", "vpc_name": "vpc", "zone_id": "z", "zone_name": "QC-1"}
    assert made.after == {**expected, **network} and set(made.after) == set(full_view({}))
    assert made.extra == {"affinity_group": "my group"}


def test_a_new_field_needs_only_a_row_of_the_table(monkeypatch):
    """The field that CONTRIBUTING adds as an example."""
    for module in (compare, convergence, creation, plan_module, steps):
        monkeypatch.setattr(module, "FIELDS", (*FIELDS, Field("label", "label", attribute="label", changed_by="update")))
    made = make_plan(None, {**options(**CREATION), "label": "blue"}, Resolved(records=RECORDS), NO_PROGRESS)
    assert made.steps[0].body["label"] == made.after["label"] == "blue"
    there = instance(label="blue")
    assert make_plan(there, {**options(), "label": "blue"}, Resolved(), NO_PROGRESS).actions == []
    changed = make_plan(there, {**options(), "label": "red"}, Resolved(), NO_PROGRESS)
    assert changed.steps == (Step("update", {"label": "red"}, {"label": "red"}),)
    assert diff_of(changed.before, changed.after, {}) == {"before": {"label": "blue"}, "after": {"label": "red"}}


def test_the_diff_shows_length_and_hash_of_user_data():
    made = plan(None, RECORDS, **CREATION, user_data="password: x")
    text = str(diff_of(made.before, made.after, made.extra))
    assert "password: x" not in text and "11 characters, sha256" in text and set(made.extra) == {"user_data"}


def test_the_host_name_is_updated_after_a_create_unless_it_is_the_name():
    assert plan(None, RECORDS, **CREATION, hostname="hal").actions == ["create", "update"]
    assert plan(None, RECORDS, **CREATION, hostname="web1").actions == ["create"]
    assert plan(None, RECORDS, **CREATION, hostname="hal", state="stopped").actions == ["create", "update", "stop"]


def test_a_size_that_the_offering_does_not_allow_is_refused():
    assert "cpu_count 2 is not available with the compute_offering 'small'" in refused(None, RECORDS, **CREATION, cpu_count=2)
    assert not {"cpuCount", "memoryInMB"} & set(plan(None, RECORDS, **CREATION, cpu_count=1, memory_in_mb=512).steps[0].body)
    custom = {**RECORDS, "compute_offering": CUSTOM}
    assert "cpu_count and memory_in_mb" in refused(None, custom, **CREATION)
    steps = {**CUSTOM, "availableCpuCountValues": [1, 2], "maxMemoryInMBToCpuRatio": 1024}
    assert "1, 2" in refused(None, {**RECORDS, "compute_offering": steps}, **CREATION, cpu_count=3, memory_in_mb=1024)
    assert "1024 MB" in refused(None, {**RECORDS, "compute_offering": steps}, **CREATION, cpu_count=2, memory_in_mb=4096)
    assert plan(None, {**RECORDS, "compute_offering": steps}, **CREATION, cpu_count=2, memory_in_mb=2048).actions == ["create"]
    steps["availableMemoryInMBValues"] = [1024, 2048]
    assert "1024, 2048" in refused(None, {**RECORDS, "compute_offering": steps}, **CREATION, cpu_count=2, memory_in_mb=1536)


def test_numbers_and_booleans_of_an_offering_may_be_text():
    fixed = {**RECORDS, "compute_offering": {**SMALL, "cpuCount": "1", "memoryInMB": "512", "custom": "false"}}
    made = plan(None, fixed, **CREATION, cpu_count=1, memory_in_mb=512)
    assert (made.after["cpu_count"], made.after["memory_in_mb"]) == (1, 512) and "cpuCount" not in made.steps[0].body
    assert "fixed at 1: leave cpu_count out" in refused(None, fixed, **CREATION, cpu_count=2)
    of_text = {"custom": "true", "availableCpuCountValues": ["1", "2"], "maxMemoryInMBToCpuRatio": "1024"}
    custom = {**RECORDS, "compute_offering": {**CUSTOM, **of_text, "availableMemoryInMBValues": ["1024", "4096"]}}
    body = plan(None, custom, **CREATION, cpu_count=2, memory_in_mb=1024).steps[0].body
    assert (body["cpuCount"], body["memoryInMB"]) == (2, 1024)
    assert "choose one of 1, 2." in refused(None, custom, **CREATION, cpu_count=3, memory_in_mb=1024)
    assert "allows 1024 MB for each CPU" in refused(None, custom, **CREATION, cpu_count=2, memory_in_mb=4096)


@pytest.mark.parametrize("offering", [SMALL, {**SMALL, "cpuCount": "1", "memoryInMB": "512", "custom": "FALSE"}])
def test_a_size_that_is_reported_as_text_does_not_differ(offering):
    there = instance(cpu_count="1", memory_in_mb="512", compute_offering_name=None)
    assert plan(there, {"compute_offering": offering}, compute_offering="small", cpu_count=1).actions == []


def test_a_purge_of_a_destroyed_instance_warns_of_options_without_effect():
    made = plan(instance("Destroyed"), id=ID, state="absent", purge=True, volumes_to_delete=["all"], delete_snapshots=True)
    assert made.actions == ["purge"] and made.after is None
    assert "volumes_to_delete and delete_snapshots have no effect" in made.warnings[0]
    made = plan(instance("Destroyed"), state="absent", purge=True, public_ips_to_release=["all"])
    assert "already destroyed, so public_ips_to_release has no effect" in made.warnings[0]
    assert plan(instance("Destroyed"), state="absent", purge=True).warnings == ()


def test_destroy_sends_its_four_options():
    resolved = Resolved(volume_ids=("v1",), address_ids=("a1",))
    made = make_plan(instance(), options(state="absent", purge=True, delete_snapshots=True), resolved)
    assert made.steps[0].body == {
        "deleteSnapshots": True,
        "purgeImmediately": True,
        "publicIpIdsToRelease": ["a1"],
        "volumeIdsToDelete": ["v1"],
    }
    assert plan(instance(), state="absent").steps[0].body == {"deleteSnapshots": False, "purgeImmediately": False}


def test_a_destroyed_instance_keeps_addresses_that_are_not_released():
    there = instance(public_ips=[{"id": "a1"}, {"id": "a2"}])
    assert make_plan(there, options(state="absent"), Resolved(address_ids=("a1",))).after["public_ips"] == [{"id": "a2"}]


def test_the_diff_of_a_destroy_shows_the_whole_instance():
    made = plan(instance(), state="absent")
    diff = diff_of(made.before, made.after, made.extra)
    assert diff["before"] == instance() and diff["after"] == {**instance(), "state": "Destroyed"}
    made = plan(instance(), state="absent", purge=True)
    assert diff_of(made.before, made.after, made.extra)["after"] == {}


def test_a_destroy_looks_up_volumes_and_addresses_only_if_they_are_given():
    assert lookups_needed(instance(), options(state="absent")).volumes == ()
    wanted = lookups_needed(instance(), options(state="absent", volumes_to_delete=["all"], public_ips_to_release=["1.2.3.4"]))
    assert (wanted.volumes, wanted.addresses) == (("all",), ("1.2.3.4",))
    assert lookups_needed(instance("Destroyed"), options(state="absent", purge=True, volumes_to_delete=["all"])).volumes == ()
