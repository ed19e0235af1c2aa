# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small clients that send and read what the public clients of the API do, as the descriptions of those clients have it."""

from __future__ import annotations

from typing import Any

import requests


class Failed(Exception):
    """What a client raises for an error of the API: the HTTP status and the codes."""

    def __init__(self, status: int, codes: list[str]) -> None:
        super().__init__(f"{status}: {', '.join(codes)}")
        self.status, self.codes = status, codes


class GoClient:
    """Reads what go-cloudca reads, and breaks where that is missing.

    It needs ``data`` in each answer to a GET, and ``taskId`` and ``taskStatus`` in each answer to a write. It polls once a second
    and needs ``id`` and ``status`` inside the ``data`` of a task.
    """

    POLL_SECONDS = 1.0

    def __init__(self, simulator: Any, clock: Any, environment: str = "test_area") -> None:
        self.base, self.clock = simulator.api_url, clock
        self.service = f"services/compute-on/{environment}"

    def call(self, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        """The body of an answer."""
        headers = {"MC-Api-Key": "simulator-key", "Content-Type": "application/json"}
        response = requests.request(method, f"{self.base}/{path}", json=body, params=query, headers=headers, timeout=10)
        answer = response.json()
        if response.status_code != 200 or answer.get("errors"):
            raise Failed(response.status_code, [str(error.get("errorCode", error.get("code"))) for error in answer["errors"]])
        return answer

    def entries(self, kind: str, **query: str) -> list[dict[str, Any]]:
        """A list of the environment."""
        return self.call("GET", f"{self.service}/{kind}", **query)["data"]

    def entry(self, kind: str, key: str) -> dict[str, Any]:
        """One entry, by its id."""
        return self.call("GET", f"{self.service}/{kind}/{key}")["data"]

    def write(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """The result of a write, when its task has ended."""
        answer = self.call(method, f"{self.service}/{path}", body, **query)
        if answer["taskStatus"] == "SUCCESS":
            return answer.get("data")
        task_id = answer["taskId"]
        for _poll in range(600):
            task = self.call("GET", f"tasks/{task_id}")["data"]
            assert task["id"] == task_id
            if task["status"] == "SUCCESS":
                return task.get("result")
            if task["status"] in ("FAILED", "FAILURE"):
                raise Failed(200, [])
            self.clock.sleep(self.POLL_SECONDS)
        raise AssertionError("The task does not end.")

    def create(self, kind: str, **body: Any) -> Any:
        """A new entry."""
        return self.write("POST", kind, body)

    def operate(self, kind: str, key: str, operation: str, **body: Any) -> Any:
        """The result of an operation on an entry."""
        return self.write("POST", f"{kind}/{key}", body or None, operation=operation)


class TerraformClient(GoClient):
    """What the Terraform provider adds: it finds the service of an environment, entries by name, and what is gone."""

    POLL_SECONDS = 5.0

    def __init__(self, simulator: Any, clock: Any, environment: str) -> None:
        super().__init__(simulator, clock, environment)
        found = next(entry for entry in self.call("GET", "environments")["data"] if entry["name"] == environment)
        self.service = f"services/{found['serviceConnection']['serviceCode']}/{found['name']}"
        self.environment_id = found["id"]

    def id_of(self, kind: str, name: str) -> str:
        """The id of the entry with a name, in any letter case."""
        (found,) = (entry["id"] for entry in self.entries(kind) if entry["name"].lower() == name.lower())
        return found

    def read(self, kind: str, key: str) -> dict[str, Any] | None:
        """An entry; None if it is gone."""
        try:
            return self.entry(kind, key)
        except Failed as failed:
            if failed.status != 404:
                raise
            return None
