# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks whose options are not what they look like, and an API that rewrites what it is told or shows it late."""

from __future__ import annotations

import hashlib
import json

import pytest
from ansible_collections.coxedge.compute.tests.functional.conftest import PlaybookRunner
from ansible_collections.coxedge.compute.tests.functional.cores import ALL_CORES, commands_of

INSTANCE = "coxedge.compute.instance"
# As a playbook spells it: JSON is YAML, but these values are not text in either.
NO_TEXT = [(False, "a boolean"), (1.1, "a fraction"), (["web1"], "a list"), ({"web1": 1}, "a dict")]
DOCUMENT = {"packages": ["nginx"], "nothing": None, "empty": "", "none": [], "list": [None, "", {}]}


@pytest.fixture(params=ALL_CORES)
def on_core(request, running_simulator, tmp_path):
    """A runner of playbooks on each version of core."""
    running_simulator.app.reset_all()
    return PlaybookRunner(running_simulator, tmp_path, commands_of(request.param))


def bodies(runner):
    """The user data that the server got, by name of the instance."""
    posts = [entry["body"] for entry in runner.simulator.app.log if entry["method"] == "POST" and entry["path"].endswith("/instances")]
    return {body["name"]: body.get("userData") for body in posts}


def test_what_is_no_text_is_refused_before_any_request(on_core):
    tasks = [{INSTANCE: {"name": value}} for value, _kind in NO_TEXT]
    tasks += [{INSTANCE: {"name": "web1", "state": "stopped", "hostname": "{{ 1 == 1 }}"}}, {INSTANCE: {"name": 7, "state": "absent"}}]
    tasks += [{"coxedge.compute.instance_info": {"states": ["Running", True]}}]
    outcome = on_core.play(tasks)
    *refused, evaluated, number, listed = outcome.results
    for (_value, kind), result in zip(NO_TEXT, refused, strict=True):
        assert result["msg"].endswith(f"name must be text, but it is {kind}: put the text in quotes."), result["msg"]
        assert (result["changed"], result["instance"], result["id"], result["actions"]) == (False, None, None, [])
    assert "hostname must be text, but it is a boolean" in evaluated["msg"]
    assert not number["failed"] and "states must be a list of text, but it contains a boolean" in listed["msg"]
    assert {entry["method"] for entry in outcome.requests} == {"GET"} and len(outcome.requests) == 1


def test_user_data_arrives_as_it_was_given(on_core, creation):
    (on_core.folder / "data.json.j2").write_text('{"packages":   ["{{ package }}"], "empty": ""}')
    (on_core.folder / "data.gz").write_bytes(b"\x1f\x8b\x08\x00\xff\xfe")
    script = "#!/bin/sh\necho 'a  b'\n"
    given = {
        "script": script,
        "json": '{"a":   1}',
        "dict": DOCUMENT,
        "list": [1, None],
        "template": "{{ lookup('ansible.builtin.template', 'data.json.j2') }}",
        "bytes": "{{ lookup('ansible.builtin.file', 'data.gz') }}",
        "number": 7,
    }
    tasks = [{INSTANCE: {"name": name, "user_data": value, **creation}, "vars": {"package": "nginx"}} for name, value in given.items()]
    outcome = on_core.play(tasks, "-vvv")
    results = dict(zip(given, outcome.results, strict=True))
    arrived = bodies(on_core)
    assert arrived["script"] == script and arrived["json"] == '{"a":   1}'
    assert json.loads(arrived["dict"]) == DOCUMENT and json.loads(arrived["list"]) == [1, None]
    assert json.loads(arrived["template"]) == {"packages": ["nginx"], "empty": ""}
    digest = f"{len(script)} characters, sha256 {hashlib.sha256(script.encode()).hexdigest()}"
    assert results["script"]["diff"]["after"]["user_data"] == digest and outcome.output.count(f'"user_data": "{digest}"') >= 2
    assert "base64" in results["bytes"]["msg"] and "user_data must be text, a dict or a list" in results["number"]["msg"]
    assert set(arrived) == {"script", "json", "dict", "list", "template"}


