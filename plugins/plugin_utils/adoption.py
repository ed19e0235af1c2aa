# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of variables that the playbook ``adopt`` writes: servers that exist, as members of a fleet."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from ..module_utils.instance.conditions import is_live
from ..module_utils.instance.filters import in_order
from ..module_utils.text import as_boolean, is_same, one_line, quoted
from .hostvars import sanitized
from .membership import Instance, Names, described, is_acceptable
from .purity import HEADER

# Options that are worth sharing: the value that most servers have becomes a default.
SHARED = ("compute_offering", "cpu_count", "memory_in_mb", "network", "template", "ssh_key_name", "affinity_group")
# What a templar reacts to: these anywhere, and the header at the beginning (before ansible-core 2.19).
BRACES = ("{{", "{%", "{#")
# The playbook knows its own files by the first comment.
HEAD = """\
---
# Written by the playbook coxedge.compute.adopt. You can change this file.
# If you run the playbook again, it describes the servers anew and keeps a copy of the old file next to it.
#
# Manage the servers with a task like this:
#   coxedge.compute.instance_fleet:
#     instances: "{{ adopt_instances }}"
#     defaults: "{{ adopt_defaults }}"

# What most servers share. A server's own options override it, and new servers need it.
"""


class _Text(str):
    """Text that is never a template."""


class _Dumper(yaml.SafeDumper):
    """Writes texts as they have to be read."""


def _plain(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Text on one line: other line breaks would need another indentation."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


def _unsafe(dumper: yaml.SafeDumper, text: _Text) -> yaml.ScalarNode:
    return dumper.represent_scalar("!unsafe", str(text), style='"')


_Dumper.add_representer(str, _plain)
_Dumper.add_representer(_Text, _unsafe)


def adopt_text(selected: Sequence[Instance], others: Sequence[Instance], catalog: Mapping[str, Any]) -> str:
    """Return the text of the file.

    ``others``: all live servers, which decide which names are unique. ``catalog``: lists of catalog_info.
    """
    known = {str(item.get("id")).lower(): item for item in [*others, *selected]}
    names = Names(list(known.values()), catalog)
    members = [(_member(item, names, catalog), _comment(item, names)) for item in in_order([dict(item) for item in selected])]
    defaults = _defaults([member for member, _comment in members if member.get("state") != "absent"])
    parts = [HEAD, _dumped({"adopt_defaults": defaults}), "\n"]
    parts.append("adopt_instances:\n" if members else _dumped({"adopt_instances": []}))
    for member, comment in members:
        own = member if member.get("state") == "absent" else {k: v for k, v in member.items() if k not in defaults or defaults[k] != v}
        parts.append(textwrap.indent(f"# {comment}\n{_dumped([own])}", "  "))
    text: str = sanitized("".join(parts))
    return text


def _member(instance: Instance, names: Names, catalog: Mapping[str, Any]) -> dict[str, Any]:
    """A member that a fleet would not change. Only a name that is unique selects."""
    found = described(instance, names)
    name = {"name": found.pop("name")} if "name" in found else {}
    if not is_live(instance):
        # By name, it would destroy another server that gets the name later.
        return {"id": instance["id"], **name, "state": "absent"}
    if not _is_custom(instance, catalog):
        # The offering says them.
        found.pop("cpu_count", None)
        found.pop("memory_in_mb", None)
    return {**(name or {"id": instance["id"]}), **found}


def _is_custom(instance: Instance, catalog: Mapping[str, Any]) -> bool:
    """Whether the size of an instance may be its own, not that of its offering."""
    offerings = catalog.get("compute_offerings", ())
    offering = next((item for item in offerings if is_same(item.get("id"), instance.get("compute_offering_id"))), None)
    return offering is None or bool(as_boolean(offering.get("custom")))


def _comment(instance: Instance, names: Names) -> str:
    """What a reader has to know about a member, on one line."""
    name = instance.get("name")
    if not is_live(instance):
        return f"{quoted(name)} is destroyed, and a fleet leaves it alone."
    if not isinstance(name, str) or name == "":
        return "It has no name, so its id selects it."
    if not is_acceptable(name):
        return f"The module instance does not accept the name {quoted(name)}, so the id selects it."
    if names.holders(instance) > 1:
        return f"{names.holders(instance)} servers have the name {quoted(name)}, so the id selects it."
    return one_line(instance.get("id"))


def _defaults(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The values that more than half of the members have, of options that each of them has."""
    found = {}
    for option in SHARED:
        values = [member[option] for member in members if option in member]
        if len(values) == len(members) > 1:
            value, count = min(Counter(values).items(), key=lambda item: (-item[1], str(item[0])))
            if count * 2 > len(members):
                found[option] = value
    return found


def _dumped(value: Any) -> str:
    """A value as YAML. Types that core adds to texts are left behind."""
    plain = _marked(json.loads(json.dumps(value)))
    text: str = yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=10**6)
    return text


def _marked(value: Any) -> Any:
    """A value whose texts that a templar could act on are marked."""
    if isinstance(value, dict):
        return {name: _marked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    if isinstance(value, str) and (value.startswith(HEADER) or any(mark in value for mark in BRACES)):
        return _Text(value)
    return value
