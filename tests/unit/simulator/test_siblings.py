# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator against the API's documentation: what there is besides instances."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.tests.simulator.model import SUB_ORGANIZATION
from ansible_collections.coxedge.compute.tests.unit.simulator.documented import DOCUMENTED_CREATE, MINIMUM, UNKNOWN_ID, error_of

WEB, APP = "d5a68379-a9ee-404f-9492-a1964b374d6f", DOCUMENTED_CREATE["networkId"]
SHARED = "id name description"
IMAGE = f"{SHARED} size ready availablePublicly extractable created osTypeId osTypeName zoneId zoneName availableInZones"
# List: the attributes of its first entry.
ATTRIBUTES = {
    "computeofferings": "id name cpuCount memoryInMB custom",
    "diskofferings": "id name gbSize customSize customIops",
    "networkofferings": f"{SHARED} vpcOnly services state",
    "vpcofferings": "id name services state",
    "zones": "id name",
    "templates": f"{IMAGE} defaultUsername resizable passwordEnabled sshKeyEnabled dynamicallyScalable hypervisor format nicAdapter"
    " rootDiskController keyboard",
    "isos": f"{IMAGE} architectureWidth bootable",
    "vpcs": f"{SHARED} cidr zoneId zoneName state networkDomain vpcOfferingId requiresUpgrade sourceNatIp vpnStatus",
    "networks": f"{SHARED} vpcId vpcName zoneId zoneName cidr gateway netmask networkAclId networkAclName networkOfferingId"
    " networkOfferingName networkOfferingDescription state",
    "networkacls": SHARED,
    "nics": "id name ipAddress isDefault networkId networkName gateway netmask instanceId vpcId vpcName secondaryIps",
    "publicipaddresses": "id ipAddress instances networkId networkName purposes state vpcId vpcName zoneId zoneName",
    "sshkeys": "id name fingerprint",
    "affinitygroups": f"{SHARED} type instanceIds",
    "volumes": "id name type state sizeInGb creationDate zoneId zoneName",
}


@pytest.fixture
def entries(api):
    """Returns the entries of a list."""
    return lambda kind, **query: api("GET", f"services/compute-on/test_area/{kind}", **query).json()["data"]


@pytest.mark.parametrize("kind", ATTRIBUTES)
def test_resources_are_listed_and_retrieved_with_all_documented_attributes(api, entries, kind):
    api.created(portsToForward=["22"])
    body = api("GET", f"services/compute-on/test_area/{kind}").json()
    assert body["metadata"]["recordCount"] == len(body["data"]) > 0
    first = body["data"][0]
    assert set(first) == set(ATTRIBUTES[kind].split()) and None not in first.values()
    retrieved = api("GET", f"services/compute-on/test_area/{kind}/{first['id']}").json()["data"]
    more = {"diskOfferingId", "diskOfferingName"} if kind == "volumes" else set()
    assert {name: value for name, value in retrieved.items() if name not in more} == first and more <= set(retrieved)
    missing = error_of(api("GET", f"services/compute-on/test_area/{kind}/{UNKNOWN_ID}"), 404, "was not found")
    assert missing["context"] == {"id": UNKNOWN_ID, "type": kind}


def test_an_ssh_key_is_retrieved_by_its_name_too(api, entries):
    key = entries("sshkeys")[0]
    assert api("GET", "services/compute-on/test_area/sshkeys/mysshkey").json()["data"] == key
    error_of(api("GET", "services/compute-on/test_area/networks/Web-test_area"), 404, "was not found")


def test_what_refers_to_something_refers_to_what_there_is(entries):
    ids = {kind: {entry["id"] for entry in entries(kind)} for kind in ATTRIBUTES}
    kinds = {"vpcId": "vpcs", "zoneId": "zones", "networkAclId": "networkacls", "networkOfferingId": "networkofferings"}
    for network in entries("networks"):
        assert all(network[name] in ids[kind] for name, kind in kinds.items())
    assert entries("vpcs")[0]["vpcOfferingId"] in ids["vpcofferings"]


def test_resources_can_be_filtered(api, entries):
    volume, vpc, zone = (DOCUMENTED_CREATE["volumeIdToAttach"], *(entries("networks")[0][name] for name in ("vpcId", "zoneId")))
    instance_id = api.created(portsToForward=["22"], volumeIdToAttach=volume)
    api.created(portsToForward=["22"], networkId=WEB)
    for kind, query, count in (
        ("volumes", {}, 4),
        ("volumes", {"instance_id": instance_id}, 2),
        ("volumes", {"type": "os"}, 2),
        ("volumes", {"type": "DATA"}, 2),
        ("volumes", {"type": "data", "instance_id": instance_id}, 1),
        ("publicipaddresses", {"vpc_id": vpc}, 2),
        ("publicipaddresses", {"instance_id": instance_id}, 1),
        ("publicipaddresses", {"vpc_id": UNKNOWN_ID}, 0),
        ("networks", {"vpc_id": vpc}, 3),
        ("networks", {"zone_id": zone}, 3),
        ("networks", {"vpc_id": UNKNOWN_ID}, 0),
        ("networks", {"zone_id": UNKNOWN_ID}, 0),
        ("networkacls", {"vpc_id": vpc}, 0),
        ("affinitygroups", {"type": "host anti-affinity"}, 2),
        ("affinitygroups", {"type": "ExplicitDedication"}, 0),
        ("nics", {"instance_id": instance_id}, 1),
        ("nics", {"network_id": WEB}, 1),
        ("nics", {}, 2),
    ):
        assert len(entries(kind, **query)) == count, (kind, query)


