# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What unit tests share: a simulated clock, a simulator that uses it, and clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.client import Client
from ansible_collections.coxedge.compute.plugins.module_utils.api.connection import Connection
from ansible_collections.coxedge.compute.plugins.module_utils.api.deadline import Deadline
from ansible_collections.coxedge.compute.plugins.module_utils.api.transport import HttpTransport, Transport
from ansible_collections.coxedge.compute.plugins.module_utils.instance.options import instance_options, member_label, merged_options
from ansible_collections.coxedge.compute.plugins.module_utils.jobs import drive
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.catalog import Catalog
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.fleet import Fleet
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.reconciler import Reconciler
from ansible_collections.coxedge.compute.plugins.module_utils.reconcile.run import Run
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY, ENVIRONMENTS, SERVICE_CODE
from ansible_collections.coxedge.compute.tests.simulator.server import Simulator


def pytest_configure(config: pytest.Config) -> None:
    """ansible-test does not read pyproject.toml, which declares the markers for pytest itself."""
    config.addinivalue_line("markers", "slow: takes minutes")
    config.addinivalue_line("markers", "long: a long series of cases that no version of ansible-core matters to")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out slow tests unless markers are given, and long ones under ansible-test, which can't give any."""
    names = ("slow", "long") if config.pluginmanager.hasplugin("ansible_pytest_collections") else ("slow",)
    if not config.option.markexpr:
        left_out = [item for item in items if any(map(item.get_closest_marker, names))]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


class Clock:
    """Simulated seconds, which pass only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Advances the time at once."""
        assert seconds >= 0
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    """The simulated time of a test."""
    return Clock()


@pytest.fixture(scope="session")
def _server() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def simulator(_server: Simulator, clock: Clock) -> Simulator:
    """A simulator over real HTTP, just reset, on the test's simulated time."""
    _server.cloud.clock = clock
    _server.app.reset_all()
    return _server


