# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of one instance: their argument spec, and what can be wrong with them before any request."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from ..text import as_integer, is_uuid, one_line, quoted
from .fields import FIELDS, STATES
from .names import hostname_problem, name_problem


def instance_options() -> dict[str, dict[str, Any]]:
    """The argument spec of one instance: the rows of FIELDS, and the options that are not attributes."""
    spec: dict[str, dict[str, Any]] = {"id": {"type": "str"}}
    for row in FIELDS:
        spec[row.option] = {"type": row.type}
        if row.elements:
            spec[row.option]["elements"] = row.elements
    # It may hold passwords, so it must not get into logs. ApiModule then keeps core from censoring every word of it in results.
    spec["user_data"]["no_log"] = True
    # Neither the name of a key nor a public key is a secret, whatever core guesses from the word "key".
    spec["public_key"]["no_log"] = False
    spec["ssh_key_name"]["no_log"] = False
    spec.update(
        state={"type": "str", "choices": list(STATES), "default": "present"},
        update_ssh_key={"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False},
        allow_reboot={"type": "bool", "default": False},
        allow_network_change={"type": "bool", "default": False},
        allow_similar_name={"type": "bool", "default": False},
        force_stop={"type": "bool", "default": False},
        purge={"type": "bool", "default": False},
        delete_snapshots={"type": "bool", "default": False},
        public_ips_to_release={"type": "list", "elements": "str"},
        volumes_to_delete={"type": "list", "elements": "str"},
        return_password={"type": "bool", "default": False, "no_log": False},
    )
    return spec


def member_options() -> dict[str, dict[str, Any]]:
    """The argument spec of a fleet's member: without defaults, because members are merged over the common options first."""
    return {name: {key: value for key, value in spec.items() if key != "default"} for name, spec in instance_options().items()}


def merged_options(member: Mapping[str, Any], common: Mapping[str, Any] | None) -> dict[str, Any]:
    """All options of a member: its own, else the common ones, else the defaults of the module ``instance``."""
    options = {}
    for name, spec in instance_options().items():
        given = [value for value in (member.get(name), (common or {}).get(name)) if value is not None]
        options[name] = given[0] if given else spec.get("default")
    return options


def unknown_option(name: object, known: Iterable[str]) -> str:
    """What is said about an option that ``instance`` does not have, as a clause with the nearest of those that are known."""
    # Each task would import it.
    import difflib

    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f", did you mean {near[0]}" if near else ""
    return f"there is no option {one_line(name)}{hint}; see the options of coxedge.compute.instance."


def called(options: Mapping[str, Any], known: Mapping[str, Any] | None = None) -> str:
    """What people call an instance: the name that it has, if it is known, else the wanted one, else its id. On one line."""
    return one_line((known or {}).get("name") or options.get("name") or options.get("id") or "")


def member_label(number: int, options: Mapping[str, Any], option: str = "instances") -> str:
    """What errors about a member begin with. ``option``, ``number``: where the task names it."""
    name = called(options)
    return f"{option}[{number}] ({name})" if name else f"{option}[{number}]"


def attribute_problem(options: Mapping[str, Any]) -> str | None:
    """What is wrong with the value of an attribute by itself, as a sentence; None if nothing is."""
    hostname, address = options.get("hostname"), options.get("ip_address")
    if hostname is not None and hostname_problem(hostname):
        return hostname_problem(hostname)
    if address is not None and not _is_ipv4(address):
        return f"ip_address {quoted(address)} is not an IPv4 address: give one such as 10.0.0.5."
    for port in options.get("ports_to_forward") or []:
        if not 1 <= (as_integer(port) or 0) <= 65535:
            return f"ports_to_forward contains {quoted(port)}: give ports from 1 to 65535."
    for row in FIELDS:
        if row.minimum is not None and options.get(row.option) is not None and options[row.option] < row.minimum:
            return f"{row.option} must be at least {row.minimum}."
    return None


def _is_ipv4(text: str) -> bool:
    try:
        return bool(ipaddress.IPv4Address(text))
    except ValueError:
        return False


def option_problem(options: Mapping[str, Any]) -> str | None:
    """What is wrong with the options of one instance, as a sentence that names them; None if nothing is."""

    def given(name: str) -> bool:
        return options.get(name) is not None

    if not given("id") and not given("name"):
        return "Give id or name: one of them is required to select the instance."
    if given("id") and not is_uuid(options["id"]):
        return f"id must be a UUID, which {options['id']!r} is not: give a display name as name."
    if given("name") and name_problem(options["name"]):
        return name_problem(options["name"])
    if options.get("state") in ("absent", "recovered"):
        # These states ignore the attributes.
        return _destroy_problem(options)
    if given("public_key") and given("ssh_key_name"):
        return "public_key and ssh_key_name exclude each other: give the name of a registered key, or a key."
    for name in ("additional_disk_size_in_gb", "additional_disk_iops"):
        if given(name) and not given("disk_offering"):
            return f"{name} requires disk_offering, which says what kind of disk to add."
    return attribute_problem(options) or _destroy_problem(options)


def _destroy_problem(options: Mapping[str, Any]) -> str | None:
    for name in ("public_ips_to_release", "volumes_to_delete"):
        if "all" in (options.get(name) or []) and len(options[name]) > 1:
            return f"{name} takes either the single word all, or a list without it."
    return None


def digest(text: str) -> str:
    """What is shown in place of user data: its length and SHA-256."""
    data = text.encode("utf-8", "surrogatepass")
    return f"{len(text)} characters, sha256 {hashlib.sha256(data).hexdigest()}"
