# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives each candidate its name and its groups. They depend on each other: no host may be named like a group."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from ansible.errors import AnsibleParserError

from .candidates import Candidate
from .construct import Constructor, drop_loops
from .interface import InventoryPlugin
from .names import NEARLY_ALL, UnavailableNames, as_host_name, assign_names, first_few
from .own_machine import is_this_machine

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
    unavailable = _unavailable_names(plugin, candidates)
    while True:
        _qualify(plugin, candidates, unavailable)
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
    constructor.problems.warn()
    _warn_of_other_names(plugin, candidates, unavailable)
    _warn_of_shared_addresses(plugin, candidates)


def _unavailable_names(plugin: InventoryPlugin, candidates: Sequence[Candidate]) -> UnavailableNames:
    """Return the names that a candidate can't have."""
    own = map(plugin._sanitize_group_name, plugin.entries.groups)
    groups = {*plugin.inventory.groups, str(plugin.get_option("group")), *own}
    claimed = claimed_hosts(plugin.inventory)

    def is_refused(number: int, name: str) -> bool:
        candidate = candidates[number]
        # Without an address, Ansible connects to the name.
        if "ansible_host" not in candidate.variables and is_this_machine(name):
            return True
        # Two instances that different files read must not become one host.
        return name in claimed and claimed[name] != candidate.identity

    return UnavailableNames(groups, [candidate.fallbacks for candidate in candidates], is_refused)


def _qualify(plugin: InventoryPlugin, candidates: Sequence[Candidate], unavailable: UnavailableNames) -> None:
    """Give each candidate a name with its environment if hosts of several environments want the same name."""
    environments: dict[str, set[str]] = {}
    claimed = claimed_hosts(plugin.inventory)
    if len({candidate.environment for candidate in candidates}.union(identity[2] for identity in claimed.values())) < 2:
        return
    for name, identity in claimed.items():
        environments[name] = {identity[2]}
    for candidate in candidates:
        for name in candidate.wanted:
            environments.setdefault(name, set()).add(candidate.environment)
    for candidate in candidates:
        shared = (name for name in candidate.wanted if len(environments[name]) > 1 and not unavailable.is_misread(name))
        wanted = next(shared, None)
        # Messages would not know that a longer name has to be hidden.
        is_usable = wanted is not None and plugin.secrets.shown(wanted) == wanted
        candidate.qualified = as_host_name(f"{wanted}.{candidate.environment}") if is_usable else None


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
        shown = plugin.secrets.shown
        named = first_few([f"{shown(child)} in {shown(parent)}" for child, parent in loops])
        problem = f"Groups can't be in themselves, and all and ungrouped can't be in other groups: {named}."
        if plugin.get_option("strict"):
            raise AnsibleParserError(problem)
        plugin.display.warning(f"{problem} This was left out.")


def _warn_of_other_names(plugin: InventoryPlugin, candidates: Sequence[Candidate], unavailable: UnavailableNames) -> None:
    shown = plugin.secrets.shown
    renamed = []
    for candidate in candidates:
        first = (candidate.wanted or candidate.fallbacks)[0]
        if candidate.name != first:
            why = ", because a group has the name" if unavailable.is_group(first) else ""
            renamed.append(f"{shown(first)} ({shown(candidate.name)}{why})")
    if renamed:
        plugin.display.warning(
            f"These hosts got another name, which stands in parentheses: {first_few(renamed, NEARLY_ALL)}."
            " Several hosts would have had the first name, or it means something else to Ansible."
            " To choose other names, add entries to hostnames."
        )


def _warn_of_shared_addresses(plugin: InventoryPlugin, candidates: Sequence[Candidate]) -> None:
    """Warn of hosts with the same ``ansible_host``. If compose sets different ports for them, they are different servers."""
    users: dict[tuple[str, str], list[str]] = {}
    for candidate in candidates:
        variables = {**candidate.variables, **candidate.constructed.variables}
        if "ansible_host" in variables:
            key = (str(variables["ansible_host"]), str(variables.get("ansible_port")))
            users.setdefault(key, []).append(candidate.name)
    shown = plugin.secrets.shown
    shared = [
        f"{first_few([shown(name) for name in names], NEARLY_ALL)} ({shown(address)})"
        for (address, _port), names in users.items()
        if len(names) > 1
    ]
    if shared:
        plugin.display.warning(
            f"Several hosts have the same ansible_host, so a play on one of them may change another one: {'; '.join(shared[:NEARLY_ALL])}."
            " Set connect_with to another value, or exclude all but one of them with filters."
        )
