# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles in real ansible-playbook runs against the simulator."""

from __future__ import annotations

import json
import socket
import sys
import threading

import pytest

pytestmark = pytest.mark.roles

KEEP = "results.json"


@pytest.fixture
def address():
    """An address of this machine that is not loopback: hosts never get a loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # This sends nothing. It only chooses a network interface.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no network")
        return probe.getsockname()[0]


@pytest.fixture
def port(address):
    """A port of this address that accepts connections."""
    with socket.create_server((address, 0)) as server:
        threading.Thread(target=lambda: [server.accept() for _n in range(1000)], daemon=True).start()
        yield server.getsockname()[1]


@pytest.fixture
def run(runner):
    """Runs a role with variables, then more plays; returns the finished command."""

    def role(name, variables, *arguments, plays=(), **environ):
        book = [{"hosts": "localhost", "gather_facts": False, "roles": [{"role": f"coxedge.compute.{name}", **variables}]}, *plays]
        (runner.folder / "site.yml").write_text(json.dumps(book))
        runner.simulator.app.log.clear()
        finished = runner.command("ansible-playbook", "site.yml", *arguments, **environ)
        assert "Traceback" not in finished.stdout + finished.stderr
        return finished

    return role


def writes(runner):
    return [entry for entry in runner.simulator.app.log if entry["method"] != "GET"]


def shown(output):
    """The hosts of a second play and their variables, as printed by the task of show()."""
    return [json.loads(line.split("SHOWN ")[1].rstrip('"').replace('\\"', '"')) for line in output.splitlines() if "SHOWN {" in line]


def show(group):
    values = (
        "{'name': inventory_hostname, 'host': ansible_host | default(''), 'user': ansible_user | default(''), 'active': coxedge_active}"
    )
    task = {"ansible.builtin.debug": {"msg": "SHOWN {{ " + values + " | to_json }}"}}
    return {"hosts": group, "gather_facts": False, "connection": "local", "tasks": [task]}


# -- provision


def test_provisioned_servers_are_hosts_of_the_play(runner, run, creation, address, port):
    ids = [runner.environment.seed({"name": f"web{number}", "ipAddress": address})["id"] for number in range(2)]
    variables = {
        "provision_instances": [{"name": "web0"}, {"name": "web1", "state": "stopped"}],
        "provision_group": "web",
        "provision_wait_port": port,
    }
    finished = run("provision", variables, plays=[show("web")])
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert sorted(shown(finished.stdout), key=lambda host: host["name"]) == [
        {"name": "web0", "host": address, "user": "cca-user", "active": True},
        {"name": "web1", "host": address, "user": "cca-user", "active": False},
    ]
    assert not [item for item in ids if item in finished.stdout]
    # A second run has nothing to change.
    assert "changed=0" in run("provision", variables, plays=[show("web")]).stdout


@pytest.mark.parametrize("connect_with", ["public_ip", "hostname", "none"])
def test_connect_with_selects_the_address(runner, run, creation, connect_with):
    variables = {
        "provision_instances": [{"name": "web1", "ports_to_forward": ["22"]}],
        "provision_defaults": creation,
        "provision_connect_with": connect_with,
        "provision_wait_port": 0,
    }
    finished = run("provision", variables, plays=[show("provisioned")])
    (host,) = shown(finished.stdout)
    addresses = {"public_ip": runner.environment.resources["publicipaddresses"][0]["ipAddress"], "hostname": "web1", "none": "web1"}
    assert finished.returncode == 0 and host["name"] == "web1" and host["host"] == addresses[connect_with]


def test_check_mode_creates_nothing_and_succeeds(runner, run, creation):
    runner.environment.seed({"name": "there"})
    variables = {"provision_instances": [{"name": "there"}, {"name": "new", **creation}]}
    finished = run("provision", variables, "--check", plays=[show("provisioned")])
    assert finished.returncode == 0 and not writes(runner), finished.stdout
    assert [host["name"] for host in shown(finished.stdout)] == ["there"]


def test_a_closed_port_fails_the_role(runner, run, creation, address):
    for number in range(3):
        runner.environment.seed({"name": f"web{number}", "ipAddress": address})
    names = [{"name": f"web{number}"} for number in range(3)]
    finished = run("provision", {"provision_instances": names, "provision_wait_port": 9, "provision_wait_port_timeout": 1})
    assert finished.returncode != 0 and "The host web1 does not answer on port 9" in finished.stdout


def test_hosts_without_a_usable_address_fail_the_role_before_any_host_is_added(runner, run):
    first = runner.environment.seed({"name": "web1", "publicIps": 1})["id"]
    runner.environment.seed({"name": "web2", "publicIps": 1})
    runner.environment.seed({"name": "web3"})
    runner.environment.seed({"name": "web4", "shareIpWith": first})
    variables = {"provision_instances": [{"name": f"web{number}"} for number in (1, 2, 3, 4)], "provision_connect_with": "public_ip"}
    finished = run("provision", variables)
    assert finished.returncode != 0 and "no usable public_ip: web1, web3, web4." in finished.stdout
    assert "set provision_connect_with to another value" in finished.stdout and "Add the instances" not in finished.stdout
    (instance,) = runner.instances("web2")
    instance["ipAddress"] = "127.0.0.1"
    finished = run("provision", {**variables, "provision_connect_with": "private_ip"})
    assert finished.returncode != 0 and "no usable private_ip: web2." in finished.stdout


def test_names_follow_the_rules_of_the_inventory(runner, run):
    names = {
        "True": "True",
        "none": "none",
        "{1}": "{1}",
        "{{ 1 + 1 }}": "{{_1_+_1_}}",
        "web 1\n": "web_1_",
        "~web": "_web",
        "[1, 2]": "_1__2_",
    }
    ids = [runner.environment.seed({"name": name})["id"] for name in names]
    variables = {"provision_instances": [{"id": item} for item in ids], "provision_wait_port": 0}
    finished = run("provision", variables, plays=[show("provisioned")])
    assert finished.returncode == 0, finished.stdout
    assert sorted(host["name"] for host in shown(finished.stdout)) == sorted(names.values())
    # A second run finds the hosts of the first one.
    role = {"ansible.builtin.include_role": {"name": "coxedge.compute.provision"}, "vars": variables}
    again = run("provision", variables, plays=[{"hosts": "localhost", "gather_facts": False, "tasks": [role]}, show("provisioned")])
    assert sorted(host["name"] for host in shown(again.stdout)) == sorted(names.values()), again.stdout


def test_ids_replace_names_with_a_special_meaning(runner, run):
    names = (
        "localhost",
        "ip6-localhost",
        "-oProxyCommand=x",
        "same-name",
        "same-name",
        "taken",
        "other-host",
        "web1.yml",
        "a/b",
        "provisioned",
    )
    ids = [runner.environment.seed({"name": name})["id"] for name in names]
    variables = {"provision_instances": [{"id": item} for item in ids], "provision_wait_port": 0}
    # One server has the name of a group in the inventory.
    here = f"localhost ansible_connection=local ansible_python_interpreter={sys.executable}"
    (runner.folder / "hosts.ini").write_text(f"[taken]\nother-host\n[here]\n{here}\n")
    finished = run("provision", variables, "-i", "hosts.ini", plays=[show("provisioned")])
    assert finished.returncode == 0, finished.stdout
    assert sorted(host["name"] for host in shown(finished.stdout)) == sorted(ids)


def test_hostile_addresses_and_users_are_not_used(runner, run):
    runner.environment.seed({"name": "web1", "username": "-x y", "hostname": "-oProxyCommand=x"})
    variables = {"provision_instances": [{"name": "web1"}], "provision_wait_port": 0}
    (host,) = shown(run("provision", variables, plays=[show("provisioned")]).stdout)
    assert host["user"] == ""
    assert run("provision", {**variables, "provision_connect_with": "hostname"}).returncode != 0


def test_a_partial_failure_fails_the_role_and_a_second_run_finishes(runner, run, creation):
    runner.simulator.cloud.settings.max_instances = 2
    variables = {
        "provision_instances": [{"name": f"web{number}"} for number in range(3)],
        "provision_defaults": creation,
        "provision_wait_port": 0,
    }
    finished = run("provision", variables)
    assert finished.returncode != 0 and "1 of 3 members failed" in finished.stdout and len(runner.environment.instances) == 2
    runner.simulator.cloud.settings.max_instances = 0
    assert run("provision", variables).returncode == 0 and len(writes(runner)) == 1


def test_provision_checks_its_variables(run):
    for variables, word in (
        ({}, "provision_instances"),
        ({"provision_instances": [{}], "provision_connect_with": "x"}, "provision_connect_with"),
    ):
        finished = run("provision", variables)
        assert finished.returncode != 0 and word in finished.stdout


def test_the_three_tier_playbook_works(runner):
    first = runner.command("ansible-playbook", "coxedge.compute.three_tier", "-e", "three_tier_wait_port=0", "--check")
    assert first.returncode == 0 and not writes(runner), first.stdout + first.stderr
    finished = runner.command("ansible-playbook", "coxedge.compute.three_tier", "-e", "three_tier_wait_port=0")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "@tier_app" in finished.stdout and "web-2: a web server, with 2 applications behind it" in finished.stdout
    (database,) = [instance for instance in runner.environment.instances.values() if instance["name"] == "db-1"]
    assert f"app-1: the application, with the database at {database['ipAddress']}" in finished.stdout
    again = runner.command("ansible-playbook", "coxedge.compute.three_tier", "-e", "three_tier_wait_port=0")
    assert "changed=0" in again.stdout and len(runner.environment.instances) == 5


# -- decommission


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


@pytest.mark.parametrize("kind", ["DATA", "data", "dAtA"])
def test_a_volume_that_is_left_is_not_called_gone(runner, run, servers, kind):
    """However the API spells the type of a volume, and the id of its server."""
    volume = {"id": "00000000-0000-4000-8000-0000000000aa", "name": "left", "type": kind, "instanceId": servers[0].upper()}
    body = {"data": [volume], "metadata": {"recordCount": 1}}
    runner.simulator.app.faults.add({"kind": "status", "status": 200, "body": body, "path": "/volumes$", "method": "GET", "count": 0})
    runner.environment.resources["volumes"].append({**volume, "type": "data", "instanceId": servers[0]})
    ended = run("decommission", {"decommission_names": ["web1"], "decommission_confirm": True, "decommission_delete_volumes": True})
    (deleted,) = [entry["body"] for entry in writes(runner)]
    assert deleted["volumeIdsToDelete"] == [volume["id"]]
    assert ended.returncode != 0 and "Some resources still exist" in ended.stdout and volume["id"] in ended.stdout


def test_nothing_is_destroyed_without_confirmation(runner, run, servers):
    for variables, word in (
        ({"decommission_names": ["web1"]}, "decommission_confirm"),
        ({"decommission_confirm": True}, "decommission_names"),
        ({"decommission_names": ["web1"], "decommission_confirm": False, **WITH_ALL}, "decommission_confirm"),
    ):
        finished = run("decommission", variables)
        assert finished.returncode != 0 and word in finished.stdout and not runner.simulator.app.log


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


def test_an_ambiguous_name_fails_with_the_ids(runner, run):
    ids = [runner.environment.seed({"name": "same-name"})["id"] for _n in range(2)]
    finished = run("decommission", {"decommission_names": ["same-name"], "decommission_confirm": True})
    assert finished.returncode != 0 and all(item in finished.stdout for item in ids) and not writes(runner)
