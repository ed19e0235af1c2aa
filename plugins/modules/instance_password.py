#!/usr/bin/python
# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module coxedge.compute.instance_password."""

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_password
short_description: Reset the password of a Cox Edge instance
version_added: 1.0.0
description:
  - Resets the password of the default user of an instance and returns the new password.
  - The module is not idempotent. Each run replaces the password of the run before.
  - If results are recorded, set C(no_log) on the task.
author:
  - coxedge.compute contributors (@coxedge)
extends_documentation_fragment:
  - coxedge.compute.api
  - coxedge.compute.attributes
  - coxedge.compute.actiongroup
  - coxedge.compute.one_instance
attributes:
  check_mode:
    support: full
    details: Check mode resets nothing and returns no password.
  diff_mode:
    support: full
    details: The diff shows no password.
notes:
  - If the API's response is lost, the result is unknown. The module then fails and does not reset the password a second time.
"""

EXAMPLES = r"""
- name: Reset the password
  coxedge.compute.instance_password:
    name: web1
  register: access
  no_log: true
"""

RETURN = r"""
password:
  description: The new password. Null in check mode.
  returned: success
  type: str
  sample: Xk2-example
username:
  description: Name of the user that the password belongs to.
  returned: success
  type: str
  sample: cca-user
actions:
  description: Operations of the API that the run executed. In check mode, the operations that a real run would execute.
  returned: always
  type: list
  elements: str
  sample: [resetPassword]
error:
  description: Details of the failure. Values that the API did not report are null.
  returned: failure
  type: dict
  sample: {status_code: 400, code: 2012, message: The instance is in a state that does not allow this., context: {}}
"""

from ..module_utils.operation_module import run_operation
from ..module_utils.runtime import Runtime


def main(runtime: Runtime | None = None) -> None:
    """Runs the module."""
    run_operation(
        {},
        lambda run, _options: run.reset_password(),
        lambda run, instance: {"password": run.outcome.password, "username": instance.get("username")},
        runtime=runtime,
    )


if __name__ == "__main__":
    main()
