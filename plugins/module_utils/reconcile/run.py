# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all parts of one run share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..api.client import Client
from ..api.deadline import Deadline
from .catalog import Catalog
from .outcome import Outcome


@dataclass
class Run:
    """One instance's run. ``options``: those of the module ``instance``.

    The outcome is filled while the run lasts. Only Reconciler replaces the options, to go on with an instance that it created.
    """

    client: Client
    catalog: Catalog
    deadline: Deadline
    options: Mapping[str, Any]
    wait: bool = True
    check_mode: bool = False
    outcome: Outcome = field(default_factory=Outcome)
    wants_state: Callable[[], bool] = field(default=lambda: False)
    """Whether someone wants to know the state of the instance although the run needs only its task."""
