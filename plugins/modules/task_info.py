#!/usr/bin/python
# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module coxedge.compute.task_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: task_info
short_description: Show the outcome of a task of the Cox Edge API
version_added: 2.0.0
description:
  - Shows a task that a run with C(wait=false) has started and not waited for.
  - The API keeps tasks for about 30 minutes. After that, M(coxedge.compute.instance_info) shows what became of the instance.
author:
  - coxedge.compute contributors (@coxedge)
extends_documentation_fragment:
  - coxedge.compute.api
  - coxedge.compute.attributes
  - coxedge.compute.attributes.reads
  - coxedge.compute.actiongroup
options:
  id:
    description: UUID of the task, such as RV(coxedge.compute.instance#module:task_id).
    type: str
    required: true
  wait:
    description:
      - Whether to wait until the task has ended. If it fails, the module fails too.
      - Otherwise, the module returns what is known now. A task that has failed does not fail the module then.
    type: bool
    default: false
  wait_timeout:
    description: Maximum duration of the whole run in seconds. When the time is over, the module fails and the task continues.
    type: int
    default: 600
notes:
  - The result of a task has no password. To get the password of a new instance, wait for it in the run that creates it, or use
    M(coxedge.compute.instance_password).
seealso:
  - module: coxedge.compute.instance
  - module: coxedge.compute.instance_info
"""

EXAMPLES = r"""
- name: Stop an instance without waiting for it
  coxedge.compute.instance:
    name: web1
    state: stopped
    wait: false
  register: stopping

- name: Do something else meanwhile
  ansible.builtin.debug:
    msg: The instance is {{ stopping.instance.state }}

- name: Wait until it is stopped
  coxedge.compute.task_info:
    id: "{{ stopping.task_id }}"
    wait: true
  when: stopping.task_id is not none
"""

RETURN = r"""
task:
  description: The task. Null if nothing is known about it.
  returned: always
  type: dict
  contains:
    id:
      description: ID of the task.
      type: str
      sample: 9d5f4a2e-1111-4b0c-8c1d-2f60a3a6b6a1
    status:
      description: Status of the task, C(PENDING), C(SUCCESS) or C(FAILED). The API may have others for tasks that have not ended.
      type: str
      sample: SUCCESS
    created:
      description: Time at which the task began, as the API shows it, or null.
      type: str
      sample: "2026-12-01T10:00:00-0400"
    result:
      description: The instance as the task shows it, in snake_case and without secrets, or null if the task shows none.
      type: dict
      sample: {id: 9db8ff2f-b49b-466d-a2f3-c1e6def408f4, name: web1, state: Stopped}
    error:
      description: Why the task has failed, as in RV(error), or null.
      type: dict
      sample: {status_code: null, code: 2012, message: The instance is in a state that does not allow this., context: {}}
finished:
  description: Whether the task has ended, successfully or not.
  returned: always
  type: bool
  sample: true
error:
  description: Details of the failure. Values that the API did not report are null.
  returned: failure
  type: dict
  sample: {status_code: 404, code: 2001, message: There is no such task., context: {}}
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.api.errors import ApiError, TaskFailed
from ..module_utils.api.messages import TaskStatus
from ..module_utils.instance.view import partial_view
from ..module_utils.jobs import drive
from ..module_utils.module import ApiModule, api_options, wait_options
from ..module_utils.reconcile.waiting import look_at_task
from ..module_utils.runtime import Runtime
from ..module_utils.text import is_uuid


class TaskModule(ApiModule):
    """An ApiModule that knows where an empty id comes from."""

    def fail_json(self, msg: str, **kwargs: Any) -> Any:
        """Fails. An id that is given as null counts as missing for core."""
        given = getattr(self, "raw_params", {})
        if msg.startswith("missing required arguments") and "id" in given and given["id"] in (None, ""):
            msg = "id is null: check mode, and a run with nothing to do, start no task. Skip this with when: RESULT.task_id is not none."
        super().fail_json(msg, **{"task": None, "finished": False, **kwargs})


class Seen:
    """What is known about a task."""

    def __init__(self, task_id: str) -> None:
        self.task: dict[str, Any] = {"id": task_id, "status": None, "created": None, "result": None, "error": None}

    def note(self, status: TaskStatus) -> None:
        """Keeps what a look shows."""
        self._keep(status.status, status.created, status.result)

    def note_failure(self, failed: TaskFailed) -> None:
        """Keeps why the task has failed."""
        self._keep("FAILED", failed.created, failed.result)
        self.task["error"] = failed.details

    def _keep(self, status: str, created: str | None, result: Any) -> None:
        self.task.update(status=status, created=created, result=partial_view(result) if isinstance(result, Mapping) else None)

    @property
    def progress(self) -> str:
        """What the task is doing, for people."""
        return f"task {self.task['id']} is {self.task['status'] or 'not known yet'}"


def main(runtime: Runtime | None = None) -> None:
    """Runs the module."""
    wait = {**wait_options(), "wait": {"type": "bool", "default": False}}
    module = TaskModule(argument_spec={**api_options(), "id": {"type": "str", "required": True}, **wait}, runtime=runtime)
    if not is_uuid(module.params["id"]):
        module.fail_json(f"id must be the UUID of a task, which {module.params['id']!r} is not: give the task_id that a module returned.")
    task_id, waits = module.params["id"].lower(), module.params["wait"]
    client = module.new_client()
    seen = Seen(task_id)
    module.reporter.watch(lambda: seen.progress)
    try:
        drive(look_at_task(client, task_id, module.new_deadline(client), waits, seen.note), client.sleep)
    except TaskFailed as failed:
        seen.note_failure(failed)
        if waits:
            module.fail_with(failed, task=seen.task, finished=True)
    except (ApiError, ImportError) as failure:
        module.fail_with(failure, task=seen.task if seen.task["status"] else None)
    module.exit_json(changed=False, task=seen.task, finished=seen.task["status"] in ("SUCCESS", "FAILED"))


if __name__ == "__main__":
    main()
