# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names to ids: the lists beside the instances, asked for only where a plan needs them and at most once in a run."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from .api.client import Client
from .api.deadline import Deadline
from .api.errors import ApiError
from .instance.conditions import described, is_live
from .instance.fields import KINDS
from .instance.steps import Lookup, Lookups, Refused, Resolved
from .tasks import call, pause
from .text import is_uuid

# How many names an error offers.
OFFERED = 8
# Seconds between two looks whether a list that somebody else asks for has come.
WHILE_ASKING = 0.05


def users_of(address: Mapping[str, Any]) -> set[str]:
    """The ids of the instances that use a public IP address. One whose id can't be read is somebody, under no name."""
    users = address.get("instances")
    ids = [user.get("id") if isinstance(user, dict) else None for user in (users if isinstance(users, list) else [])]
    return {item if isinstance(item, str) else "" for item in ids}


class Catalog:
    """The sibling lists of an environment. What was read is kept for the run.

    Many jobs may ask it side by side: what several of them need is read once.
    """

    def __init__(
        self,
        client: Client,
        deadline: Deadline,
        many: bool = False,
        instances: Callable[[], list[dict[str, Any]]] | None = None,
    ) -> None:
        """``many``: whole lists of volumes and addresses are read once, rather than parts of them for each instance.

        ``instances``: lists the instances, instead of a request for each job that asks.
        """
        self._client, self._deadline, self._many = client, deadline, many
        self._instances = instances or partial(client.fetch_all, "instances", deadline)
        self._lists: dict[str, list[dict[str, Any]]] = {}
        self._failures: dict[str, ApiError] = {}
        self._asking: set[str] = set()

    async def rows(self, kind: str) -> list[dict[str, Any]]:
        """The entries of a kind (a key of KINDS), with the API's own field names. Raises ApiError; to all who ask, once it failed.

        Who asks while another is asking pauses: a thread that waited for it would be one less for everybody else.
        """
        while kind in self._asking:
            await pause(WHILE_ASKING)
        if kind in self._failures:
            # Each may add words of its own to it.
            raise copy.copy(self._failures[kind])
        if kind not in self._lists:
            self._asking.add(kind)
            try:
                self._lists[kind] = await call(self._client.fetch_all, KINDS[kind][0], self._deadline)
            except ApiError as error:
                self._failures[kind] = error
                raise copy.copy(error) from None
            finally:
                self._asking.discard(kind)
        return self._lists[kind]

    async def _part(self, kind: str, **filters: str) -> list[dict[str, Any]]:
        """The entries of a kind that filters select, or more: a server may ignore them, and the whole list serves as well."""
        if self._many:
            return await self.rows(kind)
        return await call(self._client.fetch_all, KINDS[kind][0], self._deadline, **filters)

    async def find(self, lookup: Lookup) -> dict[str, Any]:
        """The one entry that a name or an id stands for. Raises Refused for none, with near names, and for several."""
        rows = await self.rows(lookup.kind)
        by_id = is_uuid(lookup.text) and lookup.kind != "ssh_keys"
        if by_id:
            found = [row for row in rows if str(row.get("id")).lower() == lookup.text.lower()]
        else:
            found = [row for row in rows if row.get("name") == lookup.text]
        if len(found) == 1:
            return found[0]
        word = KINDS[lookup.kind][1]
        if found:
            ids = ", ".join(self._client.for_display(row.get("id")) for row in found)
            raise Refused(
                f"{lookup.option}: several of the name {lookup.text!r} exist, with the ids {ids}: give the id of the {word} instead."
            )
        if by_id:
            raise Refused(f"{lookup.option}: there is no {word} with the id {lookup.text} in {self._client.label}: check the id.")
        raise Refused(
            f"{lookup.option}: there is no {word} of the name {lookup.text!r} in {self._client.label}: {self._offer(lookup.text, rows)}."
        )

    def _offer(self, text: str, rows: Sequence[Mapping[str, Any]]) -> str:
        import difflib

        names = sorted({row["name"] for row in rows if isinstance(row.get("name"), str)})
        if not names:
            return "there are none at all"
        folded: dict[str, str] = {}
        for name in names:
            folded.setdefault(name.casefold(), name)
        near = [folded[name] for name in difflib.get_close_matches(text.casefold(), folded, n=OFFERED, cutoff=0.4)]
        words = ", ".join(repr(self._client.for_display(name)) for name in (near or names[:OFFERED]))
        return f"the nearest names are {words}" if near else f"names that exist are {words}"

    async def gather(self, lookups: Lookups, current: Mapping[str, Any] | None) -> Resolved:
        """Everything that a plan needs to be known. Raises Refused for what does not exist."""
        resolved = Resolved()
        problems = []
        for lookup in lookups.catalog:
            try:
                resolved.records[lookup.option] = await self.find(lookup)
            except Refused as refused:
                problems.append(str(refused))
        if problems:
            raise Refused(" ".join(problems))
        if lookups.holders_of_name is not None:
            rows = await call(self._instances)
            resolved.holders = tuple(row["id"] for row in rows if row.get("name") == lookups.holders_of_name and is_live(row))
        if current is not None and lookups.volumes:
            resolved.volume_ids = await self._volumes(lookups.volumes, current)
        if current is not None and lookups.addresses:
            resolved.address_ids = await self._addresses(lookups.addresses, current, resolved.warnings)
        return resolved

    async def _volumes(self, wanted: Sequence[str], current: Mapping[str, Any]) -> tuple[str, ...]:
        """Ids of the data volumes to delete with an instance; they must be attached to it."""
        listed = await self._part("volumes", type="data", instance_id=current["id"])
        # Filtered again: a server that ignores the parameters must not make us delete the volumes of others.
        rows = [row for row in listed if row.get("instanceId") == current["id"] and row.get("type") == "data"]
        if list(wanted) == ["all"]:
            return tuple(row["id"] for row in rows)
        return self._chosen("volumes_to_delete", "data volume", wanted, rows, "name", current)

    async def _addresses(self, wanted: Sequence[str], current: Mapping[str, Any], warnings: list[str]) -> tuple[str, ...]:
        """Ids of the public addresses to release with an instance; others must not use them."""
        listed = await self._part("public_ips", instance_id=current["id"])
        shown = current.get("public_ips")
        reported = {str(row.get("id")) for row in (shown if isinstance(shown, list) else []) if isinstance(row, dict)}
        own: list[dict[str, Any]] = []
        shared: list[dict[str, Any]] = []
        for row in listed:
            holders = users_of(row)
            # Filtered again: see _volumes. Where the list does not say who holds an address, the instance itself may.
            if current["id"] in holders or (not holders and row["id"] in reported):
                (shared if holders - {current["id"]} else own).append(row)
        if list(wanted) == ["all"]:
            for row in shared:
                address = self._client.for_display(row.get("ipAddress"))
                warnings.append(f"The public IP address {address} is kept: other instances than {described(current)} use it too")
            return tuple(row["id"] for row in own)
        for text in wanted:
            if any(text in (row["id"], row.get("ipAddress")) for row in shared):
                raise Refused(
                    f"public_ips_to_release: {text} is used by other instances too and can't be released with {described(current)}."
                )
        return self._chosen("public_ips_to_release", "public IP address", wanted, own, "ipAddress", current)

    def _chosen(
        self, option: str, word: str, wanted: Sequence[str], rows: Sequence[Mapping[str, Any]], key: str, current: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Ids of the rows that ids or names stand for. Raises Refused for none and for several of a name."""
        chosen: list[str] = []
        for text in wanted:
            found = [row["id"] for row in rows if (row["id"].lower() == text.lower() if is_uuid(text) else row.get(key) == text)]
            if not found:
                shown = ", ".join(self._client.for_display(row.get(key)) for row in rows) or "none"
                raise Refused(f"{option}: {described(current)} has no {word} {text!r}; it has: {shown}.")
            if len(found) > 1:
                raise Refused(
                    f"{option}: {described(current)} has several of the name {text!r}, with the ids {', '.join(found)}: give ids."
                )
            chosen += [item for item in found if item not in chosen]
        return tuple(chosen)