def test_rescue_and_until_can_use_a_failed_result(on_core, creation):
    on_core.simulator.app.faults.add({"kind": "task_failed", "method": "POST", "path": "operation=stop", "message": "no room", "count": 2})
    failing = {INSTANCE: {"name": "web1", "state": "stopped"}, "register": "stopped"}
    seen = "{{ ansible_failed_result.id == stopped.id }} {{ stopped.instance.state }} {{ stopped.actions }} {{ stopped.diff.after.state }}"
    tasks = [
        {INSTANCE: {"name": "web1", **creation}},
        {"block": [failing], "rescue": [{"ansible.builtin.debug": {"msg": f"seen: {seen}"}}]},
        {**failing, "until": "stopped.instance.state == 'Stopped'", "retries": 3, "delay": 0},
    ]
    (on_core.folder / "site.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    ended = on_core.command("ansible-playbook", "site.yml")
    assert ended.returncode == 0 and "seen: True Running ['stop'] Stopped" in ended.stdout, ended.stdout
    assert [instance["state"] for instance in on_core.instances("web1")] == ["Stopped"]


def test_the_null_id_of_a_server_that_check_mode_would_create_gets_its_own_sentence(on_core, creation):
    tasks = [
        {INSTANCE: {"name": "web1", **creation}, "register": "web"},
        {INSTANCE: {"id": "{{ web.instance.id }}", "state": "stopped"}},
        {"coxedge.compute.instance_fleet": {"instances": [{"id": "{{ web.instance.id }}", "state": "stopped"}]}},
        {"coxedge.compute.instance_info": {"id": "{{ web.instance.id }}"}},
        {INSTANCE: {"id": "{{ web.instance.id }}", "name": "web1", "state": "stopped", **creation}},
    ]
    created, *by_id, by_name = on_core.play(tasks, "--check").results
    assert created["changed"] and created["instance"]["id"] is None
    for result in by_id:
        assert result["failed"] and "id" in result["msg"] and "check mode" in result["msg"], result["msg"]
    assert by_name["actions"] == ["create", "stop"] and not by_name["failed"]


def test_a_password_is_returned_only_on_request(runner, creation):
    tasks = [{INSTANCE: {"name": name, "return_password": wanted, **creation}} for name, wanted in (("web1", False), ("web2", True))]
    tasks += [{"coxedge.compute.instance_fleet": {"instances": [{"name": name}], "defaults": creation}} for name in ("web3",)]
    quiet, wanted, fleet = runner.play(tasks).results
    assert not quiet.get("password") and wanted["password"].startswith("Pw-") and fleet["results"][0]["password"] is None


def test_an_api_that_rewrites_and_lags_ends_with_a_sentence_and_never_with_a_second_server(runner, creation):
    runner.simulator.cloud.settings.update({"normalise": True, "lag_seconds": 1.5})
    tasks = [
        {INSTANCE: {"name": "web1", "hostname": "Web-H1", **creation}},
        {INSTANCE: {"name": "web1", "hostname": "Web-H1", **creation}},
        {INSTANCE: {"name": "WEB1", **creation}},
        {INSTANCE: {"name": "web1 ", **creation}},
        {INSTANCE: {"name": "web1", "state": "stopped"}},
        {INSTANCE: {"name": "web1", "state": "stopped"}},
    ]
    created, again, similar, blank, stopped, still = runner.play(tasks).results
    # The server has chosen web1, and Web-H1 is stored as web-h1.
    assert created["actions"] == ["create", "update"] and again["actions"] == [] and again["instance"]["hostname"] == "web-h1"
    assert "similar name" in similar["msg"] and "must not begin or end with a blank" in blank["msg"]
    assert (stopped["actions"], still["actions"]) == (["stop"], [])
    assert len(runner.instances()) == 1
