# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches everything that a run writes for the API key, passwords and user data: output, logs, caches and kept modules."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile

import pytest
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY

DATA = "#cloud-config password: s3cret-of-user-data"
ISO = "drivers"


def tasks(creation):
    """Tasks that use each module."""
    creation = {**creation, "return_password": True}
    members = [{"name": "web2", "user_data": DATA}, {"name": "web3"}]
    one = {"name": "web1", "user_data": DATA, "wait_timeout": 10, **creation}
    return [
        {"coxedge.compute.instance": one},
        {"coxedge.compute.instance": {**one, "hostname": "changed", "allow_reboot": True}},
        {"coxedge.compute.instance_fleet": {"instances": members, "defaults": {**creation, "user_data": DATA}, "wait_timeout": 10}},
        # This module returns user data on purpose, so its result must not be logged.
        {"coxedge.compute.instance_info": {"details": True}, "no_log": True},
        {"coxedge.compute.instance_password": {"name": "web1"}},
        {"coxedge.compute.instance_iso": {"name": "web1", "iso": ISO}},
        {"coxedge.compute.catalog_info": {"kinds": ["templates"]}},
        {"coxedge.compute.instance": {"name": "web1", "state": "restarted", "wait": False}, "register": "restarted"},
        {"coxedge.compute.task_info": {"id": "{{ restarted.task_id | default('') }}", "wait": True}},
        {"coxedge.compute.instance": {"name": "web1", "state": "absent"}},
    ]


@pytest.fixture
def run_all(runner, creation):
    """Runs all tasks with the inventory plugin and with every setting that makes Ansible keep files."""

    def run(no_log=False, *faults):
        runner.environment.seed({"name": "there", "userData": DATA})
        runner.simulator.app.faults.add(list(faults))
        cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": "inventory-cache"}
        inventory = {"plugin": "coxedge.compute.instances", "details": True, "api_retries": 0, **cache}
        (runner.folder / "coxedge.yml").write_text(json.dumps(inventory))
        wrapped = [{"no_log": no_log, "ignore_errors": True, **task} for task in tasks(creation)]
        book = [{"hosts": "localhost", "gather_facts": False, "tasks": wrapped}]
        (runner.folder / "site.yml").write_text(json.dumps(book))
        finished = runner.command(
            *("ansible-playbook", "-i", "coxedge.yml", "site.yml", "-vvvv", "--diff"),
            ANSIBLE_LOG_PATH=str(runner.folder / "ansible.log"),
            ANSIBLE_KEEP_REMOTE_FILES="1",
            ANSIBLE_REMOTE_TEMP=str(runner.folder / "remote"),
            ANSIBLE_LOCAL_TEMP=str(runner.folder / "local"),
            COXEDGE_API_RETRIES="0",
            ANSIBLE_CACHE_PLUGIN="ansible.builtin.jsonfile",
            ANSIBLE_CACHE_PLUGIN_CONNECTION=str(runner.folder / "facts"),
        )
        (runner.folder / "output").write_text(finished.stdout + finished.stderr)
        # This file is from the test itself.
        (runner.folder / "site.yml").unlink()
        return finished

    return run


