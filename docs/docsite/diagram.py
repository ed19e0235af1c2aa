# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws docs/states.svg out of the planner's own table, so that the picture says what the code does: `make diagram`."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from ansible_collections.coxedge.compute.plugins.module_utils.instance.conditions import (
    DESTROYED,
    ERROR,
    NONE,
    RUNNING,
    STOPPED,
    TABLE,
    TRANSITION,
    cell,
)
from ansible_collections.coxedge.compute.plugins.module_utils.instance.operations import OPERATIONS

WIDTH, HEIGHT = 1120, 740
# Of a box: its width, the height of its head and of a line, and the space around its text.
BOX, HEAD, LINE, PAD = 240, 34, 19, 12
# Characters of a line in a box, and of a label of an arrow.
IN_BOX, IN_LABEL = 32, 18
# Where the box of each condition has its upper left corner.
PLACES = {
    NONE: (20, 300),
    TRANSITION: (20, 40),
    RUNNING: (440, 40),
    STOPPED: (440, 450),
    ERROR: (860, 40),
    DESTROYED: (860, 300),
}


@dataclass(frozen=True)
class Route:
    """Where an arrow leaves a box and where it reaches another: a side, and how far along it; how far it bulges; where its label is."""

    start: tuple[str, float]
    end: tuple[str, float]
    bulge: float = 70
    label: tuple[float, float] = (0, 0)
    """Where the label has its middle, from the middle of the arrow."""


# Of arrows that are not named here the default is made: a straight way that may cross something.
ROUTES = {
    (NONE, RUNNING): Route(("right", 0.3), ("left", 0.7), label=(-16, -84)),
    (NONE, STOPPED): Route(("right", 0.75), ("left", 0.35), label=(-30, 55)),
    (RUNNING, STOPPED): Route(("bottom", 0.25), ("top", 0.25), label=(-75, 0)),
    (STOPPED, RUNNING): Route(("top", 0.65), ("bottom", 0.65), label=(85, 0)),
    (RUNNING, DESTROYED): Route(("right", 0.6), ("left", 0.25), label=(40, -45)),
    (STOPPED, DESTROYED): Route(("right", 0.25), ("left", 0.75), label=(-40, -45)),
    (ERROR, DESTROYED): Route(("bottom", 0.5), ("top", 0.5), 30, label=(50, 0)),
    (DESTROYED, STOPPED): Route(("bottom", 0.4), ("right", 0.75), 90, label=(60, 40)),
    (DESTROYED, NONE): Route(("bottom", 0.75), ("bottom", 0.5), 330, label=(0, -32)),
}
DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}
# How the verbs of a cell that are not operations are shown.
WORDS = {
    "converge": "converge",
    "settle": "wait for its end, look again",
    "warn": "left as it is, with a warning",
    "fail": "fails",
    "refuse": "by id: fails; by name: creates",
    "": "nothing to do",
}

STYLE = """
  .card { fill: #ffffff; }
  .box { fill: #f6f8fa; stroke: #8c959f; stroke-width: 1.5; }
  .head { fill: #dbe4ee; }
  .running .head { fill: #bfe5c7; }
  .stopped .head { fill: #f3dfa8; }
  .error .head { fill: #f4c3be; }
  text { font: 14px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
  .name { font-size: 17px; font-weight: 600; }
  .operation { font: 600 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #0550ae; }
  .state { font-style: italic; }
  .arrow { fill: none; stroke: #0550ae; stroke-width: 2; }
  .tip { fill: #0550ae; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #14181d; }
    .box { fill: #1e242b; stroke: #6e7681; }
    .head { fill: #33404f; }
    .running .head { fill: #1f5130; }
    .stopped .head { fill: #5a4716; }
    .error .head { fill: #6b2b27; }
    text { fill: #e6edf3; }
    .operation { fill: #79b8ff; }
    .arrow { stroke: #79b8ff; }
    .tip { fill: #79b8ff; }
  }
"""


@dataclass
class Drawn:
    """What the table says, as a picture has it: arrows between conditions, and what happens to one that stays where it is."""

    arrows: dict[tuple[str, str], dict[str, list[str]]] = field(default_factory=dict)
    """From and to: operations: the states that are wanted."""
    stays: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """Condition: what is done: the states that are wanted."""


def read_table() -> Drawn:
    """All cells of the table, and that of a destroyed instance that is to be purged."""
    drawn = Drawn(stays={column: {} for column in PLACES})
    for state, row in TABLE.items():
        for column in row:
            options = {"state": state, "force_stop": False, "purge": False}
            instance = None if column == NONE else {"state": column}
            note(drawn, state, column, cell(instance, options))
    note(drawn, "absent, purge", DESTROYED, cell({"state": DESTROYED}, {"state": "absent", "force_stop": False, "purge": True}))
    return drawn


