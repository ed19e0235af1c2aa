# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role decommission in real ansible-playbook runs against the simulator."""

from __future__ import annotations

import json
import threading

import pytest
from ansible_collections.coxedge.compute.tests.functional.conftest import writes
from ansible_collections.coxedge.compute.tests.functional.cores import ALL_CORES

pytestmark = pytest.mark.roles


@pytest.fixture
def servers(runner):
    """Two servers with addresses and volumes, one that shares the first's address, and a bystander."""
    first = runner.environment.seed({"name": "web1", "publicIps": 1, "dataVolumes": ["data1"]})["id"]
    second = runner.environment.seed({"name": "web2", "publicIps": 2, "dataVolumes": ["data2"]})["id"]
    runner.environment.seed({"name": "sharer", "shareIpWith": first})
    runner.environment.seed({"name": "bystander", "publicIps": 1, "dataVolumes": ["data3"]})
    return [first, second]


WITH_ALL = {"decommission_release_public_ips": True, "decommission_delete_volumes": True, "decommission_delete_snapshots": True}


def states(runner):
    return {instance["name"]: instance["state"] for instance in runner.environment.instances.values()}


def test_a_volume_that_is_left_is_not_called_gone(runner, run, servers):
    """However the API spells the type of a volume, and the id of its server."""
    volume = {"id": "00000000-0000-4000-8000-0000000000aa", "name": "left", "type": "dAtA", "instanceId": servers[0].upper()}
    body = {"data": [volume], "metadata": {"recordCount": 1}}
    runner.simulator.app.faults.add({"kind": "status", "status": 200, "body": body, "path": "/volumes$", "method": "GET", "count": 0})
    runner.environment.resources["volumes"].append({**volume, "type": "data", "instanceId": servers[0]})
    ended = run("decommission", {"decommission_names": ["web1"], "decommission_confirm": True, "decommission_delete_volumes": True})
    (deleted,) = [entry["body"] for entry in writes(runner)]
    assert deleted["volumeIdsToDelete"] == [volume["id"]]
    assert ended.returncode != 0 and "Some resources still exist" in ended.stdout and volume["id"] in ended.stdout


def test_nothing_is_destroyed_without_confirmation(runner, attempts, servers):
    without = {"decommission_names": ["web1"]}
    first, second, empty, blank = attempts(
        "decommission",
        without,
        {**without, "decommission_confirm": False, **WITH_ALL},
        {},
        {"decommission_names": "", "decommission_ids": [""]},
    )
    assert "decommission_confirm must be true" in first and first == second
    # There is nothing to confirm then.
    assert empty == blank == "" and attempts.output.count("are empty, so there is nothing to destroy") == 2
    assert not runner.simulator.app.log


def test_check_mode_shows_what_would_be_removed_and_needs_no_confirmation(runner, run, servers):
    finished = run("decommission", {"decommission_names": ["web1", "web2"], **WITH_ALL}, "--check")
    assert finished.returncode == 0 and not writes(runner), finished.stdout
    assert (
        f"web1 {servers[0]}" in finished.stdout
        and "data1" in finished.stdout
        and "data2" in finished.stdout
        and "data3" not in finished.stdout
    )
    released = [
        resource["ipAddress"]
        for resource in runner.environment.resources["publicipaddresses"]
        if resource["instances"][0]["id"] == servers[1]
    ]
    assert len(released) == 2 and all(address in finished.stdout for address in released)


@pytest.mark.parametrize("purge", [False, True])
def test_only_the_given_servers_and_their_resources_are_removed(runner, run, servers, purge):
    variables = {
        "decommission_names": ["web1"],
        "decommission_ids": [servers[1]],
        "decommission_confirm": True,
        "decommission_purge": purge,
        "decommission_missing_ok": purge,
    }
    finished = run("decommission", {**variables, **WITH_ALL})
    assert finished.returncode == 0, finished.stdout
    gone = {} if purge else {"web1": "Destroyed", "web2": "Destroyed"}
    assert states(runner) == {**gone, "sharer": "Running", "bystander": "Running"}
    assert sorted(resource["name"] for resource in runner.environment.resources["volumes"] if resource["name"].startswith("data")) == [
        "data3"
    ]
    # The shared address and that of the bystander remain.
    assert len(runner.environment.resources["publicipaddresses"]) == 2
    # A second run has nothing to do.
    again = run("decommission", {**variables, **WITH_ALL})
    assert again.returncode == 0 and not writes(runner) and "changed=0" in again.stdout
    if purge:
        # The name is gone.
        lost = run("decommission", {**variables, "decommission_missing_ok": False})
        assert lost.returncode != 0 and "No instance has the name 'web1'" in lost.stdout


