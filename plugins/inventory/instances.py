# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin coxedge.compute.instances."""

from __future__ import annotations

DOCUMENTATION = r"""
name: instances
short_description: Cox Edge instances as hosts
version_added: 1.0.0
author:
  - coxedge.compute contributors (@coxedge)
description:
  - Reads the instances of one or more Cox Edge environments, one request for each, and makes a host of each.
  - The name of its configuration file ends in C(coxedge.yml) or C(coxedge.yaml).
  - If any environment can't be read the whole inventory fails. A part is never passed off as the whole.
  - Text from the API is never a template, whatever it holds.
extends_documentation_fragment:
  - coxedge.compute.api_plugin
  - coxedge.compute.filters
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Says that the file is one for this plugin.
    type: str
    required: true
    choices:
      - coxedge.compute.instances
  environment_names:
    description:
      - Names of the environments to read. They are read side by side.
      - In an environment variable, a list with commas. Of the two, E(COXEDGE_ENVIRONMENT_NAMES) is the one that is heeded if both are set.
    type: list
    elements: str
    required: true
    env:
      - name: COXEDGE_ENVIRONMENT_NAME
      - name: COXEDGE_ENVIRONMENT_NAMES
  states:
    description:
      - Only instances in one of these states, without regard to case.
      - By default all but V(Destroyed) and V(Expunging).
    type: list
    elements: str
  filters:
    description:
      - Jinja conditions on the variables of a host. It is kept if all of them hold.
      - One that can't be worked out does not hold, and is an error with O(strict).
    type: list
    elements: str
  hostnames:
    description:
      - What a host is named after. Names of fields such as V(name), V(hostname) or V(id), with O(hostvars_prefix) or without,
        or Jinja expressions.
      - The first that is not empty is the name. What Ansible would read as a port or a pattern of hosts becomes an underscore,
        such as a colon, a comma or an asterisk, as do control characters.
      - Where two hosts would get one name none of them keeps it, as otherwise a play could hit another machine tomorrow than today.
        Each takes its next one that is nobody else's, at last its ID, and a warning says so.
      - Names that Ansible takes for something else are passed over in the same way. They are C(localhost), loopback addresses,
        the names of groups, and those that would be an option of ssh or lead out of a folder.
    type: list
    elements: str
    default:
      - name
  connect_with:
    description:
      - What C(ansible_host) is. V(private_ip) is the address in the instance's network.
      - V(public_ip) is a public IP address that leads to this instance alone. It costs one further request for each environment.
      - V(hostname) is the host name. With V(none) there is no C(ansible_host), so that the inventory's name is connected to.
      - A host that does not have it gets no C(ansible_host), and a warning says so.
    type: str
    default: private_ip
    choices:
      - private_ip
      - public_ip
      - hostname
      - none
  set_ansible_user:
    description: Whether C(ansible_user) is the user name that the API shows for the instance.
    type: bool
    default: false
  details:
    description: Whether to retrieve each instance, which adds C(public_ips) and C(nics) and costs a request for each.
    type: bool
    default: false
  max_concurrency:
    description: How many requests are made at the same time.
    type: int
    default: 10
  hostvars_prefix:
    description:
      - Begins the names of the variables that are made of the fields, as in C(coxedge_state).
      - Variables beside the fields are C(coxedge_environment_name), C(coxedge_service_code), and C(coxedge_active), which is true
        while the instance is running. It is what the enabled variable of an AWX inventory source can be.
    type: str
    default: coxedge_
  group:
    description: Group that all hosts join.
    type: str
    default: coxedge
notes:
  - With O(cache), what was read is kept, so that filters and names can be changed without reading it anew.
    The API key, passwords and user data are never kept.
seealso:
  - module: coxedge.compute.instance_info
"""

