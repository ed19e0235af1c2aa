# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX does with the files of docs/awx, done here with ansible-runner; see docs/awx.md.

The rules are those of AWX 24.6.1: which credential types it takes and what it makes of them, what an inventory update runs and which
hosts come of its output, and what a job runs.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema
import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.doc_fragments.api_plugin import ModuleDocFragment
from ansible_collections.coxedge.compute.plugins.inventory import instances as plugin
from ansible_collections.coxedge.compute.plugins.module_utils.module import ENVIRONMENT
from ansible_collections.coxedge.compute.tests.benchmark.inventory import without_marks
from ansible_collections.coxedge.compute.tests.functional.test_cores import CORES
from ansible_collections.coxedge.compute.tests.functional.test_inventory import HOSTILE
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

ROOT = Path(__file__).resolve().parents[2]
AWX = ROOT / "docs" / "awx"
KEY = "simulator-key"


def content(path):
    return yaml.safe_load(path.read_text())


INPUTS = content(AWX / "credential_type_inputs.yml")
INJECTORS = content(AWX / "credential_type_injectors.yml")
CONTROLLER = content(AWX / "controller.yml")
(SOURCE,) = CONTROLLER["inventory_sources"]
TEMPLATES = {template["name"].removeprefix("Cox Edge - "): template for template in CONTROLLER["job_templates"]}


# -- what AWX makes of the files


def injected(inputs):
    """The environment variables that AWX makes of what a credential's fields hold: a blank one is no variable of the templates."""
    given = {name: value for name, value in inputs.items() if value != ""}
    environment = ImmutableSandboxedEnvironment()
    return {name: environment.from_string(template).render(**given) for name, template in INJECTORS["env"].items()}


def hosts_of(output, enabled_var="", enabled_value=""):
    """The hosts that AWX makes of an exported inventory: name to (enabled, variables); and the groups: name to names.

    Raises ValueError where AWX refuses all of it.
    """
    output = dict(output)
    variables_of = output.pop("_meta")["hostvars"]
    groups = {name: group["hosts"] for name, group in output.items() if group.get("hosts")}
    hosts = {}
    for name in dict.fromkeys(name for names in groups.values() for name in names):
        port = {}
        if name.count(":") == 1:
            name, port["ansible_port"] = name.split(":")
        variables = {**port, **variables_of.get(name, {})}
        if re.search(r"\{\{[^}]+}}|\{%[^%]+%}", name):
            raise ValueError(f"Inline Jinja variables are not allowed.: {name}")
        # A marked text is a dict to it, and the text of a dict is never the value.
        value = variables.get(enabled_var)
        hosts[name] = (value is None or str(value).lower() == enabled_value.lower(), variables)
    return hosts, groups


def job_inventory(hosts, groups, number=1, of=1):
    """The inventory script that AWX writes for a job, or for one of its slices: the enabled hosts."""
    kept = sorted(name for name, (enabled, _variables) in hosts.items() if enabled)[number - 1 :: of]
    data = {name: {"hosts": [host for host in members if host in kept]} for name, members in groups.items()}
    data["all"] = {"hosts": [], "children": list(groups)}
    data["_meta"] = {"hostvars": {name: {**hosts[name][1], "remote_tower_enabled": "true"} for name in kept}}
    return f"#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint({json.dumps(data)!r})\n"


class Unsafe(yaml.SafeDumper):
    """Writes extra variables as AWX does: none of the text is a template."""

    def represent_data(self, data):
        return self.represent_scalar("!unsafe", data) if isinstance(data, str) else super().represent_data(data)


LAUNCH = "import json, sys, ansible_runner; sys.exit(ansible_runner.run(**json.load(open(sys.argv[1]))).rc)"


class Ended:
    """A finished update or job: its return code, what it printed, and its private data directory."""

    def __init__(self, folder, code):
        self.folder, self.code = folder, code
        self.artifacts = folder / "artifacts" / "1"
        # Warnings are wrapped to the width of a terminal.
        self.output = (self.artifacts / "stdout").read_text()
        self.flat = re.sub(r"\s+", " ", self.output)

    def told(self):
        """All that a user of AWX can come to see: what was printed, the events, the facts, what the run wrote."""
        # What ansible-runner was told, environment included, is in this one, which stays where the run is.
        paths = [path for path in self.folder.rglob("*") if path.is_file() and path.name != "command"]
        return "".join(path.read_text(errors="replace") for path in paths)


