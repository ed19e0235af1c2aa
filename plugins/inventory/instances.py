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
  - Reads the instances of one or more Cox Edge environments and makes a host of each. This takes one request for each environment.
  - The name of the inventory file must end in C(coxedge.yml) or C(coxedge.yaml).
  - If any environment can't be read, the whole inventory fails. It is never incomplete.
  - Text from the API is never evaluated as a template.
extends_documentation_fragment:
  - coxedge.compute.api_plugin
  - coxedge.compute.filters
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Name of this plugin.
    type: str
    required: true
    choices:
      - coxedge.compute.instances
  environment_names:
    description:
      - Names of the environments to read. They are read at the same time.
      - V(*) alone means every environment of the service that the API key can see and whose state is C(PROVISIONED) or not shown. It
        takes one more request.
      - An environment variable can hold several names, separated by commas. If both variables are set, E(COXEDGE_ENVIRONMENT_NAMES)
        is used.
    type: list
    elements: str
    required: true
    env:
      - name: COXEDGE_ENVIRONMENT_NAME
      - name: COXEDGE_ENVIRONMENT_NAMES
  states:
    description:
      - Only instances in one of these states. Upper and lower case are the same. V(Stopped) also selects instances in state V(Shutdowned).
      - By default all instances except those in state V(Destroyed) or V(Expunging).
    type: list
    elements: str
  filters:
    description:
      - Only instances for which all of these Jinja conditions are true. They can use the variables of the host.
      - Conditions are written without braces. Text that is not a Jinja expression fails the inventory. The same is true for O(hostnames),
        O(compose), O(groups) and O(keyed_groups).
      - A condition that can't be evaluated counts as false, with a warning. If O(strict) is true, it is an error.
    type: list
    elements: str
  hostnames:
    description:
      - Names for a host, the preferred ones first. Each entry is the name of a field, such as V(name), V(hostname) or V(id),
        with or without O(hostvars_prefix), or a Jinja expression. The first entry that is not empty is used.
      - Characters that Ansible would read as a port or as a pattern of hosts, such as a blank, a colon, a comma or an asterisk, become
        underscores. So do control characters and characters without width.
      - If two hosts would get the same name, neither gets it, because the name could mean another host in the next run. Each of
        them gets its next name that no other host wants. After that come the name with the environment, such as V(bastion.test_area), if
        hosts of several environments want the same name, and the ID. A warning names them all.
      - Names with another meaning are skipped in the same way. These are C(localhost), loopback addresses, the names of groups,
        names that begin with a hyphen, which ssh would take for an option, and names that Ansible would read as a path under
        C(host_vars), such as V(web1.yml).
    type: list
    elements: str
    default:
      - name
  connect_with:
    description:
      - Value of C(ansible_host). V(private_ip) is the address in the instance's network.
      - V(public_ip) is a public IP address that no other instance uses. It takes one more request for each environment.
      - V(hostname) is the host name. With V(none), C(ansible_host) is not set, and Ansible connects to the name of the host.
      - If an instance has no such address, C(ansible_host) is not set, and a warning says so. Addresses and host names that lead back
        to the machine that Ansible runs on are never used.
      - If several hosts have the same C(ansible_host), a warning names them.
    type: str
    default: private_ip
    choices:
      - private_ip
      - public_ip
      - hostname
      - none
  set_ansible_user:
    description: Whether to set C(ansible_user) to the user name that the API shows for the instance.
    type: bool
    default: false
  details:
    description: Whether to retrieve each instance. This adds C(public_ips) and C(nics), and takes one more request for each instance.
    type: bool
    default: false
  max_concurrency:
    description: Maximum number of requests at the same time.
    type: int
    default: 10
  hostvars_prefix:
    description:
      - Prefix of the variables that hold the fields of an instance, as in C(coxedge_state).
      - Three more variables have it, C(coxedge_environment_name), C(coxedge_service_code) and C(coxedge_active). The last one is
        true while the instance is running. In AWX, use it as the enabled variable of an inventory source.
      - It can't be empty. Fields such as C(name), C(tags) and C(environment) would then be variables that mean something else in a play.
    type: str
    default: coxedge_
  group:
    description: Group that all hosts join.
    type: str
    default: coxedge
notes:
  - With O(cache), the cache holds what was read from the API, before filters. You can change filters and names without reading it
    again. The cache never holds the API key, passwords or user data.
