# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent and what comes back, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import ApiError


@dataclass(frozen=True)
class Request:
    """One request. ``path``: below the base URL; ``purpose``: follows "Could not" in errors."""

    method: str
    path: str
    purpose: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those besides the usual ones."""
    raw: bool = False
    """Whether the whole document of the response is returned as ``data``."""
    patient: bool = False
    """Whether it is sent again until the deadline, not only ``api_retries`` times: something is waited for, or has to be undone. A read
    may also be sent shortly after it (see ``Deadline.for_looks``)."""


@dataclass(frozen=True)
class RawResponse:
    """A response as it arrived."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True)
class Response:
    """A successful response. ``task_id``: of the work that goes on, or that has ended with a result that only the task shows."""

    data: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    task_id: str | None = None
    ended: bool = False
    """The API says that the work has ended well."""
    unconfirmed: bool = False
    """The API neither names a task that is at work nor shows a result."""


@dataclass(frozen=True)
class TaskStatus:
    """One look at a task: ``ended``, and then its ``result``. ``lost``: why the API does not know it (any more).

    ``status``: as the API calls it, in upper case; empty if the response says nothing about the task. ``created``: when it began.
    """

    ended: bool
    result: Any = None
    lost: ApiError | None = None
    status: str = ""
    created: str | None = None
