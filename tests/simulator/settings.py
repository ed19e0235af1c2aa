# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the simulator behaves where the documentation leaves it open, or where sources disagree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .checks import Kind, check
from .model import OPERATION_NAMES, RUNNING, STOPPED


@dataclass
class Settings:
    """How the simulator behaves where the documentation leaves it open, or sources disagree."""

    task_seconds: float = 1.0
    """How long a task takes."""
    seconds: dict[str, float] = field(default_factory=dict)
    """The same for single operations, by API name (``create``, ``stop``, ...)."""
    task_shape: str = "data"
    """``data``: id and status inside ``data``; ``flat``: taskId and taskStatus at the top."""
    first_response: str = "pending"
    """``pending``; ``pending_with_data`` (an empty ``data`` beside it, for a create its id); ``done`` (ended at once);
    ``done_without_data`` (ended at once, but only the task has the result)."""
    task_results: str = "all"
    """``promised``: only the tasks of a create and of a password reset have a result."""
    refusals: str = "plain"
    """``with_task``: a refused write also has a task, which has failed."""
    update_response: str = "task"
    """The response to a PUT: ``task``, ``data`` (the instance, at once) or ``empty`` (204, at once)."""
    failed_status: str = "FAILED"
    """Or ``FAILURE``."""
    failed_detail: str = "errors"
    """Where a failed task says why: ``errors`` or ``result``."""
    error_code: str = "code"
    """``code`` (a number) or ``errorCode`` (a string)."""
    error_status: str = "http"
    """``http``: the fitting status; ``ok``: errors arrive with status 200."""
    public_ips_key: str = "publicIps"
    """Or ``publicIPs``."""
    image_key: str = "image"
    """``image``: imageId and imageName; ``template``: templateId and templateName."""
    list_destroyed: bool = True
    """Whether the list shows destroyed instances."""
    page_size: int = 0
    """The most that one list response holds; 0: everything."""
    paging: str = "honoured"
    """``ignored``: paging parameters have no effect, so only the first page can be read."""
    report_ssh_key: bool = False
    """Whether instances show ``sshKeyName``."""
    report_iso: bool = False
    """Whether instances show ``isoId``."""
    create_password: bool = True
    """Whether the result of a create holds a password."""
    recovered_state: str = STOPPED
    """The state after ``recover``."""
    change_ends: str = "same"
    """``started``: changing the offering of a stopped instance leaves it running."""
    hostname_suffix: str = ""
    """Appended to the host name that the server chooses for a new instance."""
    max_instances: int = 0
    """A quota per environment; 0: none."""
    expunge_after: float = 0.0
    """Seconds after which a destroyed instance vanishes by itself; 0: never."""
    two_keys: str = "accepted"
    """Whether a create with both ``publicKey`` and ``sshKeyName`` is ``accepted`` or ``refused``."""
    lenient: bool = False
    """Lets unknown body fields pass."""
    normalise: bool = False
    """Stores names trimmed, in NFC and cut at 63 characters, host names in lower case without their domain, and memory rounded up."""
    memory_step: int = 0
    """The memory of custom offerings is rounded up to a multiple of this; 0: of 256 with ``normalise``, else of 1."""
    disk_step: int = 0
    """Sizes of volumes are rounded up to a multiple of this; 0: they are not."""
    lag_seconds: float = 0.0
    """How far the list and retrieving an instance are behind."""
    omit_empty: bool = False
    """Whether attributes of instances without a value are left out."""
    text_numbers: bool = False
    """Whether numbers and booleans in responses are text."""
    header_paging: bool = False
    """Whether only the headers ``MC-Current-Page`` and ``MC-Page-Size`` page, and the parameters have no effect."""

    def update(self, values: Any) -> None:
        """Changes some settings, or none of them if a name is unknown or a value is not possible."""
        for name, value in check(values, KNOWN, "A setting").items():
            if name == "seconds":
                check(value, dict.fromkeys(OPERATION_NAMES, "seconds"), "The setting seconds")
        for name, value in values.items():
            setattr(self, name, value)


# Setting: the values that there are.
CHOICES: dict[str, tuple[str, ...]] = {
    "task_shape": ("data", "flat"),
    "first_response": ("pending", "pending_with_data", "done", "done_without_data"),
    "task_results": ("all", "promised"),
    "refusals": ("plain", "with_task"),
    "two_keys": ("accepted", "refused"),
    "update_response": ("task", "data", "empty"),
    "failed_status": ("FAILED", "FAILURE"),
    "failed_detail": ("errors", "result"),
    "error_code": ("code", "errorCode"),
    "error_status": ("http", "ok"),
    "public_ips_key": ("publicIps", "publicIPs"),
    "image_key": ("image", "template"),
    "paging": ("honoured", "ignored"),
    "recovered_state": (STOPPED, RUNNING),
    "change_ends": ("same", "started"),
}
TYPE_NAMES = {bool: "boolean", int: "count", float: "seconds", str: "string", dict: "object"}
# Setting: its type, or the values that there are.
KNOWN: dict[str, Kind] = {name: CHOICES.get(name, TYPE_NAMES[type(default)]) for name, default in vars(Settings()).items()}