EXAMPLES = r"""
# The smallest one. The key comes from the environment variable COXEDGE_API_KEY.
plugin: coxedge.compute.instances
service_code: compute-on
environment_names:
  - test_area

---
# Running servers of two environments, grouped by zone, network and the beginning of their names.
plugin: coxedge.compute.instances
service_code: compute-on
environment_names:
  - test_area
  - prod
states:
  - Running
filters:
  - not coxedge_name.startswith('scratch-')
keyed_groups:
  - key: coxedge_zone_name
    prefix: zone
  - key: coxedge_network_name
    prefix: network
groups:
  web: coxedge_name.startswith('web')
compose:
  tier: coxedge_name.split('-') | first

---
# Connect over public addresses, with the user of the template; the key comes from a lookup, such as one in a password store.
plugin: coxedge.compute.instances
api_key: "{{ lookup('ansible.builtin.env', 'COXEDGE_API_KEY') }}"
service_code: compute-on
environment_names:
  - test_area
connect_with: public_ip
set_ansible_user: true

---
# Names with their environment, and a cache that is good for ten minutes.
plugin: coxedge.compute.instances
service_code: compute-on
environment_names:
  - test_area
  - prod
hostnames:
  - coxedge_name ~ '.' ~ coxedge_environment_name
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: .cache/coxedge
cache_timeout: 600
"""

import difflib
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ansible import constants as core_settings
from ansible.errors import AnsibleParserError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ..module_utils.api.connection import Connection
from ..module_utils.api.errors import ApiError
from ..module_utils.instance.filters import FILTERS, Selection, sort_key
from ..module_utils.jobs import concurrency_problem
from ..module_utils.text import one_line
from ..plugin_utils import reading
from ..plugin_utils.construct import Constructed, Constructor, drop_loops
from ..plugin_utils.expressions import (
    ASK_CORE,
    SimpleExpression,
    as_condition,
    remember_compiled,
    simple_expressions,
    without_origin,
)
from ..plugin_utils.hostvars import (
    HostVariables,
    prefix_problem,
    sanitized,
    usable_address,
    usable_hostname,
    usable_user,
)
from ..plugin_utils.names import as_host_name, assign_names, is_special
from ..plugin_utils.registry import known_hosts

# How many hosts a warning names.
NAMED = 5
FILE_NAMES = ("coxedge.yml", "coxedge.yaml")
NEEDED = ("api_key", "service_code", "environment_names")
# Lists of expressions.
EXPRESSIONS = ("filters", "hostnames")


