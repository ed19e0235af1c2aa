# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory with ansible-inventory and in real plays against the simulator."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.inventory import instances as plugin
from ansible_collections.coxedge.compute.tests.benchmark.inventory import without_marks

KEY = "simulator-key"


class Listed:
    """A finished ``ansible-inventory --list``."""

    def __init__(self, finished, requests):
        self.code, self.errors, self.requests = finished.returncode, finished.stderr, requests
        self.groups = json.loads(finished.stdout) if finished.stdout.startswith("{") else {}
        self.hosts = without_marks(self.groups.pop("_meta", {}).get("hostvars", {}))


@pytest.fixture
def listed(runner):
    """Runs ansible-inventory with a file that has these options."""

    def run(options=None, *arguments, **environ):
        content = options if isinstance(options, str) else json.dumps({"plugin": "coxedge.compute.instances", **(options or {})})
        (runner.folder / "coxedge.yml").write_text(content)
        runner.simulator.app.log.clear()
        finished = runner.command("ansible-inventory", "-i", "coxedge.yml", "--list", *arguments, **environ)
        assert "Traceback" not in finished.stderr
        return Listed(finished, list(runner.simulator.app.log))

    return run


def play(runner, tasks, *arguments, **environ):
    variables = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    book = [{"hosts": "coxedge", "gather_facts": False, "connection": "local", "vars": variables, "tasks": tasks}]
    (runner.folder / "site.yml").write_text(json.dumps(book))
    return runner.command("ansible-playbook", "-i", "coxedge.yml", "site.yml", *arguments, **environ)


def test_an_inventory_has_hosts_groups_and_variables(runner, listed):
    runner.environment.seed({"name": "web-1", "zoneName": "QC 2"})
    runner.environment.seed({"name": "db-1", "state": "Stopped"})
    keyed = [{"key": f"coxedge_{name}", "prefix": name} for name in ("zone_name", "state", "compute_offering_name")]
    seen = listed({"keyed_groups": keyed, "compose": {"ansible_host": "coxedge_hostname ~ '.example.com'"}})
    assert seen.code == 0 and len(seen.requests) == 1 and not seen.errors
    assert list(seen.hosts) == ["db-1", "web-1"]
    assert seen.groups["zone_name_QC_2"] == {"hosts": ["web-1"]} and seen.groups["state_Stopped"] == {"hosts": ["db-1"]}
    assert seen.groups["compute_offering_name_1vCPU_512MB"] == {"hosts": ["db-1", "web-1"]}
    assert seen.hosts["web-1"]["ansible_host"] == "web-1.example.com"
    # For enabled_var of AWX, which would see text as a dict.
    assert seen.hosts["web-1"]["coxedge_active"] is True and seen.hosts["db-1"]["coxedge_active"] is False


def test_the_graph_shows_groups_and_hosts(runner):
    runner.environment.seed({"name": "web-1"})
    (runner.folder / "coxedge.yml").write_text("plugin: coxedge.compute.instances\nkeyed_groups: [{key: coxedge_state, prefix: state}]\n")
    graph = runner.command("ansible-inventory", "-i", "coxedge.yml", "--graph").stdout
    assert [line.strip() for line in graph.splitlines()] == [
        "@all:",
        "|--@ungrouped:",
        "|--@coxedge:",
        "|  |--web-1",
        "|--@state_Running:",
        "|  |--web-1",
    ]


def test_a_play_runs_on_the_hosts(runner, listed):
    for number in range(3):
        runner.environment.seed({"name": f"web-{number}"})
    listed({})
    finished = play(
        runner, [{"ansible.builtin.assert": {"that": ["coxedge_active", "coxedge_name == inventory_hostname", "'coxedge' in group_names"]}}]
    )
    assert finished.returncode == 0 and len(re.findall(r"ok=1 ", finished.stdout)) == 3


def test_the_file_name_decides_whether_the_plugin_reads_it(runner):
    runner.environment.seed({"name": "web-1"})
    for name, accepted in (
        ("coxedge.yaml", True),
        ("prod.coxedge.yml", True),
        ("mycoxedge.yml", True),
        ("coxedge.json", False),
        ("hosts.yml", False),
    ):
        (runner.folder / name).write_text("plugin: coxedge.compute.instances\n")
        finished = runner.command("ansible-inventory", "-i", name, "--list")
        assert ("web-1" in finished.stdout) is accepted, name


# -- hostile text

