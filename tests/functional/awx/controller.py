# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does with ansible-runner what AWX does with the files of docs/awx; see docs/awx.md.

This follows AWX 24.6.1: the environment variables of a credential, the command of an inventory update and the hosts that AWX reads from
its output, and the command of a job.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
from pathlib import Path

import yaml
from ansible_collections.coxedge.compute.tests.functional.cores import commands_of
from jinja2.sandbox import ImmutableSandboxedEnvironment

ROOT = Path(__file__).resolve().parents[3]
AWX = ROOT / "docs" / "awx"
KEY = "simulator-key"


def content(path):
    return yaml.safe_load(path.read_text())


INPUTS = content(AWX / "credential_type_inputs.yml")
INJECTORS = content(AWX / "credential_type_injectors.yml")
CONTROLLER = content(AWX / "controller.yml")
(SOURCE,) = CONTROLLER["inventory_sources"]
TEMPLATES = {template["name"].removeprefix("Cox Edge - "): template for template in CONTROLLER["job_templates"]}


def injected(inputs):
    """The environment variables that AWX sets for the fields of a credential. Blank fields are not passed to the templates."""
    given = {name: value for name, value in inputs.items() if value != ""}
    environment = ImmutableSandboxedEnvironment()
    return {name: environment.from_string(template).render(**given) for name, template in INJECTORS["env"].items()}


def hosts_of(output, enabled_var="", enabled_value=""):
    """The hosts that AWX reads from an exported inventory: name to (enabled, variables); and the groups: name to names.

    Raises ValueError if AWX would reject the inventory.
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
        # AWX sees text that is marked as unsafe as a dict, which never equals the value.
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
    """Writes extra variables as AWX does: marked so that no text is a template."""

    def represent_data(self, data):
        return self.represent_scalar("!unsafe", data) if isinstance(data, str) else super().represent_data(data)


LAUNCH = "import json, sys, ansible_runner; sys.exit(ansible_runner.run(**json.load(open(sys.argv[1]))).rc)"


class AwxRun:
    """A finished update or job: its return code, its output, and its private data directory."""

    def __init__(self, folder, code):
        self.folder, self.code = folder, code
        self.artifacts = folder / "artifacts" / "1"
        # Warnings are wrapped to the width of a terminal; ``one_line`` undoes that.
        self.output = (self.artifacts / "stdout").read_text()
        self.one_line = re.sub(r"\s+", " ", self.output)

    def visible_text(self):
        """Everything that a user of AWX can see: the output, the events, the facts and the files that the run wrote."""
        # This file has the arguments of ansible-runner, including the environment. AWX does not show it.
        paths = [path for path in self.folder.rglob("*") if path.is_file() and path.name != "command"]
        return "".join(path.read_text(errors="replace") for path in paths)


class Awx:
    """An AWX with the files of docs/awx, and with the collection in its execution environment."""

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
        # Only the credential has the settings of the API.
        self.environ = {name: value for name, value in runner.environ.items() if not name.startswith("COXEDGE_")}
        if core:
            self.environ["PATH"] = f"{commands_of(core)}{os.pathsep}{self.environ['PATH']}"
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
        arguments = self.runner.folder / f"{folder.name}.json"
        arguments.write_text(json.dumps(parameters))
        finished = self.runner.command("python", "-c", LAUNCH, str(arguments))
        assert (folder / "artifacts" / "1" / "stdout").exists(), finished.stdout + finished.stderr
        return AwxRun(folder, finished.returncode)

    def update(self, source_vars=None, folder=None, **options):
        """Runs an inventory update with the file of the inventory source, or with a file that has these options."""
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
        finished = self._run(folder, environ, fact_cache_type="")
        finished.exported = json.loads(output.read_text()) if finished.code == 0 else None
        return finished

    def hosts(self):
        """Runs an inventory update of the inventory source; returns the hosts, the groups and the update."""
        finished = self.update()
        assert finished.code == 0, finished.output
        return (*hosts_of(finished.exported, SOURCE["enabled_var"], SOURCE["enabled_value"]), finished)

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
