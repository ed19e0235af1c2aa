# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many random cases tests take.

.ci/run sets CI. hypothesis then takes the same cases each time, so that a gate does not depend on luck, and more of them would find
nothing that fewer don't. Whoever runs the tests without it gets new cases, and all of them.
"""

from __future__ import annotations

import os

SHARE_IN_CI = 4


def examples(count: int) -> int:
    """The number of cases, in CI a quarter of it."""
    return count // SHARE_IN_CI if os.environ.get("CI") else count