HOSTILE = [
    "{{ lookup('pipe', 'touch %s') }}",
    "{%% set x = lookup('pipe', 'touch %s') %%}",
    "a 'b' \"c\"\nd",
    "😀 web",
    "ä" * 255,
    "web:22",
    "{{",
    "#}",
]


@pytest.mark.parametrize("plugins", [None, "coxedge.compute.instances"], ids=["by default", "with only this plugin"])
@pytest.mark.parametrize("content", ["plugin: coxedge.compute.instances\n", '{"plugin": "coxedge.compute.instances", "strict": true}'])
def test_a_file_with_another_name_is_named_with_the_rule(runner, content, plugins):
    (runner.folder / "servers.yml").write_text(content)
    environ = {"ANSIBLE_INVENTORY_ENABLED": plugins} if plugins else {}
    listed = runner.command("ansible-inventory", "-i", "servers.yml", "--list", **environ)
    said = " ".join(listed.stderr.split())
    assert said.count("must end in coxedge.yml or coxedge.yaml. Rename it, for example to servers.coxedge.yml.") == 1


def test_a_file_for_another_plugin_is_not_mentioned(runner):
    (runner.folder / "servers.yml").write_text("plugin: coxedge.compute.instances_of_others\n")
    listed = runner.command("ansible-inventory", "-i", "servers.yml", "--list", ANSIBLE_INVENTORY_ENABLED="coxedge.compute.instances")
    assert "must end in" not in listed.stderr


@pytest.mark.parametrize("strict", [False, True])
def test_hostile_text_is_never_evaluated(runner, listed, strict):
    marker = runner.folder / "marker"
    texts = [text % marker if "%s" in text else text for text in HOSTILE]
    for text in texts:
        runner.environment.seed(
            {"name": text, "networkName": text, "hostname": text, "username": text, "zoneName": text, "ipAddress": text}
        )
    options = {
        "strict": strict,
        "set_ansible_user": True,
        "connect_with": "hostname",
        "hostnames": ["name", "coxedge_hostname ~ coxedge_zone_name"],
        "filters": ["coxedge_name != ''", "coxedge_name == coxedge_network_name"],
        "compose": {
            "copy": "coxedge_name",
            "longer": "'<' ~ coxedge_name ~ '>'",
            "in_list": "[coxedge_name]",
            "in_dict": "{'a': coxedge_name}",
        },
        "groups": {"g": "coxedge_network_name | length > 0"},
        "keyed_groups": [
            {"key": "coxedge_network_name", "prefix": "net"},
            {"key": "coxedge_zone_name", "prefix": "zone", "parent_group": "in {{ coxedge_zone_name }}"},
        ],
    }
    seen = listed(options)
    assert seen.code == 0 and len(seen.hosts) == len(texts) and not marker.exists(), seen.errors
    assert {variables["coxedge_name"] for variables in seen.hosts.values()} == set(texts)
    for variables in seen.hosts.values():
        assert variables["copy"] == variables["coxedge_name"] and variables["longer"] == f"<{variables['coxedge_name']}>"
    assert all(name.isidentifier() for name in seen.groups)
    names = [
        "inventory_hostname",
        "coxedge_name",
        "copy",
        "longer",
        "in_list",
        "in_dict",
        "inventory_hostname_short",
        "groups",
        "group_names",
    ]
    tasks = [
        {"ansible.builtin.debug": {"msg": "{{ " + " ~ '|' ~ ".join(names) + " }}"}},
        {"ansible.builtin.debug": {"msg": ["{{ " + name + " }}" for name in names]}},
        {
            "ansible.builtin.set_fact": {
                "kept": "{{ coxedge_name }}",
                "joined": "x {{ coxedge_network_name }} {{ hostvars[inventory_hostname].copy }}",
            }
        },
        {"ansible.builtin.debug": {"msg": "{{ kept }} {{ joined }}"}},
        {"ansible.builtin.debug": {"var": "coxedge_name"}},
        {"ansible.builtin.command": {"argv": ["echo", "{{ coxedge_name }}"]}},
    ]
    finished = play(runner, tasks)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert not marker.exists() and texts[0] in finished.stdout


def test_hosts_do_not_depend_on_the_order_of_the_list(runner, listed):
    for name in ("b", "a", "same-name", "same-name", "c"):
        runner.environment.seed({"name": name})
    first = listed({})
    instances = runner.environment.instances
    for key in sorted(instances, reverse=True):
        instances[key] = instances.pop(key)
    second = listed({})
    assert first.hosts == second.hosts and first.groups == second.groups and len(first.hosts) == 5
    assert "same-name" in first.errors and "same-name" not in first.hosts


