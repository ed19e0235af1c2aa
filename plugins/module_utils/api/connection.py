# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the API is and who is asking."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

DEFAULT_API_URL = "https://portal.coxedge.com/api/v2"
# The longest api_timeout in seconds: a day.
MAX_TIMEOUT = 86400


def is_loopback(host: str) -> bool:
    """Whether a host name or address leads to this machine, judged by its spelling."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Connection:
    """The options that all modules share: one environment of one service, and the key. Times in seconds."""

    api_key: str = field(repr=False)
    service_code: str
    environment_name: str
    api_url: str = DEFAULT_API_URL
    organization_id: str | None = None
    api_timeout: float = 60
    api_retries: int = 5
    validate_certs: bool = True
    ca_path: str | None = None

    @property
    def base_url(self) -> str:
        """``api_url`` without a slash at its end."""
        return self.api_url.rstrip("/")

    @property
    def host(self) -> str:
        """The host of ``api_url``."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def label(self) -> str:
        """The environment, for sentences."""
        return f"environment {self.environment_name} of service {self.service_code}"

    def path(self, entity: str, entity_id: str | None = None) -> str:
        """The path of a list or of one of its resources, below the base URL."""
        parts = ["services", self.service_code, self.environment_name, entity]
        return "/".join(quote(part, safe="") for part in parts + ([entity_id] if entity_id else []))

    def problem(self) -> str | None:
        """What is wrong with the values, as a sentence that names the option; None if nothing is."""
        try:
            parts = urlsplit(self.api_url)
            host, _port = parts.hostname, parts.port
        except ValueError:
            return "api_url has no valid host or port: give it as https://HOST[:PORT]/PATH."
        if parts.scheme not in ("http", "https") or not host:
            return f"api_url must be an http or https URL such as {DEFAULT_API_URL}."
        # In front of a password with a slash, the host would seem to end: an @ anywhere means that there may be one.
        if "@" in self.api_url or parts.query or parts.fragment:
            return "api_url must be a plain URL without user, query or fragment: the key belongs in api_key."
        if parts.scheme == "http" and not is_loopback(host):
            return f"api_url must begin with https:// for the host {host}: over plain http, anyone on the way could read api_key."
        if not self.api_key.isascii() or not self.api_key.isprintable():
            return "api_key has characters that no API key has, such as line breaks: copy it again from the portal."
        for name in ("service_code", "environment_name"):
            if getattr(self, name).strip(".") == "" or not getattr(self, name).isprintable():
                return f"{name} is not a name that the API can know: copy it from the portal."
        if not 0 < self.api_timeout <= MAX_TIMEOUT:
            return f"api_timeout must be greater than 0 and at most {MAX_TIMEOUT} seconds."
        if self.api_retries < 0:
            return "api_retries must be 0 or greater."
        if self.ca_path and not os.path.exists(self.ca_path):
            return "ca_path names a file that does not exist: give the path of a CA bundle on the host that runs the module."
        return None
