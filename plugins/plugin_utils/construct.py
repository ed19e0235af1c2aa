# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``compose``, ``groups`` and ``keyed_groups`` for many hosts, with core's own methods.

Where a result depends only on variables that have the same values for several hosts, core is asked once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ansible.errors import AnsibleError
from ansible.inventory.host import Host

from .interface import InventoryPlugin
from .purity import is_scalar, key_of, names_in

# How many results of one expression are remembered.
MAX_REMEMBERED = 10_000
# The stages of core's work on a host. Each one sees the results of those before it.
COMPOSE, GROUPS, KEYED_GROUPS = range(3)


@dataclass
class Constructed:
    """The results of one or more expressions for one host.

    ``variables``: the composed ones. ``joins``: who joins which group, in order: (group, None) if it is the host,
    (group, child) if it is another group.
    """

    variables: dict[str, Any] = field(default_factory=dict)
    joins: dict[tuple[str, str | None], None] = field(default_factory=dict)

    @property
    def groups(self) -> list[str]:
        """The groups that the host joins."""
        return [group for group, child in self.joins if child is None]

    def add(self, other: Constructed) -> None:
        """Add other results for the same host."""
        self.variables.update(other.variables)
        self.joins.update(other.joins)


class RecordingInventory:
    """Takes the place of core's inventory while core works on one host, and records what core puts into it."""

    def __init__(self) -> None:
        self.recorded = Constructed()

    def set_variable(self, _host: str, name: str, value: Any) -> None:
        """Record a composed variable."""
        # str() drops core's tag of where in the file the name comes from.
        self.recorded.variables[str(name)] = value

    def add_group(self, group: str) -> str:
        """Return the name, as core's inventory does. Core has made it a valid one before."""
        if not group:
            raise AnsibleError(f"Invalid empty/false group name provided: {group}")
        return group

    def add_host(self, _host: str, group: str) -> None:
        """Record that the host joins a group."""
        self.recorded.joins[_group_name(group), None] = None

    def add_child(self, group: str, child: str) -> None:
        """Record that the host, or a group that it has joined, joins another group."""
        name = _group_name(child)
        self.recorded.joins[_group_name(group), name if (name, None) in self.recorded.joins else None] = None


def _group_name(text: str) -> str:
    """Return the name of a group without core's tags and marks. Core has made it a valid name, so it can't be a template."""
    return str.__str__(text)


@dataclass
class Expression:
    """One expression and its results so far. ``names``: the variables it uses; None if its results can't be remembered."""

    run: Callable[[dict[str, Any], str], None]
    names: tuple[str, ...] | None
    results: dict[Any, Constructed] = field(default_factory=dict)