seealso:
  - module: coxedge.compute.instance_info
"""

EXAMPLES = r"""
# The shortest file. The key comes from the environment variable COXEDGE_API_KEY.
plugin: coxedge.compute.instances
service_code: compute-on
environment_names:
  - test_area

---
# Running servers of two environments, grouped by zone, by network and by the beginning of their names.
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
# Connect to public addresses, with the user of the template. The key comes from a lookup, such as one in a password store.
plugin: coxedge.compute.instances
api_key: "{{ lookup('ansible.builtin.env', 'COXEDGE_API_KEY') }}"
service_code: compute-on
environment_names:
  - test_area
connect_with: public_ip
set_ansible_user: true

---
# Names that include the environment, and a cache that is valid for ten minutes.
plugin: coxedge.compute.instances
service_code: compute-on
environment_names:
  - test_area
  - prod
hostnames:
  - coxedge_name ~ '.' ~ coxedge_environment_name
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/coxedge
cache_timeout: 600
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.vars import combine_vars

from ..module_utils.api.connection import Connection
from ..module_utils.api.errors import ApiError
from ..module_utils.text import one_line, printable
from ..plugin_utils import reading
from ..plugin_utils.candidates import Candidate, Candidates, selection_of
from ..plugin_utils.construct import KeyValue
from ..plugin_utils.entries import Entries, entries_of
from ..plugin_utils.expressions import ASK_CORE, SimpleExpression, remember_compiled, simple_expressions, without_origin
from ..plugin_utils.naming import claimed_hosts, name_and_construct
from ..plugin_utils.options import (
    ALL_ENVIRONMENTS,
    check_booleans,
    check_numbers,
    check_required,
    connections_of,
    empty_variables_unset,
    find_ca_path,
    given_options,
    names_plugin,
)
from ..plugin_utils.vaulted import Secrets

