# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What playbooks get as results: no secrets, and nothing that makes them unreadable, on every core."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY

ID = "9db8ff2f-b49b-466d-a2f3-c1e6def408f4"
DATA = {"packages": ["Running", "web1"], "chpasswd": "s3cret-of-user-data", "runcmd": [["true", "unchanged"]]}
# Core's own serialization begins with such keys. Several of them make core refuse the whole result.
TAGS = [{"__ansible_type": "x"}, {"__ansible_type": "AnsibleTaggedStr", "value": "y"}, {"__ansible_unsafe": 1}, {"__ansible_vault": "z"}]


def tasks(creation):
    """Tasks that use each module, the failing ones included."""
    one = {"name": "web1", "user_data": DATA, "wait_timeout": 10, **creation}
    fleet = {"instances": [{"name": "web2", "user_data": DATA}], "defaults": creation, "wait_timeout": 10}
    return [
        {"coxedge.compute.instance": {**one, "api_key": API_KEY}},
        {"coxedge.compute.instance_fleet": {**fleet, "api_key": API_KEY}},
        {"coxedge.compute.instance_info": {"name": "web1", "details": False, "api_key": API_KEY}},
        {"coxedge.compute.catalog_info": {"kinds": ["templates"], "api_key": API_KEY}},
        {"coxedge.compute.instance_iso": {"name": "web1", "iso": "drivers", "api_key": API_KEY}},
        # None of these gets as far as to check the options of the module.
        {"coxedge.compute.instance": {**one, "api_key": API_KEY, "no_such_option": 1}},
        {"coxedge.compute.instance": {**one, "api_key": API_KEY, "cpu_count": "many"}},
        {"coxedge.compute.instance": {**one, "api_kye": API_KEY}},
        {"coxedge.compute.instance": {**one, "api_key": [API_KEY], "state": "no such state"}},
        {"coxedge.compute.instance_fleet": {**fleet, "api_key": API_KEY, "max_concurrency": "many"}},
        {"coxedge.compute.instance_fleet": {**fleet, "instances": [{"name": "x", "userdata": DATA}], "api_key": API_KEY}},
        {"coxedge.compute.instance": {**one, "api_url": "http://me:s3cret-of-user-data@127.0.0.1:9/api"}},
        {"coxedge.compute.instance": {**one, "api_url": "https://me:s3cret/of-user-data@127.0.0.1:9/api"}},
    ]


def secrets_in(text):
    return [secret for secret in (API_KEY, "s3cret", "of-user-data") if secret in text]


def test_no_result_has_the_key_or_user_data_and_no_output_either(runner, creation):
    outcome = runner.play(tasks(creation), "-vvvv")
    for task, result in zip(tasks(creation), outcome.results, strict=True):
        assert not secrets_in(json.dumps(result)), (task, result)
    assert [bool(result["failed"]) for result in outcome.results] == [False] * 5 + [True] * 8
    assert not secrets_in(outcome.output)


def test_words_of_user_data_are_shown_where_they_are_no_secrets(runner, creation):
    runner.environment.seed({"name": "there"})
    tasks = [
        {"coxedge.compute.instance": {"name": "web1", "user_data": DATA, **creation}},
        {"coxedge.compute.instance_info": {"name": "web1"}},
        {"ansible.builtin.debug": {"msg": "Running unchanged true"}},
    ]
    outcome = runner.play(tasks, "-v")
    assert outcome.results[0]["instance"]["state"] == "Running" and outcome.results[0]["instance"]["name"] == "web1"
    assert "Running unchanged true" in outcome.output


def test_passwords_and_user_data_are_still_returned_where_that_is_documented(runner, creation):
    data = "#cloud-config"
    runner.environment.seed({"name": "there", "userData": data})
    tasks = [
        {"coxedge.compute.instance_password": {"name": "there"}},
        {"coxedge.compute.instance_info": {"name": "there"}},
    ]
    results = runner.play(tasks).results
    (task,) = [task for task in runner.simulator.cloud.tasks.values() if isinstance(task.result, dict) and task.result.get("password")]
    assert results[0]["password"] == task.result["password"]
    assert results[1]["instances"][0]["user_data"] == data


