# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the results of a play to a file.

ansible.builtin.copy can do that too, but it runs two modules, which takes more time than most of the tested tasks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Writes ``results``, which is JSON, to ``path``. Does so in check mode too."""

    def run(self, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        results, path = self._task.args["results"], Path(self._task.args["path"])
        # Until ansible-core 2.18, text that looks like a list arrives as a list.
        path.write_text(results if isinstance(results, str) else json.dumps(results))
        path.chmod(0o600)
        return {"changed": False}