@dataclass
class Member:
    """An instance on its way to be a host."""

    id: str
    environment_name: str
    variables: dict[str, Any]
    wishes: list[str]
    """Names, in the order in which it would like to have them."""
    fallbacks: list[str] = field(default_factory=list)
    """The last of them, which are nobody else's."""
    name: str = ""
    constructed: Constructed = field(default_factory=Constructed)


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """Makes hosts of instances."""

    NAME = "coxedge.compute.instances"
    # Whether to take what is quicker than core's own ways and gives the same. Tests switch it off to compare.
    quick = True

    def __init__(self) -> None:
        super().__init__()
        self._simple: dict[str, SimpleExpression] = {}
        self._key_in_file = False
        self.extra_vars: Mapping[str, Any] = {}
        """Those that expressions see."""
        self._place: tuple[str, str] = ("", "")

    def verify_file(self, path: str) -> bool:
        """Whether a file is one for this plugin, by its name."""
        return bool(super().verify_file(path)) and path.endswith(FILE_NAMES)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fills the inventory. Raises AnsibleParserError, with one sentence, and then has put nothing into it."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        self.extra_vars = (self._vars or {}) if self.get_option("use_extra_vars") else {}
        try:
            connections = self._connections()
            environments = self._environments(connections, cache)
        except ApiError as error:
            raise AnsibleParserError(error.sentence) from None
        except ImportError as error:
            raise AnsibleParserError(f"The inventory needs the Python library requests where Ansible runs: {one_line(error)}.") from None
        if self.quick:
            keyed = [entry.get("key") for entry in self.get_option("keyed_groups") or [] if isinstance(entry, Mapping)]
            expressions = [*self.get_option("hostnames"), *(self.get_option("compose") or {}).values(), *keyed]
            self._simple = simple_expressions(expressions)
            remember_compiled(self.templar, expressions, [*(self.get_option("filters") or []), *(self.get_option("groups") or {}).values()])
        try:
            members = self._members(environments)
            self._name_and_construct(members)
        except Exception as error:  # pylint: disable=broad-exception-caught
            # Core would show the lines of the file around the place, and the key may be one of them.
            raise AnsibleParserError(one_line(error)) from None
        self._fill(members)

    def _compose(self, template: Any, variables: Any, *args: Any, **kwargs: Any) -> Any:
        """What comes of an expression. Core's helpers come here too."""
        simple = self._simple.get(template) if isinstance(template, str) else None
        if simple is not None and not self.extra_vars:
            # The name of a parent group is worked out with them next.
            self.templar.available_variables = variables
            value = simple.value(variables)
            if value is not ASK_CORE:
                return value
        return super()._compose(template, variables, *args, **kwargs)

    # -- options

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Sets the options: what is empty in the file or in the environment is not given."""
        given = None if direct is None else self._given(direct)
        with _without_empty_variables(self.option_definitions):
            if given is not None:
                self._check_needed(given)
                self._check_booleans(given)
            super().set_options(task_keys=task_keys, var_options=var_options, direct=given)

    def _given(self, direct: Mapping[str, Any]) -> dict[str, Any]:
        """The options of the file, less those that are empty. Raises AnsibleParserError for an unknown one."""
        known = self.option_definitions
        given: dict[str, Any] = {}
        self._key_in_file = bool(direct.get("api_key"))
        for name, value in direct.items():
            if name not in known:
                near = difflib.get_close_matches(str(name), known, n=1)
                hint = f"did you mean {near[0]}?" if near else "ansible-doc -t inventory coxedge.compute.instances lists all."
                raise AnsibleParserError(f"There is no option {one_line(name)} of {self.NAME}; {hint}")
            if name == "api_key":
                value = self._worked_out_key(value)
            elif name in EXPRESSIONS and isinstance(value, str):
                # A comma in an expression is not one between two.
                value = [value]
            if known[name].get("elements") == "str" and isinstance(value, list):
                value = [_text(name, item) for item in value if item not in ("", None)]
            if name not in ("api_key", *EXPRESSIONS):
                _refuse_templates(name, value)
            if value not in ("", None, []):
                given[name] = value
        return given

    def _worked_out_key(self, value: Any) -> Any:
        """The key that the file gives, a template worked out. No error shows anything of it."""
        if isinstance(value, (list, dict, bool)):
            raise AnsibleParserError("api_key must be text.")
        try:
            if isinstance(value, str) and self.templar.is_template(value):
                self.templar.available_variables = self._vars or {}
                value = self.templar.template(value)
        except Exception:  # pylint: disable=broad-exception-caught
            raise AnsibleParserError("api_key can't be worked out: check the template that the inventory file gives for it.") from None
        if "{{" in str(value):
            raise AnsibleParserError("api_key can't be worked out: the template that the inventory file gives for it is not a valid one.")
        return None if value is None else str(value).strip()

    def _check_needed(self, given: Mapping[str, Any]) -> None:
        """Raises AnsibleParserError if something is missing that there is no default for."""
        for name in NEEDED:
            # Core heeds the last of them.
            variables = [entry["name"] for entry in reversed(self.option_definitions[name]["env"])]
            if name not in given and not any(os.environ.get(variable, "").strip() for variable in variables):
                raise AnsibleParserError(
                    f"{name} is needed: give it in the inventory file, or set {' or '.join(variables)} in the environment."
                )

    def _check_booleans(self, given: Mapping[str, Any]) -> None:
        """Raises AnsibleParserError for what is neither true nor false: core would take it for false, and not check certificates."""
        for name, definition in self.option_definitions.items():
            if definition.get("type") in ("bool", "boolean"):
                values = [given.get(name), *(os.environ.get(entry["name"]) for entry in definition.get("env", ()))]
                value = next((value for value in values if value is not None), False)
                try:
                    boolean(value)
                except TypeError:
                    raise AnsibleParserError(f"{name} must be true or false, which {one_line(value)!r} is not.") from None

    def _connections(self) -> list[Connection]:
        """How to reach each environment. Raises AnsibleParserError for options that can't be."""
        problem = prefix_problem(self.get_option("hostvars_prefix")) or concurrency_problem(self.get_option("max_concurrency"))
        group = str(self.get_option("group"))
        if self._sanitize_group_name(group) != group:
            problem = f"group must be a valid name of a group, which {group!r} is not: use letters, digits and underscores."
        shared = {name: self.get_option(name) for name in ("api_timeout", "api_retries", "validate_certs")}
        for name in ("api_key", "api_url", "service_code", "organization_id", "ca_path"):
            # Core's texts know where they came from. A plain one is all that the client needs.
            value = self.get_option(name)
            shared[name] = None if value is None else str(value).strip()
        self._place = (str(shared["api_url"]), str(shared["service_code"]))
        names = [str(name).strip() for name in self.get_option("environment_names")]
        connections = [Connection(environment_name=name, **shared) for name in dict.fromkeys(names) if name]
        if not connections:
            problem = problem or "environment_names has no name in it: give the names of the environments to read."
        for connection in connections:
            problem = problem or (connection.problem() or "").replace("environment_name ", "environment_names ")
        if problem:
            raise AnsibleParserError(problem)
        return connections

    # -- reading

    def _environments(self, connections: Sequence[Connection], may_use_cache: bool) -> list[reading.Environment]:
        """What there is, from the cache if it may be used and has it. Raises ApiError."""
        details = self.get_option("details")
        # Also with details: an instance does not show who else uses its addresses.
        addresses = self.get_option("connect_with") == "public_ip"
        caching = self.get_option("cache")
        bound_to = reading.fingerprint(connections, details, addresses)
        key = f"{self.NAME}_{bound_to[:32]}"
        if caching and may_use_cache:
            kept = self._cached(key, bound_to, [connection.environment_name for connection in connections])
            if kept is not None:
                return kept
        selection = self._selection()
        # What is kept must serve other filters too. Otherwise only those are retrieved that will be hosts.
        environments = reading.read(
            connections,
            details,
            addresses,
            self.get_option("max_concurrency"),
            wants_details=lambda instance: bool(caching) or selection.matches(instance),
        )
        if caching:
            self._cache[key] = reading.to_cache_entry(environments, bound_to)
        return environments

    def _cached(self, key: str, bound_to: str, names: Sequence[str]) -> list[reading.Environment] | None:
        """What the cache holds; None if it holds nothing that can be used."""
        try:
            entry = self._cache[key]
        except KeyError:
            return None
        except Exception as error:  # pylint: disable=broad-exception-caught
            # Whatever a cache plugin makes of a damaged file: what is lost there can be read anew.
            self.display.warning(f"The inventory is read anew, as its cache can't be read: {one_line(error)}")
            return None
        return reading.from_cache_entry(entry, bound_to, names)

    def _selection(self) -> Selection:
        return Selection({name: self.get_option(name) for name in ("states", *FILTERS)})

    # -- hosts

    def _members(self, environments: Sequence[reading.Environment]) -> list[Member]:
        """The instances that will be hosts, in the order of their names and ids, with all but their names."""
        prefix, connect_with = str(self.get_option("hostvars_prefix")), self.get_option("connect_with")
        selection = self._selection()
        variables_of = HostVariables(prefix, str(self.get_option("service_code"))).of
        conditions = Expressions(self, "filters", self.get_option("filters") or [])
        hostnames = Expressions(self, "hostnames", self.get_option("hostnames"))
        set_user = self.get_option("set_ansible_user")
        members, unreachable, nameless_users = [], [], []
        found = [
            (instance, environment) for environment in environments for instance in environment.instances if selection.matches(instance)
        ]
        for instance, environment in sorted(found, key=lambda pair: sort_key(pair[0])):
            variables = variables_of(instance, environment.name)
            member = Member(str(instance["id"]), environment.name, variables, [])
            if not all(conditions.holds(condition, member) for condition in conditions.texts):
                continue
            wishes = [hostnames.value_of_name(text, member, prefix) or "" for text in hostnames.texts]
            member.fallbacks = [fit_name(name) for name in _fallbacks(member.id, environment.name)]
            member.wishes = [name for name in dict.fromkeys([*map(fit_name, wishes), *member.fallbacks]) if name]
            address = _address(connect_with, instance, environment)
            if address is not None:
                variables["ansible_host"] = address
            elif connect_with != "none":
                unreachable.append(member.wishes[0])
            if set_user:
                user = usable_user(instance.get("username"))
                if user is not None:
                    variables["ansible_user"] = user
                else:
                    nameless_users.append(member.wishes[0])
            members.append(member)
        conditions.warn("does not hold then")
        hostnames.warn("is passed over there")
        if unreachable:
            self.display.warning(f"No ansible_host is set for hosts that have no {connect_with} of their own: {_some(unreachable)}.")
        if nameless_users:
            self.display.warning(f"No ansible_user is set for hosts that the API shows no usable user name of: {_some(nameless_users)}.")
        return members

    def _name_and_construct(self, members: Sequence[Member]) -> None:
        """Gives each host a name that is no group's, and works out what else becomes of it."""
        group = str(self.get_option("group"))
        names_of_groups = {*self.inventory.groups, group, *map(self._sanitize_group_name, self.get_option("groups") or {})}
        owners: dict[str, set[int]] = {}
        for number, member in enumerate(members):
            for name in member.fallbacks:
                owners.setdefault(name, set()).add(number)
        # Where core keeps facts in files, it names them after hosts.
        keeps_files = not str(core_settings.CACHE_PLUGIN).endswith("memory")
        others = known_hosts(self.inventory)

        def refused(number: int, name: str) -> bool:
            if name in names_of_groups or is_special(name, keeps_files) or owners.get(name, {number}) != {number}:
                return True
            # Another file may have had a host of this name before: another instance must not become one with it.
            return name in others and others[name] != self._identity(members[number])

        while True:
            for member, name in zip(members, assign_names([member.wishes for member in members], refused)):
                member.name = name
            constructor = Constructor(self, self._ancestors, self.quick)
            for member in members:
                member.constructed = constructor.construct(member.name, self._known(member), [group])
            loops = drop_loops([member.constructed for member in members], self._ancestors)
            if loops:
                words = f"Groups can't be in themselves, nor all and ungrouped in others: {_some(loops)}."
                if self.get_option("strict"):
                    raise AnsibleParserError(words)
                self.display.warning(f"{words} This was left out.")
            made = {group for member in members for group, _child in member.constructed.joins}
            names_of_groups |= made
            if made.isdisjoint(member.name for member in members):
                break
        moved = [f"{member.wishes[0]} ({member.name})" for member in members if member.name != member.wishes[0]]
        if moved:
            self.display.warning(
                "Names that several hosts would have, or that Ansible takes for something else, are nobody's;"
                f" the hosts have other names instead: {_some(moved)}. To choose names, list more in hostnames."
            )

    def _identity(self, member: Member) -> tuple[str, ...]:
        """What tells an instance from all others, in whatever file and by whatever prefix it is shown."""
        return (*self._place, member.environment_name, member.id)

    def _known(self, member: Member) -> dict[str, Any]:
        """The variables of a host as core would have them, before anything is made of them."""
        there = self.inventory.hosts.get(member.name)
        if there is not None:
            return {**there.vars, **member.variables}
        path = self.inventory.current_source
        return {"inventory_file": path, "inventory_dir": os.path.dirname(path) if path else None, **member.variables}

    def _ancestors(self, group: str) -> set[str]:
        """The groups of the inventory that a group is in."""
        there = self.inventory.groups.get(group)
        return set() if there is None else {parent.name for parent in there.get_ancestors()}

    def _fill(self, members: Sequence[Member]) -> None:
        """Puts the hosts into the inventory."""
        inventory = self.inventory
        group = inventory.add_group(str(self.get_option("group")))
        known = known_hosts(inventory)
        for member in members:
            inventory.add_host(member.name, group)
            known[member.name] = self._identity(member)
            if self.quick:
                # Host.vars is no promise of core's, though its own manager sets it; set_variable, a hundred times slower, is.
                # What it would add besides is where a value came from, which matters for what is composed: see below.
                inventory.hosts[member.name].vars.update(member.variables)
            else:
                for name, value in member.variables.items():
                    inventory.set_variable(member.name, name, value)
            for name, value in member.constructed.variables.items():
                # Of a name, core would show the place in the file; of a value too, which helps unless the key stands there.
                inventory.set_variable(member.name, str(name), without_origin(value) if self._key_in_file else value)
            for joined, child in member.constructed.joins:
                inventory.add_child(inventory.add_group(joined), member.name if child is None else child)


