# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory reads from the API, and the cache entry that it is kept in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from ..module_utils.api.client import Client
from ..module_utils.api.connection import Connection
from ..module_utils.api.deadline import Deadline
from ..module_utils.api.errors import ApiError
from ..module_utils.instance.view import full_view, list_view
from ..module_utils.jobs import side_by_side
from ..module_utils.retrieve import retrieve_each
from .connecting import unshared_addresses

# The state of an environment that is in use.
IN_USE = "PROVISIONED"
# The version of cache entries. Increase it when their contents change, so that old entries are not used.
CACHE_FORMAT = 2


@dataclass
class Environment:
    """What was read from one environment.

    ``instances``: as users see them. ``addresses``: instance id to its public IP address, for instances that share it with no
    other one; None if addresses were not read.
    """

    name: str
    instances: list[dict[str, Any]]
    addresses: dict[str, str] | None = None


def read(
    connections: Sequence[Connection],
    details: bool,
    addresses: bool,
    max_concurrency: int,
    wants_details: Callable[[Mapping[str, Any]], bool],
) -> list[Environment]:
    """Read environments in parallel. Raises ApiError if any of them fails.

    ``details``: whether to retrieve each instance for which ``wants_details`` is true. ``addresses``: whether to read the public IP
    addresses too. ``max_concurrency``: how many requests may run at the same time.
    """
    clients = [Client(connection, pool_size=max_concurrency) for connection in connections]
    deadline = Deadline(None)
    calls = [partial(_with_label, client, partial(client.fetch_all, "instances", deadline)) for client in clients]
    if addresses:
        calls += [partial(_with_label, client, partial(client.fetch_all, "publicipaddresses", deadline)) for client in clients]
    lists = side_by_side(calls, max_concurrency)
    public = [(entry.get("ipAddress"), entry) for entries in lists[len(clients) :] for entry in entries]
    by_instance = unshared_addresses(public) if addresses else None
    environments = []
    for client, resources in zip(clients, lists):
        if details:
            instances = _with_details(client, resources, deadline, max_concurrency, wants_details)
        else:
            instances = [list_view(resource) for resource in resources]
        environments.append(Environment(client.connection.environment_name, instances, by_instance))
    return environments


def every_environment(connection: Connection) -> list[Connection]:
    """Return a connection for each environment of the service that the key can see and that is in use. Raises ApiError."""
    client = Client(connection)
    visible = client.visible_environments(Deadline(None))
    unknown = [place.name for place in visible if place.service_code is None]
    if unknown:
        raise ApiError(
            f"The API does not tell which service the environment {client.quoted(unknown[0])} belongs to: in environment_names, give the"
            " names of the environments in place of '*'."
        )
    own = [place for place in visible if place.service_code == connection.service_code]
    names = [place.name for place in own if (place.state or IN_USE).upper() == IN_USE]
    if not names:
        seen = f"no environment of service {connection.service_code} that this api_key can see"
        if own:
            states = ", ".join(sorted({f"{client.for_display(place.name)} is {client.for_display(str(place.state))}" for place in own}))
            raise ApiError(f"environment_names is '*', but {seen} is {IN_USE}: {states}.")
        codes = ", ".join(sorted({client.for_display(str(place.service_code)) for place in visible})) or "none"
        raise ApiError(f"environment_names is '*', but there is {seen}: check service_code; this api_key can see {codes}.")
    connections = [replace(connection, environment_name=name) for name in dict.fromkeys(names)]
    for problem in filter(None, (found.problem() for found in connections)):
        raise ApiError(f"The API shows an environment that can't be read: {problem}")
    return connections


def _with_label(client: Client, call: Callable[[], Any]) -> Any:
    """Return what a call returns. If it fails, its error names the environment."""
    try:
        return call()
    except ApiError as error:
        if client.connection.environment_name not in error.message:
            error.message = f"In {client.label}: {error.message}"
        raise


def _with_details(
    client: Client,
    resources: Sequence[Mapping[str, Any]],
    deadline: Deadline,
    max_concurrency: int,
    wants_details: Callable[[Mapping[str, Any]], bool],
) -> list[dict[str, Any]]:
    """Return the listed instances, with details where they are wanted and without those that have gone meanwhile."""
    listed = [list_view(resource) for resource in resources]
    wanted = [number for number, instance in enumerate(listed) if wants_details(instance)]
    call = partial(retrieve_each, client, [resources[number] for number in wanted], deadline, max_concurrency, full_view)
    detailed: dict[int, dict[str, Any] | None] = dict(zip(wanted, _with_label(client, call)))
    instances = (detailed.get(number, instance) for number, instance in enumerate(listed))
    return [instance for instance in instances if instance is not None]


# -- the cache


def fingerprint(connections: Sequence[Connection], details: bool, addresses: bool) -> str:
    """Return a digest of what a cache entry depends on: where it was read, with which key, and how much of it.

    The key goes into it as a digest of its own, so that the key never stands in a text with other values.
    """
    sources = []
    for connection in connections:
        where = {name: asdict(connection)[name] for name in ("api_url", "service_code", "environment_name", "organization_id")}
        sources.append({**where, "key": hashlib.sha256(connection.api_key.encode()).hexdigest()})
    return hashlib.sha256(json.dumps([CACHE_FORMAT, sources, details, addresses], sort_keys=True).encode()).hexdigest()


def to_cache_entry(environments: Sequence[Environment], bound_to: str) -> dict[str, Any]:
    """Return environments as an entry for a cache. ``bound_to``: their fingerprint.

    They are stored as one string, so that cache plugins and core neither copy nor interpret data from the API.
    """
    return {"format": CACHE_FORMAT, "bound_to": bound_to, "environments": json.dumps([asdict(environment) for environment in environments])}


def from_cache_entry(entry: Any, bound_to: str, names: Sequence[str] | None) -> list[Environment] | None:
    """Return the environments of a cache entry, or None if it has another fingerprint or format, other names, or is damaged.

    ``names``: None if any may be in it.
    """
    if not isinstance(entry, Mapping) or entry.get("format") != CACHE_FORMAT or entry.get("bound_to") != bound_to:
        return None
    try:
        environments = [Environment(**fields) for fields in json.loads(str(entry["environments"]))]
        is_complete = all(map(_is_valid, environments)) and (
            bool(environments) if names is None else [environment.name for environment in environments] == list(names)
        )
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return environments if is_complete else None


def _is_valid(environment: Environment) -> bool:
    addresses = {} if environment.addresses is None else environment.addresses
    return (
        isinstance(environment.name, str)
        and isinstance(environment.instances, list)
        and all(isinstance(instance, dict) and isinstance(instance.get("id"), str) for instance in environment.instances)
        and isinstance(addresses, dict)
        and all(isinstance(text, str) for pair in addresses.items() for text in pair)
    )
