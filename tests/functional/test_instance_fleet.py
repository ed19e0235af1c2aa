# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module instance_fleet in real ansible-playbook runs against the simulator."""

from __future__ import annotations

import json

import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.modules import instance_fleet as module
from ansible_collections.coxedge.compute.tests.functional.conftest import PlaybookRunner
from ansible_collections.coxedge.compute.tests.functional.cores import ALL_CORES, commands_of

KEY = "simulator-key"


def fleet(instances, **options):
    return {"coxedge.compute.instance_fleet": {"instances": instances, **options}}


def writes(outcome):
    return [entry for entry in outcome.requests if entry["method"] != "GET"]


def test_the_life_cycle_of_a_fleet(runner, creation):
    names = [{"name": f"web{number}"} for number in range(4)]
    defaults = {"state": "started", **creation}
    predicted = runner.play([fleet(names, defaults=defaults)], "--check", "--diff")
    assert not writes(predicted) and predicted.results[0]["summary"]["created"] == 4
    tasks = [
        fleet(names, defaults=defaults),
        fleet(names, defaults=defaults),
        fleet([*names[:3], {"name": "web3", "state": "stopped"}]),
        fleet(names, defaults={"state": "absent", "purge": True}),
    ]
    outcome = runner.play(tasks, "--diff")
    created, again, stopped, removed = outcome.results
    assert [result["actions"] for result in created["results"]] == [["create"]] * 4 and created["changed"]
    assert created["diff"] == predicted.results[0]["diff"]
    assert [instance["name"] for instance in created["instances"]] == ["web0", "web1", "web2", "web3"] and all(
        instance["id"] for instance in created["instances"]
    )
    assert not again["changed"] and again["summary"] == {"created": 0, "destroyed": 0, "changed": 0, "unchanged": 4, "failed": 0}
    assert stopped["summary"]["changed"] == 1 and "    state: Running -> Stopped\n" in stopped["diff"][0]["prepared"]
    assert removed["summary"]["destroyed"] == 4 and runner.environment.instances == {} and removed["instances"] == []


def test_partial_success_fails_the_task_with_all_results(runner, creation):
    runner.simulator.cloud.settings.max_instances = 2
    (result,) = runner.play([fleet([{"name": f"web{number}"} for number in range(4)], defaults=creation)]).results
    assert result["failed"] and result["changed"] and result["summary"]["failed"] == 2 and result["summary"]["created"] == 2
    assert result["msg"].startswith("2 of 4 members failed. web") and result["error"]["code"] == 2020
    assert len(result["results"]) == 4 and len(result["instances"]) == 2
    assert "4 members: 2 to create, 2 failing\n" in result["diff"][0]["prepared"]


def test_no_log_hides_the_passwords_if_some_members_fail(runner, creation):
    runner.simulator.cloud.settings.max_instances = 1
    members = [{"name": "web1"}, {"name": "web2"}]
    task = {**fleet(members, defaults=creation, return_password=True), "no_log": True, "ignore_errors": True, "register": "created"}
    # The play itself can still use the result.
    words = (
        "passwords: {{ created.results | map(attribute='password') | select | length }}, "
        "failed: {{ created.results | map(attribute='failed') | sort }}"
    )
    book = [{"hosts": "localhost", "gather_facts": False, "tasks": [task, {"ansible.builtin.debug": {"msg": words}}]}]
    (runner.folder / "site.yml").write_text(json.dumps(book))
    finished = runner.command("ansible-playbook", "site.yml", "-v")
    output = finished.stdout + finished.stderr
    assert finished.returncode == 0 and "censored" in output and "Pw-" not in output, output
    assert "passwords: 1, failed: [False, True]" in output, output


def test_errors_about_members_name_them_before_any_request(runner, creation):
    cases = (
        ([{"name": "a"}, {"name": "web4", "cpu_cuont": 2}], {}, ["instances[1] (web4)", "cpu_cuont", "cpu_count"]),
        ([{"name": "web4", "cpu_count": "many"}], {}, ["instances[0] (web4)", "cpu_count"]),
        ([{"name": "web4", "state": "on"}], {}, ["instances[0] (web4)", "state"]),
        ([{"name": "web4", "cpu_count": 0}], {}, ["instances[0] (web4): cpu_count"]),
        ([{"name": "web4"}], {"defaults": {"stat": "on"}}, ["defaults", "stat"]),
        ([{"name": "web4"}, {"name": "web4"}], {}, ["instances[1] (web4)", "instances[0]"]),
        (["web4"], {}, ["instances"]),
        ([{"name": "web4"}], {"max_concurrency": 0}, ["max_concurrency"]),
    )
    outcome = runner.play([fleet(members, **options) for members, options, _words in cases])
    for (_members, _options, words), result in zip(cases, outcome.results):
        assert result["failed"] and all(word in result["msg"] for word in words), result["msg"]
    assert outcome.requests == [] and "Traceback" not in outcome.output