class Constructor:
    """Evaluates the constructed features of an inventory file for each host."""

    def __init__(self, plugin: InventoryPlugin, ancestors: Callable[[str], set[str]]) -> None:
        """``ancestors``: returns the groups of the inventory that a group is in so far, directly or not."""
        self._plugin, self._ancestors = plugin, ancestors
        self._parents: dict[str, set[str]] = {}
        strict = plugin.get_option("strict")
        # The values of extra vars may be templates, which may use any variable.
        remember = plugin.quick and not plugin.extra_vars
        self._stages: list[list[Expression]] = [[], [], []]
        for name, text in (plugin.get_option("compose") or {}).items():
            run = partial(self._compose, {name: text}, strict)
            self._stages[COMPOSE].append(Expression(run, names_in([text]) if remember else None))
        for name, text in (plugin.get_option("groups") or {}).items():
            run = partial(self._group, {name: text}, strict)
            self._stages[GROUPS].append(Expression(run, names_in([text]) if remember else None))
        for entry in plugin.get_option("keyed_groups") or []:
            run = partial(self._keyed_group, [entry], strict)
            texts = [entry.get("key"), entry.get("parent_group")] if isinstance(entry, Mapping) else [None]
            self._stages[KEYED_GROUPS].append(Expression(run, names_in(texts[:1], texts[1:]) if remember else None))
        used = [expression.names for expressions in self._stages for expression in expressions]
        self._uses_group_names = any(names is None or "group_names" in names for names in used)

    def construct(self, name: str, variables: Mapping[str, Any], groups: Sequence[str]) -> Constructed:
        """Return the results for a host with these variables that is in these groups. Raises AnsibleError if ``strict``."""
        results = Constructed()
        host = Host(name, gen_uuid=False)
        host.vars.update(variables)
        for stage, expressions in enumerate(self._stages):
            if not expressions:
                continue
            known = {**host.get_vars(), "group_names": self._group_names([*groups, *results.groups])}
            for expression in expressions:
                if stage == KEYED_GROUPS and results.joins:
                    # Here core updates group_names after each expression, in the other stages it does not.
                    known["group_names"] = self._group_names([*groups, *results.groups])
                result = self._result(expression, known, name)
                results.add(result)
                for parent, child in result.joins:
                    if child is not None:
                        self._parents.setdefault(child, set()).add(parent)
            for variable, value in results.variables.items() if stage == COMPOSE else ():
                host.set_variable(variable, value)
        return results

    def _result(self, expression: Expression, known: dict[str, Any], host: str) -> Constructed:
        """Return the result of one expression, a remembered one if possible."""
        key = None if expression.names is None else key_of(known, expression.names)
        if key is not None and key in expression.results:
            return expression.results[key]
        recording = RecordingInventory()
        # Core's methods return nothing: they write their results into the plugin's inventory.
        inventory, self._plugin.inventory = self._plugin.inventory, recording
        try:
            expression.run(known, host)
        finally:
            self._plugin.inventory = inventory
        result = recording.recorded
        # Lists and dicts are not shared between hosts, because something could change them for one host.
        if key is not None and len(expression.results) < MAX_REMEMBERED and all(map(is_scalar, result.variables.values())):
            expression.results[key] = result
        return result

    def _compose(self, entry: Mapping[str, Any], strict: bool, known: dict[str, Any], host: str) -> None:
        self._plugin._set_composite_vars(entry, known, host, strict=strict)

    def _group(self, entry: Mapping[str, Any], strict: bool, known: dict[str, Any], host: str) -> None:
        self._plugin._add_host_to_composed_groups(entry, known, host, strict=strict, fetch_hostvars=False)

    def _keyed_group(self, entry: Sequence[Any], strict: bool, known: dict[str, Any], host: str) -> None:
        self._plugin._add_host_to_keyed_groups(entry, known, host, strict=strict, fetch_hostvars=False)

    def _group_names(self, groups: Sequence[str]) -> list[str]:
        """Return the variable ``group_names`` of a host in these groups. If no expression uses it, it is not computed."""
        if not self._uses_group_names:
            return []
        return sorted(with_ancestors(groups, lambda group: self._ancestors(group).union(self._parents.get(group, ()))) - {"all"})


def with_ancestors(groups: Iterable[str], parents_of: Callable[[str], Iterable[str]]) -> set[str]:
    """Return groups and all groups that they are in, directly or not. ``parents_of``: returns the groups that a group is in."""
    seen: set[str] = set()
    waiting = list(groups)
    while waiting:
        group = waiting.pop()
        if group not in seen:
            seen.add(group)
            waiting += parents_of(group)
    return seen


def drop_loops(constructed: Sequence[Constructed], ancestors: Callable[[str], set[str]]) -> list[str]:
    """Remove what would put a group into itself, or "all" or "ungrouped" into another group. Returns it, as "child in parent".

    Core would fail in the middle of its work, and anyone who may name an instance could cause that. ``ancestors``: as for Constructor.
    """
    parents: dict[str, set[str]] = {}
    loops: dict[tuple[str, str], bool] = {}
    for one in constructed:
        for parent, child in list(one.joins):
            if child is None:
                continue
            if (parent, child) not in loops:
                above = with_ancestors([parent], lambda group: ancestors(group).union(parents.get(group, ())))
                loops[parent, child] = child in ("all", "ungrouped") or child in above
                if not loops[parent, child]:
                    parents.setdefault(child, set()).add(parent)
            if loops[parent, child]:
                del one.joins[parent, child]
    return [f"{child} in {parent}" for (parent, child), loop in loops.items() if loop]
