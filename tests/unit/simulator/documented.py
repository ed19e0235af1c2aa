# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Examples from the API's documentation, and plain requests to the simulator."""

from __future__ import annotations

from typing import Any

import requests

KEY = "simulator-key"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
# The documentation's own request body for a create.
DOCUMENTED_CREATE = {
    "name": "jarvis",
    "additionalDiskIops": 1000,
    "additionalDiskSizeInGb": 20,
    "affinityGroupId": "1c0bfd2b-d609-4892-a43e-273654532d26",
    "computeOfferingId": "3caab5ed-b5a2-4d8a-82e4-51c46168ee6c",
    "diskOfferingId": "f16f7f1b-462d-47b9-97bb-25a19e47a648",
    "networkId": "55ccea7f-8286-479e-a648-dd4a45866daf",
    "portsToForward": ["80", "9999"],
    "rootVolumeSizeInGb": 60,
    "sshKeyName": "mysshkey",
    "templateId": "5f968ad6-56d0-4d0d-ad7e-f8f4a5b5d986",
    "userData": "#!/bin/bash\necho 'hello world'",
    "volumeIdToAttach": "2478012b-3cf3-4eef-a8d6-85eb8599df6d",
}
MINIMUM = {k: DOCUMENTED_CREATE[k] for k in ("name", "computeOfferingId", "networkId", "templateId")}


class Api:
    """Sends plain requests, as curl would."""

    def __init__(self, simulator: Any, clock: Any) -> None:
        self.simulator, self.clock = simulator, clock

    def __call__(self, method: str, path: str, body: Any = None, key: str | None = KEY, **params: Any) -> requests.Response:
        headers = {"MC-Api-Key": key} if key else {}
        url = f"{self.simulator.api_url}/{path}"
        return requests.request(method, url, params=params, json=body, headers=headers, timeout=10)

    def instances(self, method: str, tail: str = "", body: Any = None, **params: Any) -> requests.Response:
        """Sends a request about the instances of test_area."""
        return self(method, f"services/compute-on/test_area/instances{tail}", body, **params)

    def operate(self, instance_id: str, operation: str, body: Any = None) -> requests.Response:
        """Starts an operation on an instance."""
        return self.instances("POST", f"/{instance_id}", body, operation=operation)

    def detail(self, instance_id: str) -> dict[str, Any]:
        """An instance with its details."""
        response = self.instances("GET", f"/{instance_id}")
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def state(self, instance_id: str) -> str:
        """The state of an instance."""
        return self.detail(instance_id)["state"]

    def task(self, task_id: str) -> dict[str, Any]:
        """What a poll says about a task."""
        response = self("GET", f"tasks/{task_id}")
        assert response.status_code == 200 and set(response.json()) == {"data"}, response.text
        return response.json()["data"]

    def finished(self, response: requests.Response) -> Any:
        """Lets the task of a response end; returns its result."""
        assert response.status_code == 200, response.text
        first = response.json()
        assert first["taskStatus"] == "PENDING"
        pending = self.task(first["taskId"])
        assert pending == {"id": first["taskId"], "status": "PENDING", "created": pending["created"]}
        self.clock.sleep(1.0)
        ended = self.task(first["taskId"])
        assert ended == {**pending, "status": "SUCCESS", "result": ended.get("result")}, ended
        return ended["result"]

    def created(self, **values: Any) -> str:
        """Creates an instance and waits for it; returns its id."""
        return self.finished(self.instances("POST", body={**MINIMUM, **values}))["id"]


CODES = {400: 2002, 403: 1001, 404: 2001, 405: 2002}
NO_INSTANCE = {"id": UNKNOWN_ID, "type": "instances"}


def error_of(response: requests.Response, status: int, *words: str, field: str | None = None, code: int | None = None) -> dict[str, Any]:
    """The error of a response, which must have this status and these words in its message. ``field``: the field that it is about."""
    assert words or field, "any error would pass"
    assert response.status_code == status, response.text
    (error,) = response.json()["errors"]
    assert {"code", "message", "context"} == set(error)
    assert error["code"] == (code or CODES[status]), error
    for word in words:
        assert word in error["message"], error
    if field is not None:
        assert error["context"] == {"field": field}, error
    return error
