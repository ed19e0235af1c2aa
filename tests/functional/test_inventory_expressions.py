# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions of inventory files with ansible-inventory: literals and vaulted values as YAML has them, on each supported core."""

from __future__ import annotations

import json
import re

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.coxedge.compute.tests.benchmark.inventory import without_marks
from ansible_collections.coxedge.compute.tests.functional.conftest import PlaybookRunner
from ansible_collections.coxedge.compute.tests.functional.cores import ALL_CORES, commands_of

SECRET = "s3cret"
# ansible-core 2.22 hides the password wherever it is shown, so it must not be a part of other words.
VAULT_PASSWORD = b"a-long-passphrase"
PASSWORD = ("--vault-password-file", "password")
# Filters of their own, because a failing one hides all hosts.
EVERYWHERE = ("filters: [%s]", "hostnames: [%s, name]\ncompose: {x: %s}\ngroups: {x: %s}\nkeyed_groups: [{key: %s}]")


@pytest.fixture(params=ALL_CORES)
def listed(request, running_simulator, tmp_path):
    """Runs ansible-inventory with a text as the file. Returns its groups, host variables, and errors on one line."""
    running_simulator.app.reset_all()
    runner = PlaybookRunner(running_simulator, tmp_path, commands_of(request.param))
    runner.environment.seed({"name": "web-1"})
    runner.environment.seed({"name": "web-2", "state": "Stopped"})
    (tmp_path / "password").write_text(VAULT_PASSWORD.decode())

    def run(text, *arguments, **environ):
        (tmp_path / "coxedge.yml").write_text(f"plugin: coxedge.compute.instances\n{text}")
        running_simulator.app.log.clear()
        finished = runner.command("ansible-inventory", "-i", "coxedge.yml", "--list", *arguments, **environ)
        assert "Traceback" not in finished.stderr
        groups = json.loads(finished.stdout)
        hosts = without_marks(groups.pop("_meta", {}).get("hostvars", {}))
        return groups, hosts, re.sub(r"\s+", " ", finished.stderr)

    run.runner = runner
    return run


def vaulted(text):
    """A vaulted text as YAML."""
    encrypted = VaultLib([("default", VaultSecret(VAULT_PASSWORD))]).encrypt(text).decode()
    return '!vault "' + encrypted.strip().replace("\n", "\\n") + '"'


def test_literals_mean_the_same_on_every_core(listed):
    groups, hosts, errors = listed(
        "compose: {ansible_port: 2222, flag: true, below: -1, ratio: 1.5, nothing: null, ports: [80, 443]}\n"
        "groups: {yes: coxedge_active, everybody: yes, 12: true}\n"
        "keyed_groups: [{key: coxedge_active, prefix: active}, {key: 1}]\n"
    )
    for variables in hosts.values():
        found = [variables[name] for name in ("ansible_port", "flag", "below", "ratio", "nothing", "ports")]
        assert found == [2222, True, -1, 1.5, None, [80, 443]] and isinstance(found[1], bool)
    assert groups["active_True"]["hosts"] == groups["True"]["hosts"] == ["web-1"] and groups["active_False"]["hosts"] == ["web-2"]
    assert groups["everybody"]["hosts"] == groups["_1"]["hosts"] == groups["_2"]["hosts"] == ["web-1", "web-2"] and not errors


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("filters: ['this is not ((']", "filters: this is not (( is not a Jinja expression"),
        ("filters: ['{{ coxedge_active }}']", "filters: {{ coxedge_active }} is not a Jinja expression"),
        ("compose: {x: '{{ coxedge_name }}'}", "compose x: {{ coxedge_name }} is not a Jinja expression"),
        ("groups: {x: 'a b'}", "groups x: a b is not a Jinja expression"),
        ("keyed_groups: [{key: coxedge_name, prefx: a}]", "'prefx'; the nearest key is 'prefix'"),
        ("keyed_groups: [{prefix: a}]", "keyed_groups, entry 1 has no key"),
    ],
)
def test_what_is_no_expression_fails_the_inventory_at_once(listed, text, words):
    _groups, hosts, errors = listed(text)
    assert not hosts and words in errors and not listed.runner.simulator.app.log
    finished = listed.runner.command("ansible-inventory", "-i", "coxedge.yml", "--list", ANSIBLE_INVENTORY_UNPARSED_FAILED="1")
    assert finished.returncode != 0


def test_a_failing_expression_warns_on_every_core(listed):
    for template in EVERYWHERE:
        text = template.replace("%s", "no_such")
        _groups, hosts, errors = listed(text)
        assert errors.count("no_such could not be evaluated for 2 hosts") == errors.count("'no_such' is undefined") == template.count("%s")
        assert len(hosts) == (0 if text.startswith("filters") else 2)
        _groups, hosts, errors = listed(f"{text}\nstrict: true")
        assert not hosts and "no_such could not be evaluated" in errors


@pytest.mark.parametrize("expression", [SECRET, f"{SECRET} (("])
def test_a_vaulted_expression_is_not_shown(listed, expression):
    for template in EVERYWHERE:
        for strict in ("", "\nstrict: true"):
            _groups, _hosts, errors = listed(template.replace("%s", vaulted(expression)) + strict, *PASSWORD)
            assert "a vaulted expression" in errors and SECRET not in errors
            if not strict and "((" not in expression:
                assert errors.count("could not be evaluated") == template.count("%s")


def test_a_vaulted_expression_is_evaluated(listed):
    _groups, hosts, errors = listed(f"compose: {{x: {vaulted('coxedge_name ~ 1')}}}", *PASSWORD)
    assert hosts["web-1"]["x"] == "web-11" and not errors
    _groups, hosts, errors = listed(f"compose: {{x: {vaulted('coxedge_name')}}}")
    assert not hosts and "can't be decrypted: give the vault password" in errors


USES = [
    "filters: [word, '{}[word]']",
    "hostnames: ['coxedge_name[word]', word]\nconnect_with: none",
    "compose: {x: '{}[word]', copy: word, y: '{}[indirect]', z: '{}[deep.list[0]]', ansible_host: word}\n"
    "groups: {x: '{}[copy]', y: copy}\n"
    "keyed_groups: [{key: '{}[copy]'}, {key: coxedge_state, parent_group: '{{ {}[copy] }}'}, {key: word, separator: '', parent_group: a}, "
    "{key: '\"a\"', separator: '', parent_group: '{{ word }}'}]",
]


@pytest.mark.parametrize("whole_file", [False, True])
def test_a_vaulted_value_that_an_expression_uses_is_not_shown(listed, whole_file):
    value = SECRET if whole_file else vaulted(SECRET)
    content = f"word: {value}\nindirect: '{{{{ word }}}}'\ndeep: {{list: [{value}]}}\n"
    if whole_file:
        content = VaultLib([("default", VaultSecret(VAULT_PASSWORD))]).encrypt(content).decode()
    (listed.runner.folder / "extra.yml").write_text(content)
    for text in USES:
        for strict in ("", "\nstrict: true"):
            _groups, _hosts, errors = listed(f"{text}\nuse_extra_vars: true{strict}", *PASSWORD, "-e", "@extra.yml")
            assert errors and SECRET not in errors, errors


def test_the_reason_is_shown_if_no_vaulted_value_is_used(listed):
    (listed.runner.folder / "extra.yml").write_text(f"word: {vaulted(SECRET)}\nplain: a\n")
    _groups, _hosts, errors = listed("compose: {x: '{}[plain ~ coxedge_name]'}\nuse_extra_vars: true", *PASSWORD, "-e", "@extra.yml")
    assert "aweb-1" in errors
