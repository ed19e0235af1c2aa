# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instances will be hosts, with their variables and possible names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..module_utils.instance.filters import FILTERS, Selection, sort_key, unmatched
from ..module_utils.text import one_line
from .connecting import address_of, usable_user
from .construct import Constructed
from .entries import Expression
from .evaluation import Problems, evaluated, holds
from .hostvars import HostVariables, sanitized
from .interface import InventoryPlugin
from .names import as_host_name, fallback_names, first_few
from .reading import Environment


@dataclass
class Candidate:
    """An instance that will be a host."""

    identity: tuple[str, ...]
    """API URL, service code, environment and id: only this instance has them, whichever inventory file reads it."""
    variables: dict[str, Any]
    wanted: list[str]
    """The names that ``hostnames`` gives it, the preferred ones first."""
    fallbacks: list[str]
    """Names made of its id. Other instances never get them."""
    # naming.py sets these three, because names depend on all candidates.
    qualified: str | None = None
    """The name that it gets if hosts of several environments want the same one."""
    name: str = ""
    constructed: Constructed = field(default_factory=Constructed)

    @property
    def environment(self) -> str:
        """The environment that it is in."""
        return self.identity[2]

    @property
    def name_candidates(self) -> list[str]:
        """Its possible names, the preferred ones first. The fallbacks come last."""
        return list(dict.fromkeys([*self.wanted, *([self.qualified] if self.qualified else []), *self.fallbacks]))


class Candidates:
    """Makes candidates of instances, and warns about what could not be evaluated or used."""

    def __init__(self, plugin: InventoryPlugin) -> None:
        self._plugin = plugin
        self._selection = selection_of(plugin)
        self._connect_with = plugin.get_option("connect_with")
        self._sets_user = plugin.get_option("set_ansible_user")
        self._prefix = str(plugin.get_option("hostvars_prefix"))
        self._api = tuple(str(plugin.get_option(name)).strip() for name in ("api_url", "service_code"))
        self._variables_of = HostVariables(self._prefix, str(plugin.get_option("service_code"))).of
        self._problems = Problems(plugin, plugin.secrets)
        self._without_address: list[str] = []
        self._without_user: list[str] = []

    def of(self, environments: Sequence[Environment]) -> list[Candidate]:
        """Return the candidates in the order of their display names and ids."""
        self._warn_of_unmatched(environments)
        selected = [
            (instance, environment)
            for environment in environments
            for instance in environment.instances
            if self._selection.matches(instance)
        ]
        candidates = [self._candidate(*pair) for pair in sorted(selected, key=lambda pair: sort_key(pair[0]))]
        self._warn()
        return [candidate for candidate in candidates if candidate is not None]

    def _candidate(self, instance: Mapping[str, Any], environment: Environment) -> Candidate | None:
        """Return an instance as a candidate, or None if it does not match ``filters``."""
        instance_id = str(instance["id"])
        variables = self._variables_of(instance, environment.name)
        if not all(self._holds(condition, variables) for condition in self._plugin.entries.filters):
            return None
        wanted = [self._name(entry, variables) for entry in self._plugin.entries.hostnames]
        fallbacks = fallback_names(instance_id, environment.name)
        names = [name for name in dict.fromkeys(map(as_host_name, wanted)) if name]
        address = address_of(self._connect_with, instance, environment.addresses or {})
        if address is not None:
            variables["ansible_host"] = sanitized(address)
        elif self._connect_with != "none":
            self._without_address.append(self._plugin.secrets.shown((names or fallbacks)[0]))
        if self._sets_user:
            user = usable_user(instance.get("username"))
            if user is not None:
                variables["ansible_user"] = sanitized(user)
            else:
                self._without_user.append(self._plugin.secrets.shown((names or fallbacks)[0]))
        return Candidate((*self._api, environment.name, instance_id), variables, names, fallbacks)

    def _holds(self, condition: Expression, variables: Mapping[str, Any]) -> bool:
        """Whether a condition of ``filters`` is true. It counts as false if it can't be evaluated."""
        try:
            return holds(self._plugin, condition, {**variables, **self._plugin.extra_vars})
        except Exception as error:  # pylint: disable=broad-exception-caught
            self._problems.add(condition, self._called(variables), error, variables)
            return False

    def _name(self, entry: Expression, variables: Mapping[str, Any]) -> str:
        """Return the name that an entry of ``hostnames`` stands for: a field, a variable or an expression. Empty if there is none."""
        try:
            if not entry.is_literal and entry.source in variables:
                value = variables[entry.source]
            elif not entry.is_literal and self._prefix + entry.source in variables:
                value = variables[self._prefix + entry.source]
            else:
                value = evaluated(self._plugin, entry, variables)
        except Exception as error:  # pylint: disable=broad-exception-caught
            self._problems.add(entry, self._called(variables), error, variables)
            return ""
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            self._problems.add(entry, self._called(variables), "a name is text, which the result is not", variables)
            return ""
        if self._plugin.secrets.may_quote(entry.names, entry.is_vaulted):
            self._plugin.secrets.add_text(as_host_name(str(value)))
        return str(value)

    def _called(self, variables: Mapping[str, Any]) -> str:
        """Return how messages call an instance that has no name yet."""
        return f"instance {one_line(variables[self._prefix + 'id'])}"

    def _warn_of_unmatched(self, environments: Sequence[Environment]) -> None:
        """Warn of each value of a filter on fields that no instance of any environment has."""
        options = selectors_of(self._plugin)
        if any(options.values()):
            for sentence in unmatched(options, [instance for environment in environments for instance in environment.instances]):
                self._plugin.display.warning(f"{sentence}.")

    def _warn(self) -> None:
        self._problems.warn()
        warning = self._plugin.display.warning
        if self._without_address:
            warning(f"No ansible_host is set for hosts without a usable {self._connect_with}: {first_few(self._without_address)}.")
        if self._without_user:
            warning(f"No ansible_user is set for hosts without a usable user name: {first_few(self._without_user)}.")


def selectors_of(plugin: InventoryPlugin) -> dict[str, list[str] | None]:
    """Return the options that filter by fields of the API."""
    # str() drops core's tags.
    return {name: [str(value) for value in plugin.get_option(name) or []] for name in ("states", *FILTERS)}


def selection_of(plugin: InventoryPlugin) -> Selection:
    """Return the filters on fields of the API."""
    return Selection(selectors_of(plugin))
