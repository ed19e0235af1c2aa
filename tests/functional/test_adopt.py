# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook adopt writes a file that describes servers as they are: a fleet that runs on it changes nothing."""

from __future__ import annotations

import json
import re
import stat

import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.filter import adopt_text
from ansible_collections.coxedge.compute.tests.functional.conftest import writes
from ansible_collections.coxedge.compute.tests.functional.cores import EVERYDAY, OTHER_CORES, ROOT

pytestmark = pytest.mark.roles

# The second one is no name that the module accepts, and names of networks can be such text too.
HEADER = "#jinja2:variable_start_string:'[[',variable_end_string:']]'\n[[ lookup('pipe', 'touch marker') ]]"
HOSTILE = ("{{ lookup('pipe', 'touch marker') }}", HEADER, "{% set x = 1 %}", "{# x #}", "#jinja2: x", "a\u2028b", "x\x1b[31m")
ODD = (
    *("no", "123", "null", "~", "1e3", "0x1f", "12:30:45", "2026-01-01", "=", "<<", "- a", "a: b", "# c", "!vault x", "[1]", "True"),
    *('it\'s "it"', " edge", "\U0001f600 caf\u00e9", "\ufeffb", "x" * 255, "*a", "&a", "%a", "@a", "`a", "a\\n"),
)
FLEET = {"instances": "{{ adopt_instances }}", "defaults": "{{ adopt_defaults }}"}


class _Loader(yaml.SafeLoader):
    """Reads !unsafe as core does, as text."""


_Loader.add_constructor("!unsafe", lambda _loader, node: node.value)


def described(text):
    """The variables in the text of a file."""
    return yaml.load(text, Loader=_Loader)


def adopt(runner, *arguments, name="servers.yml", **environ):
    """Runs the playbook; its output, which must be without a traceback, and whether it succeeded."""
    runner.simulator.app.log.clear()
    ended = runner.command("ansible-playbook", "coxedge.compute.adopt", "-e", f"adopt_file={name}", *arguments, **environ)
    assert "Traceback" not in ended.stdout + ended.stderr and not writes(runner)
    return ended


def fleet_on(runner, *arguments):
    """The result of a fleet that runs on the file."""
    (result,) = runner.play([{"coxedge.compute.instance_fleet": FLEET}], "-e", "@servers.yml", *arguments).results
    return result


def seed_all(runner):
    """All kinds of servers; how many are live."""
    seed = runner.environment.seed
    for name in ("web1", "web2", "twin", "twin", *HOSTILE, *ODD):
        seed({"name": name, "hostname": "my_host"})
    seed({"name": "stopped1", "state": "Stopped", "networkName": HEADER, "computeOfferingName": HOSTILE[0], "imageName": "no"})
    seed({"name": "broken1", "state": "Error", "sshKeyName": "mysshkey"})
    for name in ("web1", "old1", "twin"):
        seed({"name": name, "state": "Destroyed"})
    return len(HOSTILE) + len(ODD) + 6


@pytest.mark.parametrize("core", [EVERYDAY, OTHER_CORES[0], OTHER_CORES[-1]])
def test_a_fleet_on_the_file_changes_nothing(on_core, core):
    runner, _attempts = on_core(core)
    count = seed_all(runner)
    ended = adopt(runner)
    assert ended.returncode == 0 and f"Describes {count} servers in {runner.folder / 'servers.yml'}." in ended.stdout, ended.stdout
    variables = described((runner.folder / "servers.yml").read_text())
    for arguments in (["--check", "--diff"], []):
        result = fleet_on(runner, *arguments)
        assert not result["failed"] and not result["changed"] and len(result["results"]) == count, result
        assert not [member for member in result["results"] if member["actions"] or member["drift"]]
        assert not writes(runner)
    names = [member["name"] for member in variables["adopt_instances"] if "name" in member]
    assert set(names) == {"web1", "web2", "stopped1", "broken1", *HOSTILE[:1], *HOSTILE[2:5], *ODD} - {" edge"}
    # Read by core, they are the same texts.
    kept = runner.play([{"ansible.builtin.set_fact": {"kept": "{{ adopt_instances }}"}}], "-e", "@servers.yml").results[0]
    assert kept["ansible_facts"]["kept"] == variables["adopt_instances"]
    assert not (runner.folder / "marker").exists()


def test_the_file_is_sorted_commented_and_has_what_servers_share(runner):
    ids = [runner.environment.seed({"name": name})["id"] for name in ("web2", "web1", "twin", "twin", " edge")]
    steps = next(entry for entry in runner.environment.resources["computeofferings"] if entry["name"] == "Custom steps")
    custom = {"computeOfferingId": steps["id"], "computeOfferingName": "Custom steps", "cpuCount": 2, "memoryInMB": 2048}
    runner.environment.seed({"name": "c1", **custom})
    adopt(runner)
    text = (runner.folder / "servers.yml").read_text()
    variables = described(text)
    assert variables["adopt_defaults"]["network"] == "Web-test_area" and variables["adopt_defaults"]["template"] == "CentOS 6.8 PV"
    order = [member.get("name", member.get("id")) for member in variables["adopt_instances"]]
    assert order == [ids[4], "c1", *sorted(ids[2:4]), "web1", "web2"]
    custom = next(member for member in variables["adopt_instances"] if member.get("name") == "c1")
    assert (custom["compute_offering"], custom["cpu_count"], custom["memory_in_mb"]) == ("Custom steps", 2, 2048)
    assert "cpu_count" not in variables["adopt_defaults"] and "cpu_count" not in variables["adopt_instances"][-1]
    assert f"  # {ids[1]}\n  - name: web1\n" in text and "# 2 servers have the name 'twin', so the id selects it.\n" in text
    assert "does not accept the name ' edge'" in text and text.startswith("---\n# Written by the playbook coxedge.compute.adopt.")
    mode = stat.S_IMODE((runner.folder / "servers.yml").stat().st_mode)
    assert mode == 0o600


