# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that takes time, written once for one instance and for many.

A *job* is a coroutine. It awaits what it needs from its driver:

- ``call``: a request. The job gets what the function returns, or the exception that it raises;
- ``pause``: to be resumed after so many seconds.

So a job never blocks, and its driver decides what runs at the same time: ``drive`` runs one job, ``drive_all`` many. Neither
needs asyncio, whose loop would need another HTTP library, or a thread for each request.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from functools import partial

# From typing, not collections.abc: the aliases below are built at run time, also on Python 3.8.
from typing import Any, Callable, Coroutine, Generator, Sequence, TypeVar, Union

from .api.client import Client
from .api.deadline import Deadline
from .api.errors import DeadlineExceeded
from .api.messages import TaskStatus

# Seconds between two looks: a share of the time already waited, within bounds. Short waits are noticed at once, long ones
# cost few requests.
POLL_SHARE = 0.05
POLL_MIN = 0.25
POLL_MAX = 2.0


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
    """A job under way. ``value`` and ``error``: what it is resumed with."""

    job: Job[Any]
    number: int = 0
    value: Any = None
    error: Exception | None = None

    def resume(self) -> Command:
        """Runs it up to its next command. Raises StopIteration at its end, with what it returns, and whatever the job raises."""
        value, error, self.value, self.error = self.value, self.error, None, None
        return self.job.send(value) if error is None else self.job.throw(error)

    def ask(self, request: Callable[[], Any]) -> None:
        """Makes a request of the job's; keeps the outcome for it to be resumed with."""
        try:
            self.value = request()
        except Exception as problem:  # pylint: disable=broad-exception-caught
            self.error = problem


def drive(job: Job[T], sleep: Callable[[float], None]) -> T:
    """Runs one job to its end, requests and pauses in this thread; returns what it returns, raises what it raises."""
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
            driven.ask(command)


# Threads for each request that may be in flight: some sleep before another try, and must not keep others from theirs.
THREADS_EACH = 4


def drive_all(jobs: Sequence[Job[T]], most: int, clock: Callable[[], float], sleep: Callable[[float], None]) -> list[T | Exception]:
    """Runs many jobs side by side; in their order, what each returned or raised.

    ``most``: of requests in flight, which the client sees to. One loop, in this thread, resumes the jobs; threads do nothing but
    wait for answers. A pause costs no thread.
    """
    # Imported late: most runs drive a single job.
    import heapq
    import queue
    from concurrent.futures import ThreadPoolExecutor

    results: list[Any] = [None] * len(jobs)
    answered: queue.SimpleQueue[_Driven] = queue.SimpleQueue()
    ready = [_Driven(job, number) for number, job in enumerate(jobs)]
    ready.reverse()
    pauses: list[tuple[float, int, _Driven]] = []
    in_flight = 0

    def ask(driven: _Driven, request: Callable[[], Any]) -> None:
        driven.ask(request)
        answered.put(driven)

    try:
        with ThreadPoolExecutor(max(1, min(THREADS_EACH * most, len(jobs)))) as pool:
            while ready or pauses or in_flight:
                while ready:
                    driven = ready.pop()
                    try:
                        command = driven.resume()
                    except StopIteration as end:
                        results[driven.number] = end.value
                    except Exception as problem:  # pylint: disable=broad-exception-caught
                        results[driven.number] = problem
                    else:
                        if isinstance(command, Pause):
                            heapq.heappush(pauses, (clock() + command.seconds, driven.number, driven))
                        else:
                            in_flight += 1
                            pool.submit(ask, driven, command)
                left = max(0.0, pauses[0][0] - clock()) if pauses else None
                if in_flight:
                    try:
                        ready.append(answered.get(timeout=left))
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


def concurrency_problem(most: int) -> str | None:
    """What is wrong with the option max_concurrency, as a sentence; None if nothing is."""
    return None if 1 <= most <= 1000 else "max_concurrency must be between 1 and 1000."


def side_by_side(calls: Sequence[Callable[[], T]], most: int) -> list[T]:
    """The results of some requests in their order, at most so many in flight. The first failure ends it and is raised."""
    # Imported late: most runs make one request after the other.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max(1, min(most, len(calls)))) as pool:
        waiting = [pool.submit(call) for call in calls]
        try:
            return [future.result() for future in waiting]
        except BaseException:
            for future in waiting:
                future.cancel()
            raise


class Polling:
    """The rhythm of looking again: see POLL_SHARE."""

    def __init__(self, client: Client, deadline: Deadline) -> None:
        self._client, self._deadline = client, deadline
        self._began = client.clock()

    def waited(self) -> float:
        """Seconds since the first look."""
        return self._client.clock() - self._began

    def pause(self, limit: float = float("inf")) -> Pause:
        """The pause before the next look, not longer than ``limit`` seconds, nor than there is time."""
        seconds = min(POLL_MAX, max(POLL_MIN, POLL_SHARE * self.waited()))
        # Jitter of a tenth, so that many runs that began together do not ask together.
        return Pause(max(0.0, min(seconds * (0.95 + self._client.jitter() / 10), self._deadline.remaining(), limit)))

    async def wait(self, waiting_for: str, limit: float = float("inf")) -> None:
        """Pauses. Raises DeadlineExceeded when the time is over: ``waiting_for`` says what it was not enough for."""
        await _ask(self.pause(limit))
        if self._deadline.remaining() <= 0:
            raise DeadlineExceeded(f"The wait_timeout of {self._deadline.seconds:g} seconds is over while waiting for {waiting_for}")


async def wait_for_task(client: Client, task_id: str, deadline: Deadline) -> TaskStatus:
    """Polls a task until it has ended or the API knows nothing of it. Raises TaskFailed, or DeadlineExceeded with its id."""
    polling = Polling(client, deadline)
    try:
        while True:
            await polling.wait(f"task {client.for_display(task_id)}; its work on the server goes on")
            status = await call(client.task, task_id, deadline)
            if status.ended or status.lost:
                return status
    except DeadlineExceeded as error:
        error.task_id = task_id
        raise
