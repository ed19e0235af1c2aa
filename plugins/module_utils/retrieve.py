# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many instances at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from .client import Client, Deadline
from .fields import shown_in_list
from .tasks import side_by_side


def retrieve_each(
    listed: Sequence[tuple[Client, Mapping[str, Any]]],
    deadline: Deadline,
    most: int,
    show: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> list[dict[str, Any] | None]:
    """Retrieves instances that lists have shown, at most so many at a time; each as ``show`` makes it, None for one that is gone.

    ``listed``: the client of its environment and the row of the list, for each.
    """
    answers = side_by_side([partial(client.fetch_one, "instances", row["id"], deadline) for client, row in listed], most)
    # A 404 alone is no proof that one is gone: what a list still shows is there.
    doubted = {client for (client, _row), answer in zip(listed, answers) if answer is None}
    again = {client: {row["id"]: row for row in client.fetch_all("instances", deadline)} for client in doubted}
    seen: list[dict[str, Any] | None] = []
    for (client, row), answer in zip(listed, answers):
        if answer is not None:
            seen.append(show(answer))
        else:
            still = again[client].get(row["id"])
            seen.append(None if still is None else shown_in_list(still))
    return seen
