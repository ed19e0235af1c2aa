# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module instance in real ansible-playbook runs against the simulator."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.modules import instance as module

KEY = "simulator-key"
WRITES = ("POST", "PUT", "DELETE")

# Wanted state (purged: absent with purge): {current state: actions, or None for an error}.
CELLS = {
    "present": {"none": ["create"], "Running": [], "Stopped": [], "Starting": [], "Error": [], "Destroyed": ["create"]},
    "started": {"none": ["create"], "Running": [], "Stopped": ["start"], "Stopping": ["start"], "Error": None, "Destroyed": ["create"]},
    "stopped": {
        "none": ["create", "stop"],
        "Running": ["stop"],
        "Stopped": [],
        "Starting": ["stop"],
        "Error": None,
        "Destroyed": ["create", "stop"],
    },
    "restarted": {
        "none": ["create"],
        "Running": ["reboot"],
        "Stopped": ["reboot"],
        "Starting": ["reboot"],
        "Error": None,
        "Destroyed": ["create"],
    },
    "recovered": {"none": None, "Running": [], "Stopped": [], "Starting": [], "Error": [], "Destroyed": ["recover"]},
    "absent": {"none": [], "Running": ["delete"], "Stopped": ["delete"], "Stopping": ["delete"], "Error": ["delete"], "Destroyed": []},
    "purged": {
        "none": [],
        "Running": ["delete"],
        "Stopped": ["delete"],
        "Starting": ["delete"],
        "Error": ["delete"],
        "Destroyed": ["purge"],
    },
}
# With an id, most states are an error for a destroyed instance. The message says what can be done.
BY_ID = {"present": None, "started": None, "stopped": None, "restarted": None, "recovered": ["recover"], "absent": [], "purged": ["purge"]}
ENDS = {"Starting": "Running", "Stopping": "Stopped"}


@pytest.mark.parametrize("state", CELLS)
def test_every_cell_of_the_state_table_is_predicted_and_executed(runner, state):
    # The attributes of seeded instances in the simulator, so that only the state differs.
    creation = {"template": "CentOS 6.8 PV", "compute_offering": "1vCPU.512MB", "network": "Web-test_area"}
    cells = dict(CELLS[state])
    if state != "recovered":
        cells["Destroyed by id"] = BY_ID[state]
    ids = {}
    for current in cells:
        if current != "none":
            more = {"settles_after": 2, "settles_as": ENDS[current]} if current in ENDS else {}
            ids[current] = runner.environment.seed({"name": f"cell-{current}", "state": current.split()[0], **more})["id"]
    items = [{"current": current, **({"id": ids[current]} if "by id" in current else {})} for current in cells]
    task = {
        "coxedge.compute.instance": {
            "name": "cell-{{ item.current }}",
            "id": "{{ item.id | default('') }}",
            "state": "absent" if state == "purged" else state,
            "purge": state == "purged",
            **creation,
        },
        "loop": items,
    }
    predicted = runner.play([task], "--check", "--diff")
    assert not [entry for entry in predicted.requests if entry["method"] in WRITES]
    for current in cells:
        if current in ENDS:
            instance = runner.environment.instances[ids[current]]
            runner.environment.patch(instance, {"state": current, "settles_after": 2, "settles_as": ENDS[current]})
    done, again = runner.play([task, task]).results
    for (current, actions), *results in zip(
        cells.items(), *(looped["results"] for looped in (predicted.results[0], done, again)), strict=True
    ):
        for result in results:
            assert "exception" not in result or "Traceback" not in str(result["exception"]), current
            assert result["failed"] is (actions is None), (current, result)
        before, real, second = results
        if actions is None:
            assert before["msg"] == real["msg"] and real["actions"] == [] and not real["changed"]
            assert set(real["error"]) == {"status_code", "code", "message", "context"}
            continue
        assert real["actions"] == actions, current
        assert real["changed"] is bool(actions)
        for key in ("changed", "actions", "diff"):
            assert before[key] == real[key], (current, key)
        if state != "restarted":
            assert second["changed"] is False and second["actions"] == [], current
        assert "drift" in real and "instance" in real


