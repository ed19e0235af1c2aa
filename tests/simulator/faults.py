# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults: what the simulator can be told to do wrong, and which requests a fault hits."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

from .checks import Kind, check
from .model import invalid

# Kind: when the request is carried out, unless the fault says otherwise (see Fault.act).
KINDS = {
    "status": "never",
    "html": "never",
    "broken_json": "first",
    "empty": "first",
    "drop_before": "never",
    "drop_after": "first",
    "delay": "last",
    "drip": "first",
    "redirect": "never",
    "interim": "first",
    "another_id": "first",
    "another_task": "first",
    "no_count": "first",
    "task_failed": "first",
    "task_lost": "first",
    "task_stuck": "first",
}
TASK_KINDS = ("task_failed", "task_lost", "task_stuck")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# What a fault can be given, and the type of each.
FIELDS: dict[str, Kind] = {
    "kind": tuple(KINDS),
    "method": METHODS,
    "path": "string",
    "count": "count",
    "skip": "count",
    "every": "positive",
    "act": ("first", "last", "never"),
    "status": "status",
    "headers": "headers",
    "seconds": "seconds",
    "location": "line",
    "message": "string",
    "body": "any",
    "leaves": "string",
}


@dataclass
class Fault:
    """One thing that goes wrong, for requests that ``method`` and ``path`` match."""

    kind: str
    method: str | None = None
    path: str = ""
    """A regular expression, searched in the path with and without its query string."""
    count: int = 1
    """How many requests it hits; 0: no limit."""
    skip: int = 0
    """How many matching requests it lets pass first."""
    every: int = 1
    """After those, it hits the first matching request and then one in so many: with 20, 5% of them."""
    act: str | None = None
    """When the request is carried out: ``first`` (then the fault), ``last`` (after a delay) or ``never``."""
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    """``delay``: how long before the response; ``drip``: how long its bytes take."""
    location: str = ""
    message: str = "The simulator was told to fail."
    body: Any = None
    """``status``: the JSON of the response, instead of an error; ``another_id``: the id that it shows."""
    leaves: str | None = None
    """``task_failed``: the state in which the failed task leaves its instance."""
    hits: int = 0
    matched: int = 0
    """How many matching requests came after those that it let pass."""

    @classmethod
    def parsed(cls, values: Any) -> Fault:
        """Returns the fault that a JSON object describes; a 400 if it makes no sense."""
        given = {name: value for name, value in values.items() if value is not None} if isinstance(values, dict) else values
        check(given, FIELDS, "A fault")
        if "kind" not in given:
            raise invalid(f"A fault needs a kind: one of {', '.join(KINDS)}.", field="kind")
        fault = cls(**given)
        try:
            re.compile(fault.path)
        except re.error as error:
            raise invalid(f"A fault: path must be a regular expression: {error}.", field="path") from None
        return fault

    @property
    def acts(self) -> str:
        """When the request is carried out."""
        return self.act or KINDS[self.kind]

    def matches(self, method: str, path: str, query: str) -> bool:
        """Whether it is about this request."""
        if self.method and self.method != method:
            return False
        return any(re.search(self.path, text) for text in (path, f"{path}?{query}"))


class Faults:
    """All faults in force. If several match a request, the first one hits it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.active: list[Fault] = []

    def add(self, values: Any) -> list[Fault]:
        """Puts a fault, or each of a list, in force."""
        added = [Fault.parsed(item) for item in (values if isinstance(values, list) else [values])]
        with self._lock:
            self.active.extend(added)
        return added

    def clear(self) -> None:
        """Ends all faults."""
        with self._lock:
            self.active.clear()

    def pause(self, seconds: float) -> None:
        """Waits, as a slow response does, but not beyond the end of the server."""
        self._ended.wait(seconds)

    def end(self) -> None:
        """Ends all pauses, now and later, because the server ends."""
        self._ended.set()

    def hit(self, method: str, path: str, query: str) -> Fault | None:
        """Returns the fault that hits this request, and counts that; None if there is none."""
        with self._lock:
            for fault in self.active:
                if not fault.matches(method, path, query):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.matched += 1
                if (fault.matched - 1) % fault.every:
                    continue
                fault.hits += 1
                if fault.count and fault.hits >= fault.count:
                    self.active.remove(fault)
                return fault
        return None
