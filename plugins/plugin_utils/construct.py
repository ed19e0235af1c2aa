# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``compose``, ``groups`` and ``keyed_groups`` for many hosts: core's own methods, not asked twice for the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ansible.errors import AnsibleError
from ansible.inventory.host import Host

from .purity import is_scalar, key_of, names_in

# How many different outcomes of one expression are remembered.
MOST_REMEMBERED = 10_000
# The stages of core's work on a host. Each sees what came of those before.
COMPOSE, GROUPS, KEYED = range(3)


@dataclass
class Constructed:
    """What came of the expressions for one host, or of one of them.

    ``variables``: composed. ``joins``: who joins a group, in order: (group, None) the host, (group, child) another group.
    """

    variables: dict[str, Any] = field(default_factory=dict)
    joins: dict[tuple[str, str | None], None] = field(default_factory=dict)

    @property
    def groups(self) -> list[str]:
        """The groups that the host joins."""
        return [group for group, child in self.joins if child is None]

    def add(self, other: Constructed) -> None:
        """Adds what came of another one."""
        self.variables.update(other.variables)
        self.joins.update(other.joins)


class Record:
    """Stands in for core's inventory while core works on one host: takes down what would be put into it."""

    def __init__(self) -> None:
        self.taken = Constructed()

    def set_variable(self, _host: str, name: str, value: Any) -> None:
        """Takes down a composed variable."""
        # Without core's mark of where the name stands in the file.
        self.taken.variables[str(name)] = value

    def add_group(self, group: str) -> str:
        """Gives the name back, as core's inventory does: core has made it a valid one before."""
        if not group:
            raise AnsibleError(f"Invalid empty/false group name provided: {group}")
        return group

    def add_host(self, _host: str, group: str) -> None:
        """Takes down that the host joins a group."""
        self.taken.joins[str(group), None] = None

    def add_child(self, group: str, child: str) -> None:
        """Takes down that the host, or a group that it has joined, joins another group."""
        joined = (str(child), None) in self.taken.joins
        self.taken.joins[str(group), str(child) if joined else None] = None


@dataclass
class Expression:
    """One expression, and what came of it so far. ``names``: the variables it uses; None if it must be asked each time."""

    run: Callable[[dict[str, Any], str], None]
    names: tuple[str, ...] | None
    outcomes: dict[Any, Constructed] = field(default_factory=dict)


