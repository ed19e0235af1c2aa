# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instance an answer is about. A server, or a proxy, can answer with another one than the run asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api.errors import ApiError
from ..text import is_same, is_uuid
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

    async def identify(self, answered: str | None, data: Any) -> None:
        """Notes the id in an answer to the create. Raises ApiError if it can't be that of the new instance; it gets no request then.

        ``data``: the answer, which may show the name too.
        """
        if answered is None:
            return
        name = data.get("name") if isinstance(data, Mapping) else None
        if answered.lower() in self._reader.known_ids:
            raise await self._another(answered, "existed before")
        if self.id is not None and not is_same(answered, self.id):
            raise await self._another(answered, f"is not the one that it named first, {self.id}")
        if isinstance(name, str) and name != self._reader.run.options["name"]:
            raise await self._another(answered, f"has the name {self._reader.run.client.for_display(name)!r}")
        self.id = answered

    async def _another(self, answered: str, why: str) -> ApiError:
        """The error, with the id in the answer and that of the new instance if the list shows it."""
        name = self._reader.run.options["name"]
        try:
            found = self._delivery.new_ids(await self._reader.instances(patient=True))
        except ApiError:
            found = []
        new = [item for item in found if not is_same(item, answered)]
        # The result must not show the other instance as the one that this run is about.
        self._reader.correct(None)
        self.id = new[0] if len(new) == 1 else None
        shown = f"in the list, {' and '.join(new)} is new and has the name" if new else "the list shows no new instance with the name"
        return ApiError(
            f"The API answered the create of {name!r} with the instance {answered}, which {why}; {shown}."
            " Nothing more was sent to either: look at them in the portal before you run this again."
        )