def test_the_life_cycle_of_an_instance(runner, creation):
    steps = [
        ({"state": "started", **creation}, ["create"], "Running"),
        ({"state": "stopped"}, ["stop"], "Stopped"),
        ({"state": "started"}, ["start"], "Running"),
        ({"state": "restarted"}, ["reboot"], "Running"),
        ({"state": "absent"}, ["delete"], "Destroyed"),
        ({"state": "recovered"}, ["recover"], "Stopped"),
        ({"state": "absent"}, ["delete"], "Destroyed"),
        ({"state": "absent", "purge": True}, ["purge"], None),
    ]
    outcome = runner.play([{"coxedge.compute.instance": {"name": "web1", **options}} for options, _actions, _state in steps])
    for (options, actions, state), result in zip(steps, outcome.results):
        assert result["actions"] == actions and result["changed"], (options, result)
        assert (result["instance"] or {}).get("state") == state
    assert outcome.code == 0 and runner.environment.instances == {}


def test_no_change_takes_two_requests_by_name_and_one_by_id(runner, creation):
    created = runner.instance(name="web1", **creation)["instance"]
    by_name = runner.instance(name="web1", state="started", **creation)
    assert not by_name["changed"] and len(by_name["outcome"].requests) == 2
    by_id = runner.instance(id=created["id"], state="started", **creation)
    assert not by_id["changed"] and len(by_id["outcome"].requests) == 1
    assert by_id["instance"] == created


def test_every_create_option_reaches_the_api(runner):
    environment = runner.environment
    options = {
        "name": "jarvis",
        "template": "CentOS 6.8 PV",
        "compute_offering": "Custom CPU.Memory",
        "cpu_count": "2",
        "memory_in_mb": 2048,
        "network": "App-test_area",
        "ip_address": "10.165.7.7",
        "ssh_key_name": "mysshkey",
        "user_data": "#!/bin/bash\necho 'hello world'",
        "ports_to_forward": [80, "9999"],
        "root_volume_size_in_gb": 60,
        "disk_offering": "Custom size and IOPS",
        "additional_disk_size_in_gb": 20,
        "additional_disk_iops": 1000,
        "volume_to_attach": "archive",
        "affinity_group": "spread",
    }
    result = runner.instance(**options)
    (body,) = [entry["body"] for entry in result["outcome"].requests if entry["method"] == "POST"]
    assert body == {
        "name": "jarvis",
        "templateId": "5f968ad6-56d0-4d0d-ad7e-f8f4a5b5d986",
        "computeOfferingId": next(
            resource["id"] for resource in environment.resources["computeofferings"] if resource["name"] == "Custom CPU.Memory"
        ),
        "cpuCount": 2,
        "memoryInMB": 2048,
        "networkId": "55ccea7f-8286-479e-a648-dd4a45866daf",
        "ipAddress": "10.165.7.7",
        "sshKeyName": "mysshkey",
        "userData": "#!/bin/bash\necho 'hello world'",
        "portsToForward": ["80", "9999"],
        "rootVolumeSizeInGb": 60,
        "diskOfferingId": "f16f7f1b-462d-47b9-97bb-25a19e47a648",
        "additionalDiskSizeInGb": 20,
        "additionalDiskIops": 1000,
        "volumeIdToAttach": "2478012b-3cf3-4eef-a8d6-85eb8599df6d",
        "affinityGroupId": "1c0bfd2b-d609-4892-a43e-273654532d26",
    }
    assert result["instance"]["public_ips"][0]["ports"] == ["80", "9999"]


def test_destroy_sends_its_four_options(runner):
    environment = runner.environment
    environment.seed({"name": "web1", "publicIps": 1, "dataVolumes": ["data"]})
    (address,) = environment.resources["publicipaddresses"]
    volume = next(resource["id"] for resource in environment.resources["volumes"] if resource["name"] == "data")
    options = {"purge": True, "delete_snapshots": True, "public_ips_to_release": ["all"], "volumes_to_delete": ["all"]}
    result = runner.instance(name="web1", state="absent", **options)
    (body,) = [entry["body"] for entry in result["outcome"].requests if entry["method"] == "DELETE"]
    assert body == {
        "deleteSnapshots": True,
        "purgeImmediately": True,
        "publicIpIdsToRelease": [address["id"]],
        "volumeIdsToDelete": [volume],
    }


# --- bad input ---------------------------------------------------------------------------------------------------

