#!/usr/bin/python
# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module: the ISO that is attached to an instance."""

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_iso
short_description: Attach an ISO to a Cox Edge instance, or detach it
version_added: 1.0.0
description:
  - Attaches an ISO that is not bootable to an instance, or detaches the one that is attached. An instance has one at most.
  - Where the API reports which ISO is attached, nothing is done that is not needed. Where it does not, the operation is run each
    time, and RV(msg) says so.
  - An ISO that is in the way of the one to attach is detached first.
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
    details: Where the API does not report the ISO, the operation is predicted each time.
  diff_mode:
    support: full
options:
  state:
    description: Whether the ISO is to be attached, or none.
    type: str
    choices: [attached, detached]
    default: attached
  iso:
    description: Name or ID of the ISO. Needed with O(state=attached).
    type: str
"""

EXAMPLES = r"""
- name: Attach the drivers
  coxedge.compute.instance_iso:
    name: web1
    iso: drivers

- name: Detach whatever is attached
  coxedge.compute.instance_iso:
    name: web1
    state: detached
"""

RETURN = r"""
msg:
  description: What has to be said of the result, such as that the API does not report the ISO.
  returned: when there is something to say
  type: str
  sample: The API does not report which ISO is attached, so the operation was run whether it was needed or not.
instance:
  description: The instance, as in M(coxedge.compute.instance).
  returned: success
  type: dict
  sample: {id: 9db8ff2f-b49b-466d-a2f3-c1e6def408f4, name: web1, state: Running}
actions:
  description: What was done, or in check mode would be, in order, by the API's names.
  returned: always
  type: list
  elements: str
  sample: [detachIso, attachIso]
error:
  description: What the API said of a failure; the values are null where it said nothing.
  returned: failure
  type: dict
  sample: {status_code: 400, code: 2012, message: The instance is in a state that does not allow this., context: {}}
"""

from typing import Any

from ..module_utils.operation_module import run_operation


def iso_problem(options: dict[str, Any]) -> str | None:
    """What is wrong with the options, as a sentence that names them; None if nothing is."""
    if options["state"] == "attached" and not options.get("iso"):
        return "iso is required with state attached: give the name or id of the ISO."
    return None


def main() -> None:
    """Runs the module."""
    run_operation(
        {"state": {"type": "str", "choices": ["attached", "detached"], "default": "attached"}, "iso": {"type": "str"}},
        lambda run, options: run.set_iso(options["iso"] if options["state"] == "attached" else None),
        lambda run, instance: {"instance": instance, **({"msg": run.msg} if run.msg else {})},
        iso_problem,
    )


if __name__ == "__main__":
    main()
