# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from the API is never evaluated as a template, on any supported core, in any field, and on any way into a play."""

from __future__ import annotations

import json

import pytest
from ansible_collections.coxedge.compute.tests.functional.conftest import PlaybookRunner
from ansible_collections.coxedge.compute.tests.functional.cores import ALL_CORES, commands_of

# Before 2.19, core obeys a header like this one, and the text needs no brace.
HEADER = "#jinja2:variable_start_string:'[[',variable_end_string:']]'\n[[ lookup('pipe', 'touch %s') ]]"
BRACES = "{{ lookup('pipe', 'touch %s') }}"
# Where only one part of a header reaches core, core fails instead.
HALF_HEADER = "#jinja2:%s"
FIELDS = ("name", "hostname", "username", "networkName", "zoneName", "vpcName", "imageName", "computeOfferingName", "newField")
VARIABLES = tuple(f"coxedge_{name}" for name in "name hostname username network_name zone_name vpc_name image_name nested".split())
# Two fields that make a template together. Neither does it alone.
HALVES = {
    "macAddress": "#jinja2:variable_start_string:'[['",
    "affinityGroupName": ",variable_end_string:']]'\n[[ lookup('pipe', 'touch %s') ]]",
}
COMPOSED = {
    "copied": "coxedge_name",
    "joined": "coxedge_mac_address ~ coxedge_affinity_group_name",
    "formatted": "'%s%s' | format(coxedge_mac_address, coxedge_affinity_group_name)",
    "lowered": "coxedge_network_name | replace('x', 'y')",
    "listed": "[coxedge_zone_name, coxedge_mac_address ~ coxedge_affinity_group_name]",
    "mapped": "{'key': coxedge_vpc_name}",
}
INVENTORY = {
    "plugin": "coxedge.compute.instances",
    "strict": True,
    "set_ansible_user": True,
    "cache": True,
    "cache_plugin": "ansible.builtin.jsonfile",
    "cache_connection": "cache",
    "filters": ["coxedge_name != ''"],
    "compose": COMPOSED,
    "groups": {"named": "coxedge_network_name | length > 0"},
    "keyed_groups": [
        {"key": "coxedge_network_name", "prefix": "net", "parent_group": "in {{ coxedge_zone_name }}"},
        {"key": "[coxedge_name, coxedge_mac_address ~ coxedge_affinity_group_name]", "prefix": "list"},
        {"key": "{'k': coxedge_vpc_name}", "prefix": "dict"},
    ],
}
OF_A_HOST = ("inventory_hostname", "inventory_hostname_short", "group_names", "groups", "ansible_play_hosts")


def shown(*names, **options):
    """A task that shows variables, each as text of its own and all in one text."""
    texts = ["{{ " + name + " }}" for name in names]
    return {"ansible.builtin.debug": {"msg": [*texts, "{{ " + " ~ ".join(names) + " }}", " ".join(texts)]}, **options}


def plays_on_the_inventory():
    kept = {name: "{{ " + name + " }}" for name in ("coxedge_name", *COMPOSED)}
    own = {
        "kept": {f"kept_{name}": text for name, text in kept.items()},
        "lazy": {f"lazy_{name}": text for name, text in kept.items()},
    }
    of_all = "groups.coxedge | map('extract', hostvars, '%s') | join"
    crossed = {
        "names": "{{ " + of_all % "coxedge_name" + " }}",
        "made": "{{ hostvars[inventory_hostname].coxedge_mac_address ~ hostvars[inventory_hostname].coxedge_affinity_group_name }}",
    }
    by_hostvars = [f"hostvars[inventory_hostname].{name}" for name in (*VARIABLES, *COMPOSED)]
    tasks = [
        shown(*VARIABLES, *COMPOSED, *OF_A_HOST),
        {"ansible.builtin.set_fact": own["kept"]},
        shown(*own["kept"], *own["lazy"], vars=own["lazy"]),
        shown(*by_hostvars),
        {"ansible.builtin.set_fact": crossed},
        shown(*crossed),
        {"ansible.builtin.debug": {"var": "hostvars[inventory_hostname]"}},
        shown("item", loop="{{ [coxedge_name, coxedge_mac_address ~ coxedge_affinity_group_name] }}"),
    ]
    book = {"hosts": "coxedge", "gather_facts": False, "connection": "local", "tasks": tasks}
    # Core then reads the inventory again, this time from the cache.
    refresh = {"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.meta": "refresh_inventory"}]}
    return [book, refresh, book]


