# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make mutants``: which mistakes the unit tests do not notice. A run continues where the last one ended."""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from . import tested
from .mutants import Mutant, mutants_of
from .sources import MODULE_UTILS, TESTS, default_files, digest_of, sources
from .tested import ROOT

MEASURED = ROOT / ".cache" / "mutants-tests.json"
RESULTS = ROOT / ".cache" / "mutants.jsonl"

# Seconds below which a test is worth running even if another test runs the same lines.
QUICK = 0.02


def measured_tests(folder: Path, processes: int) -> dict[str, Any]:
    """Seconds and lines of all unit tests; only what has changed is run again."""
    mutated = sources()
    helpers = [path for path in sorted(TESTS.rglob("*.py")) if not path.name.startswith("test_")]
    common = digest_of(*(ROOT / path for path in mutated), *helpers, *sorted((ROOT / "tests/simulator").rglob("*.py")))
    known = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    found: dict[str, Any] = {}
    running: dict[int, str] = {}

    def output_of(name: str) -> Path:
        return folder / name.replace("/", "+")

    def await_one() -> None:
        child, status = os.wait()
        name = running.pop(child)
        if status:
            raise SystemExit(f"The tests of {name} fail without a mutant. Fix them first.")
        found[name] = {"digest": digests[name], "tests": json.loads(output_of(name).read_text())}
        MEASURED.parent.mkdir(exist_ok=True)
        MEASURED.write_text(json.dumps({**known, **found}))

    # Neither the tests of the simulator nor those of the repository itself run the code.
    files = [file for file in sorted(TESTS.rglob("test_*.py")) if file.parent not in (TESTS, TESTS / "simulator")]
    digests = {str(file.relative_to(ROOT)): common + digest_of(file) for file in files}
    for name, digest in digests.items():
        if name in known and known[name]["digest"] == digest:
            found[name] = known[name]
            continue
        while len(running) >= processes:
            await_one()
        print(f"Measuring {name}", flush=True)
        running[tested.fork(partial(tested.measure, name, mutated), output_of(name))] = name
    while running:
        await_one()
    return {test: values for file in found.values() for test, values in file["tests"].items()}


