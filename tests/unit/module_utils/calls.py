# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the client share."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError

KEY = "simulator-key"


def failure(call, kind=ApiError):
    """The error that a call raises. Its text is one sentence on one line without the key."""
    with pytest.raises(kind) as caught:
        call()
    text = caught.value.sentence
    assert text.endswith(".") and "\n" not in text and KEY not in text
    return caught.value


def listing(harness, seconds=None, **connection):
    """A call that lists instances. ``seconds``: until the deadline."""
    return lambda: harness.client(**connection).fetch_all("instances", harness.deadline(seconds))


def write(harness, web1, operation="start", **connection):
    """A call that runs an operation of an instance."""
    return lambda: harness.client(**connection).write("POST", "instances", web1, harness.deadline(), None, operation)


class Rewriting:
    """Passes requests to another transport, and changes the JSON of the responses. ``change``: is given a request and its response."""

    def __init__(self, transport, change):
        self.transport, self.change = transport, change

    def exchange(self, request, deadline):
        response = self.transport.exchange(request, deadline)
        document = json.loads(response.content)
        self.change(request, document)
        return replace(response, content=json.dumps(document).encode())
