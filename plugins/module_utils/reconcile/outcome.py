# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run has done, for results and failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..api.errors import ApiError
from ..instance.steps import Refused


class Raced(Exception):
    """The server refused a step because the instance is not in the state for which it was planned."""

    def __init__(self, error: ApiError, instance_id: str) -> None:
        super().__init__(error.message)
        self.error, self.instance_id = error, instance_id


@dataclass
class Outcome:
    """What a run returns. It is filled step by step, so that a failure can return it too."""

    instance: dict[str, Any] | None = None
    id: str | None = None
    """Of the instance that a failed run was about, if it is known."""
    actions: list[str] = field(default_factory=list)
    plan: str | None = None
    """The plan as a line for people; None if it could not be made."""
    risks: list[str] = field(default_factory=list)
    subject: str = ""
    """The instance as it was at the beginning, for the header of a diff."""
    diff: dict[str, Any] = field(default_factory=lambda: {"before": {}, "after": {}})
    drift: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    password: str | None = None
    task_id: str | None = None

    def keep_password(self, result: Any) -> None:
        """Keeps the password that a response or the result of a task may have."""
        password = result.get("password") if isinstance(result, Mapping) else None
        if isinstance(password, str) and password:
            self.password = password

    @property
    def shown_diff(self) -> dict[str, Any]:
        """The diff with its headers."""
        return {**self.diff, "before_header": self.subject, "after_header": self.plan or self.subject}

    def result(self, waited: bool = True, with_password: bool = False) -> dict[str, Any]:
        """What the module returns, apart from warnings."""
        result: dict[str, Any] = {
            "changed": bool(self.actions),
            "instance": self.instance,
            "actions": self.actions,
            "plan": self.plan,
            "risks": self.risks,
            "diff": self.shown_diff,
            "drift": self.drift,
        }
        if self.password is not None and with_password:
            result["password"] = self.password
        if not waited:
            result["task_id"] = self.task_id
        return result

    def so_far(self, with_password: bool = False) -> dict[str, Any]:
        """What a failed run returns besides the failure: what it did before, and the instance as it was last seen."""
        return {name: value for name, value in {**self.result(True, with_password), "id": self.id}.items() if name != "drift"}


def failure_of(problem: ApiError | Refused) -> dict[str, Any]:
    """A failure as results have it: the sentence, what the API said, and the id of a task that continues."""
    if not isinstance(problem, ApiError):
        said = problem.__cause__ if isinstance(problem.__cause__, ApiError) else ApiError(str(problem))
        return {"msg": str(problem), "error": said.details}
    failure: dict[str, Any] = {"msg": problem.sentence, "error": problem.details}
    if problem.task_id:
        failure["task_id"] = problem.task_id
        if problem.task_id not in failure["msg"]:
            failure["msg"] = f"{problem.clause} (task {problem.task_id})."
    return failure
