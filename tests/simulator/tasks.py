# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks: the work of operations, and what the API says about it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from .environment import Environment
from .model import Work


@dataclass
class TaskFault:
    """What goes wrong with a task: one of the fault kinds about tasks, with its details."""

    kind: str
    message: str = "The operation could not be completed."
    leaves: str | None = None


@dataclass(kw_only=True)
class TaskReport:
    """What the API says about a task."""

    operation: str
    started: float
    """By the simulator's clock, as are the other times."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "PENDING"
    result: Any = None
    failure: str | None = None
    created: str = field(default_factory=lambda: datetime.now(timezone.utc).isoformat())
    """When it was started, as the API shows it."""
    lost: bool = False
    """Whether the API says that there is no such task."""


@dataclass(kw_only=True)
class Task(TaskReport):
    """The work of one operation, from its start to long after its end."""

    environment: Environment
    instance: dict[str, Any]
    work: Work
    state_before: str | None
    ends_at: float
    phases: list[tuple[float, str]]
    """The states that its instance passes through meanwhile, each with the time at which it begins."""
    fault: TaskFault | None = None

    def __post_init__(self) -> None:
        self.lost = self.fault is not None and self.fault.kind == "task_lost"

    @property
    def stuck(self) -> bool:
        """Whether it never ends."""
        return self.fault is not None and self.fault.kind == "task_stuck"

    def state_at(self, now: float) -> str | None:
        """The state that its instance is in; None if the work does not show. A stuck task stays in its first phase."""
        begun = [state for begins, state in self.phases if now >= begins]
        if not begun:
            return None
        return begun[0] if self.stuck else begun[-1]
