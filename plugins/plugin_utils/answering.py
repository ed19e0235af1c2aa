# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits until addresses accept connections on a port, all at the same time."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Sequence

# Seconds for one attempt, and between two of them.
ATTEMPT, PAUSE = 5.0, 1.0
# A limit of 0 seconds leaves time for one attempt.
SHORTEST = 1.0


def silent_addresses(addresses: Sequence[str], port: int, timeout: float) -> list[str]:
    """Return the addresses that accept no connection within ``timeout`` seconds in all, in the same order."""
    deadline = time.monotonic() + max(timeout, SHORTEST)
    waiting = dict.fromkeys(addresses)
    answered: queue.SimpleQueue[str] = queue.SimpleQueue()
    for address in waiting:
        # Looking up a name can take longer than the limit. A daemon keeps nobody waiting for it.
        threading.Thread(target=_wait, args=(address, port, deadline, answered), daemon=True).start()
    while waiting and time.monotonic() < deadline:
        try:
            del waiting[answered.get(timeout=max(deadline - time.monotonic(), 0))]
        except queue.Empty:
            break
    return list(waiting)


def _wait(address: str, port: int, deadline: float, answered: queue.SimpleQueue[str]) -> None:
    while (left := deadline - time.monotonic()) > 0:
        try:
            with socket.create_connection((address, port), timeout=min(left, ATTEMPT)):
                answered.put(address)
                return
        except (OSError, ValueError):
            # ValueError: the text is no name that could be looked up.
            time.sleep(max(0, min(PAUSE, deadline - time.monotonic())))