def note(drawn: Drawn, state: str, column: str, words: tuple[str, ...]) -> None:
    """Puts one cell into the picture."""
    operations = [OPERATIONS[word] for word in words if word in OPERATIONS]
    ends = [operation.ends_in.lower() if operation.ends_in else NONE for operation in operations if operation.ends_in or operation.destroys]
    target = ends[-1] if ends else column
    if target != column:
        drawn.arrows.setdefault((column, target), {}).setdefault(", ".join(words), []).append(state)
    else:
        text = ", ".join(WORDS.get(word, word) for word in words or ("",))
        drawn.stays[column].setdefault(text, []).append(state)


def svg(drawn: Drawn) -> str:
    """The picture."""
    parts = [box(drawn, column) for column in PLACES]
    parts += [arrow(drawn, *ends) for ends in drawn.arrows]
    described = "; ".join(
        f"from {source} to {target}: {operations} for {', '.join(states)}"
        for (source, target), labels in drawn.arrows.items()
        for operations, states in labels.items()
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title desc">',
            "<!-- Drawn by docs/docsite/diagram.py: make diagram -->",
            '<title id="title">Conditions of an instance, and the operations that each wanted state runs</title>',
            f'<desc id="desc">{escape(described)}</desc>',
            f"<style>{STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
            '<path class="tip" d="M0,0 L10,5 L0,10 z"/></marker></defs>',
            f'<rect class="card" width="{WIDTH}" height="{HEIGHT}" rx="12"/>',
            *parts,
            text(
                "what",
                20,
                HEIGHT - 18,
                "Blue: what is done, with the API's names for operations. Italic: the wanted state that leads to it.",
            ),
            "</svg>",
            "",
        ]
    )


def lines_of(drawn: Drawn, column: str) -> list[tuple[str, str]]:
    """The lines of text in a box, each with its class: what is done, and below it the states that are wanted."""
    lines: list[tuple[str, str]] = []
    for what, states in drawn.stays[column].items():
        known = what in WORDS.values() and what != WORDS["converge"]
        lines += [("what" if known else "operation", line) for line in textwrap.wrap(what, IN_BOX)]
        lines += [("state", line) for line in textwrap.wrap(", ".join(states), IN_BOX)]
    return lines


def height_of(drawn: Drawn, column: str) -> int:
    """The height of a box."""
    return HEAD + PAD + LINE * len(lines_of(drawn, column)) + PAD


def text(kind: str, x: float, y: float, words: str, anchor: str = "start") -> str:
    """One line of text."""
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'


def box(drawn: Drawn, column: str) -> str:
    """The box of a condition: its name, and what happens to an instance that stays in it."""
    x, y = PLACES[column]
    height = height_of(drawn, column)
    parts = [
        f'<g class="{column.split()[-1]}">',
        f'<rect class="box" x="{x}" y="{y}" width="{BOX}" height="{height}" rx="8"/>',
        f'<path class="head" d="M{x + 1},{y + HEAD} v-{HEAD - 8} q0,-7 7,-7 h{BOX - 16} q7,0 7,7 v{HEAD - 8} z"/>',
        text("name", x + BOX / 2, y + 23, column, "middle"),
    ]
    for number, (kind, words) in enumerate(lines_of(drawn, column)):
        parts.append(text(kind, x + PAD + (14 if kind == "state" else 0), y + HEAD + PAD + 12 + number * LINE, words))
    return "\n".join([*parts, "</g>"])


def point(drawn: Drawn, column: str, side: str, share: float) -> tuple[float, float]:
    """A point on the edge of a box."""
    x, y = PLACES[column]
    height = height_of(drawn, column)
    across = {"left": (0.0, share), "right": (1.0, share), "top": (share, 0.0), "bottom": (share, 1.0)}[side]
    return x + BOX * across[0], y + height * across[1]


def arrow(drawn: Drawn, source: str, target: str) -> str:
    """An arrow from one condition to another, with the operations and the states that lead to them."""
    route = ROUTES.get((source, target), Route(("bottom", 0.5), ("top", 0.5)))
    start, end = point(drawn, source, *route.start), point(drawn, target, *route.end)
    first, second = (
        tuple(at + route.bulge * way for at, way in zip(spot, DIRECTIONS[side[0]]))
        for spot, side in ((start, route.start), (end, route.end))
    )
    path = f"M{start[0]:g},{start[1]:g} C{first[0]:g},{first[1]:g} {second[0]:g},{second[1]:g} {end[0]:g},{end[1]:g}"
    # The middle of such a curve.
    x, y = ((a + 3 * b + 3 * c + d) / 8 for a, b, c, d in zip(start, first, second, end))
    lines: list[tuple[str, str]] = []
    for operations, states in drawn.arrows[source, target].items():
        lines.append(("operation", operations))
        lines += [("state", line) for line in textwrap.wrap(", ".join(states), IN_LABEL)]
    top = y + route.label[1] - LINE * (len(lines) - 1) / 2 + 5
    labels = [text(kind, x + route.label[0], top + number * LINE, words, "middle") for number, (kind, words) in enumerate(lines)]
    return "\n".join([f'<path class="arrow" d="{path}" marker-end="url(#tip)"/>', *labels])


def picture() -> str:
    """The file's content."""
    return svg(read_table())


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture(), encoding="utf-8")
