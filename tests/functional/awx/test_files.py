# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX accepts the files of docs/awx."""

from __future__ import annotations

import jsonschema
import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.doc_fragments.api_plugin import ModuleDocFragment
from ansible_collections.coxedge.compute.plugins.inventory import instances as plugin
from ansible_collections.coxedge.compute.plugins.module_utils.module import ENVIRONMENT
from ansible_collections.coxedge.compute.tests.functional.awx.controller import (
    CONTROLLER,
    INJECTORS,
    INPUTS,
    ROOT,
    SOURCE,
    TEMPLATES,
    content,
)
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

pytestmark = pytest.mark.roles

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
# Some of the other variables that AWX rejects.
REJECTED_VARIABLES = {"PATH", "PYTHONPATH", "VIRTUAL_ENV", "JOB_ID", "INVENTORY_ID", "CACHE"}


def test_awx_accepts_the_credential_type():
    jsonschema.validate(INPUTS, INPUTS_SCHEMA)
    jsonschema.validate(INJECTORS, INJECTORS_SCHEMA)
    fields = {field["id"]: field for field in INPUTS["fields"]}
    assert len(fields) == len(INPUTS["fields"]) and "tower" not in fields and set(INPUTS["required"]) <= set(fields)
    assert not REJECTED_VARIABLES & set(INJECTORS["env"])
    # AWX renders each template with all fields, and rejects names that are not fields.
    strict = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for name, template in INJECTORS["env"].items():
        field = name.removeprefix("COXEDGE_").lower()
        assert strict.from_string(template).render({known: f"<{known}>" for known in fields}) == f"<{field}>"
    assert [name for name, field in fields.items() if field.get("secret")] == ["api_key"] == INPUTS["required"]


def test_blank_fields_are_accepted_and_never_mean_false():
    # A format or choices would reject an empty text, and a boolean that was not set would be false.
    assert all(field["type"] == "string" and not {"format", "choices", "default"} & set(field) for field in INPUTS["fields"])


def test_the_collection_reads_the_injected_variables():
    documents = [yaml.safe_load(ModuleDocFragment.DOCUMENTATION), yaml.safe_load(plugin.DOCUMENTATION)]
    of_plugin = {entry["name"] for document in documents for option in document["options"].values() for entry in option.get("env", ())}
    of_modules = {name for names in ENVIRONMENT.values() for name in names}
    assert set(INJECTORS["env"]) <= of_plugin | of_modules and "COXEDGE_ENVIRONMENT_NAMES" in of_plugin


KEYS = {
    # The names that identify an object of each kind. A dict refers to another object in the same way.
    "organization": {"name"},
    "credential_type": {"name", "kind"},
    "credential": {"organization", "name", "credential_type"},
    "execution_environment": {"name"},
    "project": {"organization", "name"},
    "inventory": {"organization", "name"},
    "inventory_source": {"name", "inventory"},
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
    """Raises AssertionError for a key that does not identify an object."""
    assert set(key) - {"type"} == KEYS[key["type"]], key
    for name, value in key.items():
        if isinstance(value, dict):
            assert value["type"] == name
            check_key(value)


def test_awx_import_accepts_the_import_file():
    keys = []
    for resource, objects in CONTROLLER.items():
        for item in objects:
            assert set(item) - {"natural_key"} <= set(FIELDS[resource].split()), item["name"]
            key = item["natural_key"]
            check_key(key)
            assert all(key[name] == item[name] for name in set(key) & set(item)) and key not in keys
            keys.append(key)
    # They refer to each other, or to objects that must exist already: the organization, and the credential with its type.
    for objects in CONTROLLER.values():
        for item in objects:
            for reference in [*item.values(), *item.get("related", {}).get("credentials", [])]:
                if isinstance(reference, dict) and "type" in reference:
                    assert reference in keys or reference["type"] in ("organization", "credential"), reference
                    check_key(reference)


def imported(stored):
    """Imports the file into what AWX has: an object that its key does not find is created, unless one of that name exists."""
    for resource, objects in CONTROLLER.items():
        for item in objects:
            key = item["natural_key"]
            found = next((one for one in stored if one["natural_key"] == key and set(key) - {"type"} == KEYS[key["type"]]), None)
            same = [one for one in stored if all(one["natural_key"].get(name) == key.get(name) for name in KEYS[key["type"]] | {"type"})]
            if found is None and same:
                raise ValueError(f"{resource} with this combination already exists")
            if found is None:
                stored.append(item)
    return stored


def test_the_import_file_can_be_imported_again():
    once = list(imported([]))
    assert imported(list(once)) == once and len(once) == sum(map(len, CONTROLLER.values()))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_job_template_is_complete(name):
    template = TEMPLATES[name]
    book = content(ROOT / template["playbook"])
    # AWX stores facts, and those of this machine would contain the environment with the key.
    assert all(play["gather_facts"] is False for play in book)
    assert len(template["related"]["credentials"]) == 1
    survey = template["related"].get("survey_spec")
    assert bool(survey) is template.get("survey_enabled", False)
    for question in survey["spec"] if survey else ():
        jsonschema.validate(question, QUESTION)
        assert any(question["variable"] in play["vars"] for play in book)
        assert question["type"] != "multiplechoice" or question["default"] in question["choices"].splitlines()


def test_the_inventory_source_reads_an_existing_file():
    assert (ROOT / SOURCE["source_path"]).name.endswith(plugin.FILE_NAMES) and content(ROOT / SOURCE["source_path"])
    assert (SOURCE["enabled_var"], SOURCE["enabled_value"]) == ("coxedge_active", "true")
