# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the bytes of a body to a JSON object that everything can take: whole characters, finite numbers."""

from __future__ import annotations

import json
import math
import re
from typing import Any

# An escape of JSON for half of a surrogate pair, which is half of a character only if the other half is not beside it.
HALF_A_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


def decoded(content: bytes) -> tuple[dict[str, Any], str]:
    """The JSON object of a body, and the body as text. Raises ValueError or RecursionError if it is anything else."""
    text, is_whole = _text_of(content)
    document = json.loads(text, parse_float=_finite, parse_constant=_finite)
    if not isinstance(document, dict):
        raise ValueError("no JSON object")
    if not is_whole or ("\\" in text and HALF_A_PAIR.search(text)):
        document = with_whole_characters(document)
    return document, text


def with_whole_characters(document: Any) -> Any:
    """A JSON value without halves of surrogate pairs. They are not text: core would reject a whole result because of one."""
    return json.loads(json.dumps(document, ensure_ascii=False, default=str).encode("utf-8", "replace"))


def _text_of(content: bytes) -> tuple[str, bool]:
    """The text of a JSON body, and whether all of it is valid. Raises ValueError if it is no text."""
    encoding = json.detect_encoding(content)
    try:
        return content.decode(encoding), True
    except UnicodeDecodeError:
        return content.decode(encoding, "surrogatepass"), False


def _finite(text: str) -> float | None:
    """A number of JSON; None for one that is infinite or no number: not everything that reads results can take those."""
    number = float(text)
    return number if math.isfinite(number) else None
