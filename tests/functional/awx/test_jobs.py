# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the credential to jobs: inventory updates, job templates and surveys."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.coxedge.compute.tests.benchmark.inventory import without_marks
from ansible_collections.coxedge.compute.tests.functional.awx.controller import (
    INJECTORS,
    KEY,
    TEMPLATES,
    Awx,
    hosts_of,
    injected,
    job_inventory,
)
from ansible_collections.coxedge.compute.tests.functional.cores import OTHER_CORES
from ansible_collections.coxedge.compute.tests.functional.test_inventory import HOSTILE

pytestmark = pytest.mark.roles


@pytest.mark.parametrize("core", [None, *OTHER_CORES])
def test_from_the_credential_to_a_job(runner, core):
    awx, marker = Awx(runner, core), runner.folder / "marker"
    # The last three would be host patterns.
    texts = [text % marker if "%s" in text else text for text in [*HOSTILE, "a:b:c", "all,!x", "[0:9]"]]
    for text in ["web-1", "web-2", *texts]:
        runner.environment.seed({"name": text, "networkName": text, "userData": "s3cret-data"})
    runner.environment.seed({"name": "off-1", "state": "Stopped"})
    runner.simulator.cloud.environment(None, "compute-on", "prod").seed({"name": "web-1.prod"})
    awx.inputs["environment_names"] = "test_area,prod"
    hosts, groups, update = awx.hosts()
    # Each host has its own name, which is not a pattern, a port or a template.
    assert len(hosts) == len(texts) + 4 and all(re.fullmatch(r"[A-Za-z0-9_.-]+", name) for name in hosts)
    assert {name for name, (enabled, _variables) in hosts.items() if not enabled} == {"off-1"}
    shown = {without_marks(variables)["coxedge_name"] for _enabled, variables in hosts.values()}
    assert shown == {"web-1", "web-2", "off-1", "web-1.prod", *texts}
    assert groups["environment_prod"] == ["web-1.prod"] and set(groups["coxedge"]) == set(hosts)
    # A job on all hosts, and one on some.
    inventory = job_inventory(hosts, groups)
    jobs = [awx.job("hosts", inventory), awx.job("hosts", inventory, limit="environment_prod:web-1")]
    for job, count in zip(jobs, (len(hosts) - 1, 2)):
        assert job.code == 0 and len(re.findall(r": ok=1 ", job.output)) == count, job.output
    assert all(json.dumps(text, ensure_ascii=False)[1:-1] in jobs[0].output for text in texts)
    assert f"--forks={TEMPLATES['hosts']['forks']}" in (jobs[0].artifacts / "command").read_text()
    # An operation goes to the environment of the server, not to that of the credential.
    runner.simulator.app.log.clear()
    restart = awx.job("restart or stop", inventory, limit="web-1,web-1.prod")
    assert restart.code == 0, restart.output
    sent = sorted(entry["path"].split("/")[-3] for entry in runner.simulator.app.log if entry["query"].get("operation") == "reboot")
    assert sent == ["prod", "test_area"]
    assert not marker.exists()
    for finished in (update, *jobs, restart):
        assert KEY not in finished.visible_text() and "s3cret" not in finished.visible_text()


def test_without_a_limit_nothing_is_restarted(runner, awx):
    # A name that can be a limit, and is a host here.
    for name in ("web-1", "nobody"):
        runner.environment.seed({"name": name})
    hosts, groups, _update = awx.hosts()
    runner.simulator.app.log.clear()
    finished = awx.job("restart or stop", job_inventory(hosts, groups))
    assert finished.code != 0 and "leaves us with no hosts to target" in finished.one_line and not runner.simulator.app.log


ANSWERS = {"fleet_template": "Ubuntu 24.04", "fleet_compute_offering": "2vCPU.4GB", "fleet_network": "Web-test_area"}


