# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which options count as given, where their values come from, and what failures look like."""

from __future__ import annotations

import inspect
import json

import pytest
from ansible.module_utils import basic
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.fleet_module import fleet_options
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import instance_options
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.plugins.module_utils.interruption import Interruption
from ansible_collections.coxedge.compute.plugins.module_utils.module import ENVIRONMENT, ApiModule, api_options, wait_options
from ansible_collections.coxedge.compute.plugins.modules.instance_info import info_options
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY

NEWER = "_ansible_inject_invocation" in inspect.getsource(basic)
REQUIRED = {"api_key": "the-key", "service_code": "compute-on", "environment_name": "test_area"}
SPEC = {**api_options(), **instance_options(), **wait_options()}
VARIABLES = [(option, variable) for option, variables in ENVIRONMENT.items() for variable in variables]
# A value that is not the default, for each option that the environment can set.
VALUES = {
    "api_key": "k2",
    "api_url": "https://other.example.com/api/v1",
    "service_code": "s2",
    "environment_name": "e2",
    "organization_id": "o2",
    "api_timeout": "7",
    "api_retries": "2",
    "validate_certs": "false",
    "ca_path": __file__,
}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for _option, variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def made(monkeypatch):
    """Makes a module of some options, as core would."""

    def make(spec=None, **given):
        # Newer versions of core show the options only if this is set; older ones do not know the setting.
        more = {"_ansible_inject_invocation": True} if NEWER else {}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": {**given, **more}}).encode())
        if hasattr(basic, "_ANSIBLE_PROFILE"):
            monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy")
        # The signals of this process are pytest's.
        monkeypatch.setattr(Interruption, "watch", lambda _self: None)
        return ApiModule(argument_spec=spec or SPEC)

    return make


def failed(capsys, call):
    with pytest.raises(SystemExit):
        call()
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("empty", ["", None, [], [""]], ids=repr)
@pytest.mark.parametrize("option", SPEC)
def test_an_empty_option_counts_as_not_given(made, capsys, option, empty):
    if option == "user_data" and isinstance(empty, list):
        pytest.skip("a list is sent as JSON")
    given = {"name": "web1", **REQUIRED, option: empty}
    if option in REQUIRED:
        assert f"missing required arguments: {option}" in failed(capsys, lambda: made(**given))["msg"]
        return
    assert made(**given).params[option] == SPEC[option].get("default")


@pytest.mark.parametrize("option", info_options())
def test_an_empty_option_of_instance_info_counts_as_not_given(made, option):
    spec = {**api_options(), **info_options()}
    assert made(spec, **REQUIRED, **{option: ""}).params[option] == spec[option].get("default")


@pytest.mark.parametrize("option", ["ports_to_forward", "public_ips_to_release", "volumes_to_delete"])
def test_empty_entries_of_a_list_are_dropped(made, option):
    assert made(name="web1", **REQUIRED, **{option: ["", "22", None]}).params[option] == ["22"]


@pytest.mark.parametrize(
    ("text", "items"), [("22, 80", ["22", "80"]), (" 22 ,80,\n", ["22", "80"]), ("22", ["22"]), ("a b", ["a b"]), (" , ", None)]
)
def test_a_list_that_is_given_as_text_has_no_whitespace_around_its_items(made, text, items):
    for option in ("ports_to_forward", "public_ips_to_release", "volumes_to_delete"):
        assert made(name="web1", **REQUIRED, **{option: text}).params[option] == items
    assert made({**api_options(), **info_options()}, **REQUIRED, networks=text, states=text).params["networks"] == items


def test_items_of_a_list_keep_their_whitespace(made):
    assert made({**api_options(), **info_options()}, **REQUIRED, networks=["web ", " a, b"]).params["networks"] == ["web ", " a, b"]


def test_lists_of_members_that_are_given_as_text_are_split_too(made):
    spec = {**api_options(), **fleet_options()}
    member = {"name": "web1", "ports_to_forward": "22, 80"}
    params = made(spec, **REQUIRED, instances=[member], defaults={"volumes_to_delete": " all "}).params
    assert params["instances"][0]["ports_to_forward"] == ["22", "80"] and params["defaults"]["volumes_to_delete"] == ["all"]


