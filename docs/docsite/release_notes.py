# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the page of release notes: what the next release changes, from the fragments, and then the changelog of the releases."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TITLE = "Release notes"


def heading(text: str, line: str) -> list[str]:
    """The lines of a heading in reStructuredText."""
    return [text, line * len(text), ""]


def unreleased(changelogs: Path) -> list[str]:
    """The lines about what is not released yet, in the order of the sections. Without fragments there are none."""
    config = yaml.safe_load((changelogs / "config.yaml").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for path in sorted(changelogs.glob("fragments/*.y*ml")):
        for section, entries in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            found.setdefault(section, []).extend([entries] if isinstance(entries, str) else entries)
    lines = []
    for section, title in config["sections"]:
        if section in found:
            lines += heading(title, "-")
            for entry in found[section]:
                lines += ["- " + textwrap.indent(entry.strip(), "  ").strip()]
            lines.append("")
    return [*heading("Next release", "="), *lines] if lines else []


def page(root: Path = ROOT) -> str:
    """The whole page in reStructuredText."""
    released = (root / "CHANGELOG.rst").read_text(encoding="utf-8")
    # The title of the file, and its table of contents, are replaced: the site has both.
    released = re.sub(r"\A=+\n.*\n=+\n", "", released)
    return "\n".join([*heading(TITLE, "*"), *unreleased(root / "changelogs"), released.strip(), ""])


if __name__ == "__main__":
    print(page(), end="")
