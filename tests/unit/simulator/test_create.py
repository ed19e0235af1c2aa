# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator against the API's documentation: creating instances."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.tests.unit.simulator.documented import DOCUMENTED_CREATE, MINIMUM, UNKNOWN_ID, error_of


def test_create_with_the_documented_body(api):
    response = api.instances("POST", body=DOCUMENTED_CREATE)
    (resource,) = api.instances("GET").json()["data"]
    assert resource["state"] == "Starting"
    instance = api.finished(response)
    assert instance["id"] == resource["id"] and instance["state"] == "Running" and instance["password"]
    shown = api.detail(resource["id"])
    assert shown["affinityGroupIds"] == [DOCUMENTED_CREATE["affinityGroupId"]]
    assert shown["userData"] == DOCUMENTED_CREATE["userData"]
    assert shown["publicIps"][0]["ports"] == ["80", "9999"]
    volumes = api("GET", "services/compute-on/test_area/volumes", instance_id=resource["id"]).json()["data"]
    assert sorted((v["type"], v["sizeInGb"]) for v in volumes) == [("data", 20), ("data", 100), ("os", 60)]
    assert DOCUMENTED_CREATE["volumeIdToAttach"] in [v["id"] for v in volumes]


@pytest.mark.parametrize("missing", sorted(MINIMUM))
def test_create_needs_its_required_fields(api, missing):
    body = {k: v for k, v in MINIMUM.items() if k != missing}
    error_of(api.instances("POST", body=body), 400, f"{missing} is required", field=missing)
    assert api.instances("GET").json()["data"] == []


WRONG = {
    "an unknown field": ({"colour": "red"}, "colour", "Unknown field"),
    "a field of the client's option names": ({"compute_offering": "x"}, "compute_offering", "Unknown field"),
    "a number in words": ({"rootVolumeSizeInGb": "sixty"}, "rootVolumeSizeInGb", "must be an integer"),
    "a number and its unit": ({"rootVolumeSizeInGb": "60 GB"}, "rootVolumeSizeInGb", "must be an integer"),
    "a number with blanks": ({"rootVolumeSizeInGb": " 60"}, "rootVolumeSizeInGb", "must be an integer"),
    "an empty number": ({"rootVolumeSizeInGb": ""}, "rootVolumeSizeInGb", "must be an integer"),
    "a fraction as text": ({"rootVolumeSizeInGb": "60.0"}, "rootVolumeSizeInGb", "must be an integer"),
    "a boolean as number": ({"rootVolumeSizeInGb": True}, "rootVolumeSizeInGb", "must be an integer"),
    "an id that is no UUID": ({"networkId": "Web"}, "networkId", "must be a UUID"),
    "an id that does not exist": ({"templateId": UNKNOWN_ID}, "templateId", "does not exist"),
    "a port as number": ({"portsToForward": [80]}, "portsToForward", "must be an array of strings"),
    "a port out of range": ({"portsToForward": ["65536"]}, "portsToForward", "65536 is not a port number"),
    "a size with a fixed offering": ({"cpuCount": 2}, "cpuCount", "only allowed with a custom compute offering"),
    "a disk size with no disk": ({"additionalDiskSizeInGb": 20}, "additionalDiskSizeInGb", "needs diskOfferingId"),
    "IOPS with no disk": ({"additionalDiskIops": 20}, "additionalDiskIops", "needs diskOfferingId"),
    "a root volume below the template": ({"rootVolumeSizeInGb": 1}, "rootVolumeSizeInGb", "smaller than the template"),
    "an address outside the network": ({"ipAddress": "192.0.2.1"}, "ipAddress", "not within"),
    "the gateway's address": ({"ipAddress": "10.165.0.1"}, "ipAddress", "not within"),
    "no address": ({"ipAddress": "ten"}, "ipAddress", "not an IPv4 address"),
    "an unknown SSH key": ({"sshKeyName": "unknown-key"}, "sshKeyName", "does not exist"),
    "an unknown affinity group": ({"affinityGroupId": UNKNOWN_ID}, "affinityGroupId", "does not exist"),
}