def test_a_network_is_allocated_until_it_has_had_an_instance(api, entries):
    def states():
        return {network["id"]: network["state"] for network in entries("networks")}

    assert set(states().values()) == {"Allocated"}
    instance_id = api.created()
    assert states()[APP] == "Implemented" and states()[WEB] == "Allocated"
    api.finished(api.operate(instance_id, "changeNetwork", {"networkId": WEB}))
    api.finished(api.instances("DELETE", f"/{instance_id}", {"purgeImmediately": True}))
    assert states()[APP] == states()[WEB] == "Implemented"


def test_a_volume_shows_its_instance_and_its_offering(api, entries):
    offering = entries("diskofferings")[0]
    instance_id = api.created(diskOfferingId=offering["id"])
    root, data = sorted(entries("volumes", instance_id=instance_id), key=lambda volume: volume["type"], reverse=True)
    assert (root["name"], root["instanceName"], data["name"], data["instanceName"]) == ("ROOT-jarvis", "jarvis", "DATA-jarvis", "jarvis")
    shown = api("GET", f"services/compute-on/test_area/volumes/{data['id']}").json()["data"]
    assert (shown["diskOfferingId"], shown["diskOfferingName"]) == (offering["id"], offering["name"])
    api.finished(api.instances("PUT", f"/{instance_id}", {"name": "hal"}))
    assert {volume["instanceName"] for volume in entries("volumes", instance_id=instance_id)} == {"hal"}


def test_a_nic_is_that_of_its_instance(api, entries):
    instance = api.detail(api.created())
    (nic,) = entries("nics")
    assert nic["id"] == instance["nics"][0]["id"] and nic["ipAddress"] == instance["ipAddress"] and nic["gateway"] == "10.165.0.1"


def test_an_affinity_group_shows_its_instances(api, entries):
    instance_id = api.created(affinityGroupId=DOCUMENTED_CREATE["affinityGroupId"])
    assert [group["instanceIds"] for group in entries("affinitygroups")] == [[instance_id], []]


def test_lists_of_environments_and_connections_do_not_say_how_many(api):
    environments, connections = (api("GET", path).json() for path in ("environments", "services/connections"))
    assert set(environments) == set(connections) == {"data"}
    assert api("GET", "environments", page_number=2, page_size=2).json() == {"data": []}
    assert [entry["name"] for entry in environments["data"]] == ["test_area", "prod"]


def test_an_environment_names_its_service(api):
    first = api("GET", "environments").json()["data"][0]
    assert set(first) == {"id", "name", "description", "membership", "creationDate", "organization", "state", "serviceConnection"}
    assert set(first["organization"]) == {"id", "name", "entryPoint"} and first["state"] == "PROVISIONED"
    connection = first["serviceConnection"]
    assert set(connection) == {"id", "name", "serviceCode", "type"} and connection["serviceCode"] == "compute-on"
    assert api("GET", f"environments/{first['id']}").json() == {"data": first}
    error_of(api("GET", f"environments/{UNKNOWN_ID}"), 404, "was not found")
    (shown,) = api("GET", "services/connections").json()["data"]
    assert connection.items() <= shown.items() and set(shown["status"]) == {"lastUpdated", "reachable"}
    assert api("GET", f"services/connections/{connection['id']}").json() == {"data": shown}
    error_of(api("GET", f"services/connections/{UNKNOWN_ID}"), 404, "was not found")
    assert api("GET", "services/connections", organizationId=shown["organization"]["id"]).json()["data"] == [shown]
    assert api("GET", "services/connections", organizationId=SUB_ORGANIZATION).json()["data"] == []


def test_each_organization_has_its_own_environments(api):
    own, sub = (api("GET", "environments", **query).json()["data"] for query in ({}, {"org_id": SUB_ORGANIZATION}))
    assert not {entry["id"] for entry in own} & {entry["id"] for entry in sub}
    assert {entry["organization"]["id"] for entry in sub} == {SUB_ORGANIZATION}
    assert error_of(api("GET", "environments", org_id=UNKNOWN_ID), 403, "no access")["context"] == {"id": UNKNOWN_ID}


def test_additional_disks_have_the_iops_that_their_offering_wants(api, entries):
    offering = next(entry for entry in entries("diskofferings") if entry["customIops"])
    body = {**MINIMUM, "diskOfferingId": offering["id"], "additionalDiskSizeInGb": 5}
    error_of(api.instances("POST", body=body), 400, "needs additionalDiskIops", field="additionalDiskIops")
    assert offering["minIops"] < 1000 < offering["maxIops"]
    api.finished(api.instances("POST", body={**body, "additionalDiskIops": 1000}))
