# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by test_architecture.py on the oldest Python that modules may be sent to, without Ansible and without requests.

Imports the modules that are named on the command line, then starts a stopped instance, with a transport that responds from a dict.
"""

from __future__ import annotations

import importlib
import json
import sys

for name in sys.argv[2:]:
    importlib.import_module(name)

PACKAGE = sys.argv[1]
connection, deadline, client, messages, transport, jobs, options, catalog, run, reconciler = (
    importlib.import_module(f"{PACKAGE}.{name}")
    for name in (
        *("api.connection", "api.deadline", "api.client", "api.messages", "api.transport", "jobs", "instance.options"),
        *("reconcile.catalog", "reconcile.run", "reconcile.reconciler"),
    )
)
ID = "9db8ff2f-b49b-466d-a2f3-c1e6def408f4"


class Server:
    """A transport with one instance, which any POST starts."""

    def __init__(self) -> None:
        self.instance = {"id": ID, "name": "web1", "state": "Stopped"}

    def exchange(self, request: messages.Request, _deadline: deadline.Deadline) -> messages.RawResponse:
        """Responds to a request."""
        if request.method == "POST":
            self.instance["state"] = "Running"
            document = {"taskId": "t", "taskStatus": "PENDING"}
        elif request.path.startswith("tasks/"):
            document = {"data": {"id": "t", "status": "SUCCESS"}}
        elif request.path.endswith(ID):
            document = {"data": self.instance}
        else:
            document = {"data": [self.instance], "metadata": {"recordCount": 1}}
        return messages.RawResponse(200, {}, json.dumps(document).encode())


reached = client.Client(connection.Connection("a key", "compute-on", "test_area"), sleep=lambda _seconds: None, transport=Server())
end = deadline.Deadline(60)
wanted = options.merged_options({"name": "web1", "state": "started"}, None)
outcome = jobs.drive(
    reconciler.Reconciler(run.Run(reached, catalog.Catalog(reached, end), end, wanted)).converge(), sleep=lambda _seconds: None
)
print(json.dumps({"python": sys.version_info[:2], "actions": outcome.actions, "state": outcome.instance["state"]}))