def test_an_empty_list_of_a_member_overrides_the_defaults(runner):
    for name in ("web1", "db1"):
        runner.environment.seed({"name": name, "publicIps": 1, "dataVolumes": [f"data of {name}"]})
    everything = {"state": "absent", "volumes_to_delete": ["all"], "public_ips_to_release": ["all"]}
    members = [{"name": "web1"}, {"name": "db1", "volumes_to_delete": [], "public_ips_to_release": []}]
    (result,) = runner.play([fleet(members, defaults=everything)]).results
    assert result["summary"]["destroyed"] == 2
    volumes = [resource["name"] for resource in runner.environment.resources["volumes"] if resource["name"].startswith("data of")]
    assert volumes == ["data of db1"] and len(runner.environment.resources["publicipaddresses"]) == 1


def test_a_forgotten_fleet_is_an_error(runner):
    missing = "Give instances, names or ids: one of them is required to say which instances the fleet has."
    cases: tuple[tuple[dict, str], ...] = (
        ({}, missing),
        ({"instances": ""}, missing),
        ({"instances": None}, missing),
        ({"instances": [{"name": "a"}], "defaults": {"id": "x"}}, "defaults can't have an id"),
    )
    outcome = runner.play([{"coxedge.compute.instance_fleet": options} for options, _words in cases])
    for (_options, words), result in zip(cases, outcome.results, strict=True):
        assert result["failed"] and words in result["msg"]
    assert not outcome.requests


def test_the_key_and_user_data_are_not_shown(runner, creation):
    members = [{"name": "web1", "user_data": "password-in-user-data"}, {"name": "web2"}]
    defaults = {**creation, "user_data": "password-for-all"}
    log = runner.folder / "ansible.log"
    outcome = runner.play([fleet(members, defaults=defaults)], "-vvvv", "--diff", ANSIBLE_LOG_PATH=str(log))
    (result,) = outcome.results
    assert result["summary"]["created"] == 2
    for text in (str(result), outcome.output, log.read_text()):
        assert "password-in" not in text and "password-for" not in text and KEY not in text
    bodies = [entry["body"]["userData"] for entry in writes(outcome)]
    assert sorted(bodies) == ["password-for-all", "password-in-user-data"]
    failing = runner.play([fleet([{**members[0], "state": "nonsense"}])], "-vvv")
    assert failing.results[0]["failed"] and "password-in" not in failing.output


def test_no_log_hides_passwords_and_keeps_them_in_the_registered_result(runner, creation):
    """Also in a loop, where each result has results of its own."""
    members = [{"name": "web1"}, {"name": "web2"}]
    creation = {**creation, "return_password": True}
    looped = {**fleet("{{ [{'name': item}] }}", defaults=creation), "loop": ["web3", "web4"], "no_log": True}
    outcome = runner.play([{**fleet(members, defaults=creation), "no_log": True}, looped], "-vvv")
    alone, loop = outcome.results
    results = [*alone["results"], *(result for item in loop["results"] for result in item["results"])]
    assert [result["actions"] for result in results] == [["create"]] * 4
    assert not any(result["password"] in outcome.output for result in results)


def test_empty_values_count_as_not_set(runner, creation):
    member = {"name": "web1", "state": "", "hostname": "", "cpu_count": "", "ports_to_forward": [""], "allow_reboot": ""}
    (result, none) = runner.play([fleet([member], defaults=creation, max_concurrency="", details="", wait=""), fleet([])]).results
    assert result["summary"]["created"] == 1, result["msg"]
    assert not none["failed"] and none["results"] == [] and none["summary"]["failed"] == 0


def test_the_documented_examples_work_unchanged(runner):
    results = [result for result in runner.play(yaml.safe_load(module.EXAMPLES)).results if "results" in result]
    assert len(results) == 5
    assert all(result["changed"] and not result["failed"] for result in results), [result.get("msg") for result in results]
    assert {instance["name"][:-2] for instance in runner.environment.instances.values()} == {"worker"}