class Awx:
    """An AWX with the files of docs/awx in it, whose execution environment has the collection."""

    def __init__(self, runner, core=None):
        self.runner = runner
        self.inputs = {
            "api_key": KEY,
            "service_code": "compute-on",
            "environment_name": "test_area",
            "environment_names": "",
            "organization_id": "",
            "api_url": runner.simulator.api_url,
        }
        # The credential is all that it knows of the API.
        self.environ = {name: value for name, value in runner.environ.items() if not name.startswith("COXEDGE_")}
        if core:
            self.environ["PATH"] = f"{ROOT / f'.venv-core-{core}' / 'bin'}{os.pathsep}{self.environ['PATH']}"
        runner.environ = self.environ
        self.count = 0

    def private(self):
        """A private data directory with the project in it."""
        self.count += 1
        folder = self.runner.folder / f"awx_{self.count}"
        for name in ("env", "inventory", "project"):
            (folder / name).mkdir(parents=True)
        shutil.copytree(ROOT / "playbooks", folder / "project" / "playbooks")
        return folder

    def _run(self, folder, environ, **parameters):
        settings = {"suppress_ansible_output": True}
        parameters = {"ident": "1", "private_data_dir": str(folder), "suppress_env_files": True, "settings": settings, **parameters}
        parameters["envvars"] = {**environ, **injected(self.inputs), "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True"}
        told = self.runner.folder / f"{folder.name}.json"
        told.write_text(json.dumps(parameters))
        ended = self.runner.command("python", "-c", LAUNCH, str(told))
        assert (folder / "artifacts" / "1" / "stdout").exists(), ended.stdout + ended.stderr
        return Ended(folder, ended.returncode)

    def update(self, source_vars=None, folder=None, **options):
        """Runs an inventory update of the inventory source's file, or of one with these options."""
        folder, source_path = folder or self.private(), SOURCE["source_path"]
        if options:
            source_path = "other.coxedge.yml"
            (folder / "project" / source_path).write_text(json.dumps({"plugin": "coxedge.compute.instances", **options}))
        path, output = folder / "project" / source_path, folder / "artifacts" / "1" / "output.json"
        command = ["ansible-inventory", "--list", "--export", "-i", str(path), "--output", str(output)]
        (folder / "args").write_text(shlex.join([*command, "--playbook-dir", str(path.parent), "-vvv"]))
        environ = {
            **(source_vars or {}),
            "ANSIBLE_INVENTORY_EXPORT": "True",
            "ANSIBLE_VERBOSE_TO_STDERR": "True",
            "ANSIBLE_HOST_PATTERN_MISMATCH": "error",
            "INVENTORY_UPDATE_ID": "1",
        }
        ended = self._run(folder, environ, fact_cache_type="")
        ended.exported = json.loads(output.read_text()) if ended.code == 0 else None
        return ended

    def hosts(self):
        """Runs an inventory update as the inventory source is; the hosts and groups, and the update."""
        ended = self.update()
        assert ended.code == 0, ended.output
        return (*hosts_of(ended.exported, SOURCE["enabled_var"], SOURCE["enabled_value"]), ended)

    def job(self, name, inventory="", playbook="", limit="", check=False, **answers):
        """Launches a job template with a limit and answers to its survey."""
        template, folder = TEMPLATES[name], self.private()
        script = folder / "inventory" / "hosts"
        script.write_text(inventory or job_inventory({}, {}))
        script.chmod(stat.S_IRWXU)
        questions = template.get("related", {}).get("survey_spec", {}).get("spec", [])
        assert set(answers) <= {question["variable"] for question in questions}
        variables = {question["variable"]: question["default"] for question in questions}
        (folder / "env" / "extravars").write_text(yaml.dump({**variables, **answers}, Dumper=Unsafe))
        command = [*(["--check"] if check else []), "-u", "root"]
        if "forks" in template:
            command.append(f"--forks={template['forks']}")
        if limit or "limit" in template:
            command += ["-l", limit or template["limit"]]
        (folder / "env" / "cmdline").write_text(shlex.join(command))
        cache = {"fact_cache": "fact_cache", "fact_cache_type": "jsonfile"}
        environ = {"ANSIBLE_HOST_KEY_CHECKING": "False", "JOB_ID": "1"}
        return self._run(folder, environ, playbook=playbook or template["playbook"], inventory=str(script), **cache)


