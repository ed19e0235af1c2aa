# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as one line for people: ``web2: changeComputeOffering (2vCPU.4GB -> 4vCPU.8GB); reboots the server``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..text import enumerated, one_line
from .compare import changed_values
from .conditions import RUNNING, condition
from .fields import BY_OPTION, FIELDS
from .steps import Plan, Step, reboots

REBOOTS = "reboots the server"
INTERRUPTS = "interrupts the server"
DROPS_RULES = "drops its port forwarding and load balancing rules"
FINAL = "can't be undone"
RECOVERABLE = "can be recovered"
# What takes a running server away from its users.
INTERRUPTIONS = (REBOOTS, INTERRUPTS)

# What a delete removes besides the instance and can't be recovered: the field of its body, what to call one and several.
REMOVED = (("publicIpIdsToRelease", "public IP", "public IPs"), ("volumeIdsToDelete", "volume", "volumes"))
# What a line shows first of a create; these go without the option's name.
CREATED_WITH = ("template", "compute_offering", "network")
SELF_EXPLAINING = ("compute_offering", "network", "ssh_key_name")


def plan_line(plan: Plan, name: object) -> str:
    """What a plan does, in order, and its risks. ``name``: of the instance."""
    steps = ", ".join(_step_text(step, plan) for step in plan.steps) or "nothing to do"
    return "; ".join([f"{one_line(name)}: {steps}", *risks_of(plan)])


def risks_of(plan: Plan) -> list[str]:
    """What a reviewer has to know before the plan is executed; for most plans nothing."""
    runs = condition(plan.before) == RUNNING
    actions = plan.actions
    risks = []
    if runs and ("stop" in actions or "reboot" in actions):
        risks.append(INTERRUPTS)
    elif runs and any(map(reboots, plan.steps)):
        risks.append(REBOOTS)
    if "changeNetwork" in actions:
        risks.append(DROPS_RULES)
    destroying = [step for step in plan.steps if step.operation.destroys]
    if destroying:
        risks.append(FINAL if any(map(_is_final, destroying)) else RECOVERABLE)
    return risks


def _is_final(step: Step) -> bool:
    body = step.body or {}
    return step.leaves_nothing or bool(body.get("deleteSnapshots") or any(body.get(field) for field, _one, _many in REMOVED))


def _step_text(step: Step, plan: Plan) -> str:
    texts: Mapping[str, Callable[[Step, Plan], list[str]]] = {"create": _created_with, "delete": _deleted_with, "stop": _stopped_with}
    details = texts.get(step.action, _changes)(step, plan)
    return f"{step.action} ({', '.join(details)})" if details else step.action


def _changes(step: Step, plan: Plan) -> list[str]:
    """What a change changes. The size of an offering that is not custom goes without saying: its name says it."""
    details = []
    for row, old, new in changed_values(step, plan.before or {}):
        if row.api not in (step.body or {}):
            continue
        label = "" if row.option in SELF_EXPLAINING else f"{row.option} "
        details.append(f"{label}{one_line(new)}" if old is None else f"{label}{one_line(old)} -> {one_line(new)}")
    return details


def _created_with(step: Step, plan: Plan) -> list[str]:
    after = plan.after or {}
    details = []
    for option in CREATED_WITH:
        row = BY_OPTION[option]
        shown = after.get(row.name_attribute or "") or after.get(row.attribute or "")
        details.append(one_line(shown) if option == "compute_offering" else f"{option} {one_line(shown)}")
    for row in FIELDS:
        if row.option in ("name", *CREATED_WITH) or row.api not in (step.body or {}):
            continue
        value = plan.extra.get(row.option, after.get(row.attribute or ""))
        details.append(f"{row.option} {_given(value)}" if row.option not in ("public_key", "user_data") else row.option)
    return details


def _given(value: Any) -> str:
    return enumerated([one_line(item) for item in value]) if isinstance(value, list) and value else one_line(value)


def _deleted_with(step: Step, _plan: Plan) -> list[str]:
    body = step.body or {}
    counts = [(len(body.get(field) or ()), one, many) for field, one, many in REMOVED]
    removed = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    if body.get("deleteSnapshots"):
        removed.append("its snapshots")
    details = ["purged"] if step.leaves_nothing else []
    return [*details, *([f"with {enumerated(removed)}"] if removed else [])]


def _stopped_with(step: Step, _plan: Plan) -> list[str]:
    return ["forced"] if (step.body or {}).get("forceStop") else []
