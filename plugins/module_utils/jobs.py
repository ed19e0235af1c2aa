# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that takes time, written once for one instance and for many.

A *job* is a coroutine. It awaits what it needs from its driver:

- ``call``: a request. The job gets what the function returns, or the exception that it raises;
- ``pause``: to be resumed after so many seconds.

So a job never blocks, and its driver decides what runs at the same time: ``drive`` runs one job, ``drive_all`` many. Neither
uses asyncio, which would need another HTTP library, or a thread for each request.
"""

from __future__ import annotations

import heapq
import queue
import threading
import types
from dataclasses import dataclass
from functools import partial

# From typing, not collections.abc: the aliases below are built at run time, also on Python 3.8.
from typing import Any, Callable, Coroutine, Generator, Sequence, TypeVar, Union


@dataclass(frozen=True)
class Pause:
    """What a job yields to be resumed after so many seconds."""

    seconds: float


T = TypeVar("T")
# What a job yields to its driver: a request to make, or a pause.
Command = Union[Pause, Callable[[], Any]]
Job = Coroutine[Command, Any, T]


@types.coroutine
def _ask(command: Command) -> Generator[Command, Any, Any]:
    return (yield command)


async def call(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Has the driver call a function that blocks, such as a request. Returns what it returns, raises what it raises."""
    result: T = await _ask(partial(function, *args, **kwargs))
    return result


async def pause(seconds: float) -> None:
    """Has the driver resume this job after so many seconds."""
    await _ask(Pause(seconds))


@dataclass
class _Driven:
    """A job that has a driver. ``value`` and ``error``: what it is resumed with."""

    job: Job[Any]
    number: int = 0
    value: Any = None
    error: Exception | None = None

    def resume(self) -> Command:
        """Runs the job up to its next command. Raises StopIteration at its end, with its result, and whatever the job raises."""
        value, error, self.value, self.error = self.value, self.error, None, None
        return self.job.send(value) if error is None else self.job.throw(error)

    def make(self, request: Callable[[], Any]) -> None:
        """Makes a request for the job, and keeps the outcome to resume it with."""
        try:
            self.value = request()
        except Exception as problem:  # pylint: disable=broad-exception-caught
            self.error = problem


def drive(job: Job[T], sleep: Callable[[float], None]) -> T:
    """Runs one job to its end, in this thread. Returns what it returns, raises what it raises."""
    driven = _Driven(job)
    while True:
        try:
            command = driven.resume()
        except StopIteration as end:
            result: T = end.value
            return result
        if isinstance(command, Pause):
            sleep(command.seconds)
        else:
            driven.make(command)


class Workers:
    """Threads that make requests; a context manager.

    Those of concurrent.futures would not do: after an interruption, they still make every request that waits for a thread, and the
    process does not end before.
    """

    def __init__(self, size: int) -> None:
        self._size, self._threads = size, 0
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def submit(self, task: Callable[[], None]) -> None:
        """Has a thread run a task, which must not raise."""
        self._tasks.put(task)
        if self._threads < self._size:
            self._threads += 1
            threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            task = self._tasks.get()
            if task is None:
                return
            task()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_details: object) -> None:
        """Drops what no thread has begun. What has begun is not awaited."""
        while not self._tasks.empty():
            self._tasks.get()
        for _thread in range(self._threads):
            self._tasks.put(None)


# Threads for each request that may be in flight: some of them wait before another try, and must not keep others from theirs.
THREADS_PER_REQUEST = 4


def drive_all(
    jobs: Sequence[Job[T]],
    max_concurrency: int,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    on_end: Callable[[int, T | Exception], None] = lambda _number, _end: None,
) -> list[T | Exception]:
    """Runs many jobs at the same time. Returns in their order what each returned or raised.

    ``max_concurrency``: how many requests may be in flight, which the client limits. One loop, in this thread, resumes the jobs.
    ``on_end``: called at the end of each job with its number and what it returned or raised.
    Other threads only wait for responses, and a pause needs none.
    """
    results: list[Any] = [None] * len(jobs)
    finished: queue.SimpleQueue[_Driven] = queue.SimpleQueue()
    ready = [_Driven(job, number) for number, job in enumerate(jobs)]
    ready.reverse()
    pauses: list[tuple[float, int, _Driven]] = []
    in_flight = 0

    def make(driven: _Driven, request: Callable[[], Any]) -> None:
        driven.make(request)
        finished.put(driven)

    try:
        with Workers(max(1, min(THREADS_PER_REQUEST * max_concurrency, len(jobs)))) as workers:
            while ready or pauses or in_flight:
                while ready:
                    driven = ready.pop()
                    try:
                        command = driven.resume()
                    except StopIteration as end:
                        results[driven.number] = end.value
                        on_end(driven.number, end.value)
                    except Exception as problem:  # pylint: disable=broad-exception-caught
                        results[driven.number] = problem
                        on_end(driven.number, problem)
                    else:
                        if isinstance(command, Pause):
                            heapq.heappush(pauses, (clock() + command.seconds, driven.number, driven))
                        else:
                            in_flight += 1
                            workers.submit(partial(make, driven, command))
                left = max(0.0, pauses[0][0] - clock()) if pauses else None
                if in_flight:
                    try:
                        ready.append(finished.get(timeout=left))
                        in_flight -= 1
                    except queue.Empty:
                        pass
                elif left:
                    sleep(left)
                while pauses and pauses[0][0] <= clock():
                    ready.append(heapq.heappop(pauses)[2])
    finally:
        # Those that an interruption kept from beginning would be reported as never awaited.
        for job in jobs:
            job.close()
    return results


def concurrency_problem(max_concurrency: int) -> str | None:
    """What is wrong with the option max_concurrency, as a sentence; None if nothing is."""
    return None if 1 <= max_concurrency <= 1000 else "max_concurrency must be between 1 and 1000."


def side_by_side(requests: Sequence[Callable[[], T]], max_concurrency: int) -> list[T]:
    """Makes requests at the same time. Returns their results in order; the first failure is raised and cancels the rest."""
    results: list[Any] = [None] * len(requests)
    finished: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()

    def make(number: int) -> None:
        try:
            results[number] = requests[number]()
            finished.put(None)
        except Exception as problem:  # pylint: disable=broad-exception-caught
            finished.put(problem)

    with Workers(max(1, min(max_concurrency, len(requests)))) as workers:
        for number in range(len(requests)):
            workers.submit(partial(make, number))
        for _request in requests:
            problem = finished.get()
            if problem is not None:
                raise problem
    return results