def test_states_select_and_destroyed_servers_stay_destroyed(runner):
    seed_all(runner)
    environ = {"ANSIBLE_STDOUT_CALLBACK": "default"}
    adopt(runner, "-e", "adopt_states=Destroyed,Error", **environ)
    members = described((runner.folder / "servers.yml").read_text())["adopt_instances"]
    assert sorted(member.get("name", "") for member in members) == ["", "", "broken1", "old1"]
    assert [member["state"] for member in members if "id" in member] == ["absent"] * 3
    result = fleet_on(runner)
    assert not result["failed"] and not result["changed"] and not writes(runner)
    # A name counts as unique only if no other server has it, whatever states were chosen.
    runner.environment.seed({"name": "broken1"})
    adopt(runner, "-e", '{"adopt_states": ["Error"]}')
    (member,) = described((runner.folder / "servers.yml").read_text())["adopt_instances"]
    assert "id" in member and "name" not in member


def test_names_of_the_catalog_that_are_not_unique_are_given_as_ids(runner):
    runner.environment.seed({"name": "web1"})
    networks = runner.environment.resources["networks"]
    web = next(network for network in networks if network["name"] == "Web-test_area")
    networks.append({**web, "id": "00000000-0000-4000-8000-0000000000aa"})
    adopt(runner)
    (member,) = described((runner.folder / "servers.yml").read_text())["adopt_instances"]
    assert member["network"] == web["id"]


def test_a_second_run_changes_nothing_and_an_edited_file_is_kept(runner):
    runner.environment.seed({"name": "web1"})
    path = runner.folder / "servers.yml"
    path.touch(mode=0o640)
    assert "changed=1" in adopt(runner).stdout and "changed=0" in adopt(runner).stdout
    edited = path.read_text().replace("web1", "web9")
    path.write_text(edited)
    checked = adopt(runner, "--check", "--diff").stdout
    assert "-  - name: web9" in checked and "+  - name: web1" in checked and path.read_text() == edited
    adopt(runner)
    (copy,) = (item for item in runner.folder.iterdir() if item.name.startswith("servers.yml."))
    assert copy.read_text() == edited and "name: web1" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_other_files_are_left_alone(runner):
    runner.environment.seed({"name": "web1"})
    for name, contents in (("vars.yml", b"a: 1\n"), ("image", bytes(range(256)))):
        (runner.folder / name).write_bytes(contents)
        ended = adopt(runner, name=name)
        assert ended.returncode != 0 and "was not written by this playbook" in ended.stdout
        assert (runner.folder / name).read_bytes() == contents
    assert "was not written by this playbook" in adopt(runner, name=".").stdout
    for value in ("", "' '"):
        assert "adopt_file is not set. Give the path" in adopt(runner, name=value).stdout and not runner.simulator.app.log
    predicted = adopt(runner, "--check", name="new.yml")
    assert predicted.returncode == 0 and "Would describe 1 server in" in predicted.stdout and not (runner.folder / "new.yml").exists()


def test_the_guide_to_adopting_servers_works_as_described(runner):
    """Its command writes the file, and its play changes nothing, in check mode and for real."""
    for name in ("web1", "db1"):
        runner.environment.seed({"name": name})
    text = (ROOT / "docs" / "migrating.md").read_text()
    (play,) = (block for block in re.findall(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) if "hosts:" in block)
    (runner.folder / "manage.yml").write_text(play)
    commands = [line for line in text.splitlines() if line.startswith("ansible-playbook ") and "web.yml" not in line]
    assert len(commands) == 2
    for command in (*commands, commands[1].replace(" --check", "")):
        ended = runner.command(*command.split())
        assert ended.returncode == 0 and ("changed=0" in ended.stdout) is ("manage.yml" in command), ended.stdout
    assert not writes(runner)


def test_an_environment_without_servers_gives_a_file_that_works(runner):
    assert adopt(runner).returncode == 0
    assert described((runner.folder / "servers.yml").read_text()) == {"adopt_defaults": {}, "adopt_instances": []}


def test_the_documented_examples_work_unchanged(runner):
    runner.environment.seed({"name": "web1"})
    outcome = runner.play(yaml.safe_load(adopt_text.EXAMPLES))
    assert not outcome.results[0]["failed"] and json.dumps(outcome.results[1]["msg"]).count("web1") > 1
