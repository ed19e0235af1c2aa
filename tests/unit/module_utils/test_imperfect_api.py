# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation with each kind of imperfect API, alone and with a lost response.

Of each cell it is asserted that the run ends in time, in the right state or with one sentence, that a second run gets there or says
why it can't, that a third one has nothing to do, and that there is never a second server.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.instance.steps import Refused
from ansible_collections.coxedge.compute.tests.unit.module_utils.operations_table import (
    CASES,
    IMPERFECT,
    NAME,
    ONCE_ONLY,
    TIMEOUT,
    WAIT,
    run,
    there,
)

pytestmark = pytest.mark.long
FAULTS: dict[str, dict[str, Any]] = {
    "none": {},
    "reset after acting": {"kind": "drop_after"},
}
# These act each time that they run.
NEVER_DONE = ("reboot", "resetPassword")


@pytest.mark.parametrize("kind", IMPERFECT)
@pytest.mark.parametrize("name", CASES)
def test_each_operation(harness, clock, name, kind):
    case, settings = CASES[name], IMPERFECT[kind]
    for fault, details in FAULTS.items():
        cell = (name, kind, fault)
        harness.simulator.app.reset_all()
        harness.settings(report_ssh_key=True, report_iso=True)
        if case.state is not None:
            harness.seed(name=NAME, state=case.state, **case.setup)
        harness.seed(name="bystander")
        harness.settings(**settings)
        clock.sleep(1 + settings.get("lag_seconds", 0))
        if details:
            harness.fault(**details, method=case.method, path=case.path)
        began, error = clock.now, None
        try:
            run(harness, case)
        except (ApiError, Refused) as problem:
            error = problem
        assert clock.now - began <= WAIT + 2 * TIMEOUT, cell
        if error is None:
            assert case.done(harness) and len(there(harness)) == case.servers, (cell, "claims to be done")
        else:
            words = error.sentence if isinstance(error, ApiError) else str(error)
            assert details and words.endswith(".") and "\n" not in words and len(there(harness)) <= 1, (cell, words)
        if name in ONCE_ONLY:
            assert harness.writes().count(f"POST {'instances' if name == 'create' else name}") <= 1, cell
        # Without the fault a second run gets there, and a third one has nothing left to do.
        harness.simulator.app.faults.clear()
        clock.sleep(1 + settings.get("lag_seconds", 0))
        run(harness, case)
        assert case.done(harness) and len(there(harness)) == case.servers, (cell, "second run")
        assert name in NEVER_DONE or run(harness, case).actions == [], (cell, "third run")
        assert [instance["state"] for instance in harness.instances("bystander")] == ["Running"], cell
