# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role provision and playbooks in real ansible-playbook runs against the simulator."""

from __future__ import annotations

import json
import socket
import sys
import threading

import pytest
from ansible_collections.coxedge.compute.tests.functional.conftest import writes
from ansible_collections.coxedge.compute.tests.functional.cores import ALL_CORES, OLDEST_AND_EVERYDAY, ROOT

pytestmark = pytest.mark.roles


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


def shown(output):
    """The hosts of a second play and their variables, as printed by the task of show()."""
    return [json.loads(line.split("SHOWN ")[1].rstrip('"').replace('\\"', '"')) for line in output.splitlines() if "SHOWN {" in line]


def show(group):
    values = (
        "{'name': inventory_hostname, 'host': ansible_host | default(''), 'user': ansible_user | default(''), 'active': coxedge_active}"
    )
    task = {"ansible.builtin.debug": {"msg": "SHOWN {{ " + values + " | to_json }}"}}
    return {"hosts": group, "gather_facts": False, "connection": "local", "tasks": [task]}


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


@pytest.mark.parametrize("core", ALL_CORES)
def test_over_several_hosts_the_role_acts_once_for_each_batch(on_core, creation, address, port, core):
    """Also: hosts that don't answer share one time limit, and the role ends with a summary."""
    runner, _attempts = on_core(core)
    runner.environment.seed({"name": "web0", "ipAddress": address, "state": "Stopped"})
    local = f"ansible_connection=local ansible_python_interpreter={runner.commands / 'python'}"
    (runner.folder / "hosts.ini").write_text("".join(f"host-{number} {local}\n" for number in range(3)))
    members = [{"name": "web0", "state": "started"}, {"name": "web1", "ip_address": None, **creation}]
    variables = {"provision_instances": members, "provision_wait_port": 0}
    tasks = [
        {"ansible.builtin.include_role": {"name": "coxedge.compute.provision"}, "vars": variables},
        {"ansible.builtin.debug": {"msg": "SEES {{ groups.provisioned | sort | join('+') }} {{ provision_hosts | length }}"}},
    ]
    play = {"hosts": "all:!provisioned", "gather_facts": False, "serial": [2, 1], "tasks": tasks}
    (runner.folder / "site.yml").write_text(json.dumps([play]))
    finished = runner.command("ansible-playbook", "-i", "hosts.ini", "site.yml")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stdout.count("SEES web0+web1 2") == 3
    listed = [entry for entry in runner.simulator.app.log if entry["method"] == "GET" and entry["path"].endswith("/instances")]
    # The first batch creates a server, which takes two lists, and the second one changes nothing.
    assert len(listed) == 3 and len(writes(runner)) == 2
    first, second = finished.stdout.split("Show a summary")[1:]
    assert '"created": [\n            "web1"\n' in first and '"changed": [\n            "web0"\n' in first and '"created": []' in second
    assert f'"web0": "{address}"' in first and not [item for item in runner.environment.instances if item in finished.stdout]


@pytest.mark.parametrize("core", ALL_CORES)
def test_hosts_that_do_not_answer_share_one_time_limit(on_core, address, port, core):
    runner, attempts = on_core(core)
    # Nothing has the addresses of 198.51.100.0/24.
    addresses = [address, *(f"198.51.100.{number}" for number in range(1, 25))]
    for number, item in enumerate(addresses):
        runner.environment.seed({"name": f"web{number:02}", "ipAddress": item})
    members = [{"name": f"web{number:02}"} for number in range(25)]
    limited = {"provision_instances": members, "provision_wait_port_timeout": 3}
    without, closed, answering, silent = attempts(
        "provision",
        {**limited, "provision_wait_port": 0},
        {**limited, "provision_instances": members[:1], "provision_wait_port": 9},
        {**limited, "provision_instances": members[:1], "provision_wait_port": port},
        {**limited, "provision_wait_port": port},
    )
    assert attempts.last_seconds < 20
    assert without == answering == "" and closed.startswith("The host web00 does not answer on port 9 within 3 seconds.")
    names = ", ".join(member["name"] for member in members[1:])
    assert silent.startswith(f"The hosts {names} do not answer on port {port} within 3 seconds.")


