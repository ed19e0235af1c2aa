# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all parts of the simulator share: names and codes, states, the error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import catalog

BASE_PATH = "/api/v2"
SERVICE_CODE = "compute-on"
ENVIRONMENTS = ("test_area", "prod")
API_KEY = "simulator-key"
# The key's own organization and one below it. Their environments have the same names and share nothing.
ORGANIZATION = catalog.derived_id("organization", "own")
SUB_ORGANIZATION = catalog.derived_id("organization", "sub")

# Codes of the errors. The documentation shows 2012; the others are the simulator's own.
CODE_KEY = 1001
CODE_UNKNOWN = 2001
CODE_PARAMETER = 2002
CODE_STATE = 2012
CODE_QUOTA = 2020

RUNNING, STOPPED, STARTING, STOPPING = "Running", "Stopped", "Starting", "Stopping"
ERROR, DESTROYED, EXPUNGING = "Error", "Destroyed", "Expunging"
# One client knows this state: stopped, and a start ends it.
SHUT_DOWN = "Shutdowned"

# What can be done to an instance, by API name; ``update`` and ``delete`` are a PUT and a DELETE.
OPERATION_NAMES = (
    "create",
    "update",
    "delete",
    "start",
    "stop",
    "reboot",
    "purge",
    "recover",
    "changeComputeOffering",
    "resetPassword",
    "changeNetwork",
    "associateSSHKey",
    "attachIso",
    "detachIso",
)


class ErrorResponse(Exception):
    """A response other than success: HTTP status, the API's code, a message and its context."""

    def __init__(self, status: int, code: int, message: str, context: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.context = status, code, message, context or {}


def invalid(message: str, **context: Any) -> ErrorResponse:
    """The 400 for a request that makes no sense; ``field`` names the body field at fault."""
    return ErrorResponse(400, CODE_PARAMETER, message, context)


def not_found(message: str, **context: Any) -> ErrorResponse:
    """The 404 for something that does not exist."""
    return ErrorResponse(404, CODE_UNKNOWN, message, context)


@dataclass
class Work:
    """What an operation does to its instance while its task runs."""

    effect: Callable[[], Any]
    """Called when the task ends; returns the task's result."""
    states: tuple[str, ...] = ()
    """The states that the instance passes through until then, each for an equal part of the time."""
    removes: bool = False
    """Whether it is a success too if the instance is gone by then."""