@pytest.mark.parametrize("core", ALL_CORES)
def test_nothing_is_destroyed_unless_every_name_and_id_selects_one_instance(on_core, core):
    runner, attempts = on_core(core)
    for name in ("web1", "web2", "twin", "twin", "x[1]"):
        runner.environment.seed({"name": name})
    runner.environment.seed({"name": "old1", "state": "Destroyed"})
    twins = [instance["id"] for instance in runner.environment.instances.values() if instance["name"] == "twin"]
    (bracket,) = [instance["id"] for instance in runner.environment.instances.values() if instance["name"] == "x[1]"]
    unknown = "00000000-0000-4000-8000-00000000000f"
    sure = {"decommission_confirm": True}
    messages = attempts(
        "decommission",
        {"decommission_names": ["web1", "web*"], **sure},
        {"decommission_names": ["web1", "wbe2", "twin", "wbe3", twins[0], "x[1]"], "decommission_ids": [unknown], **sure},
        {"decommission_names": ["web1", "twin"], "decommission_missing_ok": True, **sure},
        {"decommission_names": "wbe2,old1", "decommission_ids": [unknown], "decommission_missing_ok": True, **sure},
        {"decommission_names": ["old1"], **sure},
    )
    assert "takes no patterns such as 'web*'" in messages[0] and messages[0].endswith("Nothing was destroyed.")
    assert all(word in messages[1] for word in ("'wbe2'", "'wbe3'", "Several instances have the name 'twin'", *twins, "'x[1]'", unknown))
    assert "Several instances have the name 'twin'" in messages[2] and messages[3:] == ["", ""]
    assert not writes(runner) and states(runner)["web1"] == "Running"
    # By id, each of them can be selected, in any case. The list that is JSON text is read too.
    names = {"decommission_names": '["web1", "old1"]', "decommission_ids": [twins[0].upper(), bracket], **sure}
    assert attempts("decommission", names) == [""] and len(writes(runner)) == 3
    assert '"web1"' in attempts.output and [runner.environment.instances[item]["state"] for item in twins] == ["Destroyed", "Running"]
    assert states(runner)["x[1]"] == "Destroyed" and states(runner)["web2"] == "Running"


def test_destroyed_servers_can_be_purged(runner, run):
    runner.environment.seed({"name": "old", "state": "Destroyed"})
    assert run("decommission", {"decommission_names": ["old"], "decommission_confirm": True}).returncode == 0
    assert states(runner) == {"old": "Destroyed"}
    assert run("decommission", {"decommission_names": ["old"], "decommission_confirm": True, "decommission_purge": True}).returncode == 0
    assert states(runner) == {}


def test_a_resource_that_still_exists_fails_the_role(runner, run, servers):
    # Adds a deleted volume again, as if the API had lost the request.
    volumes = runner.environment.resources["volumes"]
    (kept,) = [resource for resource in volumes if resource["name"] == "data1"]
    done = threading.Event()

    def bring_back():
        while not done.wait(0.02):
            resources = runner.environment.resources["volumes"]
            if kept not in resources:
                resources.append(kept)

    threading.Thread(target=bring_back, daemon=True).start()
    result = run("decommission", {"decommission_names": ["web1"], "decommission_confirm": True, **WITH_ALL})
    done.set()
    assert result.returncode != 0 and "Some resources still exist" in result.stdout and kept["id"] in result.stdout


@pytest.mark.parametrize("given", ["web1", "web1,web2", "['web1', 'web2']"])
def test_names_given_as_text_select_only_those_servers(runner, run, servers, given):
    for name in ("w", "e", "b", "1", "2"):
        runner.environment.seed({"name": name})
    extra = ["-e", f"decommission_names={given}"] if "[" not in given else ["-e", json.dumps({"decommission_names": ["web1", "web2"]})]
    finished = run("decommission", {"decommission_confirm": True, "decommission_purge": True}, *extra)
    assert finished.returncode == 0, finished.stdout
    left = {"w", "e", "b", "1", "2", "sharer", "bystander"} | ({"web2"} if given == "web1" else set())
    assert set(states(runner)) == left


def test_a_name_that_is_a_number_is_shown_and_verified(runner, run):
    runner.environment.seed({"name": "123"})
    finished = run("decommission", {"decommission_names": [123], "decommission_confirm": True})
    assert finished.returncode == 0 and '"123 ' in finished.stdout and states(runner) == {"123": "Destroyed"}


def test_an_error_while_verifying_is_reported(runner, run, servers):
    runner.simulator.app.faults.add({"kind": "status", "status": 403, "method": "GET", "path": "/instances$", "skip": 3, "count": 0})
    finished = run("decommission", {"decommission_names": ["web1"], "decommission_confirm": True}, COXEDGE_API_RETRIES="0")
    assert finished.returncode != 0 and "does not accept this api_key" in finished.stdout and "Finalization" not in finished.stdout
