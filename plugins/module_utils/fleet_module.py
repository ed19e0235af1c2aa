# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What instance_fleet has besides an ApiModule: options of members, and errors that name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .fleet.members import LISTS, NUMBERING, as_given, members_of, null_ids_problem, structure_problems, without_empty_options
from .given import without_empty
from .instance.options import member_label, member_options, unknown_option
from .module import ApiModule


def fleet_options() -> dict[str, dict[str, Any]]:
    """The options of the module, without the shared ones."""
    return {
        "instances": {"type": "list", "elements": "dict", "options": {**member_options(), **NUMBERING}},
        "names": {"type": "list", "elements": "str"},
        "ids": {"type": "list", "elements": "str"},
        "defaults": {"type": "dict", "options": member_options()},
        "max_concurrency": {"type": "int", "default": 10},
        "details": {"type": "bool", "default": False},
        "return_password": {"type": "bool", "default": False, "no_log": False},
    }


def given_problem(given: Mapping[str, Any], label: str, known: dict[str, dict[str, Any]]) -> str | None:
    """What is wrong with a dict of options as it was given: an unknown option, a wrong type. None if nothing is."""
    for name in given:
        if name not in known:
            return f"{label}: {unknown_option(name, known)}"
    messages = ArgumentSpecValidator(known).validate(given).error_messages
    return f"{label}: {messages[0].rstrip('.')}." if messages else None


class FleetModule(ApiModule):
    """An ApiModule whose errors about members name them."""

    given: dict[str, Any] | None = None

    def _as_given(self, options: dict[str, Any]) -> dict[str, Any]:
        return as_given(options)

    def _without_empty(self, options: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The same, with all members. If one is no dict, an empty list is there instead, because core would complain in its own words."""
        problems = structure_problems(options)
        kept = without_empty_options(options)
        return ({**kept, **{name: [] for name in LISTS}, "defaults": {}} if problems else kept), problems

    def _load_params(self) -> None:
        super()._load_params()
        self.given = dict(self.params)

    def _hide_user_data(self) -> None:
        self.given = None
        self.members, self.labels, self._numbering_problems = members_of(self.params)
        for options in [*(self.params["instances"] or []), self.params["defaults"] or {}]:
            if options.get("user_data") is not None:
                options["user_data"] = self._secret(options["user_data"])
        # Results show the options of the task. Most options of members are not given.
        for name in ("instances", "defaults"):
            self.params[name] = self.params[name] and without_empty(self.params[name])

    def members_problem(self) -> str | None:
        """What is wrong with the members and with ``defaults``, apart from values of options; None if nothing is."""
        if all(self.params[name] is None for name in LISTS):
            return "Give instances, names or ids: one of them is required to say which instances the fleet has."
        if (self.params["defaults"] or {}).get("id"):
            return "defaults can't have an id: an id selects one instance, so it belongs to a member."
        return " ".join(self._numbering_problems) or (null_ids_problem(self.raw_params.get("instances") or []) if self.check_mode else None)

    def fail_json(self, msg: str, **kwargs: Any) -> Any:
        """Fails. If an option is wrong, core only says that it is somewhere in instances: this says where."""
        given, self.given = self.given, None
        if given is not None and isinstance(given.get("instances"), list):
            known = {**member_options(), **NUMBERING}
            problems = [given_problem(member, member_label(number, member), known) for number, member in enumerate(given["instances"])]
            problems.append(given_problem(given.get("defaults") or {}, "defaults", member_options()))
            msg = next((problem for problem in problems if problem), msg)
        return super().fail_json(msg, **kwargs)
