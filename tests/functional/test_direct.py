# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tasks run directly, and what -vvv says about it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ansible_collections.coxedge.compute.tests.functional.cores import ALL_CORES

HERE = Path(__file__).resolve().parent
INFO = "coxedge.compute.instance_info"
DIRECT = "directly"
WAY = re.compile(r"coxedge\.compute\.\w+ runs (?:(directly), inside the worker|as a module in a process of its own: (.*))\.$", re.MULTILINE)
# Keywords of a task, and how it runs.
TASKS = [
    ({}, DIRECT),
    ({"vars": {"coxedge_direct": False}}, "the variable coxedge_direct turns direct execution off"),
    ({"vars": {"coxedge_direct": "off"}}, "the variable coxedge_direct turns direct execution off"),
    ({"vars": {"coxedge_direct": "{{ 1 == 2 }}"}}, "the variable coxedge_direct turns direct execution off"),
    ({"vars": {"coxedge_direct": "yes"}}, DIRECT),
    ({"become": True, "become_user": "root"}, "the task uses become"),
    ({"async": 20, "poll": 1}, "the task uses async"),
    ({"timeout": 30}, "the task has a timeout"),
    ({"environment": {"COXEDGE_API_TIMEOUT": "5", "https_proxy": "", "SSL_CERT_FILE": "/x"}}, DIRECT),
    ({"environment": {"LD_LIBRARY_PATH": "/x", "LANG": "C"}}, "the task sets LANG, LD_LIBRARY_PATH in its environment"),
    ({"vars": {"ansible_python_interpreter": "/usr/bin/env python3"}}, "the interpreter is /usr/bin/env python3, and Ansible runs with"),
    ({"vars": {"ansible_python_interpreter": "auto_silent"}}, "the interpreter has yet to be discovered"),
    ({"vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}, DIRECT),
    ({"check_mode": True, "diff": True, "no_log": True, "delegate_to": "localhost"}, DIRECT),
]


def ways(runner, tasks, *arguments, **environ):
    """How each task says that it runs."""
    book = [{"hosts": "localhost", "gather_facts": False, "tasks": [{INFO: {}, "ignore_errors": True, **task} for task in tasks]}]
    (runner.folder / "play.yml").write_text(json.dumps(book))
    ended = runner.command("ansible-playbook", "play.yml", "-vvv", *arguments, **environ)
    assert "Traceback" not in ended.stdout + ended.stderr, ended.stdout
    return [direct or reason for direct, reason in WAY.findall(ended.stdout)], ended


@pytest.mark.parametrize("core", ALL_CORES)
def test_each_task_says_how_it_runs(on_core, core):
    runner, _attempts = on_core(core)
    seen, _ended = ways(runner, [task for task, _how in TASKS])
    assert len(seen) == len(TASKS)
    for how, (task, expected) in zip(seen, TASKS, strict=True):
        assert how.startswith(expected), task


@pytest.mark.parametrize(
    "environ, expected",
    [
        ({"COXEDGE_DIRECT": "no"}, "the environment variable COXEDGE_DIRECT turns direct execution off"),
        ({"COXEDGE_DIRECT": "1"}, DIRECT),
        ({"COXEDGE_DIRECT": ""}, DIRECT),
        ({"ANSIBLE_KEEP_REMOTE_FILES": "1"}, "ANSIBLE_KEEP_REMOTE_FILES is set"),
        ({"ANSIBLE_TASK_TIMEOUT": "60"}, "the task has a timeout"),
        ({"ANSIBLE_PYTHON_INTERPRETER": "/nowhere/python"}, DIRECT),
    ],
)
def test_the_environment_decides_how_tasks_run(runner, environ, expected):
    seen, _ended = ways(runner, [{}], **environ)
    assert seen == [expected]


@pytest.mark.parametrize("core", ALL_CORES)
def test_with_a_core_that_is_not_as_expected_tasks_run_in_core_s_own_way(on_core, core):
    runner, _attempts = on_core(core)
    callbacks = {"ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"), "ANSIBLE_CALLBACKS_ENABLED": "other_core"}
    seen, ended = ways(runner, [{"register": "shown"}, {"failed_when": "shown.instances is not defined"}], **callbacks)
    assert ended.returncode == 0 and "ignored=0" in ended.stdout
    assert len(seen) == 2 and all(how.startswith("this ansible-core is not as expected (AttributeError: ") for how in seen)


def test_hosts_of_an_inventory_run_directly_if_they_say_how(runner):
    (runner.folder / "hosts.yml").write_text(
        json.dumps(
            {
                "all": {
                    "hosts": {
                        "localhost": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
                    }
                }
            }
        )
    )
    assert ways(runner, [{}], "-i", "hosts.yml")[0] == [DIRECT]


def test_another_connection_is_not_this_machine(runner):
    seen, _ended = ways(runner, [{"vars": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}}])
    assert seen == ["the connection is not local"]


def test_extra_vars_turn_it_off(runner):
    assert ways(runner, [{}], "-e", "coxedge_direct=false")[0] == ["the variable coxedge_direct turns direct execution off"]


def test_without_requests_the_reason_is_said(runner):
    (runner.folder / "site").mkdir()
    (runner.folder / "site" / "sitecustomize.py").write_text("import sys\nsys.modules['requests'] = None\n")
    seen, ended = ways(runner, [{}], PYTHONPATH=str(runner.folder / "site"))
    assert seen == ["the Python that runs Ansible does not have the library requests"]
    assert "requests" in ended.stdout and "ignored=1" in ended.stdout
