# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make mutants``: which mistakes the unit tests do not notice. A run goes on where the last one ended."""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from . import tested
from .mutants import Mutant, mutants_of
from .tested import ROOT

ROOM = "plugins/module_utils"
FILES = tuple(f"{ROOM}/{name}.py" for name in ("plan", "apply", "tasks", "client", "fleet", "operations"))
MEASURED = ROOT / ".cache" / "mutants-tests.json"
RESULTS = ROOT / ".cache" / "mutants.jsonl"

# Seconds below which a test is worth running whatever the others run.
QUICK = 0.02


def _digest(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def measured_tests(folder: Path, processes: int) -> dict[str, Any]:
    """Seconds and lines of all unit tests; only what has changed is run again."""
    sources = sorted((ROOT / ROOM).glob("*.py"))
    common = _digest(*sources, ROOT / "tests/unit/conftest.py", *sorted((ROOT / "tests/simulator").glob("*.py")))
    known = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    found: dict[str, Any] = {}
    running: dict[int, str] = {}

    def await_one() -> None:
        child, status = os.wait()
        name = running.pop(child)
        if status:
            raise SystemExit(f"The tests of {name} fail as they are: mend them first.")
        found[name] = {"digest": digests[name], "tests": json.loads((folder / Path(name).name).read_text())}
        MEASURED.parent.mkdir(exist_ok=True)
        MEASURED.write_text(json.dumps({**known, **found}))

    files = [file for file in (ROOT / "tests/unit").glob("*/test_*.py") if file.parent.name != "simulator"]
    digests = {str(file.relative_to(ROOT)): common + _digest(file) for file in files}
    for name, digest in digests.items():
        if name in known and known[name]["digest"] == digest:
            found[name] = known[name]
            continue
        while len(running) >= processes:
            await_one()
        print(f"Measuring {name}", flush=True)
        work = partial(tested.measure, name, [str(path.relative_to(ROOT)) for path in sources])
        running[tested.fork(work, folder / Path(name).name)] = name
    while running:
        await_one()
    return {test: values for file in found.values() for test, values in file["tests"].items()}


def chosen(mutant: Mutant, tests: dict[str, Any], first: str | None, most: float) -> dict[str, float]:
    """The tests that reach a mutant, and how long each takes, in the order to run them; ``most``: seconds in all.

    Quick ones come first, and before them ``first`` if it is quick; last come slow ones that run the same lines as a quicker one.
    """
    own = f"/test_{Path(mutant.path).stem}.py"
    order: dict[str, tuple[Any, ...]] = {}
    seen: set[frozenset[int]] = set()
    for test in sorted(tests, key=lambda name: tests[name]["seconds"]):
        lines = frozenset(tests[test]["lines"].get(mutant.path, ()))
        near = not lines.isdisjoint(mutant.lines)
        # What runs at import is reached by all that use the module, if not as surely.
        if near or (mutant.at_import and (lines or own in test)):
            seconds = tests[test]["seconds"]
            repeats = lines in seen and seconds > QUICK
            far = mutant.at_import and not near
            order[test] = (test != first or seconds > 1, repeats, far, far and own not in test, seconds)
            seen.add(lines)
    spent = 0.0
    taken: dict[str, float] = {}
    for test in sorted(order, key=order.__getitem__):
        seconds = tests[test]["seconds"]
        if not taken or spent + seconds <= most:
            spent += seconds
            taken[test] = seconds
    return taken


class Check:
    """Runs mutants side by side, each in a child."""

    def __init__(self, tests: dict[str, Any], trees: dict[str, ast.Module], most: float, processes: int, folder: Path) -> None:
        self.tests, self.trees, self.most, self.processes, self.folder = tests, trees, most, processes, folder
        self.running: dict[int, Mutant] = {}
        # What has caught a mutant of a function is most likely to catch the next one of it.
        self.catching: dict[tuple[str, str], str] = {}
        self.results: list[dict[str, Any]] = []

    def run(self, mutants: Sequence[Mutant]) -> list[dict[str, Any]]:
        """The results, which are written down as they come."""
        with RESULTS.open("a") as log:
            # Its code can't be put into a function that has been imported: the other has a cell for super().
            early: list[Mutant] = []
            late: list[Mutant] = []
            for mutant in mutants:
                (early if mutant.at_import or "super()" in mutant.before else late).append(mutant)
            self._run(early, lambda mutant, tests: partial(tested.attempt_at_import, mutant, self.trees[mutant.path], tests), log)

            def go_on(items: dict[str, Any]) -> int:
                self._run(late, lambda mutant, tests: partial(tested.attempt, mutant, self.trees[mutant.path], tests, items), log)
                return 0

            files = sorted({test.partition("::")[0] for test in self.tests})
            if late and tested.collected(files, go_on):
                raise SystemExit("The tests can't be collected.")
        return self.results

    def _run(self, mutants: Sequence[Mutant], work: Any, log: Any) -> None:
        for number, mutant in enumerate(mutants):
            while len(self.running) >= self.processes:
                self._await_one(log)
            if number % 50 == 0:
                print(f"{number} of {len(mutants)}", flush=True)
            tests = chosen(mutant, self.tests, self.catching.get((mutant.path, mutant.scope)), self.most)
            if tests:
                self.running[tested.fork(work(mutant, tests), self.folder / str(id(mutant)))] = mutant
            else:
                self._note(log, mutant, "not reached", "")
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
        self._note(log, mutant, outcome, test)

    def _note(self, log: Any, mutant: Mutant, outcome: str, test: str) -> None:
        result = {"key": mutant.key, "line": mutant.line, "outcome": outcome, "test": test}
        self.results.append(result)
        log.write(json.dumps(result) + "\n")
        log.flush()


def _known() -> dict[str, dict[str, Any]]:
    """The last result of each mutant."""
    lines = RESULTS.read_text().splitlines() if RESULTS.exists() else []
    return {row["key"]: row for row in map(json.loads, lines)}


def main() -> None:
    """Makes the mutants that are asked for, runs those that nothing has caught so far, and says which survive."""
    parser = argparse.ArgumentParser(prog="mutants", description="Makes mistakes on purpose and runs the tests that should notice.")
    parser.add_argument("files", nargs="*", help="sources (default: the six that carry changes out)")
    parser.add_argument("--only", default="", help="only mutants whose description holds this text, such as plan or Run._send")
    parser.add_argument("--share", type=float, default=1.0, help="a share of them, chosen by --seed (default: 1.0, all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=20.0, help="of tests for each mutant, quick ones first (default: 20)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--afresh", action="store_true", help="run again also what was caught before")
    options = parser.parse_args()
    os.nice(10)
    paths = [str(Path(file).resolve().relative_to(ROOT)) for file in options.files] or list(FILES)
    trees: dict[str, ast.Module] = {}
    wanted: list[Mutant] = []
    for path in paths:
        trees[path], found = mutants_of(path, (ROOT / path).read_text())
        wanted += [mutant for mutant in found if options.only in mutant.key]
    if options.share < 1:
        places = random.Random(options.seed).sample(range(len(wanted)), int(options.share * len(wanted)))
        wanted = [wanted[place] for place in sorted(places)]
    known = {} if options.afresh else _known()
    left = [mutant for mutant in wanted if known.get(mutant.key, {}).get("outcome") not in ("caught", "timed out")]
    # What is new goes first: of what survived, most will again, which takes longest.
    left.sort(key=lambda mutant: mutant.key in known)
    tested.prepare()
    with tempfile.TemporaryDirectory() as folder:
        tests = measured_tests(Path(folder), options.processes)
        known.update((row["key"], row) for row in Check(tests, trees, options.seconds, options.processes, Path(folder)).run(left))
    rows = [(mutant, known[mutant.key]["outcome"]) for mutant in wanted]
    for mutant, outcome in rows:
        if outcome in ("survived", "not reached"):
            print(f"{mutant.path}:{mutant.line} {outcome}: {mutant.scope}: {mutant.before}  ->  {mutant.after}")
    for path in paths:
        counts = Counter(outcome for mutant, outcome in rows if mutant.path == path)
        print(f"{path}: {sum(counts.values())} mutants; " + ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())))
    sys.exit(any(outcome in ("survived", "not reached") for _mutant, outcome in rows))


if __name__ == "__main__":
    main()
