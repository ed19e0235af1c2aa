# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests for AWX share."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.tests.functional.awx.controller import Awx


@pytest.fixture
def awx(runner):
    """See Awx."""
    return Awx(runner)
