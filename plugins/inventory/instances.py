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

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ..module_utils.api.connection import Connection
from ..module_utils.api.errors import ApiError
from ..module_utils.text import one_line
from ..plugin_utils import reading
from ..plugin_utils.candidates import Candidate, Candidates, selection_of
from ..plugin_utils.expressions import ASK_CORE, SimpleExpression, remember_compiled, simple_expressions, without_origin
from ..plugin_utils.naming import claimed_hosts, name_and_construct
from ..plugin_utils.options import check_booleans, check_required, connections_of, empty_variables_unset, given_options

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
        self._simple: dict[str, SimpleExpression] = {}
        self._key_in_file = False

    def verify_file(self, path: str) -> bool:
        """Whether the name of a file says that it is for this plugin."""
        return bool(super().verify_file(path)) and path.endswith(FILE_NAMES)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory. Raises AnsibleParserError with a message of one line, before it has added anything."""
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        try:
            environments = self._environments(connections_of(self), cache)
        except ApiError as error:
            raise AnsibleParserError(error.sentence) from None
        except ImportError as error:
            raise AnsibleParserError(f"The Python that runs Ansible needs the library requests: {one_line(error)}.") from None
        self._set_up(config)
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
            super().set_options(task_keys=task_keys, var_options=var_options, direct=given)

    def _set_up(self, config: Mapping[str, Any]) -> None:
        """Prepare the evaluation of expressions. ``config``: the contents of the inventory file."""
        self.extra_vars = (self._vars or {}) if self.get_option("use_extra_vars") else {}
        self._key_in_file = bool(config.get("api_key"))
        if self.quick:
            keys = [entry.get("key") for entry in self.get_option("keyed_groups") or [] if isinstance(entry, Mapping)]
            expressions = [*self.get_option("hostnames"), *(self.get_option("compose") or {}).values(), *keys]
            conditions = [*(self.get_option("filters") or []), *(self.get_option("groups") or {}).values()]
            self._simple = simple_expressions(expressions)
            remember_compiled(self.templar, expressions, conditions)

    def _compose(self, template: Any, variables: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the result of an expression. Core's methods for constructed features call this too."""
        simple = self._simple.get(template) if isinstance(template, str) else None
        if simple is not None and not self.extra_vars:
            # Core's _compose sets this too, and core's next step, the template of a parent group, needs it.
            self.templar.available_variables = variables
            value = simple.value(variables)
            if value is not ASK_CORE:
                return value
        return super()._compose(template, variables, *args, **kwargs)

    def _environments(self, connections: Sequence[Connection], may_use_cache: bool) -> list[reading.Environment]:
        """Return all environments, from the cache if possible. Raises ApiError."""
        details = self.get_option("details")
        # Details do not replace this list: an instance does not show who else uses its addresses.
        addresses = self.get_option("connect_with") == "public_ip"
        caching = self.get_option("cache")
        fingerprint = reading.fingerprint(connections, details, addresses)
        key = f"{self.NAME}_{fingerprint[:32]}"
        if caching and may_use_cache:
            cached = self._cached(key, fingerprint, [connection.environment_name for connection in connections])
            if cached is not None:
                return cached
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

    def _cached(self, key: str, fingerprint: str, names: Sequence[str]) -> list[reading.Environment] | None:
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
