# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make benchmark``: prints medians and ratios, and writes them as JSON. Nothing fails if they are bad: machines differ."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

from ansible.release import __version__ as core_version

from . import fleet, inventory, no_change


def _line(label: str, pair: dict[str, Any]) -> str:
    (measured, baseline) = [name for name in pair if name != "ratio"]
    shown = "; ".join(f"{name} {pair[name]['cpu']:.2f} s CPU, {pair[name]['wall']:.2f} s" for name in (measured, baseline))
    ratios = f"ratio {pair['ratio']['cpu']:.3f} CPU, {pair['ratio']['wall']:.3f} wall"
    return f"{label}: {shown}; {ratios}; {pair[measured]['requests']} requests"


def main() -> None:
    """Runs the measurements that the options select."""
    parser = argparse.ArgumentParser(prog="benchmark", description="Compares the collection's speed with a baseline.")
    parser.add_argument("--hosts", default="100,1000,10000", help="sizes of the inventory (default: 100,1000,10000)")
    parser.add_argument("--fleets", default="20,100", help="sizes of fleets that are created (default: 20,100)")
    parser.add_argument("--loop", type=int, default=20, help="how many instances are created one after the other (default: 20)")
    parser.add_argument("--large", type=int, default=1000, help="size of the fleet with nothing to change (default: 1000)")
    parser.add_argument("--runs", type=int, default=5, help="how often each is run (default: 5)")
    parser.add_argument("--only", choices=("fleet", "inventory", "no_change"), help="measure only this")
    parser.add_argument("--output", type=Path, default=Path(".cache/benchmark.json"), help="file for the JSON")
    options = parser.parse_args()
    result: dict[str, Any] = {"ansible_core": core_version, "python": platform.python_version(), "cpus": os.cpu_count()}
    environ = {
        name: value
        for name, value in os.environ.items()
        if name == "ANSIBLE_COLLECTIONS_PATH" or not name.startswith(("ANSIBLE_", "COXEDGE_"))
    }
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        environ.update(ANSIBLE_HOME=str(folder / "home"), ANSIBLE_LOCALHOST_WARNING="false", ANSIBLE_INVENTORY_UNPARSED_WARNING="false")
        if options.only in (None, "no_change"):
            result["no_change"] = no_change.measure(options.runs, folder, environ)
            for shape, measured in result["no_change"].items():
                shown = (f"{name} {one['cpu']:.2f} s CPU ({one['ratio']['cpu']:.3f})" for name, one in measured.items())
                print(f"{shape}, with nothing to change: {', '.join(shown)}", flush=True)
        if options.only in (None, "fleet"):
            sizes = [int(size) for size in options.fleets.split(",")]
            result["fleet"] = fleet.measure(sizes, options.loop, options.large, min(options.runs, 3), folder, environ)
            for name, measured in result["fleet"].items():
                if isinstance(measured, dict):
                    multiple = f", {measured['multiple']} times one" if "multiple" in measured else ""
                    more = f"{measured['cpu']:.2f} s CPU; {measured['requests']} requests"
                    if "a_member" in measured:
                        more += f", {measured['a_member']} a member; the last one noticed {measured['latest']} s after its end"
                    print(f"{name}: {measured['wall']:.2f} s{multiple}; {more}", flush=True)
        if options.only in (None, "inventory"):
            result["inventory"] = []
            for count in map(int, options.hosts.split(",")):
                measured = inventory.measure(count, options.runs, folder, environ)
                result["inventory"].append(measured)
                for kind in ("plain", "constructed"):
                    print(_line(f"inventory of {count} hosts, {kind}", measured[kind]), flush=True)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=2) + "\n")
    print(f"Written to {options.output}")


if __name__ == "__main__":
    main()
