# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Vaulted values. A warning or an error must not show what they contain, so it must not show the reason of a failure that may quote it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible import context
from ansible.parsing import vault

# Since ansible-core 2.19.
_HELPER: Any = getattr(vault, "VaultHelper", None)
# What reads values that no list of names tells.
LOOKUPS = frozenset(("lookup", "query", "q", "vars", "hostvars"))
# What a message shows in place of a text that comes from a vaulted value.
HIDDEN = "(a vaulted value)"


def is_vaulted(value: Any) -> bool:
    """Whether a value is encrypted, or was decrypted by core just now."""
    if _HELPER is not None:
        return _HELPER.get_ciphertext(value, with_tags=False) is not None
    return bool(getattr(value, "__ENCRYPTED__", False))


def contains_vaulted(value: Any) -> bool:
    """Whether a value is vaulted, or has a vaulted value in it at any depth."""
    if isinstance(value, Mapping):
        return any(map(contains_vaulted, value.values()))
    return any(map(contains_vaulted, value)) if isinstance(value, (list, tuple)) else is_vaulted(value)


class Secrets:
    """Knows which expressions can fail with a reason that quotes a vaulted value, and which texts come from one."""

    def __init__(self, loader: Any, extra_vars: Mapping[str, Any]) -> None:
        """``extra_vars``: those that expressions see."""
        library = getattr(loader, "_vault", None)
        # Without a password, nothing is decrypted. The attribute is private to core: without it, there may be a password.
        self._can_decrypt = library is None or bool(library.secrets)
        self._names: set[str] = set()
        self._texts: set[str] = set()
        if self._can_decrypt:
            everything = _has_encrypted_file()
            self._names.update(name for name, value in extra_vars.items() if everything or _may_decrypt(value))

    def add_name(self, name: str) -> None:
        """Remember a variable whose value comes from a vaulted one."""
        self._names.add(name)

    def add_text(self, text: Any) -> None:
        """Remember a text that comes from a vaulted value."""
        self._texts.add(str(text))

    def may_quote(self, names: Collection[str], is_source_vaulted: bool, variables: Mapping[str, Any] | None = None) -> bool:
        """Whether an expression that uses these names can fail with a reason that quotes a vaulted value.

        ``is_source_vaulted``: whether the expression itself is. ``variables``: those of the host, which other sources may have set.
        """
        if is_source_vaulted or not self._can_decrypt:
            return is_source_vaulted
        known = variables or {}
        return any(name in LOOKUPS or name in self._names or contains_vaulted(known.get(name)) for name in names)

    def shown(self, text: str) -> str:
        """Return a text for a message, or what stands in its place."""
        return HIDDEN if text in self._texts else text


def _may_decrypt(value: Any) -> bool:
    """Whether the value of an extra var is vaulted, or is a template, which may use a vaulted value."""
    if isinstance(value, str) and "{{" in value:
        return True
    if isinstance(value, Mapping):
        return any(map(_may_decrypt, value.values()))
    return any(map(_may_decrypt, value)) if isinstance(value, (list, tuple)) else is_vaulted(value)


def _has_encrypted_file() -> bool:
    """Whether an encrypted file of extra vars was given. What core reads from it does not say that it was encrypted."""
    for given in context.CLIARGS.get("extra_vars") or ():
        if str(given).startswith("@"):
            try:
                with open(str(given)[1:], "rb") as file:
                    if file.read(14) == b"$ANSIBLE_VAULT":
                        return True
            except OSError:
                return True
    return False
