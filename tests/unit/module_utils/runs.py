# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of whole runs share: options, faults, and changes that others make meanwhile."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError

# An id that no instance has.
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
START = {"name": "web1", "state": "started"}
STOP = {"name": "web1", "state": "stopped"}
# Responses that are lost: of requests that the server processed, and of others.
LOST_AFTER_ACTING = [
    {"kind": "drop_after"},
    {"kind": "status", "status": 502, "act": "first"},
    {"kind": "html", "act": "first"},
    {"kind": "broken_json"},
    {"kind": "empty"},
    {"kind": "status", "status": 200, "body": [], "act": "first"},
]
LOST_BEFORE_ACTING = [{"kind": "drop_before"}, {"kind": "status", "status": 500}, {"kind": "html", "status": 503}]


def fault_name(fault):
    """The id of a parametrized case."""
    return f"{fault['kind']}-{fault.get('status', '')}"


# Operation, as Harness.requests calls it: (state before, options, state after).
OPERATIONS = {
    "start": ("Stopped", START, "Running"),
    "recover": ("Destroyed", {"name": "web1", "state": "recovered"}, "Stopped"),
    "purge": ("Destroyed", {"name": "web1", "state": "absent", "purge": True}, None),
    "instances": ("Running", {"name": "web1", "state": "absent"}, "Destroyed"),
    "changeComputeOffering": ("Running", {"name": "web1", "compute_offering": "4vCPU.8GB", "allow_reboot": True}, "Running"),
    "changeNetwork": ("Stopped", {"name": "web1", "network": "Db-test_area", "allow_network_change": True}, "Stopped"),
    "associateSSHKey": ("Stopped", {"name": "web1", "ssh_key_name": "mysshkey", "update_ssh_key": "always"}, "Stopped"),
}
EMPTY_LIST = {"kind": "status", "status": 200, "body": {"data": [], "metadata": {"recordCount": 0}}}


def failure(harness, kind=ApiError, **given):
    """The exception of a run that fails."""
    with pytest.raises(kind) as caught:
        harness.run(**given)
    return caught.value


def later_looks_show(harness, instance_id, count, **values):
    """Makes looks at an instance show these attributes, ``count`` times after the first one (0: always)."""
    body = {"data": {"id": instance_id, "name": "web1", **values}}
    harness.fault(method="GET", path="/instances/", kind="status", status=200, body=body, skip=1, count=count)


def interfering(harness, before_write, change):
    """Changes each instance right before a write, counted from 1, reaches the server."""

    def act(_entry):
        if len(harness.writes()) == before_write and not done:
            done.append(True)
            for instance in harness.instances():
                change(instance)

    done: list[bool] = []
    return harness.intercepting(act)


def to_state(harness, state, **more):
    """A change for ``interfering``: the instance gets a state."""
    return lambda instance: harness.environment.patch(instance, {"state": state, **more})


CREATION = {"template": "Ubuntu 24.04", "compute_offering": "2vCPU.4GB", "network": "Web-test_area"}


def members(count, **options):
    """Members of a fleet: web0, web1 ... with the same options."""
    return [{"name": f"web{number}", **options} for number in range(count)]


def actions(results):
    """The actions of each result of a fleet."""
    return [result["actions"] for result in results]
