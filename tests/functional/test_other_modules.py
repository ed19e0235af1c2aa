# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules for passwords, ISOs and the catalog in real ansible-playbook runs against the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.coxedge.compute.plugins.modules import catalog_info, instance_iso, instance_password

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
    "instance_password": {"name": "web1"},
    "instance_iso": {"name": "web1", "iso": "drivers"},
    "instance": {"name": "web1", "state": "stopped"},
    "instance_fleet": {"instances": [{"name": "web2", "state": "stopped"}]},
}


def test_each_module_has_a_check_mode_and_only_those_that_write_change_something(runner):
    assert set(OPTIONS) == {path.stem for path in Path(catalog_info.__file__).parent.glob("*.py") if path.stem != "__init__"}
    for name in ("web1", "web2"):
        runner.environment.seed({"name": name})
    tasks = [{f"coxedge.compute.{name}": options} for name, options in OPTIONS.items()]
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
    assert sorted(complete["catalog"]) == sorted(yaml.safe_load(catalog_info.DOCUMENTATION)["options"]["kinds"]["choices"])
    assert list(part["catalog"]) == ["networks"] and not part["changed"] and empty["catalog"].keys() == complete["catalog"].keys()
    names = [resource["name"] for resource in complete["catalog"]["templates"]]
    assert names == sorted(names) and "Ubuntu 24.04" in names
    offering = next(resource for resource in complete["catalog"]["compute_offerings"] if resource["name"] == "2vCPU.4GB")
    assert offering["memory_in_mb"] == 4096 and complete["catalog"]["ssh_keys"][0]["fingerprint"]


@pytest.mark.parametrize("module", [instance_password, instance_iso, catalog_info])
def test_the_documented_examples_work_unchanged(runner, module):
    runner.environment.seed({"name": "web1"})
    outcome = runner.play(yaml.safe_load(module.EXAMPLES))
    assert not any(result.get("failed") for result in outcome.results), outcome.output
