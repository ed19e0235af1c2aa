# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that say what a long run is doing.

Only direct execution can show them: what a module of its own prints before its end, nobody sees.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

# Seconds. Shorter runs say nothing; a single instance that is waited for is reported this often; how long requests fail before that
# is reported.
SHORT = 3.0
WAIT_INTERVAL = 15.0
TROUBLE = 5.0
# Seconds before a line in which the state that it shows is read.
EARLY = 1.5


class Reporter:
    """Shows the progress of one run. Safe to use from several threads."""

    def __init__(self, show: Callable[[str], None] | None, clock: Callable[[], float] = time.monotonic) -> None:
        """``show``: shows a line; None: nothing is shown."""
        self._show, self._clock = show, clock
        self._began = clock()
        self._lock = threading.Lock()
        self._early: list[str] = []
        self._ended = self._total = 0
        self._state: Callable[[], str | None] | None = None
        self._next = WAIT_INTERVAL
        self._failing_since: float | None = None
        self._is_trouble_shown = False

    def watch(self, state: Callable[[], str | None]) -> None:
        """Reports a single instance from time to time. ``state``: returns what it is doing, such as "web1 is Starting"."""
        self._state = state

    def wants_state(self) -> bool:
        """Whether the state of the instance is about to be shown, so that it is worth a request."""
        return self._show is not None and self._elapsed() >= self._next - EARLY

    def begin_fleet(self, total: int) -> None:
        """From now on, members end."""
        self._total = total

    def member_ended(self, what: str | None) -> None:
        """Reports the end of a member, such as "web3 is Running". None: it was unchanged, and only counts."""
        with self._lock:
            self._ended += 1
            if what is not None:
                self._early.append(f"{what} ({self._ended} of {self._total}, {int(self._elapsed())} s)")
        self.tick()

    def tick(self) -> None:
        """Shows what is due. Call this often."""
        elapsed = self._elapsed()
        if self._show is None or elapsed < SHORT:
            return
        with self._lock:
            lines, self._early = self._early, []
            if self._state is not None and elapsed >= self._next:
                self._next = (elapsed // WAIT_INTERVAL + 1) * WAIT_INTERVAL
                state = self._state()
                lines += [f"{state}, {int(elapsed)} s"] if state else []
            for line in lines:
                self._show(line)

    def failed(self, message: str, left: float | None) -> None:
        """Notes that a request has failed and will be sent again. ``left``: for how many seconds; None: that is not known."""
        now = self._clock()
        with self._lock:
            if self._failing_since is None:
                self._failing_since, self._is_trouble_shown = now, False
            if self._show is None or self._is_trouble_shown or now - self._failing_since <= TROUBLE:
                return
            self._is_trouble_shown = True
            limit = "" if left is None else f" for up to {left // 60:.0f} min" if left >= 60 else f" for up to {left:.0f} s"
            self._show(f"the API does not answer ({short_reason(message)}), trying again{limit}")

    def answered(self) -> None:
        """Notes that the API has responded."""
        self._failing_since = None

    def _elapsed(self) -> float:
        return self._clock() - self._began


def short_reason(message: str) -> str:
    """The reason in the message of a failed request: what is in parentheses at its end, or else what follows its purpose."""
    found = re.search(r"\(([^()]*)\)$", message)
    return found[1] if found else message.partition(": ")[2] or message
