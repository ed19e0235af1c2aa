# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there was at each time, for a list that lags behind."""

from __future__ import annotations

import math
from typing import NamedTuple

from .views import Snapshot


class Entry(NamedTuple):
    """How an instance was from some time on; None: it was gone."""

    since: float
    snapshot: Snapshot | None


class History:
    """How the instances of an environment were, as far back as the lag reaches.

    What is there at the first record has always been there.
    """

    def __init__(self) -> None:
        self.begun = False
        self._entries: dict[str, list[Entry]] = {}

    def forget(self) -> None:
        """Forgets everything, until the next record."""
        self.begun = False
        self._entries.clear()

    def record(self, now: float, there: dict[str, Snapshot], oldest: float) -> None:
        """Takes down what is there now; ``oldest``: the earliest time that someone will ask for."""
        since = now if self.begun else -math.inf
        self.begun = True
        for instance_id in {**self._entries, **there}:
            entries, snapshot = self._entries.setdefault(instance_id, []), there.get(instance_id)
            if not entries or entries[-1].snapshot != snapshot:
                entries.append(Entry(since, snapshot))
            while len(entries) > 1 and entries[1].since <= oldest:
                del entries[0]
            if entries[0].since <= oldest and entries[0].snapshot is None:
                del self._entries[instance_id]

    def precede(self, instance_id: str, snapshot: Snapshot) -> None:
        """Has an instance always been there."""
        if self.begun:
            self._entries[instance_id] = [Entry(-math.inf, snapshot)]

    def at(self, time: float) -> dict[str, Snapshot]:
        """What was there at a time, by id."""
        found = {}
        for instance_id, entries in self._entries.items():
            snapshot = next((entry.snapshot for entry in reversed(entries) if entry.since <= time), None)
            if snapshot is not None:
                found[instance_id] = snapshot
        return found
