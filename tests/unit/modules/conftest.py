# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures that tests of modules share."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils import basic
from ansible_collections.coxedge.compute.plugins.module_utils.interruption import Interruption
from ansible_collections.coxedge.compute.tests.unit.modules.given import CONNECTION


@pytest.fixture
def give(monkeypatch):
    """Gives options to the module that is made next."""

    def options_of_a_task(options):
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": {**CONNECTION, **options}}).encode())
        if hasattr(basic, "_ANSIBLE_PROFILE"):
            monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy")
        monkeypatch.setattr(Interruption, "watch", lambda _self: None)

    return options_of_a_task


@pytest.fixture
def failing(give, capsys):
    """The result of a module that fails before any request."""

    def run(module, **options):
        give(options)
        with pytest.raises(SystemExit):
            module.main()
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def failure_of(failing):
    """The message of such a module."""
    return lambda module, **options: failing(module, **options)["msg"]
