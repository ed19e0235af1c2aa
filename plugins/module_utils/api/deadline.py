# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time that a run may take."""

from __future__ import annotations

import time
from collections.abc import Callable


class Deadline:
    """One point in time until which a run may last. ``seconds``: from now on; None: without end."""

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._ends = None if seconds is None else clock() + seconds

    def remaining(self) -> float:
        """Seconds left: 0.0 when it is over, infinite without an end."""
        return float("inf") if self._ends is None else max(0.0, self._ends - self._clock())