@pytest.fixture
def awx(runner):
    """See Awx."""
    return Awx(runner)


# -- the files


FIELD = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[a-zA-Z_]+[a-zA-Z0-9_]*$"},
        "label": {"type": "string"},
        "type": {"enum": ["string", "boolean"]},
        "help_text": {"type": "string"},
        "secret": {"type": "boolean"},
        "multiline": {"type": "boolean"},
        "format": {"enum": ["ssh_private_key", "url"]},
        "choices": {"type": "array", "minItems": 1, "items": {"type": "string"}, "uniqueItems": True},
        "default": {"type": ["string", "boolean"]},
    },
    "additionalProperties": False,
    "required": ["id", "label"],
}
INPUTS_SCHEMA = {
    "type": "object",
    "properties": {"fields": {"type": "array", "items": FIELD}, "required": {"type": "array", "items": {"type": "string"}}},
    "additionalProperties": False,
}
INJECTORS_SCHEMA = {
    "type": "object",
    "properties": {
        "env": {
            "type": "object",
            "patternProperties": {r"^(?!ANSIBLE_)[a-zA-Z_]+[a-zA-Z0-9_]*$": {"type": "string", "pattern": "^[\x00-\x7f]*$"}},
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
# A part of what it refuses besides.
REFUSED_VARIABLES = {"PATH", "PYTHONPATH", "VIRTUAL_ENV", "JOB_ID", "INVENTORY_ID", "CACHE"}


def test_the_credential_type_is_one_that_awx_takes():
    jsonschema.validate(INPUTS, INPUTS_SCHEMA)
    jsonschema.validate(INJECTORS, INJECTORS_SCHEMA)
    fields = {field["id"]: field for field in INPUTS["fields"]}
    assert len(fields) == len(INPUTS["fields"]) and "tower" not in fields and set(INPUTS["required"]) <= set(fields)
    assert not REFUSED_VARIABLES & set(INJECTORS["env"])
    # It renders each template with all fields, and refuses what is no field.
    strict = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for name, template in INJECTORS["env"].items():
        field = name.removeprefix("COXEDGE_").lower()
        assert strict.from_string(template).render({known: f"<{known}>" for known in fields}) == f"<{field}>"
    assert [name for name, field in fields.items() if field.get("secret")] == ["api_key"] == INPUTS["required"]


def test_a_blank_field_is_accepted_and_never_means_no():
    # A format and choices refuse an empty text, and a boolean is false where nobody has touched it.
    assert all(field["type"] == "string" and not {"format", "choices", "default"} & set(field) for field in INPUTS["fields"])


def test_the_injected_variables_are_those_that_the_collection_reads():
    documents = [yaml.safe_load(ModuleDocFragment.DOCUMENTATION), yaml.safe_load(plugin.DOCUMENTATION)]
    of_plugin = {entry["name"] for document in documents for option in document["options"].values() for entry in option.get("env", ())}
    of_modules = {name for names in ENVIRONMENT.values() for name in names}
    assert set(INJECTORS["env"]) <= of_plugin | of_modules and "COXEDGE_ENVIRONMENT_NAMES" in of_plugin


KEYS = {
    # What identifies an object of each kind; what is a dict refers to another object in the same way.
    "organization": {"name"},
    "credential_type": {"name", "kind"},
    "credential": {"organization", "name", "credential_type"},
    "execution_environment": {"name"},
    "project": {"organization", "name"},
    "inventory": {"organization", "name"},
    "inventory_source": {"organization", "name", "inventory"},
    "job_template": {"organization", "name"},
}
FIELDS = {
    "execution_environments": "name description image pull",
    "projects": "name description organization scm_type scm_url",
    "inventory": "name description organization",
    "inventory_sources": """name description inventory source source_project source_path credential execution_environment enabled_var
        enabled_value overwrite overwrite_vars update_on_launch update_cache_timeout""",
    "job_templates": """name description job_type inventory project playbook execution_environment forks limit job_slice_count
        allow_simultaneous ask_job_type_on_launch ask_limit_on_launch survey_enabled related""",
}
QUESTION = {
    "type": "object",
    "properties": {
        "question_name": {"type": "string", "minLength": 1},
        "question_description": {"type": "string"},
        "variable": {"type": "string", "minLength": 1},
        "type": {"enum": ["text", "textarea", "multiplechoice"]},
        "required": {"type": "boolean"},
        "default": {"type": "string"},
        "choices": {"type": "string"},
        "min": {"type": ["integer", "null"]},
        "max": {"type": ["integer", "null"]},
    },
    "additionalProperties": False,
    "required": ["question_name", "question_description", "variable", "type", "required", "default", "choices", "min", "max"],
}


def check_key(key):
    """Raises AssertionError for what does not identify an object."""
    assert set(key) - {"type"} == KEYS[key["type"]], key
    for name, value in key.items():
        if isinstance(value, dict):
            assert value["type"] == name
            check_key(value)


def test_the_import_file_is_one_that_awx_import_takes():
    there = []
    for resource, objects in CONTROLLER.items():
        for item in objects:
            assert set(item) - {"natural_key"} <= set(FIELDS[resource].split()), item["name"]
            key = item["natural_key"]
            check_key(key)
            assert all(key[name] == item[name] for name in set(key) & set(item)) and key not in there
            there.append(key)
    # What they refer to is there, or was before: the organization, and the credential with its type.
    for objects in CONTROLLER.values():
        for item in objects:
            for reference in [*item.values(), *item.get("related", {}).get("credentials", [])]:
                if isinstance(reference, dict) and "type" in reference:
                    assert reference in there or reference["type"] in ("organization", "credential"), reference
                    check_key(reference)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_job_template_is_whole(name):
    template = TEMPLATES[name]
    book = content(ROOT / template["playbook"])
    # AWX keeps facts, and those of this machine show the environment with the key in it.
    assert all(play["gather_facts"] is False for play in book)
    assert len(template["related"]["credentials"]) == 1
    survey = template["related"].get("survey_spec")
    assert bool(survey) is template.get("survey_enabled", False)
    for question in survey["spec"] if survey else ():
        jsonschema.validate(question, QUESTION)
        assert any(question["variable"] in play["vars"] for play in book)
        assert question["type"] != "multiplechoice" or question["default"] in question["choices"].splitlines()


def test_the_inventory_source_reads_a_file_that_is_there():
    assert (ROOT / SOURCE["source_path"]).name.endswith(plugin.FILE_NAMES) and content(ROOT / SOURCE["source_path"])
    assert (SOURCE["enabled_var"], SOURCE["enabled_value"]) == ("coxedge_active", "true")


# -- from the credential to a job


@pytest.mark.parametrize("core", [None, *CORES])
def test_from_the_credential_to_a_job(runner, core):
    if core and not (ROOT / f".venv-core-{core}" / "bin" / "python").exists():
        pytest.skip(f"ansible-core {core} is not at hand: make cores")
    awx, marker = Awx(runner, core), runner.folder / "marker"
    # The last three are patterns where hosts are named.
    texts = [text % marker if "%s" in text else text for text in [*HOSTILE, "a:b:c", "all,!x", "[0:9]"]]
    for text in ["web-1", "web-2", *texts]:
        runner.environment.seed({"name": text, "networkName": text, "userData": "s3cret-data"})
    runner.environment.seed({"name": "off-1", "state": "Stopped"})
    runner.simulator.cloud.environment(None, "compute-on", "prod").seed({"name": "web-1.prod"})
    awx.inputs["environment_names"] = "test_area,prod"
    hosts, groups, update = awx.hosts()
    # Each has a name of its own, of which nothing is a pattern, a port or a template.
    assert len(hosts) == len(texts) + 4 and all(re.fullmatch(r"[A-Za-z0-9_.-]+", name) for name in hosts)
    assert {name for name, (enabled, _variables) in hosts.items() if not enabled} == {"off-1"}
    shown = {without_marks(variables)["coxedge_name"] for _enabled, variables in hosts.values()}
    assert shown == {"web-1", "web-2", "off-1", "web-1.prod", *texts}
    assert groups["environment_prod"] == ["web-1.prod"] and set(groups["coxedge"]) == set(hosts)
    # A job over all of them, and one over some.
    inventory = job_inventory(hosts, groups)
    jobs = [awx.job("hosts", inventory), awx.job("hosts", inventory, limit="environment_prod:web-1")]
    for job, count in zip(jobs, (len(hosts) - 1, 2)):
        assert job.code == 0 and len(re.findall(r": ok=1 ", job.output)) == count, job.output
    assert all(json.dumps(text, ensure_ascii=False)[1:-1] in jobs[0].output for text in texts)
    assert f"--forks={TEMPLATES['hosts']['forks']}" in (jobs[0].artifacts / "command").read_text()
    # An operation in the environment that each server is in, whatever the credential says.
    runner.simulator.app.log.clear()
    restart = awx.job("restart or stop", inventory, limit="web-1,web-1.prod")
    assert restart.code == 0, restart.output
    sent = sorted(entry["path"].split("/")[-3] for entry in runner.simulator.app.log if entry["query"].get("operation") == "reboot")
    assert sent == ["prod", "test_area"]
    assert not marker.exists()
    for ended in (update, *jobs, restart):
        assert KEY not in ended.told() and "s3cret" not in ended.told()


def test_without_a_limit_nothing_is_restarted(runner, awx):
    runner.environment.seed({"name": "web-1"})
    hosts, groups, _update = awx.hosts()
    runner.simulator.app.log.clear()
    ended = awx.job("restart or stop", job_inventory(hosts, groups))
    assert ended.code != 0 and "leaves us with no hosts to target" in ended.flat and not runner.simulator.app.log


ANSWERS = {"fleet_template": "Ubuntu 24.04", "fleet_compute_offering": "2vCPU.4GB", "fleet_network": "Web-test_area"}


def test_servers_by_a_survey(runner, awx):
    wanted, names = {"fleet_names": "db-1\n\n web-1\n{{ 1 + 1 }} \n", **ANSWERS}, {"db-1", "web-1", "{{ 1 + 1 }}"}
    predicted = awx.job("servers", check=True, **wanted)
    assert predicted.code == 0 and not runner.environment.instances, predicted.output
    assert len(re.findall(r": create\b", predicted.output)) == len(names)
    made = awx.job("servers", **wanted)
    assert made.code == 0 and {instance["name"] for instance in runner.environment.instances.values()} == names, made.output
    # What was left blank counts as not given; the servers are there by now.
    again = awx.job("servers", fleet_names="\n".join(names))
    assert again.code == 0 and "changed=0" in again.output and again.output.count(": no change") == len(names)
    # The API told the passwords of new servers, and no job tells them to whoever may see its output.
    assert "Pw-" in str(runner.simulator.cloud.tasks)
    for ended in (predicted, made, again):
        assert KEY not in ended.told() and "Pw-" not in ended.told()


def test_what_is_wrong_with_the_answers_of_a_survey(runner, awx):
    runner.simulator.cloud.settings.max_instances = 1
    partial = awx.job("servers", fleet_names="web-1\nweb-2", **ANSWERS)
    assert partial.code != 0 and "1 of 2 members failed" in partial.flat and "Pw-" in str(runner.simulator.cloud.tasks)
    assert "Pw-" not in partial.told()
    empty = awx.job("servers", fleet_names=" \n")
    assert empty.code != 0 and "Enter one name per line." in empty.flat


def test_all_blank_but_the_key(runner, awx):
    runner.environment.seed({"name": "web-1"})
    options = {"api_url": awx.inputs["api_url"], "service_code": "compute-on"}
    awx.inputs = {name: KEY if name == "api_key" else "" for name in awx.inputs}
    assert injected(awx.inputs) == injected({"api_key": KEY}) == {**dict.fromkeys(INJECTORS["env"], ""), "COXEDGE_API_KEY": KEY}
    updated = awx.update(**options, environment_names=["test_area"])
    assert updated.code == 0 and list(hosts_of(updated.exported)[0]) == ["web-1"]
    book = runner.folder / "given.yml"
    task = {"coxedge.compute.instance": {"name": "web-1", "state": "stopped", "environment_name": "test_area", **options}}
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
    ended = awx.job("servers", playbook=str(book))
    assert ended.code == 0 and "changed=1" in ended.output, ended.output


# -- when something is wrong


def test_an_update_that_could_not_read_all_fails(runner, awx):
    runner.environment.seed({"name": "web-1"})
    awx.inputs["environment_names"] = "test_area,prod"
    runner.simulator.app.faults.add({"kind": "status", "status": 403, "path": "/prod/instances", "count": 0})
    ended = awx.update()
    assert ended.code != 0 and "environment prod" in ended.flat and KEY not in ended.told()


def test_an_update_without_the_api_fails_so_that_no_host_is_deleted(runner, awx):
    runner.environment.seed({"name": "web-1"})
    ended = awx.update(api_url="http://127.0.0.1:9/api/v2", api_retries=0)
    assert ended.code != 0 and "connection refused" in ended.flat and not (ended.artifacts / "output.json").exists()


def test_an_empty_environment_is_an_empty_inventory(awx):
    hosts, groups, _update = awx.hosts()
    assert (hosts, groups) == ({}, {})


def test_why_the_inventory_file_has_names_of_its_own(runner, awx):
    runner.environment.seed({"name": "{{ x }}"})
    runner.environment.seed({"name": "web-1"})
    updated = awx.update(hostvars_prefix="coxedge_")
    with pytest.raises(ValueError, match="Inline Jinja"):
        hosts_of(updated.exported)


def test_slices_that_create_one_name_say_so(runner, awx):
    for name in ("db-1", "db-2"):
        runner.environment.seed({"name": name})
    hosts, groups, _update = awx.hosts()
    inventories = [job_inventory(hosts, groups, number, of=2) for number in (1, 2)]
    # The first create takes so long that the other run does not see what comes of it.
    runner.simulator.app.faults.add({"kind": "delay", "method": "POST", "path": "/instances$", "seconds": 8})
    with ThreadPoolExecutor() as pool:
        slices = list(pool.map(lambda inventory: awx.job("servers", inventory, fleet_names="web-1", **ANSWERS), inventories))
    ids = [instance["id"] for instance in runner.environment.instances.values() if instance["name"] == "web-1"]
    assert len(ids) == 2 and [ended.code for ended in slices] == [0, 0]
    told = [ended.flat for ended in slices if "Another instance has the name of the new one" in ended.flat]
    assert told and all(item in text for text in told for item in ids)
    # From now on the name is nobody's: no job takes one for the other, and the hosts have their ids.
    again = awx.job("servers", fleet_names="web-1")
    assert again.code != 0 and all(item in again.flat for item in ids)
    assert set(awx.hosts()[0]) == {"db-1", "db-2", *ids}


# -- the execution environment


def test_a_collection_of_the_project_s_requirements_needs_a_source_variable(runner, awx):
    runner.environment.seed({"name": "web-1"})
    del runner.environ["ANSIBLE_COLLECTIONS_PATH"]
    # Where AWX puts them, and how it tells ansible-core so; which heeds that up to 2.18.
    folders = [awx.private(), awx.private()]
    collections = [folder / "requirements_collections" for folder in folders]
    for path in collections:
        (path / "ansible_collections" / "coxedge").mkdir(parents=True)
        (path / "ansible_collections" / "coxedge" / "compute").symlink_to(ROOT)
    without = awx.update({"ANSIBLE_COLLECTIONS_PATHS": str(collections[0])}, folders[0])
    assert without.code != 0
    updated = awx.update({"ANSIBLE_COLLECTIONS_PATH": str(collections[1])}, folders[1])
    assert updated.code == 0 and list(hosts_of(updated.exported)[0]) == ["web-1"]


def test_the_execution_environment(runner):
    """Does what the build would do with the file up to the image, with the collection as it is built."""
    folder = runner.folder / "checkout"
    runner.command("ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(folder / "dist"))
    (built,) = (folder / "dist").iterdir()
    with tarfile.open(built) as archive:
        inside = archive.getnames()
    assert {f"docs/awx/{path.name}" for path in AWX.iterdir()} <= set(inside)
    shutil.copytree(AWX, folder / "docs" / "awx")
    context = folder / "context"
    definition = folder / "docs" / "awx" / "execution-environment.yml"
    created = runner.command("ansible-builder", "create", "-f", str(definition), "-c", str(context), "--output-filename", "Containerfile")
    assert created.returncode == 0 and "No matches" not in created.stdout + created.stderr, created.stdout + created.stderr
    (install,) = re.findall(r"^RUN (.*ansible-galaxy collection install .*)$", (context / "Containerfile").read_text(), re.MULTILINE)
    # In the image `_build` is the folder that this is run in.
    words = [word for word in shlex.split(install) if not word.startswith("$") and "=" not in word]
    words[words.index("--collections-path") + 1] = str(folder / "collections")
    runner.folder = context / "_build"
    # Elsewhere it would find the collection that is tested, and have nothing to do.
    installed = runner.command(*words, ANSIBLE_COLLECTIONS_PATH=str(folder / "collections"))
    assert installed.returncode == 0, installed.stdout + installed.stderr
    found = runner.command("ansible-builder", "introspect", str(folder / "collections"))
    assert "requests" in found.stdout and "coxedge.compute" in found.stdout, found.stdout + found.stderr
