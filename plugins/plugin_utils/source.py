# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory reads of the API, and how that is kept in a cache."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from ..module_utils.api.client import Client
from ..module_utils.api.connection import Connection
from ..module_utils.api.deadline import Deadline
from ..module_utils.api.errors import ApiError
from ..module_utils.instance.addresses import users_of
from ..module_utils.instance.view import full_view, list_view
from ..module_utils.jobs import side_by_side
from ..module_utils.retrieve import retrieve_each
from .hostvars import usable_address

# Of what a cache holds. A change of the shape needs another number, so that nothing old is read.
FORMAT = 1


@dataclass
class Environment:
    """What was read of one environment.

    ``instances``: as users see them. ``addresses``: of public IP addresses, one for each instance's id that has one to itself;
    None where they were not asked for.
    """

    name: str
    instances: list[dict[str, Any]]
    addresses: dict[str, str] | None = None


def read(
    connections: Sequence[Connection],
    details: bool,
    addresses: bool,
    most: int,
    retrieved: Callable[[Mapping[str, Any]], bool],
) -> list[Environment]:
    """Reads whole environments side by side, at most so many requests at a time; raises ApiError if any of them fails.

    ``details``: retrieve each instance for which ``retrieved`` holds. ``addresses``: read the public IP addresses too.
    """
    clients = [Client(connection, pool_size=most) for connection in connections]
    deadline = Deadline(None)
    calls = [partial(_named, client, partial(client.fetch_all, "instances", deadline)) for client in clients]
    if addresses:
        calls += [partial(_named, client, partial(client.fetch_all, "publicipaddresses", deadline)) for client in clients]
    lists = side_by_side(calls, most)
    environments = []
    ips = _addresses(lists[len(clients) :]) if addresses else None
    for number, client in enumerate(clients):
        rows = lists[number]
        instances = _detailed(client, rows, deadline, most, retrieved) if details else [list_view(row) for row in rows]
        environments.append(Environment(client.connection.environment_name, instances, ips))
    return environments


def _named(client: Client, call: Callable[[], Any]) -> Any:
    """What a call returns; its failure names the environment."""
    try:
        return call()
    except ApiError as error:
        if client.connection.environment_name not in error.message:
            error.message = f"In {client.label}: {error.message}"
        raise


def _detailed(
    client: Client, rows: Sequence[Mapping[str, Any]], deadline: Deadline, most: int, retrieved: Callable[[Mapping[str, Any]], bool]
) -> list[dict[str, Any]]:
    """The instances of a list, each of those that are wanted with its details."""
    listed = [list_view(row) for row in rows]
    wanted = [number for number, instance in enumerate(listed) if retrieved(instance)]
    call = partial(retrieve_each, client, [rows[number] for number in wanted], deadline, most, full_view)
    seen: dict[int, dict[str, Any] | None] = dict(zip(wanted, _named(client, call)))
    instances = (seen.get(number, instance) for number, instance in enumerate(listed))
    return [instance for instance in instances if instance is not None]


def _addresses(lists: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, str]:
    """Of public IP addresses in lists, the one of each instance's id: the first in order that is the instance's alone.

    Behind an address that several share it is anybody's guess which of them answers.
    """
    users: dict[str, set[str]] = {}
    for row in (row for rows in lists for row in rows):
        address = usable_address(row.get("ipAddress"))
        if address is not None:
            users.setdefault(address, set()).update(users_of(row))
    found: dict[str, list[str]] = {}
    for address, ids in users.items():
        if len(ids) == 1:
            found.setdefault(min(ids), []).append(address)
    return {instance_id: min(addresses, key=_in_order) for instance_id, addresses in found.items() if instance_id}


def _in_order(address: str) -> tuple[bool, int]:
    return (":" in address, int(ipaddress.ip_address(address)))


# -- the cache


def binding(connections: Sequence[Connection], details: bool, addresses: bool) -> str:
    """What an entry in a cache belongs to, as a digest: where it was read, as whom, and how much.

    The key's own digest is taken first, so that it never stands beside anything else.
    """
    facts = []
    for connection in connections:
        where = {name: asdict(connection)[name] for name in ("api_url", "service_code", "environment_name", "organization_id")}
        facts.append({**where, "key": hashlib.sha256(connection.api_key.encode()).hexdigest()})
    return hashlib.sha256(json.dumps([FORMAT, facts, details, addresses], sort_keys=True).encode()).hexdigest()


def packed(environments: Sequence[Environment], bound_to: str) -> dict[str, Any]:
    """What was read as an entry for a cache.

    All of it is a single text: cache plugins and core then neither copy nor interpret what came from the API.
    """
    return {"format": FORMAT, "bound_to": bound_to, "environments": json.dumps([asdict(environment) for environment in environments])}


def unpacked(entry: Any, bound_to: str, names: Sequence[str]) -> list[Environment] | None:
    """What an entry of a cache holds of the environments of these names; None if it is of another account or format, or damaged."""
    if not isinstance(entry, Mapping) or entry.get("format") != FORMAT or entry.get("bound_to") != bound_to:
        return None
    try:
        environments = [Environment(**row) for row in json.loads(str(entry["environments"]))]
        whole = [environment.name for environment in environments] == list(names) and all(map(_is_sound, environments))
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return environments if whole else None


def _is_sound(environment: Environment) -> bool:
    addresses = {} if environment.addresses is None else environment.addresses
    return (
        isinstance(environment.instances, list)
        and all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in environment.instances)
        and isinstance(addresses, dict)
        and all(isinstance(text, str) for pair in addresses.items() for text in pair)
    )
