# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many instances at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from .api.client import Client
from .api.deadline import Deadline
from .instance.view import list_view
from .tasks import side_by_side


def retrieve_each(
    client: Client,
    listed: Sequence[Mapping[str, Any]],
    deadline: Deadline,
    most: int,
    show: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> list[dict[str, Any] | None]:
    """Retrieves instances that a list has shown, at most so many at a time; each as ``show`` makes it, None for one that is gone."""
    answers = side_by_side([partial(client.fetch_one, "instances", row["id"], deadline) for row in listed], most)
    again: dict[str, dict[str, Any]] = {}
    if None in answers:
        # A 404 alone is no proof that one is gone: what a list still shows is there.
        again = {row["id"]: row for row in client.fetch_all("instances", deadline)}
    seen: list[dict[str, Any] | None] = []
    for row, answer in zip(listed, answers):
        still = again.get(row["id"])
        seen.append(show(answer) if answer is not None else None if still is None else list_view(still))
    return seen
