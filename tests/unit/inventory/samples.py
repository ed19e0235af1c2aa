# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the inventory share: instances as the API lists them, variables of hosts, and paths of requests."""

from __future__ import annotations

HOSTILE = "{{ lookup('pipe', 'touch MARKER') }}"


def instance(number=0, **values):
    """An instance as the API lists it."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "name": f"web-{number}",
        "hostname": f"host-{number}",
        "state": "Running",
        "ipAddress": f"10.0.0.{number + 1}",
        "zoneId": "04afdbd1-e32d-4999-86d0-96703736dded",
        "zoneName": "QC-1",
        "username": "cca-user",
        **values,
    }


def variables(inventory, name):
    return inventory.hosts[name].vars


def requested_paths(simulator):
    """The ends of the paths of all requests, sorted: requests at the same time come in any order."""
    return sorted(entry["path"].split("/compute-on/")[1] for entry in simulator.app.log)
