# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures that tests of the client share."""

from __future__ import annotations

import pytest


@pytest.fixture
def web1(harness):
    """The id of a stopped instance."""
    return harness.seed(name="web1", state="Stopped")


@pytest.fixture
def sent(monkeypatch):
    """The requests that are sent, each with the settings for certificates and proxies that the adapter of requests gets."""
    from requests.adapters import HTTPAdapter

    real, seen = HTTPAdapter.send, []

    def send(adapter, request, **settings):
        seen.append((request, settings))
        return real(adapter, request, **settings)

    monkeypatch.setattr(HTTPAdapter, "send", send)
    return seen


@pytest.fixture
def broken(monkeypatch):
    """Makes the adapter of requests raise an exception instead of sending anything."""
    from requests.adapters import HTTPAdapter

    def breaks(error):
        def send(*_args, **_kwargs):
            raise error

        monkeypatch.setattr(HTTPAdapter, "send", send)

    return breaks
