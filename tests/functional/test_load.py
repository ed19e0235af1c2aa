# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two hundred runs of a module at the same time, each in its own process."""

from __future__ import annotations

import json
from collections import Counter

import pytest

RUNS = 200


@pytest.mark.slow
def test_runs_at_the_same_time_create_each_server_once(runner, creation):
    """First with one response in twenty lost, then without faults and with nothing to change."""
    hosts = [f"web{number}" for number in range(RUNS)]
    options = {"name": "{{ inventory_hostname }}", "api_timeout": 120, "wait_timeout": 1200, **creation}
    tasks = [
        {"coxedge.compute.instance": options, "register": "created"},
        {"ansible.builtin.debug": {"msg": "{{ created.actions | join }} {{ created.instance.state }}"}},
    ]
    variables = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    (runner.folder / "site.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "vars": variables, "tasks": tasks}]))
    (runner.folder / "hosts").write_text("\n".join(hosts) + "\n")
    runner.simulator.app.faults.add({"kind": "drop_after", "every": 20, "count": 0})
    for actions in ("create", ""):
        finished = runner.command("ansible-playbook", "-i", "hosts", "site.yml", "--forks", str(RUNS))
        assert finished.returncode == 0, (finished.stdout + finished.stderr)[-3000:]
        assert finished.stdout.count(f'"{actions} Running"') == RUNS
        assert Counter(instance["name"] for instance in runner.instances()) == Counter(hosts)
        runner.simulator.app.faults.clear()