@cache
def importers(path: str) -> frozenset[str]:
    """The sources and the test files that import a source, all from the root."""
    package, _dot, name = path.removesuffix(".py").replace("/", ".").rpartition(".")
    found = set()
    for file in [*MODULE_UTILS.rglob("*.py"), *TESTS.rglob("test_*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                folder = file.parent
                for _up in range(node.level - 1):
                    folder = folder.parent
                base = ".".join(folder.relative_to(ROOT).parts) + "." if node.level else ""
                module = (base + (node.module or "")).removeprefix(f"{tested.PACKAGE}.").rstrip(".")
                if module == f"{package}.{name}" or (module == package and name in [alias.name for alias in node.names]):
                    found.add(str(file.relative_to(ROOT)))
    return frozenset(found)


def chosen(mutant: Mutant, tests: dict[str, Any], first: str | None, budget: float) -> dict[str, float]:
    """The tests that reach a mutant, and how long each takes, in the order to run them; ``budget``: seconds in all.

    Quick ones come first, and before them ``first`` if it is quick; last come slow ones that run the same lines as a quicker one.
    What runs at import reaches all that import the module. Of those tests the module's own come first, whose files import it
    themselves, and then those that run the fewest lines.
    """
    users = importers(mutant.path) if mutant.at_import else frozenset()
    order: dict[str, tuple[Any, ...]] = {}
    seen: set[frozenset[int]] = set()
    for test in sorted(tests, key=lambda name: tests[name]["seconds"]):
        lines = frozenset(tests[test]["lines"].get(mutant.path, ()))
        near = not lines.isdisjoint(mutant.lines)
        own = test.partition("::")[0] in users
        if near or (mutant.at_import and (lines or own or not users.isdisjoint(tests[test]["lines"]))):
            seconds = tests[test]["seconds"]
            repeats = lines in seen and seconds > QUICK
            far = mutant.at_import and not near
            count = sum(map(len, tests[test]["lines"].values())) if far and not own else 0
            order[test] = (test != first or seconds > 1, repeats and not far, far, far and not own, count, seconds)
            seen.add(lines)
    spent = 0.0
    taken: dict[str, float] = {}
    for test in sorted(order, key=order.__getitem__):
        seconds = tests[test]["seconds"]
        if not taken or spent + seconds <= budget:
            spent += seconds
            taken[test] = seconds
    return taken


class Check:
    """Runs several mutants at the same time, each in a child process."""

    def __init__(self, tests: dict[str, Any], trees: dict[str, ast.Module], budget: float, processes: int, folder: Path) -> None:
        self.tests, self.trees, self.budget, self.processes, self.folder = tests, trees, budget, processes, folder
        self.running: dict[int, Mutant] = {}
        # The test that caught a mutant of a function is the most likely one to catch its next mutant.
        self.catching: dict[tuple[str, str], str] = {}
        self.results: list[dict[str, Any]] = []

    def run(self, mutants: Sequence[Mutant]) -> list[dict[str, Any]]:
        """Runs all of them; returns the results, which are written to RESULTS as they come."""
        with RESULTS.open("a") as log:
            # The code of a method with super() can't be replaced once it is imported: the two have different cells.
            early: list[Mutant] = []
            late: list[Mutant] = []
            for mutant in mutants:
                (early if mutant.at_import or "super()" in mutant.before else late).append(mutant)
            self._run(early, lambda mutant, tests: partial(tested.attempt_at_import, mutant, self.trees[mutant.path], tests), log)

            def run_late(items: dict[str, Any]) -> int:
                self._run(late, lambda mutant, tests: partial(tested.attempt, mutant, self.trees[mutant.path], tests, items), log)
                return 0

            files = sorted({test.partition("::")[0] for test in self.tests})
            if late and tested.collected(files, run_late):
                raise SystemExit("The tests can't be collected.")
        return self.results

    def _run(self, mutants: Sequence[Mutant], work: Any, log: Any) -> None:
        for number, mutant in enumerate(mutants):
            while len(self.running) >= self.processes:
                self._await_one(log)
            if number % 50 == 0:
                print(f"{number} of {len(mutants)}", flush=True)
            tests = chosen(mutant, self.tests, self.catching.get((mutant.path, mutant.scope)), self.budget)
            if tests:
                self.running[tested.fork(work(mutant, tests), self.folder / str(id(mutant)))] = mutant
            else:
                self._record(log, mutant, "not reached", "")
        while self.running:
            self._await_one(log)

    def _await_one(self, log: Any) -> None:
        child, status = os.wait()
        mutant = self.running.pop(child)
        file = self.folder / str(id(mutant))
        test = file.read_text()
        file.unlink()
        if os.WIFSIGNALED(status):
            outcome = "timed out" if os.WTERMSIG(status) == signal.SIGALRM else "caught"
        else:
            code = os.waitstatus_to_exitcode(status)
            if code not in tested.OUTCOMES:
                raise RuntimeError(f"No tests ran (status {code}) for {mutant.key}")
            outcome = tested.OUTCOMES[code]
        if test:
            self.catching[mutant.path, mutant.scope] = test
        self._record(log, mutant, outcome, test)

    def _record(self, log: Any, mutant: Mutant, outcome: str, test: str) -> None:
        result = {"key": mutant.key, "line": mutant.line, "outcome": outcome, "test": test}
        self.results.append(result)
        log.write(json.dumps(result) + "\n")
        log.flush()


def _known() -> dict[str, dict[str, Any]]:
    """The last result of each mutant."""
    lines = RESULTS.read_text().splitlines() if RESULTS.exists() else []
    return {result["key"]: result for result in map(json.loads, lines)}


def main() -> None:
    """Makes the mutants, runs those that no test has caught so far, and prints which survive."""
    parser = argparse.ArgumentParser(prog="mutants", description="Makes mistakes on purpose and runs the tests that should notice.")
    parser.add_argument("files", nargs="*", help="sources (default: all of module_utils that needs no Ansible)")
    parser.add_argument("--only", default="", help="only mutants with this in their description, such as reconcile/delivery.py")
    parser.add_argument("--share", type=float, default=1.0, help="a share of them, chosen by --seed (default: 1.0, all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=20.0, help="seconds of tests for each mutant, quick ones first (default: 20)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rerun", action="store_true", help="also run the mutants that were caught before")
    options = parser.parse_args()
    os.nice(10)
    paths = [str(Path(file).resolve().relative_to(ROOT)) for file in options.files] or default_files()
    trees: dict[str, ast.Module] = {}
    wanted: list[Mutant] = []
    for path in paths:
        trees[path], found = mutants_of(path, (ROOT / path).read_text())
        wanted += [mutant for mutant in found if options.only in mutant.key]
    if options.share < 1:
        numbers = random.Random(options.seed).sample(range(len(wanted)), int(options.share * len(wanted)))
        wanted = [wanted[number] for number in sorted(numbers)]
    known = {} if options.rerun else _known()
    left = [mutant for mutant in wanted if known.get(mutant.key, {}).get("outcome") not in ("caught", "timed out")]
    # New ones first: most of those that survived will survive again, and they take the longest.
    left.sort(key=lambda mutant: mutant.key in known)
    tested.prepare()
    with tempfile.TemporaryDirectory() as folder:
        tests = measured_tests(Path(folder), options.processes)
        known.update((result["key"], result) for result in Check(tests, trees, options.seconds, options.processes, Path(folder)).run(left))
    outcomes = [(mutant, known[mutant.key]["outcome"]) for mutant in wanted]
    for mutant, outcome in outcomes:
        if outcome in ("survived", "not reached"):
            print(f"{mutant.path}:{mutant.line} {outcome}: {mutant.scope}: {mutant.before}  ->  {mutant.after}")
    for path in paths:
        counts = Counter(outcome for mutant, outcome in outcomes if mutant.path == path)
        if counts:
            summary = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
            print(f"{path}: {sum(counts.values())} mutants; {summary}")
    sys.exit(any(outcome in ("survived", "not reached") for _mutant, outcome in outcomes))


if __name__ == "__main__":
    main()
