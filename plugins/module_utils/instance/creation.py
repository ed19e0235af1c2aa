# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for an instance that does not exist yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..text import enumerated
from .feasibility import creation_problems
from .fields import BY_OPTION, FIELDS
from .names import chosen_hostname, similar_names_problem
from .options import digest
from .sizes import Size, size_of
from .steps import Plan, Refused, Resolved, Step
from .view import SHAPE, network_attributes


def creation_problem(options: Mapping[str, Any]) -> str | None:
    """Why an instance can't be created with these options, as one sentence; None if it can."""
    if options.get("id"):
        return f"There is no instance with the id {options['id']}, and an id can't be chosen: check the id, or select by name."
    missing = [row.option for row in FIELDS if row.required and options.get(row.option) is None]
    if not missing:
        return None
    verb = "is" if len(missing) == 1 else "are"
    return (
        f"There is no instance with the name {options.get('name')!r} yet, and {enumerated(missing)} {verb} required to create it:"
        " give them, or check the name."
    )


def creation(options: Mapping[str, Any], resolved: Resolved, stops: bool) -> Plan:
    """The plan for a create; ``stops``: and for a stop after it. Raises Refused."""
    problems = creation_problems(options, resolved)
    if resolved.similar and not options["allow_similar_name"]:
        problems.insert(0, similar_names_problem(options["name"], resolved.similar))
    if problems:
        raise Refused(" ".join(problems))
    size = size_of(resolved.records["compute_offering"], options, {})
    body: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for row in FIELDS:
        value = options.get(row.option)
        if value in (None, []) or not row.created_with or row.option in ("cpu_count", "memory_in_mb"):
            continue
        record = resolved.records.get(row.option)
        # SSH keys are sent by name, even if they have ids.
        body[row.api] = value if record is None or row.lookup == "ssh_keys" else record.get("id")
        # The attribute for an affinity group shows ids alone.
        if row.attribute not in SHAPE or (row.lookup and not row.name_attribute):
            extra[row.option] = digest(value) if row.option == "user_data" else value
    body.update(size.body)

    created = dict(_expected(options, resolved, size), state="Running")
    effect: dict[str, Any] = {}
    for row in FIELDS:
        if row.attribute is not None and row.api in body:
            effect[row.attribute] = created.get(row.attribute, body[row.api])
            effect.update({name: created.get(name) for name in (row.name_attribute,) if name})
    steps = [Step("create", body, effect)]
    after = dict(created)
    for step in steps_after_create({**created, "hostname": chosen_hostname(options["name"])}, options, stops):
        steps.append(step)
        after.update(step.effect)
    return Plan(tuple(steps), None, after, extra)


def steps_after_create(created: Mapping[str, Any], options: Mapping[str, Any], stops: bool) -> list[Step]:
    """What a new instance still needs: a create takes no host name, and leaves the instance running."""
    steps = []
    hostname = options.get("hostname")
    if hostname is not None and not BY_OPTION["hostname"].equals(created.get("hostname"), hostname):
        steps.append(Step("update", {"hostname": hostname}, {"hostname": hostname}))
    if stops:
        steps.append(Step("stop", None, {"state": "Stopped"}))
    return steps


def _expected(options: Mapping[str, Any], resolved: Resolved, size: Size) -> dict[str, Any]:
    """A new instance as far as it can be predicted; None for what the server decides."""
    expected = {name: list(missing) if isinstance(missing, list) else missing for name, missing in SHAPE.items()}
    network, offering, template = (resolved.records[name] for name in ("network", "compute_offering", "template"))
    expected.update({row.attribute: options.get(row.option) for row in FIELDS if row.attribute and not row.lookup})
    expected.update(
        compute_offering_id=offering.get("id"),
        compute_offering_name=offering.get("name"),
        cpu_count=size.cpu_count,
        memory_in_mb=size.memory_in_mb,
        image_id=template.get("id"),
        image_name=template.get("name"),
        **network_attributes(network),
    )
    if "affinity_group" in resolved.records:
        expected["affinity_group_ids"] = [resolved.records["affinity_group"].get("id")]
    return expected
