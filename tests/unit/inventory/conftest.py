# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the inventory share: the plugin, run in this process with instances of a test or with the simulator."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins import inventory as core_inventory
from ansible.plugins.loader import inventory_loader
from ansible_collections.coxedge.compute.plugins.inventory.instances import InventoryModule
from ansible_collections.coxedge.compute.plugins.module_utils.instance.view import list_view
from ansible_collections.coxedge.compute.plugins.plugin_utils import reading
from ansible_collections.coxedge.compute.tests.simulator.model import API_KEY

ENVIRONMENT = {
    "COXEDGE_API_KEY": API_KEY,
    "COXEDGE_SERVICE_CODE": "compute-on",
    "COXEDGE_ENVIRONMENT_NAME": "test_area",
    "COXEDGE_API_RETRIES": "2",
    "COXEDGE_API_TIMEOUT": "5",
}


class PluginHarness:
    """Runs the inventory plugin."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self._monkeypatch = folder / "coxedge.yml", monkeypatch
        self.warnings: list[str] = []
        # YAML has names that JSON does not have, such as numbers.
        self.dump: Callable[[Any], str] = json.dumps

    def inventory(
        self,
        instances: list[dict[str, Any]],
        options: dict[str, Any] | None = None,
        quick: bool = True,
        extra_vars: dict[str, Any] | None = None,
        kind: type[InventoryModule] | None = None,
        before: InventoryData | None = None,
        environments: dict[str, list[dict[str, Any]]] | None = None,
    ) -> InventoryData:
        """The inventory that the plugin makes if the API lists these instances. ``kind``: another plugin class.

        ``environments``: the instances of others than test_area.
        """
        # If the key is in the file, core does not get the positions of expressions in the file.
        self._monkeypatch.setenv("COXEDGE_API_KEY", "key")
        given = {"service_code": "compute-on", "environment_names": ["test_area"], **(options or {})}
        listed = {"test_area": instances, **(environments or {})}
        made = [reading.Environment(name, [list_view(instance) for instance in there], {}) for name, there in listed.items()]
        self._monkeypatch.setattr(reading, "read", lambda *args, **kwargs: made)
        return self.parse(given, quick, extra_vars, kind, before)

    def parse(
        self,
        options: dict[str, Any],
        quick: bool = True,
        extra_vars: dict[str, Any] | None = None,
        kind: type[InventoryModule] | None = None,
        before: InventoryData | None = None,
        cache: bool = True,
    ) -> InventoryData:
        """The inventory that the plugin makes from a file with these options. ``warnings`` has its warnings."""
        self.path.write_text(self.dump({"plugin": "coxedge.compute.instances", **options}))
        self._monkeypatch.setattr(core_inventory, "load_extra_vars", lambda loader: dict(extra_vars or {}))
        loaded = inventory_loader.get("coxedge.compute.instances")
        if kind is not None:
            loaded.__class__ = kind
        loaded.quick = quick
        self.warnings = []
        self._monkeypatch.setattr(type(loaded.display), "warning", lambda _display, msg, *args, **kwargs: self.warnings.append(msg))
        inventory = before or InventoryData()
        inventory.current_source = str(self.path)
        loaded.parse(inventory, DataLoader(), str(self.path), cache=cache)
        if loaded.get_option("cache"):
            # Core does this after each source.
            loaded.update_cache_if_changed()
        inventory.reconcile_inventory()
        return inventory


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes the collection's environment variables. Tests set those that they need."""
    for name in [name for name in os.environ if name.startswith("COXEDGE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PluginHarness:
    """See PluginHarness."""
    return PluginHarness(tmp_path, monkeypatch)


@pytest.fixture
def read(plugin, simulator, monkeypatch):
    """Parses an inventory file with these options. Environment variables point to the simulator."""
    for name, value in {**ENVIRONMENT, "COXEDGE_API_URL": simulator.api_url}.items():
        monkeypatch.setenv(name, value)

    def parse(may_use_cache=True, **options):
        simulator.app.log.clear()
        return plugin.parse(options, cache=may_use_cache)

    return parse
