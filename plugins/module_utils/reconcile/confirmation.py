# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API confirmed must show: in the instance, and a new instance in the list.

An API that rewrites a value would otherwise make each run change it again. If it rewrites a name, or if its list is behind, the next
run would create a second server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..api.client import Client
from ..api.deadline import Deadline
from ..api.errors import ApiError, DeadlineExceeded
from ..instance.conditions import described, is_live, name_and_id
from ..instance.steps import Step, contradictions
from ..jobs import Job
from ..text import contrasted, enumerated, is_same, one_line
from .waiting import GRACE, Polling


async def wait_for_values(step: Step, now: Mapping[str, Any], since: Polling, deadline: Deadline) -> bool:
    """Pauses until the next look at an instance that shows other values than were sent. False if the time for that is over."""
    if since.waited() >= GRACE:
        return False
    try:
        await since.wait(f"{described(now)} to show what was sent with {step.action}")
    except DeadlineExceeded:
        if deadline.interrupted:
            raise
        return False
    return True


def not_shown(step: Step, now: Mapping[str, Any]) -> ApiError:
    """The error for values that the API confirmed and does not show."""
    found = []
    for option, actual, wanted in contradictions(step, now):
        shown = contrasted(actual, wanted)
        found.append(f"{option} {shown[0]} instead of {shown[1]}")
    those = "that value" if len(found) == 1 else "those values"
    return ApiError(
        f"The API confirmed {step.action}, but {name_and_id(now)} shows {enumerated(found)}: put {those} into the task,"
        " because otherwise each run will change it again or fail."
    )


async def list_warnings(
    created: Sequence[Mapping[str, Any]], read: Callable[[], Job[list[dict[str, Any]]]], client: Client, deadline: Deadline
) -> tuple[list[list[str]], list[str]]:
    """What has to be said about each new instance, and about all of them, after a look at the list.

    ``read`` reads the list. It is called until the list shows all of them, or GRACE is over. Another live instance can have the same
    name: two runs may have created one each at the same time.
    """
    polling, instances, shown = Polling(client, deadline), None, set()
    try:
        while instances is None or await _is_to_be_read_again(polling, deadline):
            instances = await read()
            shown = {item["id"].lower() for item in instances}
            if shown.issuperset(item["id"].lower() for item in created):
                break
    except ApiError as error:
        names = one_line(", ".join(str(item.get("name")) for item in created))
        return [[] for _created in created], [
            f"Whether the list shows {names}, and whether other instances have the same name, could not be checked: {error.clause}. Do not"
            " run this task again until instance_info shows what was created, because that could create it twice"
        ]
    same_name: dict[str, list[dict[str, Any]]] = {}
    for listed in instances or ():
        same_name.setdefault(str(listed.get("name")), []).append(listed)
    found = []
    for item in created:
        warnings = [_duplicate_warning(client, item, same_name.get(str(item.get("name")), []))]
        warnings.append(None if item["id"].lower() in shown else _behind_warning(client, item))
        found.append([text for text in warnings if text])
    return found, []


async def _is_to_be_read_again(polling: Polling, deadline: Deadline) -> bool:
    """Pauses until the list is read again. False if the time for that is over."""
    if polling.waited() >= GRACE or deadline.remaining() <= 0:
        return False
    try:
        await polling.wait("the new instance to appear in the list")
    except DeadlineExceeded:
        return False
    return deadline.remaining() > 0


def _behind_warning(client: Client, created: Mapping[str, Any]) -> str:
    return (
        f"The list of instances is behind: it does not show the new instance {client.for_display(created['id'])} yet. Do not run this task"
        " again until instance_info shows the instance, because that would create a second one"
    )


def _duplicate_warning(client: Client, created: Mapping[str, Any], same_name: Sequence[Mapping[str, Any]]) -> str | None:
    """A warning of other live instances that have the name of a new one; None if there are none."""
    others = [item["id"] for item in same_name if not is_same(item["id"], created["id"]) and is_live(item)]
    if not others:
        return None
    return (
        f"Another instance has the name of the new one, {client.for_display(created['id'])}: {', '.join(map(client.for_display, others))};"
        " it may have been created at the same time by another run, and nothing was destroyed"
    )
