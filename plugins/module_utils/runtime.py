# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module is given by whatever runs it: core in a process of its own, or an action plugin in a worker of ansible-playbook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .interruption import Interruption


@dataclass
class Runtime:
    """The default is that of a process of the module's own."""

    interruption: Interruption = field(default_factory=Interruption)
    report: Callable[[str], None] | None = None
    """Shows a line of progress; None if nothing can."""
    opened: list[Callable[[], None]] = field(default_factory=list)
    """Functions that close what the run opened."""

    def close(self) -> None:
        """Closes what the run opened. A process of its own closes it by ending."""
        for close in self.opened:
            close()