def test_a_typo_in_a_member_is_found_before_anything_runs(runner, attempts):
    typo, choice, common, null, text = attempts(
        "provision",
        {"provision_instances": [{"name": "web1"}, {"name": "web2", "templates": "x"}]},
        {"provision_instances": [{"name": "web1", "state": "running"}]},
        {"provision_instances": [{"name": "web1"}], "provision_defaults": {"networks": "x"}},
        {"provision_instances": [{"name": "web1"}, None]},
        {"provision_instances": "name=web1"},
    )
    assert "templates" in typo and "running" in choice and "networks" in common and "provision_instances" in null
    assert text.startswith("provision_instances must be a list of dicts") and "use a file or JSON" in text
    assert not runner.simulator.app.log


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


THREE_TIER = (
    "ansible-playbook",
    "coxedge.compute.three_tier",
    "-e",
    f"@{ROOT / 'playbooks' / 'vars' / 'three_tier.yml'}",
    "-e",
    "three_tier_wait_port=0",
)


@pytest.mark.parametrize("core", OLDEST_AND_EVERYDAY)
def test_playbooks_that_would_act_on_too_much_refuse_to_run(on_core, core):
    runner, _attempts = on_core(core)
    seeded = [runner.environment.seed({"name": name})["id"] for name in ("web-1", "web-2")]
    (runner.folder / "coxedge.yml").write_text("plugin: coxedge.compute.instances")
    restart = ("ansible-playbook", "-i", "coxedge.yml", "coxedge.compute.operate", "-e", "operate_state=restarted")
    runner.simulator.app.log.clear()
    for without in (restart, (*restart, "--limit", "")):
        refused = runner.command(*without)
        assert refused.returncode != 0 and "This playbook needs a limit" in refused.stdout, refused.stdout
    assert not writes(runner)
    assert runner.command(*restart, "--limit", "web-1").returncode == 0
    assert [seeded[0] in entry["path"] for entry in writes(runner)] == [True]
    runner.simulator.app.log.clear()
    for variables in ("three_tier_wait_port=0", '{"three_tier_instances": []}'):
        refused = runner.command("ansible-playbook", "coxedge.compute.three_tier", "-e", variables)
        assert refused.returncode != 0 and "three_tier_instances is not set" in refused.stdout, refused.stdout
    assert not runner.simulator.app.log


def test_the_fleet_playbook_shows_each_server_with_what_was_done_to_it(runner):
    for name in ("web-1", "web-2", "web-3"):
        runner.environment.seed({"name": name, "state": "Destroyed" if name == "web-1" else "Running"})
    answers = {"fleet_names": "web-1\nweb-2\nnone\nweb-3", "fleet_state": "absent"}
    finished = runner.command("ansible-playbook", "coxedge.compute.fleet", "-e", json.dumps(answers))
    assert finished.returncode == 0, finished.stdout
    lines = [f"web-{number}: delete; can be recovered (Destroyed at 10." for number in (2, 3)]
    assert all(line in finished.stdout for line in lines) and finished.stdout.count(": delete") == 2
    assert '"none: nothing to do"' in finished.stdout and '"web-1: nothing to do' in finished.stdout
    assert not [item for item in runner.environment.instances if item in finished.stdout]


def test_the_three_tier_playbook_works(runner):
    first = runner.command(*THREE_TIER, "--check")
    assert first.returncode == 0 and not writes(runner), first.stdout + first.stderr
    finished = runner.command(*THREE_TIER)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "@tier_app" in finished.stdout and "web-2: a web server, with 2 applications behind it" in finished.stdout
    (database,) = [instance for instance in runner.environment.instances.values() if instance["name"] == "db-1"]
    assert f"app-1: the application, with the database at {database['ipAddress']}" in finished.stdout
    again = runner.command(*THREE_TIER)
    assert "changed=0" in again.stdout and len(runner.environment.instances) == 5