@pytest.mark.parametrize(("option", "variable"), VARIABLES)
def test_a_variable_sets_an_option_that_is_not_given(made, monkeypatch, option, variable):
    monkeypatch.setenv(variable, VALUES[option])
    given = {name: value for name, value in REQUIRED.items() if name != option}
    expected = {"api_timeout": 7, "api_retries": 2, "validate_certs": False}.get(option, VALUES[option])
    assert made(name="web1", **given).params[option] == expected
    # The variable is used for an empty option, but not for any other.
    assert made(name="web1", **given, **{option: ""}).params[option] == expected
    other = {"api_timeout": 9, "api_retries": 9, "validate_certs": True, "ca_path": "/", "api_url": "https://host"}.get(option, "x")
    assert made(name="web1", **given, **{option: other}).params[option] == other


@pytest.mark.parametrize(("option", "variable"), VARIABLES)
def test_an_empty_variable_counts_as_not_set(made, capsys, monkeypatch, option, variable):
    monkeypatch.setenv(variable, "")
    given = {name: value for name, value in REQUIRED.items() if name != option}
    if option in REQUIRED:
        text = failed(capsys, lambda: made(name="web1", **given))["msg"]
        assert f"missing required arguments: {option}" in text and ENVIRONMENT[option][0] in text
    else:
        assert made(name="web1", **given).params[option] == SPEC[option].get("default")


def test_the_second_variable_sets_the_key_if_the_first_is_empty(made, monkeypatch):
    monkeypatch.setenv("COXEDGE_API_KEY", "")
    monkeypatch.setenv("COXEDGE_KEY", "second")
    assert made(name="web1", service_code="s", environment_name="e").connection.api_key == "second"
    monkeypatch.setenv("COXEDGE_API_KEY", "first")
    assert made(name="web1", service_code="s", environment_name="e").connection.api_key == "first"


def test_a_key_from_a_file_may_end_with_a_line_break(made):
    assert made(name="web1", **{**REQUIRED, "api_key": "the-key\n"}).connection.api_key == "the-key"


def test_one_message_names_all_missing_options(made, capsys):
    result = failed(capsys, lambda: made(name="web1"))
    for word in ("api_key", "service_code", "environment_name", "COXEDGE_API_KEY", "COXEDGE_SERVICE_CODE"):
        assert word in result["msg"]
    assert result["actions"] == [] and set(result["error"]) == {"status_code", "code", "message", "context"}


@pytest.mark.parametrize("value", [0, -1])
def test_wait_timeout_must_be_positive(made, capsys, value):
    assert "wait_timeout" in failed(capsys, lambda: made(name="web1", **REQUIRED, wait_timeout=value))["msg"]


def test_an_invalid_connection_is_reported(made, capsys):
    assert "api_url" in failed(capsys, lambda: made(name="web1", **REQUIRED, api_url="http://public.example.com"))["msg"]


def test_the_key_is_redacted_in_failures(made, capsys):
    module = made(name="web1", **REQUIRED)
    result = failed(capsys, lambda: module.fail_with(ApiError("the-key is in here", 400, "the-key", "the-key", {"k": "the-key"})))
    assert "the-key" not in json.dumps(result) and " is in here" in result["msg"]
    assert result["error"]["status_code"] == 400


def test_the_key_is_redacted_in_warnings(made, capsys):
    module = made(name="web1", **REQUIRED)
    module.warn_all(["Instance the-key is slow"])
    with pytest.raises(SystemExit):
        module.exit_json(x=1)
    # Core adds warnings to the result, or shows them itself if the module runs in the controller, as here.
    seen = " ".join("".join(capsys.readouterr()).split())
    assert "the-key" not in seen and "Instance ******** is slow" in seen