def test_a_survey_creates_servers(runner, awx):
    wanted, names = {"fleet_names": "db-1\n\n web-1\n{{ 1 + 1 }} \n", **ANSWERS}, {"db-1", "web-1", "{{ 1 + 1 }}"}
    predicted = awx.job("servers", check=True, **wanted)
    assert predicted.code == 0 and not runner.environment.instances, predicted.output
    assert len(re.findall(r": create\b", predicted.output)) == len(names) and " at " not in predicted.output
    assert "compute_offering_id" not in predicted.output and "Running" not in predicted.output
    created = awx.job("servers", **wanted)
    assert created.code == 0 and {instance["name"] for instance in runner.environment.instances.values()} == names, created.output
    # Blank fields count as not set. The servers exist now.
    again = awx.job("servers", fleet_names="\n".join(names))
    assert again.code == 0 and "changed=0" in again.output and again.output.count(": nothing to do (Running at 10.") == len(names)
    # The API returned the passwords of the new servers, and no job shows them.
    assert "Pw-" in str(runner.simulator.cloud.tasks)
    for finished in (predicted, created, again):
        assert KEY not in finished.visible_text() and "Pw-" not in finished.visible_text()


def test_later_nodes_of_a_workflow_get_the_servers(runner, awx):
    finished = awx.job("servers", fleet_names="web-1\nTrue", **ANSWERS)
    events = [json.loads(path.read_text()) for path in (finished.artifacts / "job_events").glob("*.json")]
    (stats,) = (event["event_data"]["artifact_data"] for event in events if event["event"] == "playbook_on_stats")
    servers = stats["coxedge_fleet"]
    assert [set(server) for server in servers] == [{"name", "id", "ip_address", "state", "actions"}] * 2
    assert [(server["name"], server["state"], server["actions"]) for server in servers] == [
        ("web-1", "Running", ["create"]),
        ("True", "Running", ["create"]),
    ]
    assert all(server["id"] and server["ip_address"] for server in servers) and "Pw-" not in json.dumps(stats)


def test_errors_in_the_answers_to_a_survey_are_reported(runner, awx):
    runner.simulator.cloud.settings.max_instances = 1
    partial = awx.job("servers", fleet_names="web-1\nweb-2", **ANSWERS)
    assert partial.code != 0 and "1 of 2 members failed" in partial.one_line and "Pw-" in str(runner.simulator.cloud.tasks)
    assert "Pw-" not in partial.visible_text()
    empty = awx.job("servers", fleet_names=" \n")
    assert empty.code != 0 and "Enter one name per line." in empty.one_line


def test_all_fields_except_the_key_can_be_blank(runner, awx):
    runner.environment.seed({"name": "web-1"})
    options = {"api_url": awx.inputs["api_url"], "service_code": "compute-on"}
    awx.inputs = {name: KEY if name == "api_key" else "" for name in awx.inputs}
    assert injected(awx.inputs) == injected({"api_key": KEY}) == {**dict.fromkeys(INJECTORS["env"], ""), "COXEDGE_API_KEY": KEY}
    updated = awx.update(**options, environment_names=["test_area"])
    assert updated.code == 0 and list(hosts_of(updated.exported)[0]) == ["web-1"]
    book = runner.folder / "given.yml"
    task = {"coxedge.compute.instance": {"name": "web-1", "state": "stopped", "environment_name": "test_area", **options}}
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
    finished = awx.job("servers", playbook=str(book))
    assert finished.code == 0 and "changed=1" in finished.output, finished.output


def test_job_slices_that_create_the_same_name_warn(runner, awx):
    for name in ("db-1", "db-2"):
        runner.environment.seed({"name": name})
    hosts, groups, _update = awx.hosts()
    inventories = [job_inventory(hosts, groups, number, of=2) for number in (1, 2)]
    # The first create takes so long that the other run does not see its server.
    runner.simulator.app.faults.add({"kind": "delay", "method": "POST", "path": "/instances$", "seconds": 8})
    with ThreadPoolExecutor() as pool:
        slices = list(pool.map(lambda inventory: awx.job("servers", inventory, fleet_names="web-1", **ANSWERS), inventories))
    ids = [instance["id"] for instance in runner.environment.instances.values() if instance["name"] == "web-1"]
    assert len(ids) == 2 and [finished.code for finished in slices] == [0, 0]
    warnings = [finished.one_line for finished in slices if "Another instance has the name of the new one" in finished.one_line]
    assert warnings and all(item in text for text in warnings for item in ids)
    # Now the name is ambiguous: jobs fail instead of choosing one, and the hosts are named by their ids.
    again = awx.job("servers", fleet_names="web-1")
    assert again.code != 0 and all(item in again.one_line for item in ids)
    assert set(awx.hosts()[0]) == {"db-1", "db-2", *ids}
