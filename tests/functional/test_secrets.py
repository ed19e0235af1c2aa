# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a run leaves behind is searched for the API key, passwords and user data: output, logs, caches, modules that were kept."""

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
    """Each module at its work."""
    one = {"name": "web1", "user_data": DATA, "wait_timeout": 10, **creation}
    members = [{"name": "web2", "user_data": DATA}, {"name": "web3"}]
    return [
        {"coxedge.compute.instance": one},
        {"coxedge.compute.instance": {**one, "hostname": "changed", "allow_reboot": True}},
        {"coxedge.compute.instance_fleet": {"instances": members, "defaults": {**creation, "user_data": DATA}, "wait_timeout": 10}},
        # It is there to return user data, so its result is not for logs.
        {"coxedge.compute.instance_info": {"details": True}, "no_log": True},
        {"coxedge.compute.instance_password": {"name": "web1"}},
        {"coxedge.compute.instance_iso": {"name": "web1", "iso": ISO}},
        {"coxedge.compute.catalog_info": {"kinds": ["templates"]}},
        {"coxedge.compute.instance": {"name": "web1", "state": "absent"}},
    ]


@pytest.fixture
def leavings(runner, creation):
    """Runs all tasks over an inventory of the plugin with everything on that leaves something behind."""

    def run(no_log=False, *faults):
        runner.environment.seed({"name": "there", "userData": DATA})
        runner.simulator.app.faults.add(list(faults))
        cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": "inventory-cache"}
        inventory = {"plugin": "coxedge.compute.instances", "details": True, "api_retries": 0, **cache}
        (runner.folder / "coxedge.yml").write_text(json.dumps(inventory))
        whole = [{"no_log": no_log, "ignore_errors": True, **task} for task in tasks(creation)]
        book = [{"hosts": "localhost", "gather_facts": False, "tasks": whole}]
        (runner.folder / "site.yml").write_text(json.dumps(book))
        ended = runner.command(
            *("ansible-playbook", "-i", "coxedge.yml", "site.yml", "-vvvv", "--diff"),
            ANSIBLE_LOG_PATH=str(runner.folder / "ansible.log"),
            ANSIBLE_KEEP_REMOTE_FILES="1",
            ANSIBLE_REMOTE_TEMP=str(runner.folder / "remote"),
            ANSIBLE_LOCAL_TEMP=str(runner.folder / "local"),
            COXEDGE_API_RETRIES="0",
            ANSIBLE_CACHE_PLUGIN="ansible.builtin.jsonfile",
            ANSIBLE_CACHE_PLUGIN_CONNECTION=str(runner.folder / "facts"),
        )
        (runner.folder / "output").write_text(ended.stdout + ended.stderr)
        # What the test itself has written.
        (runner.folder / "site.yml").unlink()
        return ended

    return run


def unpacked(folder):
    """Every file below a folder, and what is in modules that core has packed: (where, text)."""
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
def test_what_a_run_leaves_behind_holds_no_secret(runner, leavings, no_log):
    ended = leavings(no_log)
    assert ended.returncode == 0 and "failed=0 " in ended.stdout and "ignored=0" in ended.stdout, ended.stdout[-3000:]
    seen = list(unpacked(runner.folder))
    assert len(kept_modules(runner.folder)) == len(tasks({})) and any("inventory-cache" in str(path) for path, _text in seen)
    assert len(passwords(runner)) == 4
    for path, text in seen:
        assert API_KEY not in text, path
        # Options are in the module that core hands over; see the documentation.
        assert DATA not in text or "AnsiballZ" in str(path), path
        if no_log:
            assert not any(password in text for password in passwords(runner)), path


# What servers echo, in every kind of place. User data is echoed to the task that has sent it.
ECHO = f"refused {API_KEY}"
BOTH = f"{ECHO} with {DATA}"


def errors(text):
    return {"errors": [{"code": 2012, "message": text, "context": {"currentState": text, API_KEY: text}}], "data": text, API_KEY: text}


ROW = {"id": "9db8ff2f-b49b-466d-a2f3-c1e6def408f4", "name": ECHO, "state": "Running", "hostname": ECHO, API_KEY: ECHO}
ECHOES = {
    "an error of each create": {"kind": "status", "status": 400, "body": errors(BOTH), "method": "POST", "path": "/instances$"},
    "an error of each write": {"kind": "status", "status": 400, "body": errors(ECHO), "method": "POST"},
    "an error with status 200": {"kind": "status", "status": 200, "body": errors(ECHO), "skip": 6},
    "a page": {"kind": "html", "message": ECHO, "skip": 6},
    "a header": {"kind": "redirect", "location": f"http://127.0.0.1:9/{API_KEY}", "headers": {"Retry-After": API_KEY}, "skip": 6},
    "a failed task": {"kind": "task_failed", "message": BOTH, "method": "POST", "path": "/instances$"},
    "an instance": {"kind": "status", "status": 200, "body": {"data": [ROW]}, "path": "/instances$", "method": "GET"},
}


@pytest.mark.parametrize("kind", ECHOES)
def test_what_servers_echo_is_not_passed_on(runner, leavings, kind):
    ended = leavings(False, {"count": 0, **ECHOES[kind]})
    assert "ignored=0" not in ended.stdout and "Traceback" not in ended.stdout + ended.stderr
    (echo,) = runner.simulator.app.faults.active
    assert echo.hits, "nothing was echoed"
    for path, text in unpacked(runner.folder):
        assert API_KEY not in text, path
        assert "s3cret-of-user-data" not in text or "AnsiballZ" in str(path), path
