# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What instance_fleet has besides an ApiModule: options of members, and the shape of its result."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .given import kind_of, null_id_problem, without_empty
from .instance.options import member_label, member_options, merged_options
from .module import ApiModule
from .reconcile.fleet import summary_of
from .text import from_text, one_line

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


def structure_problems(options: Mapping[str, Any]) -> list[str]:
    """A sentence for each member that is not a dict of options, and for ``instances`` or ``defaults`` of another kind."""
    members, common = options.get("instances"), options.get("defaults")
    problems: list[str | None] = []
    if isinstance(members, list):
        problems += [_member_problem(member_label(number, {}), member) for number, member in enumerate(members)]
    elif members not in (None, ""):
        problems.append(
            f'instances must be a list of dicts, but it is {kind_of(members)}: give it as YAML or JSON, such as [{{"name": "web1"}}].'
        )
    if common not in (None, "") and not isinstance(common, dict):
        problems.append(
            f'defaults must be a dict of options, but it is {kind_of(common)}: give it as YAML or JSON, such as {{"state": "started"}}.'
        )
    return [problem for problem in problems if problem]


def _member_problem(label: str, member: Any) -> str | None:
    if member in (None, "", [], {}):
        return f"{label} is {'null' if member is None else 'empty'}: give a dict of options, or remove it from the list."
    if not isinstance(member, dict):
        return f"{label} must be a dict of options, but it is {kind_of(member)}: select an instance with name or id."
    return None


def _without_empty(member: dict[str, Any]) -> dict[str, Any]:
    """A member without options that count as not given. A list counts, even if nothing is in it.

    With an empty list, a member has nothing of what a list of the common options names.
    """
    lists = [name for name, option in member_options().items() if option["type"] == "list" and isinstance(member.get(name), list)]
    kept: dict[str, Any] = {name: [] for name in lists}
    kept.update(without_empty(member))
    return kept


def given_problem(given: Any, label: str) -> str | None:
    """What is wrong with a dict of options as it was given: an unknown option, a wrong type. None if nothing is."""
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

    def _as_given(self, options: dict[str, Any]) -> dict[str, Any]:
        """The same with members and common options that were given as text."""
        given = {name: from_text(value) if name in ("instances", "defaults") else value for name, value in options.items()}
        if isinstance(given.get("instances"), list):
            given["instances"] = [from_text(member) for member in given["instances"]]
        return given

    def _without_empty(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The same, with all members. If one is no dict, an empty list is there instead, because core would complain in its own words."""
        problems = structure_problems(options)
        kept, _none = super()._without_empty(options)
        if problems:
            return {**kept, "instances": [], "defaults": {}}, problems
        if isinstance(options.get("instances"), list):
            kept["instances"] = [_without_empty(member) for member in options["instances"]]
        return kept, []

    def _load_params(self) -> None:
        super()._load_params()
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
            problems = [given_problem(member, member_label(number, member)) for number, member in enumerate(given["instances"])]
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
