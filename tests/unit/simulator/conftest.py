# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the simulator share."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.tests.unit.simulator.documented import Api


@pytest.fixture
def api(simulator, clock):
    return Api(simulator, clock)
