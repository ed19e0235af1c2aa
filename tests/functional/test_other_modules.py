# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules for passwords, ISOs and the catalog in real ansible-playbook runs against the simulator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.modules import catalog_info, instance_iso, instance_password, task_info

KEY = "simulator-key"


def writes(outcome):
    return [entry for entry in outcome.requests if entry["method"] != "GET"]


def password(**options):
    return {"coxedge.compute.instance_password": options}


def iso(**options):
    return {"coxedge.compute.instance_iso": options}


def catalog(**options):
    return {"coxedge.compute.catalog_info": options}


# Options with which each module has something to do, in this order.
OPTIONS = {
    "catalog_info": {},
    "instance_info": {},
    "task_info": {"id": ...},
    "instance_password": {"name": "web1"},
    "instance_iso": {"name": "web1", "iso": "drivers"},
    "instance": {"name": "web1", "state": "stopped"},
    "instance_fleet": {"instances": [{"name": "web2", "state": "stopped"}]},
}


def test_each_module_has_a_check_mode_and_only_those_that_write_change_something(runner):
    assert set(OPTIONS) == {path.stem for path in Path(catalog_info.__file__).parent.glob("*.py") if path.stem != "__init__"}
    for name in ("web1", "web2"):
        runner.environment.seed({"name": name})
    (started,) = runner.play([{"coxedge.compute.instance": {"name": "web1", "state": "restarted", "wait": False}}]).results
    given = {**OPTIONS, "task_info": {"id": started["task_id"], "wait": True}}
    tasks = [{f"coxedge.compute.{name}": options} for name, options in given.items()]
    for arguments in (["--check"], []):
        outcome = runner.play(tasks, *arguments)
        for name, result in zip(OPTIONS, outcome.results, strict=True):
            # Core skips a module that has no check mode.
            assert not result.get("skipped") and not result["failed"], (name, result)
            assert result["changed"] is not name.endswith("_info"), name
        assert bool(writes(outcome)) is not bool(arguments)


def test_a_password(runner):
    runner.environment.seed({"name": "web1"})
    predicted = runner.play([password(name="web1")], "--check")
    assert predicted.results[0]["changed"] and predicted.results[0]["password"] is None and not writes(predicted)
    one, two = runner.play([password(name="web1"), password(name="web1")], "--diff").results
    assert one["changed"] and two["changed"] and one["password"] != two["password"] and one["username"] == "cca-user"
    assert one["actions"] == ["resetPassword"]


def test_no_log_hides_the_password(runner):
    runner.environment.seed({"name": "web1"})
    outcome = runner.play([{**password(name="web1"), "no_log": True}], "--diff", "-vvvv")
    assert outcome.results[0]["password"] not in outcome.output and KEY not in outcome.output


def test_an_iso_is_attached_and_detached(runner):
    runner.simulator.cloud.settings.report_iso = True
    runner.environment.seed({"name": "web1"})
    tasks = [
        iso(name="web1", iso="drivers"),
        iso(name="web1", iso="drivers"),
        iso(name="web1", state="detached"),
        iso(name="web1", state="detached"),
    ]
    predicted = runner.play(tasks[:1], "--check", "--diff").results[0]
    attached, again, detached, nothing = runner.play(tasks, "--diff").results
    assert attached["actions"] == predicted["actions"] == ["attachIso"] and attached["diff"] == predicted["diff"]
    assert [result["changed"] for result in (attached, again, detached, nothing)] == [True, False, True, False]
    assert attached["instance"]["iso_id"] and nothing["instance"]["iso_id"] is None


def test_bad_options_are_reported(runner):
    runner.environment.seed({"name": "web1"})
    cases = (
        (password(), "id or name"),
        (password(id="web1"), "UUID"),
        (password(name="web1", wait_timeout=0), "wait_timeout"),
        (password(name="missing1"), "no instance with the name 'missing1'"),
        (iso(name="web1"), "iso is required"),
        (iso(name="web1", iso="nothing"), "guest-tools"),
        (iso(name="web1", iso="installer"), "bootable"),
        (catalog(kinds=["flavours"]), "kinds"),
        (catalog(environment_name="nope"), "environment_name"),
    )
    outcome = runner.play([task for task, _word in cases])
    for (_task, word), result in zip(cases, outcome.results):
        assert result["failed"] and word in result["msg"], result["msg"]
        assert set(result["error"]) == {"status_code", "code", "message", "context"}
    assert not writes(outcome) and "Traceback" not in outcome.output