NEW = {"name": "new", "template": "Ubuntu 24.04", "compute_offering": "2vCPU.4GB", "network": "Web-test_area"}
BAD = {
    "no key": ({}, {"COXEDGE_API_KEY": ""}, ["api_key", "COXEDGE_API_KEY"]),
    "a wrong key": ({"api_key": "not-the-key"}, {}, ["does not accept this api_key"]),
    "an unknown environment": ({"environment_name": "tset"}, {}, ["environment_name", "tset", "test_area"]),
    "an unknown service": ({"service_code": "compute-of"}, {}, ["service_code", "compute-of"]),
    "an unknown template": ({"template": "Ubuntu 2404"}, {}, ["template", "'Ubuntu 24.04'"]),
    "no template": ({"template": "", "compute_offering": "", "network": ""}, {}, ["compute_offering, network and template"]),
    "plain http": ({"api_url": "http://portal.example.com/api/v2"}, {}, ["api_url", "https"]),
    "no time": ({"wait_timeout": 0}, {}, ["wait_timeout"]),
    "negative time": ({"wait_timeout": -5}, {}, ["wait_timeout"]),
    "an id that is none": ({"id": "web1"}, {}, ["id must be a UUID"]),
    "neither id nor name": ({"name": ""}, {}, ["id or name"]),
    "two keys": ({"public_key": "k", "ssh_key_name": "mysshkey"}, {}, ["public_key and ssh_key_name"]),
    "a size that the offering does not have": ({"cpu_count": 3}, {}, ["cpu_count", "2vCPU.4GB"]),
    "no size for a custom offering": ({"compute_offering": "Custom CPU.Memory"}, {}, ["cpu_count and memory_in_mb"]),
}


def test_bad_input_fails_with_one_sentence_before_anything_is_written(runner, subtests):
    tasks = [{"coxedge.compute.instance": {**NEW, **changes}, "environment": environ} for changes, environ, _words in BAD.values()]
    for arguments in ([], ["--check"]):
        outcome = runner.play(tasks, *arguments)
        assert "Traceback" not in outcome.output
        assert not [entry for entry in outcome.requests if entry["method"] in WRITES]
        for (case, (_changes, _environ, words)), result in zip(BAD.items(), outcome.results):
            with subtests.test(case, arguments=arguments):
                assert result["failed"] and not result["changed"]
                assert all(word in result["msg"] for word in words), result["msg"]
                assert result["actions"] == [] and set(result["error"]) == {"status_code", "code", "message", "context"}


def test_an_ambiguous_name_fails_with_the_ids(runner):
    ids = [runner.environment.seed({"name": "same-name"})["id"] for _n in range(2)]
    result = runner.instance(name="same-name", state="absent")
    assert result["failed"] and all(item in result["msg"] for item in ids)


def test_an_html_response_is_reported(runner):
    runner.simulator.app.faults.add({"kind": "html", "status": 200, "count": 0, "message": "Please log in"})
    result = runner.instance(**NEW)
    assert "expected JSON" in result["msg"] and "Please log in" in result["msg"] and result["error"]["status_code"] == 200


def test_an_api_error_is_returned_as_data(runner):
    runner.simulator.cloud.settings.max_instances = 1
    runner.environment.seed({"name": "other"})
    result = runner.instance(**NEW)
    assert (result["error"]["status_code"], result["error"]["code"]) == (400, 2020)
    assert "quota" in result["error"]["message"] and "quota" in result["msg"]


# --- what is given, and how --------------------------------------------------------------------------------------


def test_empty_options_count_as_not_set(runner, creation):
    spec = yaml.safe_load(module.DOCUMENTATION)["options"]
    optional = [name for name in spec if name not in ("name", *creation)]
    empty = dict.fromkeys(optional, "")
    empty.update(dict.fromkeys(("api_key", "api_url", "service_code", "environment_name", "organization_id", "api_timeout"), ""))
    empty.update(dict.fromkeys(("api_retries", "validate_certs", "ca_path"), ""))
    empty["ports_to_forward"] = [""]
    result = runner.instance(name="web1", **creation, **empty)
    assert result["actions"] == ["create"], result["msg"]


def test_empty_environment_variables_count_as_not_set(runner, creation):
    names = ("ORGANIZATION_ID", "API_TIMEOUT", "API_RETRIES", "VALIDATE_CERTS", "CA_PATH", "API_KEY")
    environ = {f"COXEDGE_{name}": "" for name in names}
    result = runner.instance(environ={**environ, "COXEDGE_KEY": KEY}, name="web1", **creation)
    assert result["actions"] == ["create"], result["msg"]