def plays_on_results(ids):
    loop = {"loop": "{{ found.instances | zip(found.instances | map(attribute='name')) | list }}"}
    product = {"loop": "{{ found.instances | map(attribute='network_name') | product(['-']) | list }}"}
    by_id = "{{ dict(found.instances | map(attribute='id') | zip(found.instances)) }}"
    tasks = [
        {"coxedge.compute.instance_info": {}, "register": "found"},
        {"ansible.builtin.set_fact": {"instances": "{{ found.instances }}", "members": by_id}},
        shown("item.name", "item.mac_address ~ item.affinity_group_name", loop="{{ found.instances }}"),
        shown("item.0.name", "item.1", **loop),
        shown("item.0", **product),
        shown("item.name", "item.nested.deep.0", loop="{{ instances }}"),
        shown("item.value.name", loop="{{ members | dict2items }}"),
        shown("item.name", "members[item.id].name", loop="{{ instances | selectattr('state', 'equalto', 'Running') }}"),
    ]
    role = {
        "role": "coxedge.compute.provision",
        "provision_instances": [{"id": item} for item in ids],
        "provision_wait_port": 0,
    }
    provisioned = {
        "hosts": "provisioned",
        "gather_facts": False,
        "connection": "local",
        "tasks": [shown("coxedge_name", "coxedge_id", "coxedge_state", *OF_A_HOST), shown("hostvars[inventory_hostname].coxedge_name")],
    }
    return [{"hosts": "localhost", "gather_facts": False, "tasks": tasks, "roles": [role]}, provisioned]


def seeded(environment, text, **others):
    """Adds an instance with a text in each field; the text gets the name of the field."""
    values = {field: text % f"marker-{field}" for field in FIELDS}
    halves = {field: half % "marker-halves" if "%s" in half else half for field, half in HALVES.items()}
    nested = {"nested": {"deep": [text % "marker-nested", {text % "marker-key": text % "marker-value"}]}}
    return environment.seed({**values, **halves, **nested, **others})["id"]


@pytest.mark.parametrize("core", ALL_CORES)
def test_text_from_the_api_is_never_evaluated(running_simulator, tmp_path, core):
    python = commands_of(core) / "python"
    running_simulator.app.reset_all()
    runner = PlaybookRunner(running_simulator, tmp_path, python.parent)
    ids = [seeded(runner.environment, text) for text in (HEADER, BRACES, HALF_HEADER)]
    # A host with an ordinary name.
    ids.append(seeded(runner.environment, HEADER, name="web1"))
    (tmp_path / "coxedge.yml").write_text(json.dumps(INVENTORY))
    old = tuple(map(int, core.split(".")[:2])) < (2, 19)
    # The same text in the play itself is evaluated. Otherwise, this test would show nothing.
    trusted = {"trusted": (HEADER if old else BRACES) % "control"}
    control = {"hosts": "localhost", "gather_facts": False, "vars": trusted, "tasks": [shown("trusted")]}
    (tmp_path / "site.yml").write_text(json.dumps([*plays_on_the_inventory(), *plays_on_results(ids), control]))
    finished = runner.command("ansible-playbook", "-i", "coxedge.yml", "site.yml", ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="1")
    made = sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(("marker", "control")))
    assert made == ["control"], finished.stdout[-9000:] + finished.stderr
    assert finished.returncode == 0, finished.stdout[-5000:] + finished.stderr
    assert "touch marker-name" in finished.stdout and (tmp_path / "cache").exists()
