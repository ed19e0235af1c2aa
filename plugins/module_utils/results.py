# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last look at what leaves a module: no secrets, nothing that core would act on, and sentences of one line.

Core hides secrets too, but each version in its own way: since 2.22 only where it displays something.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from .api.decoding import with_whole_characters
from .api.redaction import REDACTED, Texts
from .instance.options import digest
from .secret_names import may_be_shown
from .text import printable

# What core up to 2.21 shows for an option that must not be shown.
NOT_SHOWN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
# Names of secrets that results have on purpose, or as an option without its value, and the one key for core.
RETURNED = ("password", "user_data", "return_password", "_ansible_no_log")
# Texts for people, in a result, in its parts and in their diffs.
SENTENCES = ("msg", "plan", "before_header", "after_header")
# How deep results may be nested.
MAX_DEPTH = 50
DIGEST = re.compile(r"\d+ characters, sha256 [0-9a-f]{64}")


def cleaned(result: Mapping[str, Any], secrets: Texts) -> dict[str, Any]:
    """A result without secrets, without keys that mean something to core, and without halves of characters."""
    shown: dict[str, Any] = _shown(result)
    document = json.dumps(shown, ensure_ascii=False, default=str)
    try:
        document.encode()
    except UnicodeEncodeError:
        shown = with_whole_characters(shown)
        document = json.dumps(shown, ensure_ascii=False)
    shown = secrets.hidden_in(shown, document)
    for part in _parts(shown):
        for name in SENTENCES:
            if isinstance(part.get(name), str):
                part[name] = printable(part[name])
        if isinstance(part.get("prepared"), str):
            part["prepared"] = "\n".join(map(printable, part["prepared"].split("\n")))
    return shown


def _shown(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A value without what its names say must not be shown."""
    if isinstance(value, (Mapping, list, tuple)) and depth <= 0:
        return None
    if isinstance(value, Mapping):
        return {str(name): _shown(item, depth - 1) for name, item in value.items() if _is_shown(str(name))}
    return [_shown(item, depth - 1) for item in value] if isinstance(value, (list, tuple)) else value


def _is_shown(name: str) -> bool:
    return name in RETURNED or may_be_shown(name)


def _parts(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A result, its diffs, and the same of each member of a fleet."""
    members = result.get("results")
    for part in [result, *(members if isinstance(members, list) else [])]:
        if isinstance(part, dict):
            yield part
            diff = part.get("diff")
            yield from (item for item in (diff if isinstance(diff, list) else [diff]) if isinstance(item, dict))


def shown_options(options: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The options of a task for its result. ``known``: the options of the module: any other may be the key, mistyped."""
    shown = {name: value if name in known else NOT_SHOWN for name, value in options.items() if not str(name).startswith("_ansible")}
    if shown.get("api_key") is not None:
        shown["api_key"] = NOT_SHOWN
    if isinstance(shown.get("api_url"), str):
        shown["api_url"] = re.sub(r"^(\w+:/+)?.*@", rf"\g<1>{REDACTED}@", shown["api_url"], flags=re.DOTALL)
    return {name: _with_digests(name, value) for name, value in shown.items()}


def _with_digests(name: str, value: Any) -> Any:
    """An option without user data, at any depth."""
    if name == "user_data" and value is not None:
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        return text if DIGEST.fullmatch(text) else digest(text)
    if isinstance(value, Mapping):
        return {inner: _with_digests(str(inner), item) for inner, item in value.items()}
    return [_with_digests("", item) for item in value] if isinstance(value, list) else value


def secrets_of(options: Mapping[str, Any]) -> list[str]:
    """The texts in the options of a task that nothing may show: the key, and what a URL has in front of its host."""
    waiting, found = [options.get("api_key")], []
    while waiting:
        value = waiting.pop()
        if isinstance(value, (list, Mapping)):
            waiting += value.values() if isinstance(value, Mapping) else value
        elif value is not None and not isinstance(value, bool):
            found += [str(value), str(value).strip()]
    url = options.get("api_url")
    if isinstance(url, str) and "@" in url:
        user = url.rpartition("@")[0].rpartition("//")[2] or url.rpartition("@")[0]
        password = user.partition(":")[2]
        # Hiding a shorter text would make the result unreadable.
        found += [text for text in (user, password, unquote(password)) if len(text) >= 4]
    return found
