# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instance an answer is about. A server, or a proxy, can answer with another one than the run asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api.errors import ApiError
from ..text import is_same, is_uuid, quoted
from .delivery import Delivery
from .reader import Reader


def id_in(data: Any) -> str | None:
    """The id of the instance that a response or a result shows."""
    found = data.get("id") if isinstance(data, Mapping) else None
    return found if is_uuid(found) else None


class NewInstance:
    """The instance that a run creates. ``id``: as soon as it is known."""

    def __init__(self, reader: Reader, delivery: Delivery) -> None:
        self._reader, self._delivery = reader, delivery
        self.id: str | None = None

    async def identify(self, answered: str | None) -> None:
        """Notes the id in an answer to the create. Raises ApiError if it can't be that of the new instance; it gets no request then."""
        if answered is None:
            return
        if answered.lower() in self._reader.known_ids:
            raise await self._another(answered, "existed before")
        if self.id is not None and not is_same(answered, self.id):
            raise await self._another(answered, f"is not the one that it named first, {self.id}")
        self.id = answered

    async def refuse_other_name(self, answered: str, name: object) -> None:
        """Raises ApiError if the new instance in the answers has another name, and the list shows a new one with the wanted name."""
        new = await self._others(answered)
        if new:
            raise await self._another(answered, f"has the name {quoted(name)}", new)

    async def _others(self, answered: str) -> list[str]:
        """The ids of new instances with the wanted name that the list shows, without the one in the answers."""
        try:
            found = self._delivery.new_ids(await self._reader.instances(patient=True))
        except ApiError:
            found = []
        return [item for item in found if not is_same(item, answered)]

    async def _another(self, answered: str, why: str, new: list[str] | None = None) -> ApiError:
        """The error, with the id in the answer and that of the new instance if the list shows it."""
        name = self._reader.run.options["name"]
        new = await self._others(answered) if new is None else new
        # The result must not show the other instance as the one that this run is about.
        self._reader.correct(None)
        self.id = new[0] if len(new) == 1 else None
        shown = f"in the list, {' and '.join(new)} is new and has the name" if new else "the list shows no new instance with the name"
        return ApiError(
            f"The API answered the create of {name!r} with the instance {answered}, which {why}; {shown}."
            " Nothing more was sent to either: look at them in the portal before you run this again."
        )
