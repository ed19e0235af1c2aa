# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes each event that a callback gets to a file, as a line of JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record_events
type: aggregate
short_description: Writes events to a file
description: Writes each event with its task, host and result to the file COXEDGE_EVENTS names.
"""
RESULTS = (
    "v2_runner_on_failed",
    "v2_runner_on_ok",
    "v2_runner_on_skipped",
    "v2_runner_on_unreachable",
    "v2_runner_item_on_ok",
    "v2_runner_item_on_failed",
    "v2_runner_item_on_skipped",
    "v2_runner_retry",
    "v2_on_file_diff",
)


def plain(value: Any) -> Any:
    """A value that JSON knows, whatever types core gives it."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


class CallbackModule(CallbackBase):
    """See above."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "record_events"

    def _record(self, event: str, result: Any, **kwargs: Any) -> None:
        # Newer cores have methods where older ones have attributes only.
        host, task = getattr(result, "host", None) or result._host, getattr(result, "task", None) or result._task
        values = getattr(result, "result", None) or result._result
        entry = {"event": event, "host": host.get_name(), "task": task.get_name(), "result": plain(values), **plain(kwargs)}
        with open(os.environ["COXEDGE_EVENTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(entry, sort_keys=True) + "\n")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The counts of each host."""
        with open(os.environ["COXEDGE_EVENTS"], "a", encoding="utf-8") as file:
            counts = {host: stats.summarize(host) for host in sorted(stats.processed)}
            file.write(json.dumps({"event": "stats", "host": "all", "counts": counts}, sort_keys=True) + "\n")


def _recorder(event: str) -> Any:
    return lambda self, result, **kwargs: self._record(event, result, **kwargs)


for _event in RESULTS:
    setattr(CallbackModule, _event, _recorder(_event))
