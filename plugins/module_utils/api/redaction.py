# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps secrets out of what a run shows: the API may send back the key or user data that it was sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..text import one_line

REDACTED = "********"
# Replacing a shorter text would make responses unreadable. Real keys have dozens of characters.
SHORTEST_SECRET = 8


class Redactor:
    """Removes secrets from texts, JSON values and response bodies."""

    def __init__(self, api_key: str, secrets: Sequence[str] = ()) -> None:
        """``secrets``: texts besides the key, such as user data. Each of their lines is a secret too."""
        lines = {line.strip() for text in secrets for line in (text, *text.splitlines())}
        # The longest first: otherwise a part of one would keep the rest of it from being found.
        long_enough = sorted((line for line in lines if len(line) >= SHORTEST_SECRET), key=len, reverse=True)
        self._secrets = [api_key, *long_enough]
        self._key = api_key.encode() if len(api_key) >= SHORTEST_SECRET else b""

    def redact(self, value: Any) -> Any:
        """A text, or a JSON value with all of its texts, without the secrets; user data is left out as a whole."""
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, REDACTED)
            return value
        if isinstance(value, dict):
            return {self.redact(name): self.redact(item) for name, item in value.items() if name != "userData"}
        return [self.redact(item) for item in value] if isinstance(value, list) else value

    def redact_body(self, content: bytes) -> bytes:
        """The body of a response without the key, which would otherwise go on into results, hosts and caches."""
        return content.replace(self._key, REDACTED.encode()) if self._key else content

    def for_display(self, text: object) -> str:
        """A text from the API for a message: without secrets, on one line (see ``one_line``)."""
        return one_line(self.redact(str(text)))
