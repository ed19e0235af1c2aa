#!/usr/bin/python
# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module coxedge.compute.instance_iso."""

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_iso
short_description: Attach an ISO to a Cox Edge instance or detach it
version_added: 1.0.0
description:
  - Attaches an ISO to an instance, or detaches the attached ISO. An instance can have one ISO, and the ISO must not be bootable.
  - If another ISO is attached, the module detaches it first.
  - If the API reports which ISO is attached, the module changes only what differs. Otherwise it runs the operation each time, and
    RV(msg) says so.
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
    details: If the API does not report which ISO is attached, check mode predicts the operation each time.
  diff_mode:
    support: full
options:
  state:
    description: Whether an ISO is attached. V(attached) attaches O(iso). V(detached) detaches the attached ISO.
    type: str
    choices: [attached, detached]
    default: attached
  iso:
    description: Name or ID of the ISO. Required with O(state=attached).
    type: str
"""

EXAMPLES = r"""
- name: Attach the ISO with the drivers
  coxedge.compute.instance_iso:
    name: web1
    iso: drivers

- name: Detach the ISO that is attached
  coxedge.compute.instance_iso:
    name: web1
    state: detached
"""

RETURN = r"""
msg:
  description: Remark about the result, for example that the API does not report which ISO is attached.
  returned: when there is a remark
  type: str
  sample: The API does not report which ISO is attached, so the operation was run whether it was needed or not.
instance:
  description: The instance, as in M(coxedge.compute.instance).
  returned: success
  type: dict
  sample: {id: 9db8ff2f-b49b-466d-a2f3-c1e6def408f4, name: web1, state: Running}
actions:
  description: Operations of the API that the run executed, in order. In check mode, the operations that a real run would execute.
  returned: always
  type: list
  elements: str
  sample: [detachIso, attachIso]
error:
  description: Details of the failure. Values that the API did not report are null.
  returned: failure
  type: dict
  sample: {status_code: 400, code: 2012, message: The instance is in a state that does not allow this., context: {}}
"""

from typing import Any

from ..module_utils.operation_module import run_operation
from ..module_utils.runtime import Runtime


def iso_problem(options: dict[str, Any]) -> str | None:
    """What is wrong with the options, as a sentence that names them; None if nothing is."""
    if options["state"] == "attached" and not options.get("iso"):
        return "iso is required with state attached: give the name or id of the ISO."
    return None


def main(runtime: Runtime | None = None) -> None:
    """Runs the module."""
    run_operation(
        {"state": {"type": "str", "choices": ["attached", "detached"], "default": "attached"}, "iso": {"type": "str"}},
        lambda run, options: run.set_iso(options["iso"] if options["state"] == "attached" else None),
        lambda run, instance: {"instance": instance, **({"msg": run.msg} if run.msg else {})},
        iso_problem,
        runtime=runtime,
    )


if __name__ == "__main__":
    main()
