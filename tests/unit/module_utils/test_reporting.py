# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines that a long run shows."""

from __future__ import annotations

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.jobs import drive
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.catalog import Catalog
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.reconciler import Reconciler
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.run import Run
from ansible_collections.coxedge.compute.plugins.module_utils.reporting import Reporter, short_reason


@pytest.fixture
def lines():
    return []


@pytest.fixture
def reporter(clock, lines):
    return Reporter(lines.append, clock)


def test_a_short_run_says_nothing(reporter, clock, lines):
    reporter.begin_fleet(2)
    reporter.member_ended("web1 is Running")
    clock.sleep(2.9)
    reporter.member_ended("web2 failed")
    assert lines == []


def test_a_longer_run_also_says_what_ended_early(reporter, clock, lines):
    reporter.begin_fleet(4)
    clock.sleep(1)
    reporter.member_ended("web1 is Running")
    reporter.member_ended(None)
    clock.sleep(2.5)
    reporter.tick()
    assert lines == ["web1 is Running (1 of 4, 1 s)"]
    clock.sleep(38)
    reporter.member_ended("web3 failed")
    reporter.member_ended(None)
    assert lines == ["web1 is Running (1 of 4, 1 s)", "web3 failed (3 of 4, 41 s)"]


def test_a_single_instance_is_reported_every_fifteen_seconds(reporter, clock, lines):
    states = iter(["web1 is Stopping", None, "web1 is Starting"])
    reporter.watch(lambda: next(states))
    for _quarter in range(4 * 50):
        clock.sleep(0.25)
        reporter.tick()
    assert lines == ["web1 is Stopping, 15 s", "web1 is Starting, 45 s"]


def test_requests_that_fail_for_long_are_reported_once_until_one_succeeds(reporter, clock, lines):
    message = "Could not list instances: no connection to 127.0.0.1 (connection refused)"
    for second in range(20):
        reporter.failed(message, 570.0 - second)
        clock.sleep(1)
    assert lines == ["the API does not answer (connection refused), trying again for up to 9 min"]
    reporter.answered()
    reporter.failed(message, None)
    clock.sleep(6)
    reporter.failed("Could not list instances: HTTP 503", 42.0)
    assert lines[1:] == ["the API does not answer (HTTP 503), trying again for up to 42 s"]


def test_short_reasons():
    assert short_reason("Could not read x: h did not respond within 5 seconds") == "h did not respond within 5 seconds"


def test_without_anyone_to_show_it_nothing_happens(clock):
    reporter = Reporter(None, clock)
    reporter.watch(lambda: 1 / 0)
    clock.sleep(60)
    reporter.tick()
    reporter.failed("x", 1.0)
    clock.sleep(60)
    reporter.failed("x", 1.0)
    assert not reporter.wants_state()


@pytest.mark.parametrize("state", ["Stopped", None])
def test_a_run_shows_the_state_and_reads_it_only_for_that(harness, clock, lines, state):
    harness.settings(task_seconds=40)
    if state:
        harness.seed(name="web1", state=state)

    def ask(reporter):
        client, deadline = harness.client(), harness.deadline()
        options = harness.options(**({"name": "web1", "state": "started"} if state else harness.creation(state="started")))
        run = Run(client, Catalog(client, deadline), deadline, options, wants_state=reporter.wants_state)
        reconciler = Reconciler(run)
        reporter.watch(lambda: reconciler.reader.progress)

        def sleep(seconds):
            clock.sleep(seconds)
            reporter.tick()

        return drive(reconciler.converge(), sleep)

    assert ask(Reporter(lines.append, clock)).instance["state"] == "Running"
    assert [line.split(",")[0] for line in lines] == ["web1 is Starting"] * 2
    reads = len(harness.requests("GET"))
    harness.simulator.app.reset_all()
    harness.settings(task_seconds=40)
    if state:
        harness.seed(name="web1", state=state)
    harness.simulator.app.log.clear()
    ask(Reporter(None, clock))
    assert reads - len(harness.requests("GET")) <= 2 * 2
