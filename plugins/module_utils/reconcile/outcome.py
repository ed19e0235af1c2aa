# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run came to."""

from __future__ import annotations

from typing import Any

from ..api.errors import ApiError
from ..instance.steps import Refused


def failure_of(problem: ApiError | Refused) -> dict[str, Any]:
    """A failure as it is returned: the sentence, what the API said, and the task that goes on, if there is one."""
    if not isinstance(problem, ApiError):
        return {"msg": str(problem), "error": ApiError(str(problem)).details}
    failure: dict[str, Any] = {"msg": problem.sentence, "error": problem.details}
    if problem.task_id:
        failure["task_id"] = problem.task_id
        if problem.task_id not in failure["msg"]:
            failure["msg"] = f"{failure['msg'][:-1]} (task {problem.task_id})."
    return failure