@pytest.mark.parametrize("fails", [True, False])
def test_results_hide_the_key_whatever_core_does(made, capsys, fails):
    module = made(name="web1", **{**REQUIRED, "api_key": "a-key/of+36"})
    # What core up to 2.21 does by itself.
    module.no_log_values.clear()
    found = {"instance": {"a-key/of+36": ["x a-key/of+36", "a-key%2Fof%2B36", "YS1rZXkvb2YrMzY="]}, "secret_key": "a-key\\/of+36"}
    result = failed(capsys, lambda: module.fail_json("No a-key/of+36", **found) if fails else module.exit_json(**found))
    assert "key/of" not in json.dumps(result) and "key%2F" not in json.dumps(result) and "YS1r" not in json.dumps(result)
    assert result["instance"] == {"********": ["x ********", "********", "********"]}
    assert result["invocation"]["module_args"]["api_key"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def test_results_have_no_list_of_secrets_for_core(made, capsys):
    module = made(name="web1", **REQUIRED, user_data={"packages": ["Running"]})
    # Core 2.22 would hide all of them in the output of the playbook.
    assert "_ansible_new_secrets" not in failed(capsys, lambda: module.exit_json(state="Running"))


def test_the_log_of_the_system_has_no_secret(made, monkeypatch):
    module, written = made(name="web1", **REQUIRED), []
    monkeypatch.setattr(AnsibleModule, "log", lambda self, *args: written.append(args))
    module.log("Used the-key", {"api_url": "https://me:the-key@host", "name": "web1"})
    assert written == [("Used ********", {"api_url": "https://me:********@host", "name": "web1"})]


def test_warnings_have_no_secret_and_one_line(made, monkeypatch):
    module, shown = made(name="web1", **REQUIRED), []
    monkeypatch.setattr(AnsibleModule, "warn", lambda self, text, **kwargs: shown.append(text))
    module.warn("the-key\x1b[2J\nok")
    assert shown == [r"********\x1b[2J\nok"]


def test_structured_user_data_does_not_redact_results(made, capsys):
    module = made(name="web1", **REQUIRED, user_data={"packages": ["Running"], "runcmd": "ud"})
    assert failed(capsys, lambda: module.exit_json(state="Running", name="ud"))["state"] == "Running"


def test_user_data_in_an_error_of_the_api_is_redacted(made, harness):
    given = {**REQUIRED, "api_key": API_KEY, "api_url": harness.simulator.api_url}
    client = made(name="web1", **given, user_data="#!/bin/sh\npassword=hunter2").new_client()
    errors = [{"message": "bad line password=hunter2", "context": {"userData": "x", "line": "password=hunter2"}}]
    harness.fault(kind="status", status=400, body={"errors": errors})
    with pytest.raises(ApiError, match="bad line") as caught:
        client.write("POST", "instances", None, harness.deadline(), {})
    error = caught.value
    assert "hunter2" not in error.sentence + str(error.details) and error.context == {"line": "********"}


@pytest.mark.parametrize("fails", [True, False])
def test_results_show_a_digest_of_user_data(made, capsys, fails):
    module = made(name="web1", **REQUIRED, user_data="secret text")
    assert module.options["user_data"] == "secret text"
    end = (lambda: module.fail_json("x")) if fails else (lambda: module.exit_json(x=1))
    shown = failed(capsys, end)["invocation"]["module_args"]["user_data"]
    assert shown.startswith("11 characters, sha256 ") and len(shown) == 22 + 64


def test_a_failure_has_message_task_and_error(made, capsys):
    error = ApiError("Could not start it", 400, 2012, "busy", {"currentState": "Stopping"})
    error.task_id = "task-1"
    result = failed(capsys, lambda: made(name="web1", **REQUIRED).fail_with(error, actions=["create"], changed=True))
    assert result["msg"] == "Could not start it (task task-1)." and result["task_id"] == "task-1" and result["changed"]
    assert result["error"] == {"status_code": 400, "code": 2012, "message": "busy", "context": {"currentState": "Stopping"}}
    result = failed(capsys, lambda: made(name="web1", **REQUIRED).fail_with(Refused("No.")))
    assert (result["msg"], result["error"]["message"]) == ("No.", "No.")
    result = failed(capsys, lambda: made(name="web1", **REQUIRED).fail_with(ImportError("requests")))
    assert "requests" in result["msg"]


def test_a_bug_is_raised(made):
    with pytest.raises(ZeroDivisionError, match="a bug"):
        made(name="web1", **REQUIRED).fail_with(ZeroDivisionError("a bug"))
