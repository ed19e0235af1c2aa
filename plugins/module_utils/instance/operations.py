# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of operations: how each is sent, what it leads to, and whether it may be repeated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """One operation of the API on instances, by its API name."""

    name: str
    repeatable: bool
    """Whether it may be sent again after its response was lost. A second stop forces, a second reboot reboots again, a second reset
    makes the first password worthless, and a second create makes a second server."""
    method: str = "POST"
    is_query: bool = True
    """Whether it is sent as ``?operation=NAME``."""
    ends_in: str | None = None
    """The state that it leads to; None: no one state."""
    changes: bool = False
    """Whether it changes attributes. A plan has the changes in the order of this table."""
    leaves_alive: bool = False
    """Whether it has failed if the instance is in state Error, destroyed or gone afterwards."""
    destroys: bool = False
    is_about_iso: bool = False


OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("create", repeatable=False, is_query=False, ends_in="Running", leaves_alive=True),
        Operation("update", repeatable=True, method="PUT", is_query=False, changes=True, leaves_alive=True),
        Operation("changeComputeOffering", repeatable=True, changes=True, leaves_alive=True),
        Operation("changeNetwork", repeatable=True, changes=True, leaves_alive=True),
        Operation("associateSSHKey", repeatable=True, changes=True, leaves_alive=True),
        Operation("start", repeatable=True, ends_in="Running", leaves_alive=True),
        Operation("stop", repeatable=False, ends_in="Stopped", leaves_alive=True),
        Operation("reboot", repeatable=False, ends_in="Running", leaves_alive=True),
        Operation("recover", repeatable=True, ends_in="Stopped"),
        Operation("delete", repeatable=True, method="DELETE", is_query=False, ends_in="Destroyed", destroys=True),
        Operation("purge", repeatable=True, destroys=True),
        Operation("resetPassword", repeatable=False),
        Operation("attachIso", repeatable=True, is_about_iso=True),
        Operation("detachIso", repeatable=True, is_about_iso=True),
    )
}

CHANGES = tuple(name for name, operation in OPERATIONS.items() if operation.changes)
