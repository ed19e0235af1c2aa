# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the run was interrupted: by a signal, or because nothing reads its result any more.

A signal handler that raised an exception could stop the run between a request and the note that it was sent. So the handler only
sets a value. ``Deadline`` looks at it before each request and each pause.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

# Seconds after which a sleeping run looks again.
LOOK_INTERVAL = 0.25
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
# How many ancestors of the process are looked at. Between a module and its worker there are a shell or two, and sudo.
MAX_ANCESTORS = 8


class Interruption:
    """Watches for what interrupts a module's run. Call ``watch`` in the main thread, before the first request, and ``end`` after the run.

    This one is for a process of the module's own, which ends with the run.
    """

    def __init__(self) -> None:
        self._cause: str | None = None
        self._replaced: dict[int, Any] = {}
        self._is_watching = False
        self._worker: tuple[int, int] | None = None

    def watch(self) -> None:
        """Begins to watch: from now on, signals no longer end the process."""
        for name in SIGNALS:
            number = getattr(signal, name, None)
            # What ignores a signal, as nohup does, goes on ignoring it.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._replaced[number] = signal.signal(number, self._on_signal)
        self._is_watching = True
        self._worker = forked_ancestor()

    def end(self) -> None:
        """Ends the watch. A signal that arrived during it now does what it would have done then."""
        self._is_watching = False
        for number, handler in self._replaced.items():
            signal.signal(number, handler)
        self._replaced.clear()
        if self._cause in SIGNALS:
            os.kill(os.getpid(), getattr(signal, self._cause))

    def cause(self) -> str | None:
        """What has interrupted the run, for a sentence; None if nothing has."""
        if self._cause is None and self._is_watching:
            found = self._desertion()
            # A signal may have arrived meanwhile, and must not be forgotten.
            self._cause = self._cause or found
        return self._cause

    def _desertion(self) -> str | None:
        """Which end of another process means that nothing needs this run any more; None if there is none."""
        if not output_is_read():
            # Whatever is printed from now on would fail.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return "the end of what reads its result"
        if self._worker is not None and parent_of(self._worker[0]) != self._worker[1]:
            return "the end of ansible-playbook"
        return None

    def sleep(self, seconds: float, tick: Callable[[], None] = lambda: None) -> None:
        """Sleeps, and calls ``tick`` often. An interruption ends that early; what sleeps after it has a reason to, and sleeps on."""
        ends = time.monotonic() + seconds
        began_interrupted = self.cause() is not None
        left = seconds
        while left > 0 and (began_interrupted or self.cause() is None):
            time.sleep(min(LOOK_INTERVAL, left))
            tick()
            left = ends - time.monotonic()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._cause = self._cause or signal.Signals(number).name


class WorkerInterruption(Interruption):
    """The same in a worker of ansible-playbook, which executes other tasks before and after."""

    def __init__(self, parent: int) -> None:
        """``parent``: the id of the process that forked the worker."""
        super().__init__()
        self._parent = parent

    def _desertion(self) -> str | None:
        return None if os.getppid() == self._parent else "the end of ansible-playbook"


def output_is_read() -> bool:
    """Whether something may still read the standard output."""
    if not hasattr(select, "poll"):
        return True
    # A new one each time: several threads can't use one at the same time. No event is asked for, because a pipe that nothing reads
    # any more is reported in any case.
    poll = select.poll()
    poll.register(1, 0)
    return not any(event & (select.POLLERR | select.POLLHUP) for _descriptor, event in poll.poll(0))


def parent_of(process: int) -> int | None:
    """The id of a process's parent; None if it can't be read: the process has ended, or there is no /proc."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            # The name, in parentheses, may have blanks and parentheses itself.
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def forked_ancestor() -> tuple[int, int] | None:
    """The nearest ancestor that its parent forked, and that parent: the worker that waits for the module, and ansible-playbook.

    The worker lives on when ansible-playbook is killed, and goes on reading the module's output. A process that was forked has the
    command line of its parent. async_wrapper forks too, but so that the module does outlive everything else.
    """
    process, line = os.getpid(), command_line(os.getpid())
    for _ancestor in range(MAX_ANCESTORS):
        parent = parent_of(process)
        if not parent or b"async_wrapper" in line:
            return None
        parents_line = command_line(parent)
        if line and line == parents_line:
            return process, parent
        process, line = parent, parents_line
    return None


def command_line(process: int) -> bytes:
    """The command line of a process; empty if it can't be read."""
    try:
        with open(f"/proc/{process}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""
