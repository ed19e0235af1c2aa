# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives each candidate its name and its groups. They depend on each other: no host may be named like a group."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from ansible import constants as core_settings
from ansible.errors import AnsibleParserError

from .candidates import Candidate
from .construct import Constructor, drop_loops
from .interface import InventoryPlugin
from .names import assign_names, first_few, is_special

# For each inventory: the name of each host that this plugin has added, and the identity of its instance.
_CLAIMED: WeakKeyDictionary[Any, dict[str, tuple[str, ...]]] = WeakKeyDictionary()


def claimed_hosts(inventory: Any) -> dict[str, tuple[str, ...]]:
    """Return the hosts that files of this plugin have added to an inventory so far, with the identities of their instances.

    Add new hosts to it. Ansible makes a new inventory when it reads all files again, and that one has no hosts yet.
    """
    # Since ansible-core 2.19, each file gets its own wrapper around the inventory.
    return _CLAIMED.setdefault(getattr(inventory, "__wrapped__", inventory), {})


def name_and_construct(plugin: InventoryPlugin, candidates: Sequence[Candidate]) -> None:
    """Set the name of each candidate and the results of the constructed features. Raises AnsibleError if ``strict``."""
    group = str(plugin.get_option("group"))
    ancestors = partial(_ancestors, plugin.inventory)
    unavailable = UnavailableNames(plugin, candidates)
    while True:
        names = assign_names([candidate.name_candidates for candidate in candidates], unavailable.includes)
        constructor = Constructor(plugin, ancestors)
        for candidate, name in zip(candidates, names):
            candidate.name = name
            candidate.constructed = constructor.construct(name, _variables_before(plugin.inventory, candidate), [group])
        _drop_loops(plugin, candidates, ancestors)
        groups = {group for candidate in candidates for group, _child in candidate.constructed.joins}
        if groups.isdisjoint(names):
            break
        # A host is named like one of the new groups. Its new name can change the groups again.
        unavailable.add_groups(groups)
    _warn_of_other_names(plugin, candidates)


class UnavailableNames:
    """The names that a candidate can't have."""

    def __init__(self, plugin: InventoryPlugin, candidates: Sequence[Candidate]) -> None:
        self._candidates = candidates
        self._groups = {
            *plugin.inventory.groups,
            str(plugin.get_option("group")),
            *map(plugin._sanitize_group_name, plugin.get_option("groups") or {}),
        }
        self._claimed = claimed_hosts(plugin.inventory)
        # Other fact caches than memory may name files after hosts.
        self._caches_facts_in_files = not str(core_settings.CACHE_PLUGIN).endswith("memory")
        self._fallbacks: dict[str, set[int]] = {}
        for number, candidate in enumerate(candidates):
            for name in candidate.fallbacks:
                self._fallbacks.setdefault(name, set()).add(number)

    def add_groups(self, names: Iterable[str]) -> None:
        """Make the names of more groups unavailable."""
        self._groups.update(names)

    def includes(self, number: int, name: str) -> bool:
        """Whether the candidate with this index can't have a name."""
        if name in self._groups or is_special(name, self._caches_facts_in_files):
            return True
        if self._fallbacks.get(name, {number}) != {number}:
            return True
        # Two instances that different files read must not become one host.
        return name in self._claimed and self._claimed[name] != self._candidates[number].identity


def _variables_before(inventory: Any, candidate: Candidate) -> dict[str, Any]:
    """Return the variables of a host as core has them before the constructed features add to them."""
    existing = inventory.hosts.get(candidate.name)
    if existing is not None:
        return {**existing.vars, **candidate.variables}
    path = inventory.current_source
    return {"inventory_file": path, "inventory_dir": os.path.dirname(path) if path else None, **candidate.variables}


def _ancestors(inventory: Any, group: str) -> set[str]:
    """Return the groups of an inventory that a group is in, directly or not."""
    existing = inventory.groups.get(group)
    return set() if existing is None else {parent.name for parent in existing.get_ancestors()}


def _drop_loops(plugin: InventoryPlugin, candidates: Sequence[Candidate], ancestors: Callable[[str], set[str]]) -> None:
    """Leave out groups in themselves, with a warning. Raises AnsibleParserError if ``strict``."""
    loops = drop_loops([candidate.constructed for candidate in candidates], ancestors)
    if loops:
        problem = f"Groups can't be in themselves, and all and ungrouped can't be in other groups: {first_few(loops)}."
        if plugin.get_option("strict"):
            raise AnsibleParserError(problem)
        plugin.display.warning(f"{problem} This was left out.")


def _warn_of_other_names(plugin: InventoryPlugin, candidates: Sequence[Candidate]) -> None:
    renamed = [
        f"{candidate.name_candidates[0]} ({candidate.name})" for candidate in candidates if candidate.name != candidate.name_candidates[0]
    ]
    if renamed:
        plugin.display.warning(
            f"These hosts got another name, which stands in parentheses: {first_few(renamed)}."
            " Several hosts would have had the first name, or it means something else to Ansible."
            " To choose other names, add entries to hostnames."
        )
