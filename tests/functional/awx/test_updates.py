# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory updates that fail or are empty, and updates with a collection from the project."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.tests.functional.awx.controller import KEY, ROOT, hosts_of

pytestmark = pytest.mark.roles


def test_an_update_fails_if_an_environment_can_t_be_read(runner, awx):
    runner.environment.seed({"name": "web-1"})
    awx.inputs["environment_names"] = "test_area,prod"
    runner.simulator.app.faults.add({"kind": "status", "status": 403, "path": "/prod/instances", "count": 0})
    finished = awx.update()
    assert finished.code != 0 and "environment prod" in finished.one_line and KEY not in finished.visible_text()


def test_an_update_without_the_api_fails_so_that_no_host_is_deleted(runner, awx):
    runner.environment.seed({"name": "web-1"})
    finished = awx.update(api_url="http://127.0.0.1:9/api/v2", api_retries=0)
    assert finished.code != 0 and "connection refused" in finished.one_line and not (finished.artifacts / "output.json").exists()


def test_an_empty_environment_is_an_empty_inventory(awx):
    hosts, groups, _update = awx.hosts()
    assert (hosts, groups) == ({}, {})


def test_awx_rejects_host_names_that_are_templates(runner, awx):
    runner.environment.seed({"name": "{{ x }}"})
    runner.environment.seed({"name": "web-1"})
    updated = awx.update(hostvars_prefix="coxedge_")
    with pytest.raises(ValueError, match="Inline Jinja"):
        hosts_of(updated.exported)


def test_a_collection_from_the_project_s_requirements_needs_a_source_variable(runner, awx):
    runner.environment.seed({"name": "web-1"})
    del runner.environ["ANSIBLE_COLLECTIONS_PATH"]
    # AWX puts collections there and sets this variable, which ansible-core has read up to 2.18.
    folders = [awx.private(), awx.private()]
    collections = [folder / "requirements_collections" for folder in folders]
    for path in collections:
        (path / "ansible_collections" / "coxedge").mkdir(parents=True)
        (path / "ansible_collections" / "coxedge" / "compute").symlink_to(ROOT)
    without = awx.update({"ANSIBLE_COLLECTIONS_PATHS": str(collections[0])}, folders[0])
    assert without.code != 0
    updated = awx.update({"ANSIBLE_COLLECTIONS_PATH": str(collections[1])}, folders[1])
    assert updated.code == 0 and list(hosts_of(updated.exported)[0]) == ["web-1"]
