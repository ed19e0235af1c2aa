# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time that a run may take."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

# Seconds after the end in which a run may still look, though not write: what it waited for may have ended just in time.
LAST_LOOK = 2.0


def never() -> str | None:
    """What ``Deadline`` takes for a run that nothing can interrupt."""
    return None


class Deadline:
    """One point in time until which a run may last. An interruption brings it forward to now.

    So all code that obeys the deadline, which every request and every pause does, also obeys an interruption.
    """

    def __init__(
        self, seconds: float | None, clock: Callable[[], float] = time.monotonic, interrupted: Callable[[], str | None] = never
    ) -> None:
        """``seconds``: from now on; None: without end. ``interrupted``: returns what has interrupted the run, None if nothing has."""
        self.seconds = seconds
        self._clock, self._interrupted = clock, interrupted
        self._ends = None if seconds is None else clock() + seconds
        self._last_look = LAST_LOOK

    def remaining(self) -> float:
        """Seconds left: 0.0 when it is over, infinite without an end."""
        if self.interrupted:
            return 0.0
        return float("inf") if self._ends is None else max(0.0, self._ends - self._clock())

    @property
    def interrupted(self) -> bool:
        """Whether the run was interrupted."""
        return self._interrupted() is not None

    @property
    def reason(self) -> str:
        """Why it is over, as a clause."""
        cause = self._interrupted()
        return f"the wait_timeout of {self.seconds:g} seconds is over" if cause is None else f"the run was interrupted by {cause}"

    def at_most(self, seconds: float) -> Deadline:
        """The same deadline, but at most so many seconds from now."""
        return Deadline(min(seconds, self.remaining()), self._clock, self._interrupted)

    def for_looks(self) -> Deadline:
        """The same deadline for requests that look at what is waited for: LAST_LOOK seconds later."""
        later = copy.copy(self)
        if later._ends is not None:
            later._ends += self._last_look
        return later

    def extended(self, seconds: float) -> Deadline:
        """A deadline so many seconds later, or so many seconds after the interruption. Nothing interrupts it."""
        later = Deadline(self.remaining() + seconds, self._clock)
        later._last_look = 0.0
        return later
