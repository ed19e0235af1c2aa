# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms in which a text may be within another one: escaped for JSON, HTML or URLs, in UTF-16, in base64."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

# How many encodings may be on top of each other.
MAX_LAYERS = 3
# The shortest run of base64 that is decoded: it holds 8 bytes.
SHORTEST_BASE64 = 11
# One of these characters is in every text of which ``readings`` has more than one.
ESCAPING = re.compile("[%&\\\\\x00+]")
_JSON_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([^ux]))", re.DOTALL)
_JSON_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
# Whole lines of base64 have 60 characters or more, the last one can have fewer.
_BASE64 = re.compile(rf"(?:[A-Za-z0-9+/_-]{{60,}}\s+)+[A-Za-z0-9+/_-]*={{0,2}}|[A-Za-z0-9+/_-]{{{SHORTEST_BASE64},}}={{0,2}}")
_STANDARD = str.maketrans("-_", "+/")


def _json_unescaped(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        return chr(int(code, 16)) if code else _JSON_LETTERS.get(found[3], found[3])

    plain = _JSON_ESCAPE.sub(character, text)
    # JSON writes characters beyond U+FFFF as two halves.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def readings(text: str) -> Iterator[str]:
    """A text, then what it may be an encoding of, each reading once."""
    yield text
    seen, layer = {text}, [text]
    for _number in range(MAX_LAYERS):
        layer = [new for old in layer if ESCAPING.search(old) for new in _decoded_once(old)]
        for new in layer:
            if new not in seen:
                seen.add(new)
                yield new


def _decoded_once(text: str) -> set[str]:
    """What a text may be an encoding of, by one encoding."""
    found = set()
    if "%" in text:
        found.add(unquote(text, errors="replace"))
    if "+" in text:
        # Forms write blanks like this.
        found.add(text.replace("+", " "))
    if "&" in text:
        found.add(html.unescape(text))
    if "\\" in text:
        found.add(_json_unescaped(text))
    if "\x00" in text:
        # UTF-16 that was read as if each byte were a character.
        found.add(text.replace("\x00", ""))
    return found - {text}


def base64_runs(text: str) -> Iterator[tuple[str, list[bytes]]]:
    """The parts of a text that may be base64, each with what it holds: one reading for each place where it may begin."""
    for found in _BASE64.finditer(text):
        letters = re.sub(r"[\s=]", "", found[0]).translate(_STANDARD)
        decoded = []
        for begin in range(4):
            part = letters[begin:]
            try:
                data = base64.b64decode(part + "A" * (-len(part) % 4))
            except binascii.Error:
                continue
            decoded.append(data.replace(b"\x00", b""))
        yield found[0], decoded


def base64_forms(text: str) -> set[str]:
    """What any base64 that holds a text has in it, in both alphabets: one form for each place where a group of letters may begin."""
    forms = set()
    for data in (text.encode("utf-8", "surrogatepass"), text.encode("utf-16-le", "surrogatepass")):
        for before in range(3):
            encoded = base64.b64encode(bytes(before) + data).decode().rstrip("=")
            # The first letters also depend on what comes before, the last one on what comes after.
            form = encoded[(0, 2, 3)[before] : -1]
            forms |= {form, form.replace("+", "-").replace("/", "_")}
    return forms