FILE_NAMES = ("coxedge.yml", "coxedge.yaml")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """Makes hosts of instances."""

    NAME = "coxedge.compute.instances"
    # Whether to use the faster ways, which give the same results as core's own. Tests set it to False to compare the two.
    quick = True

    def __init__(self) -> None:
        super().__init__()
        # _set_up gives these their values, once the options are known.
        self.extra_vars: Mapping[str, Any] = {}
        self.entries = Entries()
        self.secrets = Secrets(None, {})
        self._simple: dict[str, SimpleExpression] = {}
        self._key_in_file = False
        self._folder = os.curdir

    def verify_file(self, path: str) -> bool:
        """Whether the name of a file says that it is for this plugin."""
        if not super().verify_file(path):
            return False
        if path.endswith(FILE_NAMES):
            return True
        if names_plugin(path, self.NAME):
            # Core says only that the file could not be verified, or nothing at all.
            self.display.warning(
                f"{one_line(path)} is not read: the name of an inventory file of {self.NAME} must end in {' or '.join(FILE_NAMES)}."
                f" Rename it, for example to {one_line(os.path.splitext(os.path.basename(path))[0])}.coxedge.yml."
            )
        return False

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory. Raises AnsibleParserError with a message of one line, before it has added anything."""
        super().parse(inventory, loader, path, cache)
        self._folder = os.path.dirname(os.path.abspath(path))
        config = self._read_config_data(path)
        connections = connections_of(self)
        self._set_up(config)
        try:
            environments = self._environments(connections, cache)
        except ApiError as error:
            raise AnsibleParserError(printable(error.sentence)) from None
        except ImportError as error:
            raise AnsibleParserError(f"The Python that runs Ansible needs the library requests: {one_line(error)}.") from None
        try:
            candidates = Candidates(self).of(environments)
            self._name_and_construct(candidates)
        except Exception as error:  # pylint: disable=broad-exception-caught
            # With the original error, core would show lines of the file, and one of them may be the API key.
            raise AnsibleParserError(one_line(error)) from None
        self._fill(candidates)

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Set the options. Empty values in the file or in the environment count as not given."""
        given = None if direct is None else given_options(self, direct)
        with empty_variables_unset(self.option_definitions):
            if given is not None:
                check_required(self.option_definitions, given)
                check_booleans(self.option_definitions, given)
                check_numbers(self.option_definitions, given)
                find_ca_path(given, self._folder)
            super().set_options(task_keys=task_keys, var_options=var_options, direct=given)

    def _set_up(self, config: Mapping[str, Any]) -> None:
        """Prepare the evaluation of expressions. ``config``: the contents of the inventory file."""
        self.extra_vars = (self._vars or {}) if self.get_option("use_extra_vars") else {}
        self._key_in_file = bool(config.get("api_key"))
        self.entries = entries_of(self.get_option)
        self.secrets = Secrets(self.loader, self.extra_vars)
        if self.quick:
            self._simple = simple_expressions(self.entries.expressions)
            remember_compiled(self.templar, self.entries.expressions, self.entries.conditions)

    def _compose(self, template: Any, variables: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the result of an expression. Core's method for keyed groups calls this too."""
        if isinstance(template, KeyValue):
            self.templar.available_variables = combine_vars(variables, self.extra_vars) if self.extra_vars else variables
            return template.value
        simple = self._simple.get(template) if isinstance(template, str) else None
        if simple is not None and not self.extra_vars:
            value = simple.value(variables)
            if value is not ASK_CORE:
                return value
        return super()._compose(template, variables, *args, **kwargs)

    @staticmethod
    def _sanitize_group_name(name: Any) -> str:
        """Return a valid name for a group. Core's templates make numbers and booleans of some texts, and core fails at these."""
        return str(BaseInventoryPlugin._sanitize_group_name(name if isinstance(name, str) else str(name)))

    def _environments(self, connections: Sequence[Connection], may_use_cache: bool) -> list[reading.Environment]:
        """Return all environments, from the cache if possible. Raises ApiError."""
        details = self.get_option("details")
        # Details do not replace this list: an instance does not show who else uses its addresses.
        addresses = self.get_option("connect_with") == "public_ip"
        caching = self.get_option("cache")
        fingerprint = reading.fingerprint(connections, details, addresses)
        key = f"{self.NAME}_{fingerprint[:32]}"
        names = [connection.environment_name for connection in connections]
        if caching and may_use_cache:
            cached = self._cached(key, fingerprint, None if names == [ALL_ENVIRONMENTS] else names)
            if cached is not None:
                return cached
        if names == [ALL_ENVIRONMENTS]:
            connections = reading.every_environment(connections[0])
        selection = selection_of(self)
        # A cache entry must serve other filters too, so it needs the details of all instances.
        environments = reading.read(
            connections,
            details,
            addresses,
            self.get_option("max_concurrency"),
            wants_details=lambda instance: bool(caching) or selection.matches(instance),
        )
        if caching:
            self._cache[key] = reading.to_cache_entry(environments, fingerprint)
        return environments

    def _cached(self, key: str, fingerprint: str, names: Sequence[str] | None) -> list[reading.Environment] | None:
        """Return the environments in the cache, or None if there is no usable entry."""
        try:
            entry = self._cache[key]
        except KeyError:
            return None
        except Exception as error:  # pylint: disable=broad-exception-caught
            # Cache plugins raise errors of any type for a damaged file.
            self.display.warning(f"The inventory cache can't be read, so the API is read again: {one_line(error)}")
            return None
        return reading.from_cache_entry(entry, fingerprint, names)

    def _name_and_construct(self, candidates: Sequence[Candidate]) -> None:
        name_and_construct(self, candidates)

    def _fill(self, candidates: Sequence[Candidate]) -> None:
        """Add the hosts to the inventory."""
        inventory = self.inventory
        group = inventory.add_group(str(self.get_option("group")))
        claimed = claimed_hosts(inventory)
        for candidate in candidates:
            inventory.add_host(candidate.name, group)
            claimed[candidate.name] = candidate.identity
            if self.quick:
                # Host.vars is not a public interface, but set_variable takes a hundred times as long. It would also add where a
                # value comes from, which is of use only for composed variables.
                inventory.hosts[candidate.name].vars.update(candidate.variables)
            else:
                for name, value in candidate.variables.items():
                    inventory.set_variable(candidate.name, name, value)
            for name, value in candidate.constructed.variables.items():
                # If a composed value causes an error, core shows the lines around its origin. The API key may be in one of them.
                inventory.set_variable(candidate.name, str(name), without_origin(value) if self._key_in_file else value)
            for joined, child in candidate.constructed.joins:
                inventory.add_child(inventory.add_group(joined), candidate.name if child is None else child)
