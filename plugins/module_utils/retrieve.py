# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads many instances at the same time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from .api.client import Client
from .api.deadline import Deadline
from .instance.filters import Selection, unmatched
from .instance.view import full_view, list_view
from .jobs import side_by_side


def retrieve_each(
    client: Client,
    listed: Sequence[Mapping[str, Any]],
    deadline: Deadline,
    max_concurrency: int,
    view: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> list[dict[str, Any] | None]:
    """Retrieves the instances of a list, in its order: each as ``view`` shows it, None for one that is gone. Raises ApiError."""
    retrieved = side_by_side([partial(client.fetch_one, "instances", item["id"], deadline) for item in listed], max_concurrency)
    listed_again: dict[str, dict[str, Any]] = {}
    if None in retrieved:
        # A 404 alone does not prove that an instance is gone: what a list still shows exists.
        listed_again = {item["id"].lower(): item for item in client.fetch_all("instances", deadline)}
    found: list[dict[str, Any] | None] = []
    for item, instance in zip(listed, retrieved):
        remaining = listed_again.get(item["id"].lower())
        found.append(view(instance) if instance is not None else None if remaining is None else list_view(remaining))
    return found


def view_with_user_data(instance: Mapping[str, Any]) -> dict[str, Any]:
    """A retrieved instance as users of instance_info see it: with details, they get the user data too."""
    return {**full_view(instance), "user_data": instance.get("userData")}


def find_instances(client: Client, options: Mapping[str, Any], warnings: list[str] | None = None) -> list[dict[str, Any]]:
    """The instances that the options of instance_info select, in no order. Raises ApiError.

    ``warnings``: gets a sentence for each value of a filter that matches nothing, if a list was read.
    """
    deadline = client.deadline(None)
    wanted_id = options["id"].lower() if options.get("id") else None
    selection = Selection(options, destroyed=wanted_id is not None)
    details = options["details"]
    if details is None:
        details = bool(wanted_id or options.get("name"))
    if wanted_id and details:
        found = client.fetch_one("instances", wanted_id, deadline)
        if found is not None:
            return [instance for instance in [view_with_user_data(found)] if selection.matches(instance)]
    # No details are wanted, or the id is unknown: then a list must succeed, to show that the environment exists.
    instances = [list_view(item) for item in client.fetch_all("instances", deadline)]
    if warnings is not None:
        warnings += unmatched(options, instances)
    instances = [
        instance
        for instance in instances
        if (wanted_id is None or str(instance["id"]).lower() == wanted_id)
        and (not options.get("name") or instance["name"] == options["name"])
        and selection.matches(instance)
    ]
    if not details or wanted_id:
        return instances
    # After the list was read, some may have gone, or have reached a state that does not match.
    retrieved = retrieve_each(client, instances, deadline, options["max_concurrency"], view_with_user_data)
    return [instance for instance in retrieved if instance is not None and selection.matches(instance)]
