# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's own controls, under /_simulator. They need no key."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from flask import Response, request

from .checks import check
from .cloud import Cloud
from .envelopes import allow, json_body, json_response
from .environment import Environment
from .faults import Faults
from .model import ENVIRONMENTS, SERVICE_CODE, invalid, not_found
from .seeds import add_entry, checked_change, checked_seeds
from .settings import Settings


class Controls:
    """Tells a simulator, while it runs, what there is and how it behaves."""

    def __init__(self, cloud: Cloud, faults: Faults, log: list[dict[str, Any]], lock: threading.RLock) -> None:
        self.cloud, self.faults, self.log, self.lock = cloud, faults, log, lock
        self.actions: dict[str, dict[str, Callable[[], Any]]] = {
            "faults": {"GET": self.show_faults, "POST": self.add_faults, "DELETE": self.faults.clear},
            "reset": {"POST": self.reset},
            "requests": {"GET": self.log.copy, "DELETE": self.log.clear},
            "settings": {"GET": self.show_settings, "POST": self.change_settings},
            "instances": {"POST": self.add_instances},
            "resources": {"POST": self.add_resource},
        }

    def control(self, path: str) -> Response:
        """Carries out a request for the control of a path."""
        head, _slash, instance_id = path.partition("/")
        actions = self.actions.get(path)
        if head == "instances" and instance_id:
            actions = {"PATCH": lambda: self.patch_instance(instance_id)}
        if actions is None:
            raise not_found(f"The simulator has no control {path}. It has: {', '.join(self.actions)}.")
        allow(*actions)
        with self.lock:
            return json_response(actions[request.method]())

    def reset_all(self) -> None:
        """Goes back to the beginning: no instances, no faults, an empty log."""
        with self.lock:
            self.cloud.reset()
            self.faults.clear()
            self.log.clear()

    def reset(self) -> Any:
        """Goes back to the beginning; a body changes settings at once."""
        values = json_body() or {}
        Settings().update(values)
        self.reset_all()
        self.cloud.settings.update(values)
        return self.show_settings()

    def show_faults(self) -> Any:
        """The faults in force."""
        return [vars(fault) for fault in self.faults.active]

    def add_faults(self) -> Any:
        """Puts faults in force."""
        return [vars(fault) for fault in self.faults.add(json_body())]

    def show_settings(self) -> Any:
        """The settings."""
        return vars(self.cloud.settings)

    def change_settings(self) -> Any:
        """Changes settings; those that are not named stay."""
        self.cloud.settings.update(json_body() or {})
        return self.show_settings()

    def add_instances(self) -> Any:
        """Adds instances at once: an object, a list of them, or ``{"count": N, "prefix": "name-"}``. Returns their ids."""
        environment = self._environment()
        return [environment.seed(values)["id"] for values in checked_seeds(json_body(), environment)]

    def patch_instance(self, instance_id: str) -> Any:
        """Changes an instance as if someone else had done it; ``{"gone": true}`` removes it."""
        self.cloud.advance()
        environment = self._environment()
        instance, values = environment.instance(instance_id), checked_change(json_body())
        if values.get("gone"):
            environment.remove_instance(instance)
            patched = None
        else:
            self.cloud.supersede(instance["id"])
            patched = environment.patch(instance, values)
        # Once more, so that a list that lags behind knows when this happened.
        self.cloud.advance()
        return patched

    def add_resource(self) -> Any:
        """Adds to a list: ``{"kind": "templates", "entry": {...}}``. What the entry lacks is copied from the first one, except the id."""
        environment = self._environment()
        body = check(json_body(), {"kind": tuple(environment.resources), "entry": "object"}, "The body")
        for name in ("kind", "entry"):
            if name not in body:
                raise invalid(f"The body needs {name}.", field=name)
        return add_entry(environment, body["kind"], body["entry"])

    def _environment(self) -> Environment:
        """The environment that the query names; the first one by default."""
        return self.cloud.environment(request.args.get("org_id"), SERVICE_CODE, request.args.get("environment", ENVIRONMENTS[0]))