class Expressions:
    """The expressions of one option, about instances that are no hosts yet."""

    def __init__(self, plugin: InventoryModule, option: str, texts: Sequence[str]) -> None:
        self.texts = list(texts)
        self._plugin, self._option = plugin, option
        self._failed: dict[str, list[str]] = {}

    def holds(self, condition: str, member: Member) -> bool:
        """Whether a condition holds. One that can't be worked out does not."""
        templar = self._plugin.templar
        templar.available_variables = {**member.variables, **self._plugin.extra_vars}
        try:
            if hasattr(templar, "evaluate_conditional"):
                return bool(templar.evaluate_conditional(condition))
            return bool(boolean(templar.template(as_condition(condition))))
        except Exception as error:  # pylint: disable=broad-exception-caught
            self._fail(condition, member, error)
            return False

    def value_of_name(self, text: str, member: Member, prefix: str) -> str | None:
        """The name that an entry of hostnames stands for; None if it is empty."""
        variables = member.variables
        try:
            if text in variables:
                value = variables[text]
            elif prefix + text in variables:
                value = variables[prefix + text]
            else:
                value = self._plugin._compose(text, variables)
        except Exception as error:  # pylint: disable=broad-exception-caught
            self._fail(text, member, error)
            return None
        return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None

    def warn(self, consequence: str) -> None:
        """Warns of what could not be worked out, once for each expression."""
        for text, reasons in self._failed.items():
            self._plugin.display.warning(
                f"{self._option}: {one_line(text)} can't be worked out for {len(reasons)} instances and {consequence};"
                f" the first reason: {reasons[0]}"
            )

    def _fail(self, text: str, member: Member, error: Exception) -> None:
        reason = f"{one_line(error)} (instance {member.id})"
        if self._plugin.get_option("strict"):
            raise AnsibleParserError(f"{self._option}: {one_line(text)} can't be worked out: {reason}") from None
        self._failed.setdefault(text, []).append(reason)