def unpacked(folder):
    """Every file below a folder, and the files within packed modules: (path, text)."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        text = path.read_text(errors="replace")
        yield path, text
        for packed in re.findall(r"[A-Za-z0-9+/]{2000,}={0,2}", text):
            with zipfile.ZipFile(io.BytesIO(base64.b64decode(packed))) as archive:
                for name in archive.namelist():
                    yield path / name, archive.read(name).decode(errors="replace")


def kept_modules(folder):
    return [path for path, _text in unpacked(folder / "remote") if path.name.startswith("AnsiballZ_")]


def passwords(runner):
    results = [task.result for task in runner.simulator.cloud.tasks.values() if isinstance(task.result, dict)]
    return [result["password"] for result in results if result.get("password")]


@pytest.mark.parametrize("no_log", [False, True])
def test_output_and_files_of_a_run_have_no_secrets(runner, run_all, no_log):
    finished = run_all(no_log)
    assert finished.returncode == 0 and "failed=0 " in finished.stdout and "ignored=0" in finished.stdout, finished.stdout[-3000:]
    seen = list(unpacked(runner.folder))
    assert len(kept_modules(runner.folder)) == len(tasks({})) and any("inventory-cache" in str(path) for path, _text in seen)
    assert len(passwords(runner)) == 4
    for path, text in seen:
        assert API_KEY not in text, path
        # Core writes options into the packed module; see the documentation.
        assert DATA not in text or "AnsiballZ" in str(path), path
        if no_log:
            assert not any(password in text for password in passwords(runner)), path


# Secrets that a server echoes, in all parts of a response. Only the task that sent user data gets it back.
ECHO = f"refused {API_KEY}"
BOTH = f"{ECHO} with {DATA}"


def errors(text):
    return {"errors": [{"code": 2012, "message": text, "context": {"currentState": text, API_KEY: text}}], "data": text, API_KEY: text}


INSTANCE = {"id": "9db8ff2f-b49b-466d-a2f3-c1e6def408f4", "name": ECHO, "state": "Running", "hostname": ECHO, API_KEY: ECHO}
ECHOES = {
    "an error of each create": {"kind": "status", "status": 400, "body": errors(BOTH), "method": "POST", "path": "/instances$"},
    "an error of each write": {"kind": "status", "status": 400, "body": errors(ECHO), "method": "POST"},
    "an error with status 200": {"kind": "status", "status": 200, "body": errors(ECHO), "skip": 6},
    "a page": {"kind": "html", "message": ECHO, "skip": 6},
    "a header": {"kind": "redirect", "location": f"http://127.0.0.1:9/{API_KEY}", "headers": {"Retry-After": API_KEY}, "skip": 6},
    "a failed task": {"kind": "task_failed", "message": BOTH, "method": "POST", "path": "/instances$"},
    "an instance": {"kind": "status", "status": 200, "body": {"data": [INSTANCE]}, "path": "/instances$", "method": "GET"},
}


@pytest.mark.parametrize("kind", ECHOES)
def test_what_servers_echo_is_not_passed_on(runner, run_all, kind):
    ended = run_all(False, {"count": 0, **ECHOES[kind]})
    assert "ignored=0" not in ended.stdout and "Traceback" not in ended.stdout + ended.stderr
    (echo,) = runner.simulator.app.faults.active
    assert echo.hits, "nothing was echoed"
    for path, text in unpacked(runner.folder):
        assert API_KEY not in text, path
        assert "s3cret-of-user-data" not in text or "AnsiballZ" in str(path), path


def listed(runner, options, *arguments):
    """A finished ansible-inventory, and all that it wrote but the file that it read."""
    path = runner.folder / "coxedge.yml"
    path.write_text(json.dumps({"plugin": "coxedge.compute.instances", **options}))
    finished = runner.command("ansible-inventory", "-i", "coxedge.yml", "--list", *arguments)
    path.unlink()
    return finished, finished.stdout + finished.stderr + "".join(text for _path, text in unpacked(runner.folder))


def test_hosts_and_caches_have_no_secret_that_a_server_encoded_or_gave_another_name(runner):
    encoded = [base64.b64encode(f"Bearer {API_KEY}".encode()).decode(), API_KEY.replace("-", "%2d"), API_KEY.replace("-", "&#45;")]
    secrets = {"adminPass": "s3cret", "nics": [{"vncPasswd": "s3cret", "privateKey": "s3cret"}], "__ansible_unsafe": "s3cret"}
    shown = {**INSTANCE, **secrets, "hostname": "\x00".join(API_KEY), "notes": encoded, "half": "\ud800"}
    runner.simulator.app.faults.add([{"kind": "status", "status": 200, "body": {"data": [shown]}, "path": "/instances$", "count": 0}])
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": "inventory-cache"}
    finished, everything = listed(runner, cache, "-vvvv")
    assert finished.returncode == 0 and "refused ********" in finished.stdout, finished.stderr
    for secret in ("s3cret", API_KEY, *encoded, "s\\u0000i"):
        assert secret not in everything, secret


@pytest.mark.parametrize("url", ["https://me:s3cret@127.0.0.1:9/api", "https://me:s3/cret@127.0.0.1:9/api", "me:s3cret@127.0.0.1"])
def test_a_password_in_the_url_is_in_no_output_of_the_inventory(runner, url):
    _finished, everything = listed(runner, {"api_url": url}, "-vvvv")
    # Core wraps the lines of what it shows.
    words = " ".join(everything.split())
    assert "api_url must be" in words or "api_url has no valid" in words
    assert "s3" not in everything and "cret@" not in everything


def test_the_file_of_an_asynchronous_task_has_no_secret(runner):
    runner.environment.seed({"name": "there", "hostname": API_KEY})
    folder = runner.folder / "async"
    tasks = [{"coxedge.compute.instance_info": {}, "async": 60, "poll": 1}]
    # Newer versions of core remove the file when they have read it.
    tasks.append({"coxedge.compute.instance_info": {}, "async": 60, "poll": 0})
    tasks.append({"ansible.builtin.wait_for": {"path": "{{ result_1.results_file }}", "search_regex": "instances", "timeout": 60}})
    outcome = runner.play(tasks, "-vvvv", ANSIBLE_ASYNC_DIR=str(folder))
    assert outcome.results[0]["instances"][0]["hostname"] == "********"
    written = [text for _path, text in unpacked(folder)]
    assert any("********" in text for text in written) and not any(API_KEY in text for text in written)
    assert API_KEY not in outcome.output
