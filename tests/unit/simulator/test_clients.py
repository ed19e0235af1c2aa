# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator, with its first settings, for the public clients of the API: go-cloudca, Terraform, docker-machine."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.tests.unit.simulator.clients import Failed, GoClient, TerraformClient


@pytest.fixture
def go(simulator, clock):
    return GoClient(simulator, clock)


@pytest.fixture
def terraform(simulator, clock):
    return TerraformClient(simulator, clock, "prod")


def body(client, **more):
    """What every client sends to create an instance."""
    return {
        "name": "web",
        "templateId": client.entries("templates")[1]["id"],
        "computeOfferingId": client.entries("computeofferings")[0]["id"],
        "networkId": client.entries("networks")[0]["id"],
        **more,
    }


def test_go_cloudca_takes_an_instance_through_its_life(go):
    created = go.create("instances", **body(go, sshKeyName="mysshkey", userData="#!/bin/sh", portsToForward=["22"]))
    assert created["id"] and created["password"]
    instance = go.entry("instances", created["id"])
    assert instance["state"] == "Running" and instance["ipAddressId"]
    assert created["id"] in [entry["id"] for entry in go.entries("instances")]
    go.operate("instances", created["id"], "stop")
    assert go.entry("instances", created["id"])["state"] == "Stopped"
    go.operate("instances", created["id"], "start")
    go.operate("instances", created["id"], "reboot")
    assert go.operate("instances", created["id"], "resetPassword")["password"] != created["password"]
    go.operate("instances", created["id"], "associateSSHKey", sshKeyName="my_ssh_key")
    go.operate("instances", created["id"], "changeNetwork", networkId=go.entries("networks")[1]["id"])
    assert go.entry("instances", created["id"])["networkId"] == go.entries("networks")[1]["id"]
    go.write("DELETE", f"instances/{created['id']}", {"purgeImmediately": False})
    assert go.entry("instances", created["id"])["state"] == "Destroyed"
    go.operate("instances", created["id"], "recover")
    go.write("DELETE", f"instances/{created['id']}", {"purgeImmediately": False})
    go.operate("instances", created["id"], "purge")
    with pytest.raises(Failed, match="404"):
        go.entry("instances", created["id"])


def test_go_cloudca_sends_numbers_as_text(go):
    custom = next(entry["id"] for entry in go.entries("computeofferings") if entry["name"] == "Custom CPU.Memory")
    disk = next(entry for entry in go.entries("diskofferings") if entry["customIops"])
    size = {"computeOfferingId": custom, "cpuCount": "2", "memoryInMB": "4096"}
    more = {"additionalDiskSizeInGb": "50", "additionalDiskIops": "1000", "rootVolumeSizeInGb": "30"}
    created = go.create("instances", **body(go, diskOfferingId=disk["id"], **size, **more))
    assert (created["cpuCount"], created["memoryInMB"]) == (2, 4096)
    volumes = go.entries("volumes", instance_id=created["id"])
    assert {volume["type"]: volume["sizeInGb"] for volume in volumes} == {"os": 30, "data": 50}
    go.operate("instances", created["id"], "changeComputeOffering", **{**size, "cpuCount": "4"})
    assert go.entry("instances", created["id"])["cpuCount"] == 4


def test_go_cloudca_reads_the_code_of_an_error(go, simulator):
    instance_id = go.create("instances", **body(go))["id"]
    for setting in ("code", "errorCode"):
        simulator.cloud.settings.update({"error_code": setting})
        with pytest.raises(Failed) as failed:
            go.operate("instances", instance_id, "start")
        assert (failed.value.status, failed.value.codes) == (400, ["2012"])


def test_go_cloudca_sees_a_task_fail(go, simulator):
    simulator.app.faults.add({"kind": "task_failed", "method": "POST"})
    with pytest.raises(Failed):
        go.create("instances", **body(go))
    assert go.entries("instances") == []


@pytest.mark.parametrize("kind", "templates networks computeofferings diskofferings volumes affinitygroups sshkeys vpcs".split())
def test_go_cloudca_reads_lists_and_their_entries_by_id(go, kind):
    first = go.entries(kind)[0]
    assert first.items() <= go.entry(kind, first["id"]).items()


def test_terraform_finds_the_service_of_an_environment(terraform):
    assert terraform.service == "services/compute-on/prod"
    environment = terraform.call("GET", f"environments/{terraform.environment_id}")["data"]
    connection = terraform.call("GET", f"services/connections/{environment['serviceConnection']['id']}")["data"]
    assert connection["serviceCode"] == "compute-on" and connection["type"] == environment["serviceConnection"]["type"]
    assert terraform.call("GET", "environments", org_id=environment["organization"]["entryPoint"])["data"]


def test_terraform_creates_reads_changes_and_destroys(terraform, clock):
    created = terraform.create(
        "instances",
        name="web",
        templateId=terraform.id_of("templates", "ubuntu 24.04"),
        computeOfferingId=terraform.id_of("computeofferings", "1vCPU.1GB"),
        networkId=terraform.id_of("networks", "Web-prod"),
        sshKeyName="mysshkey",
    )
    read = terraform.read("instances", created["id"])
    assert (read["name"], read["imageName"]) == ("web", "Ubuntu 24.04")
    assert read["ipAddressId"] and read["networkId"] == terraform.id_of("networks", "Web-prod")
    larger = terraform.id_of("computeofferings", "2vCPU.4GB")
    terraform.operate("instances", created["id"], "changeComputeOffering", computeOfferingId=larger)
    assert terraform.read("instances", created["id"])["computeOfferingName"] == "2vCPU.4GB"
    assert terraform.entry("sshkeys", terraform.id_of("sshkeys", "mysshkey"))["name"] == "mysshkey"
    terraform.write("DELETE", f"instances/{created['id']}", {"purgeImmediately": True, "deleteSnapshots": True})
    assert terraform.read("instances", created["id"]) is None


def test_terraform_and_go_cloudca_need_lenient_for_fields_of_their_own(terraform, simulator):
    more = {"dedicatedGroupId": "11111111-2222-4333-8444-555555555555"}
    with pytest.raises(Failed, match="400"):
        terraform.create("instances", **body(terraform, **more))
    simulator.cloud.settings.update({"lenient": True})
    created = terraform.create("instances", **body(terraform, **more))
    # go-cloudca sends the whole entry where an id is enough.
    terraform.write("PUT", f"instances/{created['id']}", {"id": created["id"], "name": "db"})
    assert terraform.read("instances", created["id"])["name"] == "db"


def test_docker_machine_sends_both_keys_and_reads_the_id_of_the_address(go):
    created = go.create("instances", **body(go, sshKeyName="mysshkey", publicKey="ssh-rsa AAAA web-1"))
    assert created["ipAddressId"] == go.entry("instances", created["id"])["ipAddressId"]
    assert go.entries("volumes", type="data", instance_id=created["id"]) == []
