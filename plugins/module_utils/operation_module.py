# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of a single operation share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .api.errors import ApiError
from .instance.options import option_problem
from .instance.steps import Refused
from .jobs import Job, drive
from .module import ApiModule, api_options, wait_options
from .reconcile.catalog import Catalog
from .reconcile.imperative import ImperativeRun, selection
from .reconcile.run import Run
from .runtime import Runtime


def run_operation(
    spec: dict[str, dict[str, Any]],
    job: Callable[[ImperativeRun, dict[str, Any]], Job[dict[str, Any]]],
    result: Callable[[ImperativeRun, dict[str, Any]], dict[str, Any]],
    problem_of: Callable[[dict[str, Any]], str | None] = lambda _options: None,
    runtime: Runtime | None = None,
) -> None:
    """Runs such a module. ``spec``: its own options; ``result``: what it returns besides what all of them return."""
    selecting: dict[str, dict[str, Any]] = {"id": {"type": "str"}, "name": {"type": "str"}, "wait_timeout": wait_options()["wait_timeout"]}
    module = ApiModule(argument_spec={**api_options(), **selecting, **spec}, runtime=runtime)
    module.fail_on(module.null_id_problem() or option_problem(selection(module.params)) or problem_of(module.params))
    client = module.new_client()
    deadline = module.new_deadline(client)
    run = Run(client, Catalog(client, deadline), deadline, selection(module.params), check_mode=module.check_mode)
    operation = ImperativeRun(run)
    run.wants_state = module.reporter.wants_state
    module.reporter.watch(lambda: operation.progress)
    try:
        instance = drive(job(operation, module.params), client.sleep)
    except (ApiError, Refused, ImportError) as failure:
        module.fail_with(failure, changed=bool(run.outcome.actions), actions=run.outcome.actions)
    else:
        module.exit_json(
            changed=bool(run.outcome.actions), actions=run.outcome.actions, diff=run.outcome.diff, **result(operation, instance)
        )
