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

from ..module_utils.text import one_line
from .entries import Expression, KeyedGroup
from .evaluation import Problems, evaluated, holds
from .interface import InventoryPlugin
from .purity import is_scalar, key_of, names_in
from .vaulted import contains_vaulted

# How many results of one expression are remembered.
MAX_REMEMBERED = 10_000
# The stages of core's work on a host. Each one sees the results of those before it.
COMPOSE, _GROUPS, KEYED_GROUPS = range(3)


@dataclass
class Constructed:
    """The results of one or more expressions for one host.

    ``variables``: the composed ones. ``joins``: who joins which group, in order: (group, None) if it is the host,
    (group, child) if it is another group. ``failure``: why an expression has no result.
    """

    variables: dict[str, Any] = field(default_factory=dict)
    joins: dict[tuple[str, str | None], None] = field(default_factory=dict)
    failure: Exception | None = None

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

    def __init__(self, recorded: Constructed) -> None:
        self.recorded = recorded

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


class KeyValue:
    """Stands for the value of a key of ``keyed_groups``, where core would evaluate the key."""

    def __init__(self, value: Any) -> None:
        """A number or a boolean becomes text: core takes false and 0 for no key, and fails at true and 1."""
        self.value = str(value) if isinstance(value, (bool, int, float)) else "" if value is None else value


@dataclass
class Step:
    """One expression and its results so far.

    ``names``: the variables it uses; None if its results can't be remembered. ``is_secret``: whether results come from a vaulted value.
    """

    expression: Expression
    run: Callable[[dict[str, Any], str, Constructed], None]
    names: tuple[str, ...] | None
    is_secret: bool = False
    results: dict[Any, Constructed] = field(default_factory=dict)


class Constructor:
    """Evaluates the constructed features of an inventory file for each host."""

    def __init__(self, plugin: InventoryPlugin, ancestors: Callable[[str], set[str]]) -> None:
        """``ancestors``: returns the groups of the inventory that a group is in so far, directly or not."""
        self._plugin, self._ancestors = plugin, ancestors
        self._parents: dict[str, set[str]] = {}
        self.problems = Problems(plugin, plugin.secrets)
        entries = plugin.entries
        compose = [self._step(entry, partial(self._compose, entry, name)) for name, entry in entries.compose.items()]
        groups = [self._step(entry, partial(self._group, entry, name)) for name, entry in entries.groups.items()]
        keyed = [
            self._step(entry.key, partial(self._keyed_group, entry), entry.options.get("parent_group")) for entry in entries.keyed_groups
        ]
        self._stages: list[list[Step]] = [compose, groups, keyed]
        for name in [step.expression.name for step in compose if self._is_secret(step.expression)]:
            plugin.secrets.add_name(name)
        for step in (*compose, *groups, *keyed):
            step.is_secret = self._is_secret(step.expression)
        used = [step.names for steps in self._stages for step in steps]
        self._uses_group_names = any(names is None or "group_names" in names for names in used)

    def _step(self, entry: Expression, run: Callable[[dict[str, Any], str, Constructed], None], template: Any = None) -> Step:
        """``template``: one that the result depends on too."""
        # The values of extra vars may be templates, which may use any variable.
        names = None
        if self._plugin.quick and not self._plugin.extra_vars:
            # A literal list is copied for each host.
            texts = [entry.source] if not entry.is_literal else [] if is_scalar(entry.source) else None
            names = None if texts is None else names_in(texts, [template])
        return Step(entry, run, names)

    def construct(self, name: str, variables: Mapping[str, Any], groups: Sequence[str]) -> Constructed:
        """Return the results for a host with these variables that is in these groups. Raises AnsibleError if ``strict``."""
        results = Constructed()
        host = Host(name, gen_uuid=False)
        host.vars.update(variables)
        for stage, steps in enumerate(self._stages):
            if not steps:
                continue
            known = {**host.get_vars(), "group_names": self._group_names([*groups, *results.groups])}
            for step in steps:
                if stage == KEYED_GROUPS and results.joins:
                    # Here core updates group_names after each expression, in the other stages it does not.
                    known["group_names"] = self._group_names([*groups, *results.groups])
                result = self._result(step, known, name)
                if result.failure is not None:
                    self.problems.add(step.expression, f"host {one_line(name)}", result.failure, known)
                results.add(result)
                for parent, child in result.joins:
                    if child is not None:
                        self._parents.setdefault(child, set()).add(parent)
            for variable, value in results.variables.items() if stage == COMPOSE else ():
                host.set_variable(variable, value)
        return results

    def _result(self, step: Step, known: dict[str, Any], host: str) -> Constructed:
        """Return the result of one expression, a remembered one if possible."""
        key = None if step.names is None else key_of(known, step.names)
        if key is not None and key in step.results:
            return step.results[key]
        result = Constructed()
        try:
            step.run(known, host, result)
        except Exception as error:  # pylint: disable=broad-exception-caught
            result = Constructed(failure=error)
        else:
            if step.is_secret:
                self._remember_secrets(result)
        # Lists and dicts are not shared between hosts, because something could change them for one host.
        if key is not None and len(step.results) < MAX_REMEMBERED and all(map(is_scalar, result.variables.values())):
            step.results[key] = result
        return result

    def _is_secret(self, expression: Expression) -> bool:
        return self._plugin.secrets.may_quote(expression.names, expression.is_vaulted or contains_vaulted(expression.source))

    def _remember_secrets(self, result: Constructed) -> None:
        """Have messages hide what an expression made of a vaulted value: an address or the name of a group."""
        for text in (*result.variables.values(), *(name for pair in result.joins for name in pair)):
            self._plugin.secrets.add_text(text)

    def _compose(self, entry: Expression, name: str, known: dict[str, Any], _host: str, result: Constructed) -> None:
        result.variables[name] = evaluated(self._plugin, entry, known)

    def _group(self, entry: Expression, name: str, known: dict[str, Any], _host: str, result: Constructed) -> None:
        if holds(self._plugin, entry, known):
            result.joins[_group_name(self._plugin._sanitize_group_name(name)), None] = None

    def _keyed_group(self, entry: KeyedGroup, known: dict[str, Any], host: str, result: Constructed) -> None:
        key = KeyValue(evaluated(self._plugin, entry.key, known))
        recording = RecordingInventory(result)
        # Core's method returns nothing: it writes its results into the plugin's inventory.
        inventory, self._plugin.inventory = self._plugin.inventory, recording
        # No key means no group. That is a failure only with strict. Everything else that core does not raise would be silent.
        is_empty = not key.value and "default_value" not in entry.options
        strict = not is_empty or self._plugin.get_option("strict")
        try:
            self._plugin._add_host_to_keyed_groups([{**entry.options, "key": key}], known, host, strict=strict, fetch_hostvars=False)
        finally:
            self._plugin.inventory = inventory

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


def drop_loops(constructed: Sequence[Constructed], ancestors: Callable[[str], set[str]]) -> list[tuple[str, str]]:
    """Remove what would put a group into itself, or "all" or "ungrouped" into another group. Returns it, as (child, parent).

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
    return [(child, parent) for (parent, child), loop in loops.items() if loop]
