# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names to ids: the lists of offerings, networks and the like, read only if a plan needs them and at most once in a run."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

from ..api.client import Client
from ..api.deadline import Deadline
from ..api.errors import ApiError
from ..instance.fields import KINDS
from ..instance.steps import Lookup, Refused
from ..jobs import call, pause
from ..text import is_same, is_uuid, offer

# Seconds between two checks whether the list that another job is reading has arrived.
READING_INTERVAL = 0.05


class Catalog:
    """The lists of an environment. What was read is kept for the run, and jobs that need a list at the same time share it."""

    def __init__(
        self,
        client: Client,
        deadline: Deadline,
        whole_lists: bool = False,
        instances: Callable[[], list[dict[str, Any]]] | None = None,
    ) -> None:
        """``whole_lists``: volumes and addresses are read once as a whole, instead of a part for each instance.

        ``instances``: returns the list of instances, instead of a request for each job that needs it.
        """
        self.client, self._deadline, self._whole_lists = client, deadline, whole_lists
        self.instances = instances or partial(client.fetch_all, "instances", deadline)
        self._lists: dict[str, list[dict[str, Any]]] = {}
        self._failures: dict[str, ApiError] = {}
        self._reading: set[str] = set()

    async def entries(self, kind: str) -> list[dict[str, Any]]:
        """The entries of a kind (a key of KINDS), with the API's field names. Raises ApiError, for each job that needs the list.

        A job that needs a list while another one reads it pauses. A thread that waited would be one less for all others.
        """
        while kind in self._reading:
            await pause(READING_INTERVAL)
        if kind in self._failures:
            # Each job may add to the message.
            raise copy.copy(self._failures[kind])
        if kind not in self._lists:
            self._reading.add(kind)
            try:
                self._lists[kind] = await call(self.client.fetch_all, KINDS[kind][0], self._deadline)
            except ApiError as error:
                self._failures[kind] = error
                raise copy.copy(error) from None
            finally:
                self._reading.discard(kind)
        return self._lists[kind]

    async def part(self, kind: str, **filters: str) -> list[dict[str, Any]]:
        """The entries of a kind that filters select, or more: a server may ignore filters, and the whole list will do as well."""
        if self._whole_lists:
            return await self.entries(kind)
        return await call(self.client.fetch_all, KINDS[kind][0], self._deadline, **filters)

    async def find(self, lookup: Lookup) -> dict[str, Any]:
        """The one entry that a name or an id stands for. Raises Refused if there is none, with similar names, or several."""
        entries = await self.entries(lookup.kind)
        by_id = is_uuid(lookup.text) and lookup.kind != "ssh_keys"
        if by_id:
            found = [entry for entry in entries if is_same(entry.get("id"), lookup.text)]
        else:
            found = [entry for entry in entries if entry.get("name") == lookup.text]
        if len(found) == 1:
            return found[0]
        what = KINDS[lookup.kind][1]
        if found:
            ids = ", ".join(self.client.for_display(entry.get("id")) for entry in found)
            raise Refused(
                f"{lookup.option}: several with the name {lookup.text!r} exist, with the ids {ids}: give the id of the {what} instead."
            )
        if by_id:
            raise Refused(f"{lookup.option}: there is no {what} with the id {lookup.text} in {self.client.label}: check the id.")
        names = [entry["name"] for entry in entries if isinstance(entry.get("name"), str)]
        offered = offer(lookup.text, names, self.client.quoted)
        raise Refused(f"{lookup.option}: there is no {what} with the name {lookup.text!r} in {self.client.label}: {offered}.")
