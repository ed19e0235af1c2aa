# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws docs/layout.svg from the imports of the plugins, so that the picture shows what the code does: `make diagram`.

tests/unit/test_architecture.py reads imports with the same functions.
"""

from __future__ import annotations

import ast
import sys
import textwrap
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
PACKAGE = "ansible_collections.coxedge.compute."

WIDTH = 1390
# Of a box: its width, the height of its head and of a line, and the space around its text.
BOX, HEAD, LINE, PAD = 250, 32, 18, 10
# Space between rows, and above the first one.
GAP, TOP = 62, 20
# Characters of a line in a box.
IN_BOX = 34

# The rows of the picture: the parts in each, and where the middle of each box is. Arrows only go down.
ROWS: list[dict[str, int]] = [
    {"action": 1085},
    {"modules": 330, "inventory": 630, "filter": 930, "lookup": 1240},
    {"fleet_module": 150, "operation_module": 430, "plugin_utils": 1080},
    {"module": 450},
    {"runtime": 520, "reporting": 820},
    {"fleet": 200, "interruption": 520},
    {"results": 150, "reconcile": 470, "given": 780, "retrieve": 1080},
    {"api": 190, "jobs": 630, "instance": 1080},
    {"text": 380, "secret_names": 740},
]

STYLE = """
  .card { fill: #ffffff; }
  .box { fill: #f6f8fa; stroke: #8c959f; stroke-width: 1.5; }
  .head { fill: #dbe4ee; }
  text { font: 13px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
  .name { font-size: 16px; font-weight: 600; }
  .arrow { fill: none; stroke: #0550ae; stroke-width: 1.8; }
  .tip { fill: #0550ae; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #14181d; }
    .box { fill: #1e242b; stroke: #6e7681; }
    .head { fill: #33404f; }
    text { fill: #e6edf3; }
    .arrow { stroke: #79b8ff; }
    .tip { fill: #79b8ff; }
  }
"""


def sources() -> list[Path]:
    """The files of the plugins that hold code."""
    return sorted(path for path in PLUGINS.rglob("*.py") if path.stat().st_size and "doc_fragments" not in path.parts)


def imported(path: Path) -> set[str]:
    """The modules that a file imports, anywhere in it; the collection's own as ``plugins.module_utils.api.client``."""
    package = path.relative_to(ROOT).parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            found.add(".".join(filter(None, (base, node.module))))
    return {name[len(PACKAGE) :] if name.startswith(PACKAGE) else name for name in found}


def part_of(module: str) -> str:
    """The part that a module belongs to: a folder of plugins, but within module_utils a folder or a file of it."""
    folder, *rest = module.split(".")[1:]
    return rest[0] if folder == "module_utils" else folder


def parts() -> dict[str, set[str]]:
    """By part: the parts that it imports."""
    found: dict[str, set[str]] = {}
    for path in sources():
        part = part_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
        own = {part_of(name) for name in imported(path) if name.startswith("plugins.")}
        found.setdefault(part, set()).update(own - {part})
    return found


def files_of(part: str) -> list[str]:
    """The files of a part that is a folder."""
    folder = PLUGINS / part if (PLUGINS / part).is_dir() else PLUGINS / "module_utils" / part
    return sorted(path.stem for path in folder.glob("*.py") if path.stat().st_size)


def reduced(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The graph without the imports that follow from others."""

    def below(part: str) -> set[str]:
        return graph[part].union(*map(below, graph[part]))

    return {part: targets - set().union(*map(below, targets)) for part, targets in graph.items()}


def picture() -> str:
    """The whole SVG."""
    graph = parts()
    lines = {part: textwrap.wrap(", ".join(files_of(part)), IN_BOX) for part in graph}
    heights = {part: HEAD + (PAD + LINE * len(text) if text else 0) for part, text in lines.items()}
    corners: dict[str, tuple[float, float]] = {}
    y = float(TOP)
    for row in ROWS:
        bottom = y + max(heights[part] for part in row)
        corners.update({part: (middle - BOX / 2, bottom - heights[part]) for part, middle in row.items()})
        y = bottom + GAP
    arrows = reduced(graph)
    described = "; ".join(f"{part} imports {', '.join(sorted(arrows[part]))}" for part in corners if arrows[part])
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y - GAP + TOP:.0f}" role="img" aria-labelledby="title desc">',
        "<!-- Drawn by docs/docsite/layout.py: make diagram -->",
        f'<title id="title">Parts of the plugins and what they import</title><desc id="desc">{escape(described)}</desc>',
        f"<style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
        '<rect class="card" width="100%" height="100%" rx="8"/>',
    ]
    for part, targets in arrows.items():
        for target in sorted(targets):
            left, top = corners[part]
            end_left, end_top = corners[target]
            x1, y1, x2, y2 = left + BOX / 2, top + heights[part], end_left + BOX / 2, end_top - 2
            bend = (y2 - y1) / 2
            drawn.append(
                f'<path class="arrow" marker-end="url(#tip)" d="M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f}'
                f' {x2:.0f} {y2:.0f}"/>'
            )
    for part, (x, top) in corners.items():
        name = f"{part}/" if lines[part] else f"{part}.py"
        drawn.append(f'<rect class="box" x="{x:.0f}" y="{top:.0f}" width="{BOX}" height="{heights[part]}" rx="6"/>')
        drawn.append(f'<rect class="head" x="{x + 1:.0f}" y="{top + 1:.0f}" width="{BOX - 2}" height="{HEAD - 2}" rx="5"/>')
        drawn.append(f'<text class="name" x="{x + PAD:.0f}" y="{top + 21:.0f}">{escape(name)}</text>')
        for number, text in enumerate(lines[part]):
            drawn.append(f'<text x="{x + PAD:.0f}" y="{top + HEAD + LINE * (number + 1) - 3:.0f}">{escape(text)}</text>')
    return "\n".join([*drawn, "</svg>"]) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture())