def _address(connect_with: str, instance: Mapping[str, Any], environment: reading.Environment) -> str | None:
    """What to connect to, None if an instance does not have it."""
    if connect_with == "private_ip":
        return usable_address(instance.get("ip_address"))
    if connect_with == "hostname":
        return usable_hostname(instance.get("hostname"))
    if connect_with == "public_ip":
        return (environment.addresses or {}).get(str(instance["id"]))
    return None


def fit_name(text: str) -> str:
    """A text of the API's as a host name that is no template."""
    name: str = sanitized(as_host_name(text))
    return name


def _fallbacks(instance_id: str, environment_name: str) -> list[str]:
    """What an instance can be called if nothing else fits: the last one always does."""
    digest = hashlib.sha256(f"{environment_name}/{instance_id}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return [instance_id, f"{instance_id}.{environment_name}", f"instance-{digest}"]


def _refuse_templates(option: str, value: Any) -> None:
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and "{{" in text:
            raise AnsibleParserError(f"{option} can't be a template: only api_key can, and expressions need no braces.")


def _text(option: str, item: Any) -> Any:
    """An entry of a list of text: numbers are text too, as YAML takes some names for numbers."""
    if isinstance(item, bool) and option in EXPRESSIONS:
        return str(item)
    if isinstance(item, (bool, list, dict)):
        raise AnsibleParserError(f"{option} must be a list of text, which {one_line(item)!r} is not.")
    return item if isinstance(item, str) else str(item)


def _some(names: Sequence[str]) -> str:
    """Some of many names, for a sentence."""
    shown = ", ".join(one_line(name) for name in names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"


@contextmanager
def _without_empty_variables(definitions: Mapping[str, Any]) -> Iterator[None]:
    """Takes the environment variables of options that are empty out of core's sight.

    Core would read an empty COXEDGE_VALIDATE_CERTS as false, an empty list as a list of one empty text, and would stop at an
    empty COXEDGE_API_KEY where COXEDGE_KEY is set. AWX sets what was left blank in a form to nothing.
    """
    names = {entry["name"] for definition in definitions.values() for entry in definition.get("env", ())}
    empty = {name: os.environ[name] for name in names if name in os.environ and not os.environ[name].strip()}
    for name in empty:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(empty)