def test_catalog_info_returns_the_requested_kinds(runner):
    complete, part, empty = runner.play([catalog(), catalog(kinds=["networks", "networks"]), catalog(kinds=[""])]).results
    choices = yaml.safe_load(catalog_info.DOCUMENTATION)["options"]["kinds"]["choices"]
    assert sorted([*complete["catalog"], "environments", "services"]) == sorted(choices)
    assert list(part["catalog"]) == ["networks"] and not part["changed"] and empty["catalog"].keys() == complete["catalog"].keys()
    names = [resource["name"] for resource in complete["catalog"]["templates"]]
    assert names == sorted(names) and "Ubuntu 24.04" in names
    offering = next(resource for resource in complete["catalog"]["compute_offerings"] if resource["name"] == "2vCPU.4GB")
    assert offering["memory_in_mb"] == 4096 and complete["catalog"]["ssh_keys"][0]["fingerprint"]


def test_catalog_info_shows_what_a_task_needs_and_with_details_everything(runner):
    """Everything that the modules and roles use is in the short form: sizes, addresses, and who uses something."""
    web1 = runner.environment.seed({"name": "web1", "publicIps": 1, "dataVolumes": ["data1"]})["id"]
    short, whole = (result["catalog"] for result in runner.play([catalog(), catalog(details=True)]).results)
    assert short.keys() == whole.keys()
    for kind, entries in short.items():
        for entry, complete in zip(entries, whole[kind], strict=True):
            assert entry == {name: complete[name] for name in entry} and entry["id"], kind
    steps = next(entry for entry in short["compute_offerings"] if entry["name"] == "Custom steps")
    assert steps["custom"] and steps["available_cpu_count_values"] == [1, 2, 4, 8] and steps["max_memory_in_mb_to_cpu_ratio"] == 4096
    ubuntu = next(entry for entry in short["templates"] if entry["name"] == "Ubuntu 24.04")
    assert ubuntu["ready"] is True and ubuntu["size"] and ubuntu["os_type_name"] == "Ubuntu 24.04 (64-bit)"
    (network,) = (entry for entry in short["networks"] if entry["name"] == "Web-test_area")
    assert (network["cidr"], network["zone_name"]) == ("10.164.0.0/16", "QC-1")
    (address,) = short["public_ips"]
    assert address["ip_address"] and address["instances"] == [{"id": web1, "name": "web1"}]
    (volume,) = (entry for entry in short["volumes"] if entry["name"] == "data1")
    assert volume["instance_id"] == web1 and volume["type"] == "data" and volume["size_in_gb"]
    assert "hypervisor" not in ubuntu and whole["templates"][0]["hypervisor"]
    assert len(json.dumps(short, indent=4).splitlines()) < 0.65 * len(json.dumps(whole, indent=4).splitlines())


def test_catalog_info_lists_the_environments_and_services_of_the_key(runner):
    kinds = ["environments", "services"]
    # They do not depend on the environment.
    short, whole = (
        result["catalog"]
        for result in runner.play([catalog(kinds=kinds, environment_name="nope"), catalog(kinds=kinds, details=True)]).results
    )
    assert [(entry["name"], entry["service_code"], entry["state"]) for entry in short["environments"]] == [
        (name, "compute-on", "PROVISIONED") for name in ("prod", "test_area")
    ]
    assert [(entry["name"], entry["service_code"]) for entry in short["services"]] == [("Compute", "compute-on")]
    assert whole["environments"][0]["service_connection"]["service_code"] == "compute-on" and whole["environments"][0]["organization"]
    assert whole["services"][0]["status"]["reachable"] is True


def test_catalog_info_finds_the_service_of_an_environment_that_does_not_show_it(runner):
    body = {"data": [{"id": "e-1", "name": "lab", "serviceConnection": {"id": "c-1"}}, {"id": "e-2", "name": "old"}]}
    faults = runner.simulator.app.faults
    faults.add({"path": "/environments$", "kind": "status", "status": 200, "body": body})
    connections = {"data": [{"id": "c-1", "serviceCode": "compute-qc"}]}
    faults.add({"path": "/services/connections$", "kind": "status", "status": 200, "body": connections})
    missing = {"path": "/(environments|connections)$", "kind": "status", "status": 404, "count": 0}
    (found,) = runner.play([catalog(kinds=["environments"])]).results
    assert found["catalog"]["environments"] == [{"id": "e-1", "name": "lab", "service_code": "compute-qc"}, {"id": "e-2", "name": "old"}]
    faults.add(missing)
    for kind, result in zip(
        ("environments", "services"), runner.play([catalog(kinds=["environments"]), catalog(kinds=["services"])]).results
    ):
        assert (
            result["failed"]
            and f"no list of {'services/connections' if kind == 'services' else kind} (HTTP 404): check api_url" in result["msg"]
        )


@pytest.mark.parametrize("module", [instance_password, instance_iso, catalog_info, task_info])
def test_the_documented_examples_work_unchanged(runner, module):
    runner.environment.seed({"name": "web1"})
    outcome = runner.play(yaml.safe_load(module.EXAMPLES))
    assert not any(result.get("failed") for result in outcome.results), outcome.output