@pytest.mark.parametrize("case", WRONG)
def test_create_rejects_bad_values(api, case):
    extra, field, words = WRONG[case]
    error_of(api.instances("POST", body={**MINIMUM, **extra}), 400, words, field=field)
    assert api.instances("GET").json()["data"] == []


def test_create_rejects_disks_that_do_not_fit_their_offering(api):
    offerings = {resource["name"]: resource["id"] for resource in api("GET", "services/compute-on/test_area/diskofferings").json()["data"]}
    for name, extra, field, words in (
        ("50GB", {"additionalDiskSizeInGb": 5}, "additionalDiskSizeInGb", "customSize"),
        ("Custom size", {}, "additionalDiskSizeInGb", "The disk offering needs"),
        ("Custom size and IOPS", {"additionalDiskSizeInGb": 5}, "additionalDiskIops", "The disk offering needs"),
        ("Custom size", {"additionalDiskSizeInGb": 5, "additionalDiskIops": 5}, "additionalDiskIops", "customIops"),
    ):
        error_of(api.instances("POST", body={**MINIMUM, "diskOfferingId": offerings[name], **extra}), 400, words, field=field)


def test_a_custom_offering_needs_a_size_that_it_allows(api):
    offerings = {resource["name"]: resource for resource in api("GET", "services/compute-on/test_area/computeofferings").json()["data"]}
    assert "cpuCount" not in offerings["Custom steps"]
    body = {**MINIMUM, "computeOfferingId": offerings["Custom steps"]["id"]}
    for size, field, words in (
        ({}, "cpuCount", "needs cpuCount"),
        ({"cpuCount": 2}, "memoryInMB", "needs memoryInMB"),
        ({"cpuCount": 3, "memoryInMB": 2048}, "cpuCount", "cpuCount 3 is not allowed"),
        ({"cpuCount": 1, "memoryInMB": 8192}, "memoryInMB", "MB for each CPU"),
    ):
        error_of(api.instances("POST", body={**body, **size}), 400, words, field=field)
    instance = api.detail(api.created(**{**body, "cpuCount": 2, "memoryInMB": 8192}))
    assert (instance["cpuCount"], instance["memoryInMB"]) == (2, 8192)


def test_a_public_key_beside_the_name_of_one_is_accepted_or_refused(api, simulator):
    body = {**MINIMUM, "sshKeyName": "mysshkey", "publicKey": "ssh-ed25519 A"}
    api.finished(api.instances("POST", body=body))
    simulator.cloud.settings.update({"two_keys": "refused"})
    error_of(api.instances("POST", body=body), 400, "can't be used together", field="publicKey")
    for name in ("sshKeyName", "publicKey"):
        api.finished(api.instances("POST", body={k: v for k, v in body.items() if k != name}))


def test_addresses_and_volumes_can_be_used_only_once(api):
    api.created(ipAddress="10.165.3.4", volumeIdToAttach=DOCUMENTED_CREATE["volumeIdToAttach"])
    error_of(api.instances("POST", body={**MINIMUM, "ipAddress": "10.165.3.4"}), 400, "in use", field="ipAddress")
    body = {**MINIMUM, "volumeIdToAttach": DOCUMENTED_CREATE["volumeIdToAttach"]}
    error_of(api.instances("POST", body=body), 400, "in use", field="volumeIdToAttach")


def test_names_are_not_unique(api):
    assert api.created(name="web1") != api.created(name="web1")


def test_create_rejects_bare_metal_offerings(api):
    offerings = api("GET", "services/compute-on/test_area/computeofferings").json()["data"]
    (metal,) = [resource["id"] for resource in offerings if resource.get("type") == "BareMetal"]
    error_of(api.instances("POST", body={**MINIMUM, "computeOfferingId": metal}), 400, "acquire", field="computeOfferingId")
