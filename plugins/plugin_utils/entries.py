# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The expressions of an inventory file, checked before anything is requested.

Core does not check them. It swallows the errors of most, and its versions disagree about what is no text, such as ``ansible_port: 2222``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible import template
from ansible.errors import AnsibleParserError
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils.text import offer, one_line, quoted
from .hostvars import USES_UNSAFE_MARKS
from .purity import names_of, syntax_problem
from .vaulted import is_vaulted

# The keys of an entry of keyed_groups, with the types of their values.
KEYS = {"key": object, "prefix": str, "separator": str, "default_value": str, "parent_group": str, "trailing_separator": bool}


@dataclass(eq=False)
class Expression:
    """An entry of an option. ``option`` and ``name``: where it stands, for messages; ``names``: the variables that it uses."""

    option: str
    name: str
    source: Any
    """The text that core evaluates, or the value itself of a literal."""
    is_literal: bool = False
    is_vaulted: bool = False
    names: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """The entry for a message, without what is vaulted."""
        where = f"{self.option} {one_line(self.name)}".strip()
        return f"{where}: {'a vaulted expression' if self.is_vaulted else one_line(self.source)}"


@dataclass(eq=False)
class KeyedGroup:
    """An entry of ``keyed_groups``: its key, and the options that core takes with it."""

    key: Expression
    options: dict[str, Any]


@dataclass
class Entries:
    """The entries of the five options."""

    filters: list[Expression] = field(default_factory=list)
    hostnames: list[Expression] = field(default_factory=list)
    compose: dict[str, Expression] = field(default_factory=dict)
    groups: dict[str, Expression] = field(default_factory=dict)
    keyed_groups: list[KeyedGroup] = field(default_factory=list)

    @property
    def expressions(self) -> list[str]:
        """The texts that are evaluated as expressions."""
        keys = [entry.key for entry in self.keyed_groups]
        return [entry.source for entry in (*self.hostnames, *self.compose.values(), *keys) if not entry.is_literal]

    @property
    def conditions(self) -> list[str]:
        """The texts that are evaluated as conditions."""
        return [entry.source for entry in (*self.filters, *self.groups.values()) if not entry.is_literal]


def entries_of(get_option: Callable[[str], Any]) -> Entries:
    """Return the entries of the five options, by their values. Raises AnsibleParserError for what can't be evaluated for any host."""
    entries = Entries()
    for option in ("filters", "hostnames"):
        for number, source in enumerate(get_option(option) or [], 1):
            # The text says which entry it is, unless it can't be shown.
            getattr(entries, option).append(_expression(option, f"(entry {number})" if is_vaulted(source) else "", source))
    for option in ("compose", "groups"):
        for name, source in (get_option(option) or {}).items():
            text = _name_of(option, name)
            getattr(entries, option)[text] = _expression(option, text, source)
    for expression in (*entries.filters, *entries.groups.values()):
        if isinstance(expression.source, (list, tuple, Mapping)):
            raise AnsibleParserError(f"{expression.label} is not a condition: give an expression, true or false.")
    for expression in entries.hostnames:
        if expression.is_literal and (isinstance(expression.source, bool) or not isinstance(expression.source, int)):
            raise AnsibleParserError(f"{expression.label} is not a name: give the name of a field, or an expression.")
    groups = get_option("keyed_groups") or []
    entries.keyed_groups = [_keyed_group(number, given) for number, given in enumerate(groups, 1)]
    return entries


def _name_of(option: str, name: Any) -> str:
    """Return the name of a variable or a group as text: YAML reads some names as numbers or booleans."""
    text = "" if name is None else str(name).strip()
    if not text:
        raise AnsibleParserError(
            f"{option} has an entry without a name: give the name of a {'group' if option == 'groups' else 'variable'}."
        )
    return text


def _expression(option: str, name: str, source: Any) -> Expression:
    """Return an entry. Raises AnsibleParserError for text that is not an expression."""
    if not isinstance(source, str) and not is_vaulted(source):
        return Expression(option, name, source, is_literal=True)
    text, vaulted = _plain(f"{option} {name}".strip(), source)
    found = Expression(option, name, text, is_vaulted=vaulted)
    problem = syntax_problem(text)
    if problem is not None:
        braces = "{{" in text or "{%" in text
        reason = "" if vaulted else " (it has braces)" if braces else f" ({one_line(problem)})"
        what = "Write it without braces." if braces else "Correct it, and put text in quotes of its own."
        raise AnsibleParserError(f"{found.label} is not a Jinja expression{reason}. {what}")
    found.names = frozenset(names_of("{{" + text + "}}"))
    # Before 2.19, core puts braces around the text, and would take the sign for a part of them.
    if USES_UNSAFE_MARKS and text.startswith(("-", "+")):
        found.source = " " + text
    return found


def _plain(label: str, source: Any) -> tuple[str, bool]:
    """Return the text of an expression, and whether it is vaulted. A vaulted one is as trusted as the others of the file."""
    if not is_vaulted(source):
        return source, False
    try:
        text = str(source)
    except Exception:  # pylint: disable=broad-exception-caught
        raise AnsibleParserError(f"{label}: a vaulted expression can't be decrypted: give the vault password.") from None
    return (text if USES_UNSAFE_MARKS else template.trust_as_template(text)), True


def _keyed_group(number: int, given: Any) -> KeyedGroup:
    """Return an entry of keyed_groups. Raises AnsibleParserError if it is not valid."""
    label = f"keyed_groups, entry {number}"
    if not isinstance(given, Mapping):
        raise AnsibleParserError(f"{label} must be a dict with a key, such as key: coxedge_zone_name.")
    for name in given:
        if name not in KEYS:
            raise AnsibleParserError(f"{label} has no key {quoted(str(name))}; {offer(str(name), KEYS, what='key', most=1)}.")
    if given.get("key") in (None, ""):
        raise AnsibleParserError(f"{label} has no key: set key to the expression that gives the group its name.")
    options = {name: _converted(f"{label}: {name}", name, value) for name, value in given.items() if name != "key" and value is not None}
    if "default_value" in options and "trailing_separator" in options:
        raise AnsibleParserError(f"{label} has default_value and trailing_separator, which exclude each other: remove one of them.")
    key = _expression("keyed_groups", f"(entry {number})" if is_vaulted(given["key"]) else "", given["key"])
    parent = options.get("parent_group")
    if parent is not None:
        options["parent_group"], vaulted = _plain(f"{label}: parent_group", parent)
        problem = syntax_problem(options["parent_group"], is_template=True)
        if problem is not None:
            reason = "" if vaulted else f": {one_line(parent)} ({one_line(problem)})"
            raise AnsibleParserError(f"{label}: parent_group is not a Jinja template{reason}.")
        key.is_vaulted |= vaulted
        key.names |= names_of(options["parent_group"])
    return KeyedGroup(key, options)


def _converted(label: str, name: str, value: Any) -> Any:
    """Return the value of a key. Raises AnsibleParserError if its type is wrong."""
    if KEYS[name] is bool:
        try:
            return boolean(value)
        except TypeError:
            raise AnsibleParserError(f"{label} must be true or false.") from None
    if is_vaulted(value) or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise AnsibleParserError(f"{label} must be text: put it in quotes.")
    return str(value)
