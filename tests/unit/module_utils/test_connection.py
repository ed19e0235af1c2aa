# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say where the API is and who is asking."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.connection import Connection


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"api_url": "http://portal.example.com/api/v2"}, "api_url must begin with https"),
        ({"api_url": "portal.example.com"}, "api_url"),
        ({"api_url": "ftp://127.0.0.1"}, "api_url"),
        ({"api_url": "https://user:password@host/api"}, "api_url"),
        ({"api_url": "https://host/api?x=1"}, "api_url"),
        ({"api_url": "https://host/api#x"}, "api_url"),
        ({"api_url": "https://host:port/api"}, "api_url"),
        ({"api_key": "two\nlines"}, "api_key"),
        ({"api_key": "schlüssel"}, "api_key"),
        ({"service_code": ".."}, "service_code"),
        ({"environment_name": "."}, "environment_name"),
        ({"api_timeout": 0}, "api_timeout"),
        ({"api_timeout": 86401}, "api_timeout"),
        ({"service_code": "a\tb"}, "service_code"),
        ({"api_url": "http://[::1"}, "api_url"),
        ({"api_url": "https://[foo]/"}, "api_url"),
        ({"api_retries": -1}, "api_retries"),
        ({"ca_path": "/nowhere/bundle.pem"}, "ca_path"),
    ],
)
def test_an_invalid_connection_is_reported(harness, changes, words):
    problem = harness.connection(**changes).problem()
    assert words in problem and problem.endswith(".")
    assert changes.get("api_key", "nothing") not in problem


@pytest.mark.parametrize("url", ["http://localhost:1/x", "http://127.0.0.1/x", "http://127.9.9.9", "http://[::1]:8080/x", "https://host/x"])
def test_plain_http_is_accepted_only_for_loopback(harness, url):
    assert harness.connection(api_url=url).problem() is None


def test_values_at_the_limits_are_valid(harness):
    for changes in ({"api_timeout": 1}, {"api_timeout": 86400}, {"api_retries": 0}, {"environment_name": "_"}):
        assert harness.connection(**changes).problem() is None


def test_the_repr_does_not_show_the_key():
    assert "hidden-key" not in repr(Connection("hidden-key", "s", "e"))
