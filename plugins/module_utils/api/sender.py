# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request, sent again where that is safe."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from .connection import Connection
from .deadline import Deadline
from .envelope import Envelopes
from .errors import ApiError, DeadlineExceeded, NotProcessed
from .messages import Request, Response
from .transport import Transport

# Seconds. The shortest and the longest back-off, and the longest Retry-After that a read without a deadline waits for.
MIN_WAIT = 0.5
MAX_BACKOFF = 30.0
MAX_RETRY_AFTER = 60.0


class Listener(Protocol):
    """What is told how requests fare."""

    def failed(self, message: str, left: float | None) -> None:
        """A request has failed and will be sent again. ``left``: for how many seconds; None: that is not known."""

    def answered(self) -> None:
        """The API has responded."""


class Sender:
    """Sends requests, at most ``max_in_flight`` at the same time. Safe to use from several threads."""

    def __init__(
        self,
        connection: Connection,
        transport: Transport,
        envelopes: Envelopes,
        max_in_flight: int,
        sleep: Callable[[float], None],
        jitter: Callable[[], float],
        listener: Listener | None = None,
    ) -> None:
        self._retries, self._transport, self._envelopes = connection.api_retries, transport, envelopes
        self._sleep, self._jitter, self._listener = sleep, jitter, listener
        self._in_flight = threading.Semaphore(max_in_flight)

    def send(self, request: Request, deadline: Deadline) -> Response:
        """Sends a request, again if it was certainly not processed, and a read again if its response was lost."""
        if request.patient and request.method == "GET":
            deadline = deadline.for_looks()
        tries, problem = 0, ""
        while True:
            try:
                return self.send_once(request, deadline, problem)
            except ApiError as error:
                tries, problem = tries + 1, f"; before that: {error.message}"
                if not isinstance(error, NotProcessed) and not (request.method == "GET" and error.retryable):
                    raise
                if tries >= (error.max_tries or self._max_tries(request, deadline)):
                    if tries > 1:
                        error.message += f" (tried {tries} times)"
                    raise
                if self._listener is not None:
                    self._listener.failed(error.message, deadline.remaining() if _lasts_until(request, deadline) else None)
                self._wait(error, tries, request, deadline)

    def send_once(self, request: Request, deadline: Deadline, problem: str = "") -> Response:
        """Sends a request a single time. ``problem``: what went wrong before, for the error if the deadline is over."""
        # Waiting before another try is not "in flight": meanwhile, others can send.
        with self._in_flight:
            # Checked here, because waiting for others can take long.
            if deadline.remaining() <= 0:
                raise DeadlineExceeded(f"Could not {request.purpose}: {deadline.reason}{problem}")
            response = self._transport.exchange(request, deadline)
        read = self._envelopes.read(request, response)
        if self._listener is not None:
            self._listener.answered()
        return read

    def _max_tries(self, request: Request, deadline: Deadline) -> float:
        """How often a request is sent at most."""
        return float("inf") if _lasts_until(request, deadline) else self._retries + 1

    def backoff(self, tries: int) -> float:
        """Seconds to wait after so many tries: doubling, at least 0.5 s and at most 30 s, up to a third of it random."""
        return float(min(MAX_BACKOFF, MIN_WAIT * 2 ** min(tries - 1, 16) * (1 + self._jitter() / 2)))

    def _wait(self, error: ApiError, tries: int, request: Request, deadline: Deadline) -> None:
        """Waits before the next try: as long as the server asks for, else with exponential back-off."""
        left = deadline.remaining()
        if left <= 0:
            return
        if error.retry_after is None:
            # One more try shortly before the end is better than none.
            self._sleep(min(self.backoff(tries), max(left - 1.0, MIN_WAIT), left))
            return
        if error.retry_after > (MAX_RETRY_AFTER if deadline.seconds is None else left):
            error.message = (
                f"Could not {request.purpose}: the API asks to wait for {error.retry_after:.0f} seconds, which is longer than the time"
                " that is left; try again later"
            )
            raise error
        self._sleep(max(MIN_WAIT, error.retry_after))


def _lasts_until(request: Request, deadline: Deadline) -> bool:
    """Whether a request is tried until the deadline, not only a number of times."""
    return request.patient and deadline.seconds is not None