class Constructor:
    """Works out what the expressions of an inventory file make of each host."""

    def __init__(self, plugin: Any, ancestors: Callable[[str], set[str]], quick: bool = True) -> None:
        """``plugin``: has core's methods and the options. ``ancestors``: the groups that a group of the inventory is in so far."""
        self._plugin, self._ancestors = plugin, ancestors
        self._parents: dict[str, set[str]] = {}
        strict = plugin.get_option("strict")
        compose = plugin.get_option("compose") or {}
        groups = plugin.get_option("groups") or {}
        keyed = plugin.get_option("keyed_groups") or []
        # The values of extra vars may be templates, and use any variable.
        remember = quick and not plugin.extra_vars
        self._stages: list[list[Expression]] = [[], [], []]
        for name, text in compose.items():
            run = partial(self._compose, {name: text}, strict)
            self._stages[COMPOSE].append(Expression(run, names_in([text]) if remember else None))
        for name, text in groups.items():
            run = partial(self._group, {name: text}, strict)
            self._stages[GROUPS].append(Expression(run, names_in([text]) if remember else None))
        for entry in keyed:
            run = partial(self._keyed, [entry], strict)
            texts = [entry.get("key"), entry.get("parent_group")] if isinstance(entry, Mapping) else [None]
            self._stages[KEYED].append(Expression(run, names_in(texts[:1], texts[1:]) if remember else None))
        used = [expression.names for expressions in self._stages for expression in expressions]
        self._asked_for_groups = any(names is None or "group_names" in names for names in used)

    def construct(self, host: str, variables: Mapping[str, Any], groups: Sequence[str]) -> Constructed:
        """What becomes of a host of these variables that is in these groups already. Raises AnsibleError where ``strict``."""
        whole = Constructed()
        one = Host(host, gen_uuid=False)
        one.vars.update(variables)
        for number, expressions in enumerate(self._stages):
            if not expressions:
                continue
            known = {**one.get_vars(), "group_names": self._group_names([*groups, *whole.groups])}
            for expression in expressions:
                if number == KEYED and whole.joins:
                    # Core looks anew for each of these alone.
                    known["group_names"] = self._group_names([*groups, *whole.groups])
                whole.add(self._outcome(expression, known, host))
            for name, value in whole.variables.items() if number == COMPOSE else ():
                one.set_variable(name, value)
        for parent, child in whole.joins:
            if child is not None:
                self._parents.setdefault(child, set()).add(parent)
        return whole

    def _outcome(self, expression: Expression, known: dict[str, Any], host: str) -> Constructed:
        """What comes of one expression, remembered if it can be."""
        key = None if expression.names is None else key_of(known, expression.names)
        if key is not None and key in expression.outcomes:
            return expression.outcomes[key]
        record = Record()
        inventory, self._plugin.inventory = self._plugin.inventory, record
        try:
            expression.run(known, host)
        finally:
            self._plugin.inventory = inventory
        # Two hosts must not share a list or a dict that a third party could change.
        if key is not None and len(expression.outcomes) < MOST_REMEMBERED and all(map(is_scalar, record.taken.variables.values())):
            expression.outcomes[key] = record.taken
        return record.taken

    def _compose(self, entry: Mapping[str, Any], strict: bool, known: dict[str, Any], host: str) -> None:
        self._plugin._set_composite_vars(entry, known, host, strict=strict)

    def _group(self, entry: Mapping[str, Any], strict: bool, known: dict[str, Any], host: str) -> None:
        self._plugin._add_host_to_composed_groups(entry, known, host, strict=strict, fetch_hostvars=False)

    def _keyed(self, entry: Sequence[Any], strict: bool, known: dict[str, Any], host: str) -> None:
        self._plugin._add_host_to_keyed_groups(entry, known, host, strict=strict, fetch_hostvars=False)

    def _group_names(self, groups: Sequence[str]) -> list[str]:
        """The variable ``group_names`` of a host that is in these groups, and so in those that they are in."""
        if not self._asked_for_groups:
            return []
        return sorted(with_ancestors(groups, lambda group: self._ancestors(group).union(self._parents.get(group, ()))) - {"all"})


def with_ancestors(groups: Iterable[str], above: Callable[[str], Iterable[str]]) -> set[str]:
    """Groups, and all that they are in. ``above``: the groups that a group is in, as far as they are known."""
    seen: set[str] = set()
    waiting = list(groups)
    while waiting:
        group = waiting.pop()
        if group not in seen:
            seen.add(group)
            waiting += above(group)
    return seen


def drop_loops(constructed: Sequence[Constructed], ancestors: Callable[[str], set[str]]) -> list[str]:
    """Takes out what would put a group into itself, and all or ungrouped into another; returns it in words.

    Core would fail half-way, and names that others give can bring it about. ``ancestors``: as of ``Constructor``.
    """
    parents: dict[str, set[str]] = {}
    loops: dict[tuple[str, str], bool] = {}
    for one in constructed:
        for parent, child in list(one.joins):
            if child is None:
                continue
            if (parent, child) not in loops:
                over = with_ancestors([parent], lambda group: ancestors(group).union(parents.get(group, ())))
                loops[parent, child] = child in ("all", "ungrouped") or child in over
                if not loops[parent, child]:
                    parents.setdefault(child, set()).add(parent)
            if loops[parent, child]:
                del one.joins[parent, child]
    return [f"{child} in {parent}" for (parent, child), loop in loops.items() if loop]