def test_environment_variables_reach_their_options(runner):
    cases = (
        ({"COXEDGE_API_TIMEOUT": "0"}, "api_timeout"),
        ({"COXEDGE_API_RETRIES": "-1"}, "api_retries"),
        ({"COXEDGE_CA_PATH": "/nowhere"}, "ca_path"),
        ({"COXEDGE_ORGANIZATION_ID": "foreign"}, "api_key"),
        ({"COXEDGE_API_URL": "nonsense"}, "api_url"),
        ({"COXEDGE_ENVIRONMENT_NAME": "nope"}, "nope"),
        ({"COXEDGE_SERVICE_CODE": "nope"}, "nope"),
        ({"COXEDGE_VALIDATE_CERTS": "perhaps"}, "validate_certs"),
    )
    tasks = [{"coxedge.compute.instance": {"name": "web1", "state": "absent"}, "environment": environ} for environ, _word in cases]
    for (environ, word), result in zip(cases, runner.play(tasks).results):
        assert result["failed"] and word in result["msg"], environ


def test_module_defaults_of_the_action_group_are_used(runner, creation):
    environ = dict.fromkeys(runner.simulator.environ, "")
    values = {
        "api_key": KEY,
        "api_url": runner.simulator.api_url,
        "service_code": "compute-on",
        "environment_name": "prod",
    }
    play = {"module_defaults": {"group/coxedge.compute.all": values}}
    task = {"coxedge.compute.instance": {"name": "web1", **creation, "network": "Web-prod"}}
    outcome = runner.play([task], play=play, **environ)
    assert outcome.results[0]["actions"] == ["create"], outcome.output
    assert runner.simulator.cloud.environment(None, "compute-on", "prod").instances


# --- secrets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fails", [False, True])
def test_the_key_and_user_data_are_not_shown(runner, creation, fails):
    secret = "password-in-user-data"
    changes = {"wait_timeout": 0} if fails else {}
    log = runner.folder / "ansible.log"
    outcome = runner.play(
        [{"coxedge.compute.instance": {"name": "web1", "user_data": secret, **creation, **changes}}],
        "-vvvv",
        "--diff",
        ANSIBLE_LOG_PATH=str(log),
    )
    (result,) = outcome.results
    assert result["failed"] is fails
    for text in (str(result), outcome.output, log.read_text()):
        assert secret not in text
        assert KEY not in text
    if not fails:
        assert f'"user_data": "{len(secret)} characters, sha256' in outcome.output.split('"invocation"')[1]
        assert "characters, sha256" in result["diff"]["after"]["user_data"]


def test_user_data_is_not_shown_if_another_option_is_invalid(runner, creation):
    result = runner.instance("-vvv", name="web1", user_data="password-in-user-data", **creation, state="nonsense")
    assert result["failed"] and "password-in-user-data" not in result["outcome"].output


def test_short_user_data_is_not_redacted_in_results(runner, creation):
    result = runner.instance(name="web1", user_data="e", **creation)
    assert result["instance"]["name"] == "web1" and result["instance"]["state"] == "Running"


def test_hostile_text_of_the_api_is_never_templated(runner):
    marker = runner.folder / "marker"
    hostile = "{{ lookup('pipe', 'touch " + str(marker) + "') }}"
    instance_id = runner.environment.seed({"name": hostile, "networkName": hostile})["id"]
    tasks = [
        {"coxedge.compute.instance": {"id": instance_id}},
        {"ansible.builtin.debug": {"msg": "{{ result_0.instance.name }} {{ result_0.instance.network_name }}"}},
    ]
    outcome = runner.play(tasks)
    assert hostile in outcome.results[1]["msg"] and not marker.exists()


# --- examples ----------------------------------------------------------------------------------------------------


def test_the_documented_examples_work_unchanged(runner):
    (runner.folder / "cloud-init.yml.j2").write_text("#cloud-config\nhostname: app1\n")
    outcome = runner.play(yaml.safe_load(module.EXAMPLES))
    for result in outcome.results:
        assert not result["failed"], result["msg"]
        assert result["changed"]