def test_no_name_of_a_server_reads_the_variables_of_another_host(runner, listed):
    for path in ("prod-db.yml", "prod-web/vault", "prod-app.json"):
        (runner.folder / "host_vars" / path).parent.mkdir(parents=True, exist_ok=True)
        (runner.folder / "host_vars" / path).write_text('{"secret_of": "another"}')
    names = ("prod-db.yml", "./prod-db", "prod-web/vault", "prod-web/../prod-db", ".\\prod-db", "prod-app.json", "PROD-DB.YML")
    for name in names:
        runner.environment.seed({"name": name})
    runner.environment.seed({"name": "prod-db"})
    hosts = listed({}).hosts
    assert [name for name, variables in hosts.items() if "secret_of" in variables] == ["prod-db"]
    assert len(hosts) == len(names) + 1 and not set(names) & set(hosts)


# -- failures


def test_a_failed_environment_fails_the_whole_inventory(runner, listed):
    runner.environment.seed({"name": "web-1"})
    runner.simulator.app.faults.add({"kind": "status", "status": 403, "path": "/prod/instances", "count": 0})
    options = {"environment_names": ["test_area", "prod"]}
    seen = listed(options)
    assert not seen.hosts and "coxedge" not in seen.groups
    assert "environment prod" in re.sub(r"\s+", " ", seen.errors) and KEY not in seen.errors
    assert listed(options, ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="1").code != 0
    assert listed(options, ANSIBLE_INVENTORY_UNPARSED_FAILED="True").code != 0


def test_an_unreachable_api_is_reported(listed):
    seen = listed({"api_url": "http://127.0.0.1:9/api/v2", "api_retries": 0})
    assert "connection refused" in re.sub(r"\s+", " ", seen.errors)


def test_the_key_is_in_no_output_log_or_cache(runner, listed):
    runner.environment.seed({"name": "web-1", "userData": "s3cret-data"})
    log = runner.folder / "log"
    options = {"details": True, "cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": "cache"}
    (runner.folder / "coxedge.yml").write_text(json.dumps({"plugin": "coxedge.compute.instances", **options}))
    for fault in (None, {"kind": "status", "status": 403, "count": 0, "message": f"no such key {KEY}"}):
        if fault:
            runner.simulator.app.faults.add(fault)
            shutil.rmtree(runner.folder / "cache")
        ended = runner.command("ansible-inventory", "-i", "coxedge.yml", "--list", "-vvvv", ANSIBLE_LOG_PATH=str(log), ANSIBLE_DEBUG="1")
        assert ended.returncode == 0 and ("web-1" in ended.stdout) is (fault is None), ended.stderr
        assert KEY not in ended.stdout + ended.stderr and "s3cret" not in ended.stdout + ended.stderr
        left = [path for path in runner.folder.rglob("*") if path.is_file()]
        # A cache is kept of what could be read.
        assert log in left and any(path.parent.name == "cache" for path in left) is (fault is None)
        for path in left:
            assert KEY not in path.read_text(errors="replace"), path


@pytest.mark.parametrize(
    "wrong",
    [
        {"strict": True, "keyed_groups": [{"key": "coxedge_name", "parent_group": "{{ coxedge_nope }}"}]},
        {"strict": True, "compose": {"x": "coxedge_nope"}},
        {"compose": {"a b": "1"}},
        {"compose": {"ansible_connection": "coxedge_name"}},
    ],
)
def test_a_key_in_the_file_is_not_shown_in_the_context_of_an_error(runner, listed, wrong):
    runner.environment.seed({"name": "web-1"})
    text = yaml.safe_dump({"plugin": "coxedge.compute.instances", "api_key": KEY, **wrong}, sort_keys=False)
    seen = listed(text, COXEDGE_API_KEY="")
    finished = play(runner, [{"ansible.builtin.debug": {"msg": "{{ x.y }}"}}], COXEDGE_API_KEY="")
    assert KEY not in seen.errors + str(seen.hosts) + finished.stdout + finished.stderr


def test_a_vaulted_key_works(runner, listed):
    runner.environment.seed({"name": "web-1"})
    (runner.folder / "password").write_text("x")
    vaulted = runner.command("ansible-vault", "encrypt_string", "--vault-password-file", "password", "--name", "api_key", KEY).stdout
    seen = listed(f"plugin: coxedge.compute.instances\n{vaulted}", "--vault-password-file", "password", COXEDGE_API_KEY="")
    assert list(seen.hosts) == ["web-1"], seen.errors


# -- the cache


