# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What instance_fleet has besides an ApiModule: options of members, and the shape of its result."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .given import null_id_problem
from .instance.options import member_label, member_options, merged_options
from .module import ApiModule
from .reconcile.fleet import summary_of
from .text import one_line

# How many failures a message spells out.
SPELLED_OUT = 5


def fleet_options() -> dict[str, dict[str, Any]]:
    """The options of the module, without the shared ones."""
    return {
        "instances": {"type": "list", "elements": "dict", "required": True, "options": member_options()},
        "defaults": {"type": "dict", "options": member_options()},
        "max_concurrency": {"type": "int", "default": 10},
        "details": {"type": "bool", "default": False},
        "return_password": {"type": "bool", "default": False, "no_log": False},
    }


def given_problem(given: Any, label: str) -> str | None:
    """What is wrong with a member as it was given: an unknown option, a wrong type. None if nothing is."""
    if not isinstance(given, dict):
        return f"{label} must be a dict of options."
    known = member_options()
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f", did you mean {near[0]}" if near else ""
            return f"{label}: there is no option {one_line(name)}{hint}; see the options of coxedge.compute.instance."
    messages = ArgumentSpecValidator(known).validate(given).error_messages
    return f"{label}: {messages[0].rstrip('.')}." if messages else None


class FleetModule(ApiModule):
    """An ApiModule whose errors about members name them."""

    given: dict[str, Any] | None = None

    def _load_params(self) -> None:
        super()._load_params()
        raw = self.raw_params.get("instances")
        if raw == []:
            # An empty fleet is a fleet.
            self.params["instances"] = []
        members = self.params.get("instances")
        if isinstance(raw, list) and isinstance(members, list) and len(raw) == len(members):
            # An empty list counts as not given, except here: with it, a member has nothing of what the common options name.
            for member, given in zip(members, raw):
                if isinstance(member, dict) and isinstance(given, dict):
                    member.update({name: [] for name, value in given.items() if value == []})
        self.given = dict(self.params)

    def _hide_user_data(self) -> None:
        self.given = None
        common, members = self.params["defaults"], self.params["instances"]
        given = {name: value for name, value in (common or {}).items() if value is not None}
        inherited = {"return_password": self.params["return_password"], **given}
        self.members = [merged_options(member, inherited) for member in members]
        for options in [*members, *([common] if common else [])]:
            if options.get("user_data") is not None:
                options["user_data"] = self._secret(options["user_data"])

    def null_id_problem(self) -> str | None:
        """The same for each member."""
        members = self.raw_params.get("instances") if self.check_mode else None
        problems = {number: null_id_problem(item) for number, item in enumerate(members or []) if isinstance(item, dict)}
        return next((f"{member_label(number, {})}: {problem}" for number, problem in problems.items() if problem), None)

    def defaults_problem(self) -> str | None:
        """What is wrong with ``defaults``, as a sentence; None if nothing is."""
        if (self.params["defaults"] or {}).get("id"):
            return "defaults can't have an id: an id selects one instance, so it belongs to a member."
        return None

    def fail_json(self, msg: str, **kwargs: Any) -> Any:
        """Fails. If an option is wrong, core only says that it is somewhere in instances: this says where."""
        given, self.given = self.given, None
        if given is not None and isinstance(given.get("instances"), list):
            labels = [member_label(number, member if isinstance(member, dict) else {}) for number, member in enumerate(given["instances"])]
            problems = [given_problem(member, label) for member, label in zip(given["instances"], labels)]
            problems.append(given_problem(given.get("defaults") or {}, "defaults"))
            msg = next((problem for problem in problems if problem), msg)
        return super().fail_json(msg, **kwargs)


def result_of(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the module returns, apart from warnings and a failure."""
    return {
        "changed": any(result["changed"] for result in results),
        "results": results,
        "instances": [result["instance"] for result in results if result["instance"] is not None],
        "diff": [
            {**result["diff"], "before_header": one_line(result["name"]), "after_header": one_line(result["name"])}
            for result in results
            if result["changed"] and not result["failed"]
        ],
        "summary": summary_of(results),
    }


def failure_message(members: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> str:
    """The message about the members that failed."""
    failed = [f"{member_label(number, members[number])}: {result['msg']}" for number, result in enumerate(results) if result["failed"]]
    more = f" And {len(failed) - SPELLED_OUT} more, see results." if len(failed) > SPELLED_OUT else ""
    return f"{len(failed)} of {len(results)} members failed. {' '.join(failed[:SPELLED_OUT])}{more}"
