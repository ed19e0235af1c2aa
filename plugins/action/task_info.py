# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of the same name inside ansible-playbook's worker, where that is possible."""

from __future__ import annotations

from ..modules.task_info import main
from ..plugin_utils.direct import DirectAction


class ActionModule(DirectAction):
    """See DirectAction."""

    main = staticmethod(main)
