# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup silent_hosts waits for many hosts at the same time."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from ansible.plugins.loader import lookup_loader
from ansible_collections.coxedge.compute.plugins.plugin_utils import answering


@pytest.fixture
def port():
    """A port of this machine that accepts connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def silent(*addresses, **options):
    hosts = [{"name": f"web{number}", "address": address} for number, address in enumerate(addresses)]
    return lookup_loader.get("coxedge.compute.silent_hosts").run(hosts, {}, **options)


def test_hosts_that_answer_are_left_out(port):
    assert silent("127.0.0.1", "localhost", port=str(port), timeout="5") == []
    assert silent(port=port, timeout=5) == []


def test_the_limit_applies_to_all_hosts_together(port):
    began = time.monotonic()
    # Nothing has these addresses, and the last two texts are no names.
    silence = [*(f"198.51.100.{number}" for number in range(1, 40)), "x" * 300, "a..b"]
    assert silent("127.0.0.1", *silence, port=port, timeout=1) == [f"web{number}" for number in range(1, 42)]
    assert time.monotonic() - began < 3


def test_a_name_that_takes_long_to_look_up_does_not_extend_the_limit(monkeypatch, port):
    ended = threading.Event()

    def lookup(_address, timeout):
        ended.wait(30)
        raise OSError(f"no such name, after more than {timeout} s")

    monkeypatch.setattr(answering.socket, "create_connection", lookup)
    began = time.monotonic()
    assert silent("slow.example.com", port=port, timeout=1) == ["web0"]
    assert time.monotonic() - began < 3
    ended.set()


def test_a_host_that_answers_later_is_waited_for(monkeypatch):
    monkeypatch.setattr(answering, "PAUSE", 0.05)
    with socket.socket() as late:
        late.bind(("127.0.0.1", 0))
        threading.Timer(0.5, late.listen).start()
        assert silent("127.0.0.1", port=late.getsockname()[1], timeout=20) == []


def test_a_limit_of_nothing_leaves_time_for_one_attempt(port):
    assert silent("127.0.0.1", port=port, timeout=0) == []
