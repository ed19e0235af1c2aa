# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps secrets out of what a run shows: the API may send back the key or user data that it was sent, in any encoding."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..secret_names import is_secret, may_be_shown
from ..text import one_line, quoted
from .encodings import ESCAPING, base64_forms, base64_runs, readings

REDACTED = "********"
# Replacing a shorter text would make responses unreadable. Real keys have dozens of characters.
SHORTEST_SECRET = 8
# The same for a value that user data gives a name such as password.
SHORTEST_VALUE = 6
# A line of user data that gives something a value.
_SETTING = re.compile(r"""["']?([\w.-]+)["']?\s*[:=]\s*["']?(.+?)["']?,?$""")
# JSON may escape any character, but these have no need of it.
_NEEDLESS = re.compile(r"\\u00[2-7]")
# Escapes that may hide a text within JSON that has no escapes but its own, and what they begin with: of URLs, of HTML, of JSON within
# JSON, and zero bytes. Finding out that a long text has none has to be quick, and these expressions are, one by one.
_ESCAPES = (
    ("%", re.compile("%[0-9a-fA-F]{2}")),
    ("&", re.compile("&(?:#|[A-Za-z]{2,8};)")),
    ("\\", re.compile(r"\\\\")),
    ("\\", re.compile(r"\\u0000")),
)


class Texts:
    """Some secret texts, and what hides them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # The longest first: otherwise a part of one would keep the rest of it from being found.
        self._plain = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        self._shortest = min(map(len, self._plain), default=0)
        self._long = [secret for secret in self._plain if len(secret) >= SHORTEST_VALUE]
        # In base64, there may be JSON in which they are escaped.
        self._in_base64 = {
            form
            for secret in self._plain
            if len(secret) >= SHORTEST_SECRET
            for form in (secret, _as_json(secret), json.dumps(secret)[1:-1])
        }
        self._bytes = [form.encode("utf-8", "surrogatepass") for form in self._in_base64]
        self._known_forms: list[str] | None = None

    def hidden(self, text: str) -> str:
        """A text without the secrets. If it holds one in an encoding, it is returned decoded, as far as that was needed."""
        if len(text) < self._shortest:
            # No encoding makes a text shorter.
            return text
        # Another secret may be there in another encoding.
        for _attempt in range(5):
            found = self._telling(text)
            if found is None:
                break
            for secret in self._long:
                found = found.replace(secret, REDACTED)
            for run, decoded in list(base64_runs(found)):
                found = found.replace(run, REDACTED) if self._hold(decoded) else found
            text = found
        for secret in self._plain:
            text = text.replace(secret, REDACTED)
        return text

    def _telling(self, text: str) -> str | None:
        """The reading of a text that shows most of the secrets: the longest of them; None if no reading shows any."""
        known = list(readings(text))
        for secret in self._long:
            for reading in known:
                if secret in reading:
                    return reading
        return next((reading for reading in known if any(self._hold(decoded) for _run, decoded in base64_runs(reading))), None)

    def hidden_in(self, value: Any, document: str) -> Any:
        """A JSON value without the secrets, in names too. ``document``: its JSON text.

        Nearly always the text shows that there is nothing to hide, so that lists of thousands are not searched.
        """
        if "\\/" in document or _NEEDLESS.search(document):
            # Written anew, only those characters are escaped that have to be.
            document = json.dumps(value, ensure_ascii=False, default=str)
        present = self._forms_in(document)
        if not present and not _has_escapes(document):
            return value
        # Most texts can't hold a secret. Those that can are read with care.
        forms = [*present, *(self._plain if present else [])]
        is_suspect = re.compile("|".join([ESCAPING.pattern, *map(re.escape, forms)])).search
        return self._hidden_in(value, is_suspect)

    def _forms_in(self, document: str) -> list[str]:
        return [form for form in self._forms if form in document]

    @property
    def _forms(self) -> list[str]:
        """What a JSON text has in it if it holds a secret as it is, or in base64."""
        if self._known_forms is None:
            forms = set(map(_as_json, self._plain))
            forms |= {form.replace(" ", "+") for form in forms}
            forms = forms.union(*map(base64_forms, self._in_base64))
            self._known_forms = sorted(forms)
        return self._known_forms

    def _hidden_in(self, value: Any, is_suspect: Callable[[str], Any]) -> Any:
        if isinstance(value, str):
            return self.hidden(value) if is_suspect(value) else value
        if isinstance(value, dict):
            named = ((self.hidden(name) if is_suspect(name) else name, item) for name, item in value.items())
            plain = (int, float, bool, type(None))
            return {name: item if isinstance(item, plain) else self._hidden_in(item, is_suspect) for name, item in named}
        return [self._hidden_in(item, is_suspect) for item in value] if isinstance(value, list) else value

    def _hold(self, decoded: Iterable[bytes]) -> bool:
        return any(secret in data for data in decoded for secret in self._bytes)


def _as_json(text: str) -> str:
    """A text as it stands in JSON, without needless escapes."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _has_escapes(document: str) -> bool:
    return any(beginning in document and escape.search(document) for beginning, escape in _ESCAPES)


class Redactor:
    """Removes secrets from texts, JSON values and responses."""

    def __init__(self, api_key: str, secrets: Sequence[str] = ()) -> None:
        """``secrets``: texts besides the key, such as user data. Each of their lines is a secret too."""
        self._all = Texts([api_key, *_parts(secrets)])
        self._key = Texts([api_key]) if len(api_key) >= SHORTEST_SECRET else None

    def redact(self, value: Any) -> Any:
        """A text, or a JSON value with all of its texts, without the secrets; fields that hold secrets are left out."""
        if isinstance(value, str):
            return self._all.hidden(value)
        if isinstance(value, dict):
            shown = {str(name): item for name, item in value.items() if may_be_shown(str(name))}
            return {self.redact(name): self.redact(item) for name, item in shown.items()}
        return [self.redact(item) for item in value] if isinstance(value, (list, tuple)) else value

    def redact_document(self, value: Any, document: str) -> Any:
        """The JSON value of a response without the key, which would otherwise go on into results, hosts and caches."""
        return self._key.hidden_in(value, document) if self._key else value

    def for_display(self, text: object) -> str:
        """A text from the API for a message: without secrets, on one line (see ``one_line``)."""
        return one_line(self.redact(text if isinstance(text, (dict, list)) else str(text)))

    def quoted(self, name: object) -> str:
        """A name from the API in quotes, for a message: without secrets, with its own blanks (see ``text.quoted``)."""
        return quoted(self.redact(str(name)))


def _parts(texts: Sequence[str]) -> set[str]:
    """What of user data is a secret by itself: the whole, each line, and what a line gives a name such as password.

    Real lines are found even if they were escaped or cut out of the whole.
    """
    parts = set()
    for text in texts:
        lines = [line.strip() for line in text.splitlines()]
        parts |= {part for part in (text.strip(), *lines) if len(part) >= SHORTEST_SECRET}
        for setting in filter(None, map(_SETTING.search, lines)):
            if is_secret(setting[1]) and len(setting[2]) >= SHORTEST_VALUE:
                parts.add(setting[2])
        parts |= _json_texts(text)
    return parts


def _json_texts(text: str) -> set[str]:
    """The texts within user data that is JSON: the API may send them back in another layout."""
    if not text.lstrip().startswith(("{", "[")):
        return set()
    try:
        waiting, found = [json.loads(text)], set()
    except (ValueError, RecursionError):
        return set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and len(value) >= SHORTEST_SECRET:
            found |= {line.strip() for line in (value, *value.splitlines()) if len(line.strip()) >= SHORTEST_SECRET}
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found