@pytest.mark.parametrize("core", ALL_CORES)
def test_members_that_come_as_text_mean_the_same_on_every_core(running_simulator, tmp_path, core):
    commands = commands_of(core)
    running_simulator.app.reset_all()
    runner = PlaybookRunner(running_simulator, tmp_path, commands)
    seeded = runner.environment.seed({"name": "web1", "publicIps": 1})
    # Core splits extra variables at blanks.
    text = json.dumps([{"name": "web1", "allow_reboot": True, "hostname": None}], separators=(",", ":"))
    variables = {"members": [{"name": "web1"}], "common": {"state": "started", "purge": False}, "broken": "[{name: web1}]"}
    tasks = [
        fleet("{{ members | to_json }}", defaults="{{ common | to_json }}"),
        fleet("{{ as_text }}", defaults="{{ common }}"),
        fleet("[{% for item in members %}{'name': '{{ item.name }}'},{% endfor %}]"),
        fleet(["{{ members[0] | to_json }}"]),
        fleet("{{ broken }}"),
        fleet("{{ members }}", defaults="{{ broken }}"),
        fleet("{{ members + [none] }}", defaults={"state": "absent"}),
        # The null member is refused. Before, it moved the empty list from the first member to nobody.
        fleet([{"name": "web1", "public_ips_to_release": []}, None], defaults={"state": "absent", "public_ips_to_release": ["all"]}),
    ]
    outcome = runner.play(tasks, "-e", f"as_text={text}", play={"vars": variables})
    for result in outcome.results[:4]:
        assert [item["id"] for item in result["results"]] == [seeded["id"]] and not result["changed"], outcome.output
    messages = [result["msg"] for result in outcome.results[4:]]
    assert messages[0].startswith("instances must be a list of dicts, but it is text: give it as YAML or JSON"), messages
    assert messages[1].startswith("defaults must be a dict of options, but it is text: give it as YAML or JSON"), messages
    assert all(message.startswith("instances[1] is null: ") for message in messages[2:]), messages
    assert not writes(outcome) and len(runner.environment.resources["publicipaddresses"]) == 1


def test_the_nightly_stop_takes_the_ids_of_what_is_running(runner):
    for number in range(3):
        runner.environment.seed({"name": f"web{number}", "state": "Stopped" if number == 2 else "Running"})
    tasks = [
        {"coxedge.compute.instance_info": {"states": ["Running"]}, "register": "running"},
        {"coxedge.compute.instance_fleet": {"ids": "{{ running.instances | map(attribute='id') }}", "defaults": {"state": "stopped"}}},
        {"coxedge.compute.instance_fleet": {"names": ["web0", "web1", "web2"], "defaults": {"state": "stopped"}}},
        {"coxedge.compute.instance_fleet": {"ids": [], "defaults": {"state": "absent"}}},
    ]
    _running, stopped, again, nothing = runner.play(tasks).results
    assert stopped["summary"]["changed"] == 2 and stopped["actions"] == ["stop", "stop"]
    assert stopped["results"][0]["plan"] == "web0: stop; interrupts the server"
    assert not again["changed"] and again["summary"]["unchanged"] == 3 and again["actions"] == []
    assert not nothing["changed"] and nothing["results"] == []


def test_a_member_with_a_count_is_created_as_often(runner, creation):
    members = [{"name": "worker{n:02}", "count": 3, "first": 8}]
    created, again = runner.play([fleet(members, defaults=creation)] * 2).results
    assert [result["name"] for result in created["results"]] == ["worker08", "worker09", "worker10"] and not again["changed"]


def test_a_mistyped_size_is_reported_once(runner, creation):
    wrong = {**creation, "compute_offering": "2vCPU.4BG"}
    outcome = runner.play([fleet([{"name": "worker{n}", "count": 20}], defaults=wrong)])
    (result,) = outcome.results
    assert "worker1, worker2 and 18 more: compute_offering: there is no compute offering" in result["msg"]
    assert result["msg"].count("2vCPU.4BG") == 1 and len(result["results"]) == 20 and not writes(outcome)
    assert len(json.dumps(result)) < 20_000


def test_people_see_the_plan_of_a_change(runner, creation):
    """What --check --diff shows on a terminal, on each way of changing something."""
    runner.environment.seed({"name": "web1"})
    tasks = [
        {"coxedge.compute.instance": {"name": "web1", "state": "restarted"}},
        {"coxedge.compute.instance": {"name": "web1", "hostname": "other", "allow_reboot": True}},
        fleet([{"name": "new{n}", "count": 20}, {"name": "web1", "state": "stopped"}], defaults=creation | {"allow_reboot": True}),
    ]
    (runner.folder / "site.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    shown = runner.command("ansible-playbook", "site.yml", "--check", "--diff").stdout
    assert "web1: reboot; interrupts the server" in shown
    assert "+++ after: web1: update (hostname web1 -> other); reboots the server" in shown and '-    "hostname": "web1"' in shown
    assert "21 members: 20 to create, 1 to change (1 interrupted)" in shown
    diff = shown.rpartition("TASK [")[2].partition("changed:")[0]
    assert diff.count("\n") <= 30, diff
