# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with a request.

ApiError                 the server responded with an error
    NotProcessed         the server certainly did not process the request: any request may be sent again
    ResponseLost         the server may have processed it: a read may be sent again, after a write the caller has to look
        Unreadable       the same, but a read would fail again
    DeadlineExceeded     the time for the whole run is over
    TaskFailed           the work that a write started has failed
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """A failure as one sentence, with what the API said about it, if anything.

    ``status_code``: of HTTP; ``code``, ``api_message``, ``context``: of the first entry in the ``errors`` of the response; ``reason``:
    these three as a clause, for another message.
    Callers add to the message and set ``task_id`` on the way up, because only they know what the request was for.
    """

    # Whether a read that failed in this way may be sent again.
    retryable = False
    # How often a request that failed in this way is sent at most; None: see ``Sender``.
    max_tries: int | None = None

    def __init__(
        self,
        message: str,
        status_code: int | None = None,
        code: int | str | None = None,
        api_message: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.code = code
        self.api_message = api_message
        self.context = dict(context or {})
        self.retry_after: float | None = None
        self.task_id: str | None = None
        self.reason: str | None = None

    def __str__(self) -> str:
        # The text may have been added to since.
        return self.message

    @property
    def clause(self) -> str:
        """The message without its full stop, to go on with."""
        return self.message.rstrip(". ")

    @property
    def quoted_reason(self) -> str:
        """What the API said, for the end of a sentence that says something else; empty if it said nothing."""
        return f" (the API says: {self.reason})" if self.reason else ""

    @property
    def sentence(self) -> str:
        """The message with its full stop."""
        return self.clause + "."

    @property
    def details(self) -> dict[str, Any]:
        """The failure as data: what a failed module returns as ``error``."""
        return {
            "status_code": self.status_code,
            "code": self.code,
            "message": self.api_message if self.api_message is not None else self.message,
            "context": self.context,
        }

    def add(self, text: str) -> None:
        """Adds to the message. ``text`` begins with what joins the two, such as "; "."""
        self.message = self.clause + text

    def with_message(self, message: str) -> ApiError:
        """A plain ApiError with another message: what the API said, the status and the task stay."""
        error = ApiError(message, self.status_code, self.code, self.api_message, self.context)
        error.task_id = self.task_id
        return error


class NotProcessed(ApiError):
    """The server certainly did not process the request: the connection was refused, or the rate of requests is limited (429)."""

    retryable = True


class ResponseLost(ApiError):
    """The request may have been processed: a timeout, a reset, a 5xx, or a response that can't be read."""

    retryable = True


class Unreadable(ResponseLost):
    """A lost response that would come again: something else than the API responds."""

    retryable = False


class DeadlineExceeded(ApiError):
    """The time for the whole run is over."""


class TaskFailed(ApiError):
    """The API says that a task has failed. ``created``, ``result``: what it shows of the task besides."""

    created: str | None = None
    result: Any = None
