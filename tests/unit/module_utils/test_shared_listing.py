# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of a fleet that need the list at the same time share one."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.fleet_reader import SharedListing


class Door:
    """A lock that opens when so many threads are waiting for it."""

    def __init__(self, threads):
        self.lock, self.threads, self.waiting = threading.Lock(), threads, []

    def wait_for(self, threads):
        while len(self.waiting) < threads:
            time.sleep(0.001)

    def __enter__(self):
        self.waiting.append(True)
        self.wait_for(self.threads)
        self.lock.acquire()

    def __exit__(self, *_error):
        self.lock.release()


@pytest.fixture
def listing(harness, monkeypatch):
    """Makes a listing that fetches what a function returns. Its lock is a Door for so many threads, which is returned too."""

    def make(threads, fetch):
        door = Door(threads)
        with monkeypatch.context() as patched:
            patched.setattr(threading, "Lock", lambda: door)
            made = SharedListing(SimpleNamespace(fetch_all=lambda *_args: fetch()), harness.deadline())
        return made, door

    return make


def test_threads_that_wait_at_the_same_time_share_one_list(listing):
    fetched = []

    def fetch():
        fetched.append({"id": "x"})
        return fetched

    shared, _door = listing(3, fetch)
    with ThreadPoolExecutor(3) as pool:
        assert [future.result() for future in [pool.submit(shared.instances) for _n in range(3)]] == [[{"id": "x"}]] * 3


def test_a_list_that_is_already_being_read_is_not_shared_with_later_callers(listing):
    fetched, later = [], []

    def fetch():
        if not fetched:
            later.extend(pool.submit(shared.instances) for _n in range(2))
            door.wait_for(3)
        fetched.append(True)
        return len(fetched)

    shared, door = listing(1, fetch)
    with ThreadPoolExecutor(2) as pool:
        assert [shared.instances(), *[future.result() for future in later]] == [1, 2, 2]


def test_a_list_that_fails_leaves_no_old_list_to_waiting_threads(listing):
    def fetch():
        raise ApiError("no list")

    shared, _door = listing(3, fetch)
    with ThreadPoolExecutor(3) as pool:
        assert [str(future.exception()) for future in [pool.submit(shared.instances) for _n in range(3)]] == ["no list"] * 3