def test_the_command_line_uses_the_cache(runner, listed):
    runner.environment.seed({"name": "web-1"})
    options = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": "cache"}
    assert len(listed(options).requests) == 1
    runner.environment.seed({"name": "web-2"})
    second = listed(options)
    assert second.requests == [] and list(second.hosts) == ["web-1"]
    runner.simulator.app.log.clear()
    # Only newer cores have this option in ansible-inventory.
    third = play(runner, [{"ansible.builtin.debug": {"msg": "x"}}], "--flush-cache")
    assert len(runner.simulator.app.log) == 1 and "web-2" in third.stdout
    assert listed(options).requests == []
    for file in (runner.folder / "cache").iterdir():
        file.write_text("damaged")
    assert list(listed(options).hosts) == ["web-1", "web-2"]


# -- other tools


def test_the_documented_examples_work_unchanged(runner, listed):
    runner.environment.seed({"name": "web-1", "publicIps": 1})
    runner.environment.seed({"name": "scratch-1"})
    runner.simulator.cloud.environment(None, "compute-on", "prod").seed({"name": "web-1"})
    documents = re.split(r"^---$", plugin.EXAMPLES, flags=re.MULTILINE)
    results = [listed(document) for document in documents]
    assert all(result.code == 0 and result.hosts for result in results), [result.errors for result in results]
    assert list(results[0].hosts) == ["scratch-1", "web-1"]
    assert len(results[1].hosts) == 2 and {variables["tier"] for variables in results[1].hosts.values()} == {"web"}
    assert results[2].hosts["web-1"]["ansible_user"] == "cca-user" and results[2].hosts["web-1"]["ansible_host"]
    assert list(results[3].hosts) == ["scratch-1.test_area", "web-1.prod", "web-1.test_area"]
    assert {yaml.safe_load(document)["plugin"] for document in documents} == {"coxedge.compute.instances"}


def test_an_export_works_as_awx_runs_it(runner, tmp_path):
    """Exports with blank fields of the credential as empty variables; tests/functional/awx runs the whole update."""
    runner.environment.seed({"name": "web-1"})
    (tmp_path / "coxedge.yml").write_text("plugin: coxedge.compute.instances\n")
    blank = ("ORGANIZATION_ID", "API_TIMEOUT", "API_RETRIES", "VALIDATE_CERTS", "CA_PATH", "ENVIRONMENT_NAMES", "KEY")
    environ = {f"COXEDGE_{name}": "" for name in blank}
    finished = runner.command(
        "ansible-inventory", "--list", "--export", "-i", "coxedge.yml", ANSIBLE_INVENTORY_UNPARSED_FAILED="True", **environ
    )
    assert finished.returncode == 0 and json.loads(finished.stdout)["_meta"]["hostvars"]["web-1"]["coxedge_active"] is True


def prepared(runner):
    """A private data directory like those of AWX, with the inventory of the demo."""
    for number in range(3):
        runner.environment.seed({"name": f"web-{number}"})
    folder = runner.folder / "private"
    (folder / "inventory").mkdir(parents=True)
    (folder / "inventory" / "demo.coxedge.yml").write_text("plugin: coxedge.compute.instances\n")
    return folder


def test_ansible_runner_runs_a_play_on_the_hosts(runner):
    pytest.importorskip("ansible_runner")
    folder = prepared(runner)
    finished = runner.command(
        "ansible-runner", "run", str(folder), "-p", "coxedge.compute.demo_hosts", "--limit", "web-1,web-2", "--forks", "2"
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert len(re.findall(r"web-[12] +: ok=1 ", finished.stdout)) == 2 and "web-0" not in finished.stdout


def test_ansible_navigator_runs_a_play_on_the_hosts(runner):
    pytest.importorskip("ansible_navigator")
    folder = prepared(runner)
    finished = runner.command(
        *("ansible-navigator", "run", "coxedge.compute.demo_hosts", "-i", str(folder / "inventory"), "--ee", "false"),
        *("--mode", "stdout", "--playbook-artifact-enable", "false", "--log-file", str(runner.folder / "navigator.log")),
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert len(re.findall(r"web-\d +: ok=1 ", finished.stdout)) == 3


def test_ansible_doc_shows_the_options(runner):
    shown: subprocess.CompletedProcess = runner.command("ansible-doc", "-t", "inventory", "coxedge.compute.instances", "--json")
    options = json.loads(shown.stdout)["coxedge.compute.instances"]["doc"]["options"]
    assert {"api_key", "hostnames", "keyed_groups", "cache_plugin"} <= set(options)
