# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which fields are never shown, by their names: those that hold secrets, and those that core would act on."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# A field holds a secret if its name ends in one of these, whatever its spelling: only letters and digits count, in lower case.
SECRET_ENDINGS = (
    *("password", "passwords", "passwd", "passphrase", "passphrases"),
    *("secret", "secrets", "token", "tokens", "credential", "credentials"),
    *("privatekey", "privatekeys", "privatekeypem"),
    "userdata",
)
# A field also holds a secret if the last word of its name is one of these.
SECRET_WORDS = ("pass", "pwd")
# A name in lower case has no words to tell: adminpass and rootpass hold secrets, compass does not. There are many words that may come
# before pass, but few English ones that end in it. So a name that ends in pass is hidden, unless its last word is one of these.
# A field that is hidden by mistake is missed and reported; a password that is shown by mistake is not.
NOT_SECRET_WORDS = ("bandpass", "bypass", "compass", "encompass", "highpass", "lowpass", "overpass", "surpass", "trespass", "underpass")
# Keys that begin like this mean something to ansible-core, at any depth of a result: a key __ansible_type makes the result unreadable.
RESERVED_BEGINNINGS = ("__ansible", "_ansible")


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether a field with this name, in camelCase, snake_case or any other spelling, holds a secret."""
    name = unicodedata.normalize("NFKC", name)
    if re.sub(r"[\W_]", "", name).casefold().endswith("userdatabase64"):
        return True
    # Some fields have a number, such as password2.
    name = name.rstrip("0123456789_-. ")
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+", name)]
    joined = re.sub(r"[\W_]", "", name).casefold()
    last = words[-1] if words else ""
    if joined.endswith(SECRET_ENDINGS) or last in SECRET_WORDS:
        return True
    return joined.endswith("pass") and last not in NOT_SECRET_WORDS


def may_be_shown(name: str) -> bool:
    """Whether a field of the API may reach a user, by its name."""
    return not (is_secret(name) or is_reserved(name))


def is_reserved(name: str) -> bool:
    """Whether a key means something to ansible-core, so that one from the API must not reach a result."""
    return name.lower().startswith(RESERVED_BEGINNINGS)