class Harness:
    """Runs what the modules run, in this process, against the simulator.

    It has many methods, each a line or two: one for each thing that tests do to a run or to the server.
    """

    def __init__(self, simulator: Simulator, clock: Clock) -> None:
        self.simulator, self.clock = simulator, clock
        self.last_run: Run | None = None
        self.last_fleet: Fleet | None = None
        self.interruption: str | None = None
        """What has interrupted the runs: set it to interrupt one."""

    def connection(self, **changes: Any) -> Connection:
        """How to reach the simulator."""
        values: dict[str, Any] = {
            "api_key": API_KEY,
            "api_url": self.simulator.api_url,
            "service_code": SERVICE_CODE,
            "environment_name": ENVIRONMENTS[0],
            "api_timeout": 5,
        }
        return Connection(**{**values, **changes})

    def client(self, wrap: Callable[[Transport], Transport] | None = None, pool_size: int = 10, **changes: Any) -> Client:
        """A client on simulated time. ``wrap``: puts another transport around the client's own."""
        connection = self.connection(**changes)
        transport: Transport = HttpTransport(connection, pool_size)
        return Client(
            connection,
            clock=self.clock,
            sleep=self.clock.sleep,
            jitter=lambda: 0.5,
            pool_size=pool_size,
            transport=wrap(transport) if wrap else transport,
            interrupted=lambda: self.interruption,
        )

    def deadline(self, seconds: float | None = 600) -> Deadline:
        """A deadline on simulated time."""
        return Deadline(seconds, self.clock, lambda: self.interruption)

    def options(self, **given: Any) -> dict[str, Any]:
        """All options of one instance, with their defaults."""
        return {name: given.get(name, spec.get("default")) for name, spec in instance_options().items()}

    def creation(self, name: str = "web1", **given: Any) -> dict[str, Any]:
        """The options that are needed to create an instance."""
        return {"name": name, "template": "Ubuntu 24.04", "compute_offering": "2vCPU.4GB", "network": "Web-test_area", **given}

    def run(self, check_mode: bool = False, wait: bool = True, wait_timeout: float = 600, connection: Any = None, **given: Any) -> Any:
        """Converges one instance; returns the Outcome or raises the error. ``last_run`` is set in both cases."""
        client, deadline = self.client(**(connection or {})), self.deadline(wait_timeout)
        self.last_run = Run(client, Catalog(client, deadline), deadline, self.options(**given), wait=wait, check_mode=check_mode)
        return drive(Reconciler(self.last_run).converge(), self.clock.sleep)

    def fleet(self, members: list[dict[str, Any]], common: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        """Converges many; returns their results, raises what goes wrong with all. ``last_fleet`` is there in both cases.

        ``connection``, ``wrap``: see ``client``; other ``kwargs`` are those of Fleet.
        """
        client = self.client(kwargs.pop("wrap", None), kwargs.get("max_concurrency", 10), **kwargs.pop("connection", {}))
        deadline = self.deadline(kwargs.pop("wait_timeout", 600))
        options = [merged_options(member, common) for member in members]
        labels = [member_label(number, member) for number, member in enumerate(options)]
        self.last_fleet = Fleet(client, deadline, options, labels, **kwargs)
        return self.last_fleet.converge()

    def seed(self, **values: Any) -> str:
        """Adds an instance at once; returns its id."""
        return str(self.environment.seed(values)["id"])

    @property
    def environment(self) -> Any:
        """The environment that the clients use: a reset makes a new one."""
        return self.simulator.cloud.environment(None, SERVICE_CODE, ENVIRONMENTS[0])

    def instances(self, name: str | None = None) -> list[dict[str, Any]]:
        """The instances on the server, or those with a name."""
        return list(self.environment.instances_named(name))

    def fault(self, **values: Any) -> None:
        """Adds a fault to the simulator."""
        self.simulator.app.faults.add(values)

    def next_look(self, when: Callable[[], Any] | None = None, times: int | None = 1, keep: bool = False, **changes: Any) -> list[str]:
        """Makes the next look at an instance show other attributes. Returns the ids of the instances that were shown so, as it grows.

        ``when``: only looks at which this is true count; ``times``: how many of them, None for all. ``keep``: the instance itself
        changes, as if others had changed it; otherwise only what is shown.
        """
        environment = self.environment
        real = environment.detail
        changed: list[str] = []

        def detail(instance_id: str) -> Any:
            shown = real(instance_id)
            entry = self.simulator.app.log[-1]
            is_look = entry["method"] == "GET" and "/tasks/" not in entry["path"]
            if not is_look or len(changed) == times or (when is not None and not when()):
                return shown
            changed.append(instance_id)
            if not keep:
                return {**shown, **changes}
            environment.patch(environment.instances[instance_id], changes)
            return real(instance_id)

        environment.detail = detail
        return changed

    @contextmanager
    def intercepting(self, before: Callable[..., Any] | None = None, after: Callable[..., Any] | None = None) -> Iterator[None]:
        """Calls a function before or after the simulator carries out each request; it is given the request's entry in the log."""
        app = self.simulator.app
        real = app.carry_out

        def carry_out(path: str, task_fault: Any = None) -> Any:
            entry = app.log[-1]
            if before is not None:
                before(entry)
            response = real(path, task_fault)
            if after is not None:
                after(entry)
            return response

        app.carry_out = carry_out  # type: ignore[method-assign]
        try:
            yield
        finally:
            app.carry_out = real  # type: ignore[method-assign]

    def settings(self, **values: Any) -> None:
        """Changes settings of the simulator."""
        self.simulator.cloud.settings.update(values)

    def requests(self, *methods: str) -> list[str]:
        """The requests so far, as ``METHOD what``, or those of some methods; ``what`` is the operation or the end of the path."""
        found = []
        for entry in self.simulator.app.log:
            if not methods or entry["method"] in methods:
                what = entry["query"].get("operation") or entry["path"].split("/test_area/")[-1].split("/")[0]
                found.append(f"{entry['method']} {what}")
        return found

    def writes(self) -> list[str]:
        """The requests that write."""
        return self.requests("POST", "PUT", "DELETE")


@pytest.fixture
def harness(simulator: Simulator, clock: Clock) -> Harness:
    """See Harness."""
    return Harness(simulator, clock)
