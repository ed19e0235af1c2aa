# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the playbook ``review``: what a fleet's dry run would change, as one HTML file.

Names, values and messages come from the API: Jinja escapes all of them, and the page's policy allows no script but its own.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ..module_utils.fleet.results import TOTALS, differences, is_interrupted, totals
from ..module_utils.instance.plan_line import DROPS_RULES, FINAL, INTERRUPTIONS
from ..module_utils.reconcile.fleet import summary_key
from ..module_utils.text import one_line

FOLDER = Path(__file__).parent
# What the numbers at the top count.
COUNTS = ("created", "changed", "interrupted", "destroyed", "unchanged")
# Which risks stand out, and how.
RISKS = {**dict.fromkeys(INTERRUPTIONS, "warn"), DROPS_RULES: "final", FINAL: "final"}
# What is shown of a server that is created or destroyed. Of others, it is what differs.
SHOWN_WHOLE = (
    *("template", "compute_offering", "network", "hostname", "ip_address", "ssh_key_name", "ports_to_forward"),
    *("root_volume_size_in_gb", "disk_offering", "additional_disk_size_in_gb", "affinity_group", "volume_to_attach", "user_data"),
)


def review_page(result: Mapping[str, Any], environment_name: str = "", now: datetime | None = None) -> str:
    """Return the page for a result of ``instance_fleet`` in check mode. ``now``: when that was."""
    members = [_member(entry) for entry in result["results"]]
    kinds = [member["kind"] for member in members]
    numbers = {**{kind: kinds.count(kind) for kind in COUNTS}, "interrupted": sum(member["interrupted"] for member in members)}
    script = (FOLDER / "review_page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # autoescape is what keeps the page safe.
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((FOLDER / "review_page.html.j2").read_text(encoding="utf-8"))
    return template.render(
        counts=[{"kind": kind, "number": numbers[kind], "text": TOTALS.get(kind, kind)} for kind in COUNTS],
        totals=totals(result["results"]),
        place=f"Environment {one_line(environment_name)}. " if environment_name else "",
        made=(now or datetime.now(timezone.utc)).strftime("%Y-%m-%d %H:%M UTC"),
        warnings=[one_line(text) for text in result.get("warnings") or []],
        changing=[member for member in members if member["kind"] != "unchanged"],
        unchanged=[member for member in members if member["kind"] == "unchanged"],
        # Both are made of files of the collection alone.
        script=Markup(script),
        script_hash=Markup(f"sha256-{digest}"),
    )


def _member(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the row of a member shows."""
    diff = entry["diff"]
    name = one_line(diff["before"].get("name") or entry["name"] or entry["id"])
    return {
        "name": name,
        "id": entry["id"] and one_line(entry["id"]),
        "kind": summary_key(entry),
        "interrupted": is_interrupted(entry),
        "plan": _operations(entry["plan"], name, entry["risks"]),
        "risks": [{"text": risk, "kind": RISKS.get(risk, "")} for risk in entry["risks"]],
        "differences": _values(diff["before"], diff["after"], summary_key(entry)),
    }


def _operations(line: str, name: str, risks: Sequence[str]) -> str:
    """A plan line without the name and the risks, which have columns of their own."""
    tail = "".join(f"; {risk}" for risk in risks)
    return line.removesuffix(tail).removeprefix(f"{name}: ")


def _values(before: Mapping[str, Any], after: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """Old and new values, side by side."""
    found = [(name, _shown(old), _shown(new)) for name, old, new in differences(before, {} if kind == "destroyed" else after)]
    if kind in ("created", "destroyed"):
        shown = [entry for entry in found if entry[0] in SHOWN_WHOLE and entry[1:] != (None, None)]
        found = sorted(shown, key=lambda entry: SHOWN_WHOLE.index(entry[0]))
    return [{"name": name, "old": old, "new": new} for name, old, new in found]


def _shown(value: Any) -> str | None:
    if value is None or value == []:
        return None
    return ", ".join(map(one_line, value)) if isinstance(value, list) else one_line(value)
