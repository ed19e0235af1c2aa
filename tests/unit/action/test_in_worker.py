# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that run in this process, as they do in a worker of ansible-playbook."""

from __future__ import annotations

import gc
import json
import locale
import os
import signal
import sys
import threading
import time
import warnings

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings as module_warnings
from ansible_collections.coxedge.compute.plugins.modules import instance, instance_info
from ansible_collections.coxedge.compute.plugins.plugin_utils import direct, in_worker
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY

NUMBERS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP")]


@pytest.fixture
def run(simulator, tmp_path):
    """Runs the main of a module with options. Returns what core gets of it, and the result if there is one."""

    def called(main, environment=None, **options):
        connection = {"api_url": simulator.api_url, "api_key": API_KEY, "service_code": "compute-on", "environment_name": "test_area"}
        internal = {"_ansible_check_mode": False, "_ansible_module_name": "m", "_ansible_version": "2.19.0", "_ansible_socket": None}
        _packed, parameters = in_worker.packed({**connection, **internal, **options})
        ended = in_worker.call(main, parameters, environment or {}, str(tmp_path))
        return ended, json.loads(ended["stdout"]) if ended["stdout"].strip() else None

    return called


def state_of_process():
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "locale": locale.setlocale(locale.LC_ALL),
        "signals": {number: signal.getsignal(number) for number in NUMBERS},
        "filters": list(warnings.filters),
        "arguments": [getattr(basic, name, None) for name in in_worker.ARGUMENTS],
        "warnings": [len(kept) for kept in (module_warnings._global_warnings, module_warnings._global_deprecations)],
        "streams": (sys.stdout, sys.stderr),
        "files": set(os.listdir("/proc/self/fd")),
        "threads": {thread for thread in threading.enumerate() if not thread.daemon},
    }


def assert_as(before):
    """The server is in this process too, and closes its ends of connections a moment later."""
    ends = time.monotonic() + 5
    while not (after := state_of_process())["files"] <= before["files"] and time.monotonic() < ends:
        time.sleep(0.05)
    assert after["files"] <= before["files"]
    assert {**after, "files": None} == {**before, "files": None}


def disorder(runtime):
    """Changes all that a module can change."""
    runtime.interruption.watch()
    os.environ.update({"COXEDGE_API_KEY": "other", "LC_ALL": "C"})
    del os.environ["PATH"]
    os.chdir("/")
    locale.setlocale(locale.LC_ALL, "C")
    warnings.simplefilter("ignore")
    module_warnings.warn("from the module")
    basic._PARSED_MODULE_ARGS = {"a": 1}
    print('{"changed": false}')
    raise SystemExit(0)


def fault(runtime):
    runtime.interruption.watch()
    raise KeyError("no such thing")


def no_disorder(_runtime):
    raise SystemExit(3)


@pytest.mark.parametrize("main", [disorder, fault, no_disorder])
def test_nothing_is_left_after_a_module(run, main):
    before = state_of_process()
    run(main, environment={"COXEDGE_ENVIRONMENT_NAME": "prod"})
    assert_as(before)


@pytest.mark.parametrize(
    "options", [{}, {"name": True}, {"networks": ["Wbe-test_area"]}, {"api_url": "https://127.0.0.1:1", "api_retries": 0}]
)
def test_nothing_is_left_after_a_real_module(run, options):
    run(instance_info.main, **options)
    before = state_of_process()
    run(instance_info.main, **options)
    assert_as(before)


def test_warnings_of_one_module_do_not_reach_the_next(run):
    run(instance_info.main, networks=["Wbe-test_area"])
    assert "warnings" not in run(instance_info.main)[1]


def test_many_runs_take_no_more_memory_than_few(run):
    def objects_after(runs):
        for _run in range(runs):
            run(instance_info.main)
        gc.collect()
        return len(gc.get_objects())

    objects_after(20)
    first = objects_after(10)
    assert objects_after(60) - first < 300


def test_an_exception_of_a_module_is_a_failed_result_and_not_the_end_of_the_worker(run):
    ended, result = run(fault)
    assert ended["rc"] == 1
    assert "no such thing" in (json.dumps(result) if result else ended["stderr"])


def test_the_environment_of_a_task_is_there_while_it_runs_and_gone_afterwards(run, monkeypatch):
    monkeypatch.setenv("COXEDGE_ORGANIZATION_ID", "mine")
    seen = []

    def look(_runtime):
        seen.append((os.environ["COXEDGE_ORGANIZATION_ID"], os.environ["COXEDGE_API_TIMEOUT"]))
        raise SystemExit(0)

    run(look, environment={"COXEDGE_ORGANIZATION_ID": "task's", "COXEDGE_API_TIMEOUT": "3"})
    assert seen == [("task's", "3")]
    assert os.environ["COXEDGE_ORGANIZATION_ID"] == "mine" and "COXEDGE_API_TIMEOUT" not in os.environ


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_interrupts_the_run_and_then_does_what_it_would_have_done(run, number):
    handled, during = [], []

    def interrupted(runtime):
        runtime.interruption.watch()
        os.kill(os.getpid(), number)
        during.append((runtime.interruption.cause(), list(handled)))
        print('{"failed": true}')
        raise SystemExit(1)

    before = signal.signal(number, lambda *_args: handled.append(number))
    try:
        assert run(interrupted)[1] == {"failed": True}
    finally:
        signal.signal(number, before)
    assert during == [(signal.Signals(number).name, [])] and handled == [number]


def test_the_end_of_ansible_playbook_interrupts_the_run(run, monkeypatch):
    causes = []

    def look(runtime):
        runtime.interruption.watch()
        causes.append(runtime.interruption.cause())
        monkeypatch.setattr(os, "getppid", lambda: 1)
        causes.append(runtime.interruption.cause())
        raise SystemExit(1)

    run(look)
    assert causes == [None, "the end of ansible-playbook"]


def test_check_mode_of_one_run_does_not_reach_the_next(run, harness):
    harness.seed(name="web1", state="Running")
    assert run(instance.main, name="web1", state="stopped", wait=False, _ansible_check_mode=True)[1]["actions"] == ["stop"]
    assert harness.writes() == []
    assert run(instance.main, name="web1", state="stopped", wait=False)[1]["actions"] == ["stop"]
    assert harness.writes() == ["POST stop"]


@pytest.mark.parametrize("name", ["python", "python3", os.path.basename(os.path.realpath(sys.executable))])
def test_each_name_of_this_python_in_its_folder_is_this_python(name):
    path = os.path.join(os.path.dirname(sys.executable), name)
    assert direct.is_this_python(path) is os.path.exists(path)


def test_the_python_that_a_virtual_environment_is_based_on_is_another_one():
    assert not direct.is_this_python("/usr/bin/env python3")
    if sys.prefix != sys.base_prefix:
        assert not direct.is_this_python(os.path.realpath(sys.executable))


@pytest.mark.parametrize("value", [False, "0", "false", "False", " no ", "OFF"])
def test_words_that_turn_it_off(value):
    assert direct.is_off(value)


@pytest.mark.parametrize("value", [None, True, "1", "yes", "", "on"])
def test_words_that_do_not(value):
    assert not direct.is_off(value)