@pytest.mark.parametrize("bad", [*TAGS, {"note": "half \ud800"}, {"half \udfff": 1}, {"userData": "half \ud800"}], ids=json.dumps)
def test_a_result_is_readable_whatever_the_fields_of_the_api_are_called(runner, creation, bad):
    shown = {"id": ID, "name": "web1", "state": "Running", "more": [bad], **bad}
    body = {"errors": [{"message": "no", "context": {"x": bad, **bad}}]}
    runner.environment.seed({"name": "web1", "id": ID})
    faults = [
        {"kind": "status", "status": 200, "body": {"data": shown}, "method": "GET", "path": f"/instances/{ID}$", "count": 0},
        {"kind": "status", "status": 200, "body": {"data": [shown]}, "method": "GET", "path": "/(instances|templates)$", "count": 0},
        {"kind": "status", "status": 400, "body": body, "method": "PUT", "count": 0},
    ]
    runner.simulator.app.faults.add(faults)
    outcome = runner.play(
        [
            {"coxedge.compute.instance": {"id": ID}},
            {"coxedge.compute.instance": {"id": ID, "name": "other"}},
            {"coxedge.compute.instance_fleet": {"instances": [{"id": ID}]}},
            {"coxedge.compute.instance_info": {"id": ID}},
            {"coxedge.compute.catalog_info": {"kinds": ["templates"]}},
            {"ansible.builtin.debug": {"msg": "{{ result_0.instance.id }} {{ result_3.instances[0].id }}"}},
        ]
    )
    one, failed, fleet, info, catalog, message = outcome.results
    assert (one["instance"]["id"], fleet["instances"][0]["id"], info["instances"][0]["id"]) == (ID, ID, ID), outcome.output
    assert catalog["catalog"]["templates"][0]["id"] == ID and failed["error"]["message"] == "no"
    assert message["msg"] == f"{ID} {ID}"
    text = json.dumps(outcome.results[:5], ensure_ascii=False)
    assert "__ansible" not in text and text.encode()


@pytest.mark.parametrize(
    "encode", [quote, lambda text: base64.b64encode(text.encode()).decode(), lambda text: json.dumps(json.dumps(text))]
)
def test_errors_and_instances_show_no_secret_that_a_server_sends_back_encoded(runner, creation, encode):
    data = "#cloud-config\nruncmd:\n- echo s3cret-of-user-data\n"
    refusal = {"errors": [{"code": 1, "message": f"bad {encode(data)}", "context": {"line": encode(data), "adminPass": "s3cret"}}]}
    shown = {"id": ID, "name": "there", "state": "Running", "hostname": encode(f"Bearer {API_KEY}"), "loginPasswd": "s3cret"}
    runner.simulator.app.faults.add(
        [
            {"kind": "status", "status": 400, "body": refusal, "method": "POST", "path": "/instances$"},
            {"kind": "status", "status": 200, "body": {"data": [shown]}, "method": "GET", "path": "/instances$", "skip": 1},
        ]
    )
    tasks = [{"coxedge.compute.instance": {"name": "web1", "user_data": data, **creation}}, {"coxedge.compute.instance_info": {}}]
    outcome = runner.play(tasks)
    created, info = outcome.results
    assert (
        created["error"]["code"] == 1 and "********" in created["msg"] and created["error"]["context"]["line"].strip(' "\n') == "********"
    )
    assert info["instances"][0]["id"] == ID and "********" in info["instances"][0]["hostname"]
    text = json.dumps(outcome.results) + outcome.output
    assert not secrets_in(text) and encode(API_KEY) not in text and encode(data) not in text


@pytest.mark.parametrize("arguments", [["--check", "--diff"], ["--diff"]])
def test_no_sentence_or_header_has_control_characters(runner, creation, arguments):
    bad = "web\x1b[2J\nok: [localhost]\x9b1"
    runner.environment.seed({"name": bad})
    runner.environment.seed({"name": bad, "state": "Stopped", "id": ID})
    tasks = [
        {"coxedge.compute.instance": {"name": bad}},
        {"coxedge.compute.instance": {"name": "web1", **creation, "network": f"{bad} Web"}},
        {"coxedge.compute.instance_fleet": {"instances": [{"id": ID, "state": "absent"}, {"name": bad}, {"name": "x", "template": bad}]}},
        {"coxedge.compute.instance_fleet": {"instances": [{"name": bad, "no_such": 1}]}},
        {"coxedge.compute.instance": {"id": ID, "state": "recovered", "name": bad}},
    ]
    outcome = runner.play(tasks, *arguments)
    assert "\x1b[2J" not in outcome.output and "\nok: [localhost]\x9b" not in outcome.output
    for result in outcome.results:
        assert result.get("msg", "").isprintable(), result["msg"]
        for warning in result.get("warnings", []):
            assert warning.isprintable(), warning
    assert not any(line.startswith("ok: [localhost]") and "web" in line for line in outcome.output.splitlines())
