# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state table: what each wanted state means for an instance in each condition."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..text import one_line

# Conditions of an instance: the columns of the table.
NONE, RUNNING, STOPPED, TRANSITION, ERROR, DESTROYED = "none", "running", "stopped", "in transition", "error", "destroyed"
# States that count as another one.
COUNTS_AS = {"": NONE, "expunging": NONE, "shutdowned": STOPPED}

# The states that the documentation of the API and of its platform, or a client of it, names.
KNOWN_STATES = (
    *("Running", "Stopped", "Shutdowned", "Error", "Destroyed", "Expunging"),
    *("Starting", "Stopping", "Rebooting", "Migrating", "Creating", "Unknown"),
)

# What a cell says to do, in order. Besides operations of the API:
# converge: change what differs; settle: wait, then look again; warn: do nothing, with a warning;
# fail: it can't be done; refuse: not with this instance, but the message names the way forward.
TABLE: dict[str, dict[str, tuple[str, ...]]] = {
    "present": {
        NONE: ("create",),
        RUNNING: ("converge",),
        STOPPED: ("converge",),
        TRANSITION: ("settle",),
        ERROR: ("warn",),
        DESTROYED: ("refuse",),
    },
    "started": {
        NONE: ("create",),
        RUNNING: ("converge",),
        STOPPED: ("converge", "start"),
        TRANSITION: ("settle",),
        ERROR: ("fail",),
        DESTROYED: ("refuse",),
    },
    "stopped": {
        NONE: ("create", "stop"),
        RUNNING: ("stop", "converge"),
        STOPPED: ("converge",),
        TRANSITION: ("settle",),
        ERROR: ("fail",),
        DESTROYED: ("refuse",),
    },
    "restarted": {
        NONE: ("create",),
        RUNNING: ("converge", "reboot"),
        STOPPED: ("converge", "reboot"),
        TRANSITION: ("settle",),
        ERROR: ("fail",),
        DESTROYED: ("refuse",),
    },
    "recovered": {NONE: ("fail",), RUNNING: (), STOPPED: (), TRANSITION: (), ERROR: (), DESTROYED: ("recover",)},
    "absent": {
        NONE: (),
        RUNNING: ("delete",),
        STOPPED: ("delete",),
        TRANSITION: ("settle",),
        ERROR: ("delete",),
        DESTROYED: (),
    },
}


def state_of(instance: Mapping[str, Any] | None) -> str:
    """The state as the API spells it; empty if there is no instance, ``Unknown`` if the API reports none."""
    if instance is None:
        return ""
    state = instance.get("state")
    return state if isinstance(state, str) and state else "Unknown"


def condition(instance: Mapping[str, Any] | None) -> str:
    """The column of the table for an instance. ``Expunging`` counts as none, ``Shutdowned`` as stopped, and any state that is not known
    as a transition."""
    state = state_of(instance).lower()
    state = COUNTS_AS.get(state, state)
    return state if state in (NONE, RUNNING, STOPPED, ERROR, DESTROYED) else TRANSITION


def is_in_state(instance: Mapping[str, Any], states: Collection[str]) -> bool:
    """Whether an instance is in one of these states, given in lower case. ``stopped`` stands for each state that counts as Stopped."""
    return state_of(instance).lower() in states or (STOPPED in states and condition(instance) == STOPPED)


def is_live(instance: Mapping[str, Any]) -> bool:
    """Whether an instance can be selected by name."""
    return condition(instance) not in (NONE, DESTROYED)


def cell(instance: Mapping[str, Any] | None, options: Mapping[str, Any]) -> tuple[str, ...]:
    """What the table says, and what two options say instead of it."""
    state, column = options["state"], condition(instance)
    if state == "stopped" and options["force_stop"] and state_of(instance).lower() == "stopping":
        return ("stop", "converge")
    if state == "absent" and options["purge"] and column == DESTROYED:
        return ("purge",)
    return TABLE[state][column]


def must_settle(instance: Mapping[str, Any] | None, options: Mapping[str, Any]) -> bool:
    """Whether a transition has to end before a plan can be made."""
    return cell(instance, options) == ("settle",)


def name_and_id(instance: Mapping[str, Any]) -> str:
    """An instance within a sentence."""
    return f"{one_line(instance.get('name'))} ({one_line(instance.get('id'))})"


def described(instance: Mapping[str, Any] | None) -> str:
    """An instance at the beginning of a sentence."""
    return f"Instance {name_and_id(instance)}" if instance else "The instance"
