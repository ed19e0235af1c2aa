# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws docs/terminal.svg: runs the task and the inventory file of the README against a simulator and shows the terminal.

`make picture` runs it with the COXEDGE_... variables of a simulator.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

import yaml
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "terminal.svg"
RUNS = (
    ("ansible-playbook web1.yml --check", "See what would change."),
    ("ansible-playbook web1.yml", "Create the server."),
    ("ansible-playbook web1.yml", "Run it again: nothing changes."),
    ("ansible-inventory -i coxedge.yml --graph", "The server is now in the inventory."),
)
# The format of Rich loads fonts from the network, which does not work in a README.
FORMAT = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>A playbook that creates a server, and the inventory that shows it</title>
<style>
.{unique_id}-matrix {{ font-family: "Fira Code", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px;
  line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: arial, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main() -> None:
    """Writes the picture."""
    task, inventory = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[:2]
    play = [{"hosts": "localhost", "gather_facts": False, "name": "Servers", "tasks": yaml.safe_load(task)}]
    environ = {
        **os.environ,
        "ANSIBLE_FORCE_COLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        (Path(folder) / "web1.yml").write_text(yaml.safe_dump(play))
        (Path(folder) / "coxedge.yml").write_text(inventory)
        console = Console(record=True, file=nowhere, width=96, force_terminal=True, color_system="truecolor")
        for command, why in RUNS:
            console.print(Text.assemble(("$ ", "bold green"), (command, "bold"), ("   # " + why, "dim")))
            ended = subprocess.run(command.split(), cwd=folder, env=environ, capture_output=True, text=True, check=True)
            # Shorten the lines of stars and the wide columns, because the picture is narrower than a terminal.
            output = re.sub(r" {4,}", "  ", re.sub(r"\*{20,}", "*" * 20, ended.stdout))
            console.print(Text.from_ansi(re.sub(r"\n{2,}", "\n", output).strip()))
            console.print()
    drawn = console.export_svg(title="coxedge.compute", theme=MONOKAI, code_format=FORMAT, unique_id="terminal")
    PICTURE.write_text("\n".join(line.rstrip() for line in drawn.splitlines()) + "\n")


if __name__ == "__main__":
    main()
