# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes ansible-playbook one of a core without a private name that direct execution uses. Modules of their own don't notice."""

from __future__ import annotations

from ansible.module_utils.common import warnings
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: other_core
type: aggregate
short_description: Takes a private name away
description: Takes a private name away.
"""


class CallbackModule(CallbackBase):
    """See above."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "other_core"

    def v2_playbook_on_start(self, _playbook: object) -> None:
        """Before any task."""
        del warnings._global_warnings
