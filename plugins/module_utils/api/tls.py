# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates are trusted, and the TLS context for it.

Loading a bundle of CA certificates takes about 20 ms. A context is made once for all that decides trust, and what forks this process
has it too.
"""

from __future__ import annotations

import os
import ssl
import threading
from typing import Any, NamedTuple

from ..text import one_line
from .errors import ApiError

_contexts: dict[Trust, Any] = {}
_lock = threading.Lock()


class Trust(NamedTuple):
    """All that decides which certificates are trusted.

    ``bundle``: the path of a file or folder of CA certificates; None: certificates are not checked. ``state``: what changes when the
    file does.
    """

    bundle: str | None
    state: tuple[int, ...]


def context_for(validate_certs: bool, ca_path: str | None) -> Any:
    """The TLS context of a connection. Raises ApiError for a bundle that can't be used: later, it would look like a broken connection."""
    bundle = bundle_of(ca_path) if validate_certs else None
    try:
        trust = Trust(bundle, () if bundle is None else _state_of(bundle))
        with _lock:
            if trust not in _contexts:
                _contexts[trust] = _new_context(bundle)
            return _contexts[trust]
    except OSError as error:
        source = "ca_path" if ca_path else "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE in the environment"
        reason = one_line(error.strerror or error)
        raise ApiError(f"{source} does not name a usable bundle of CA certificates ({reason}): give another path.") from None


def bundle_of(ca_path: str | None) -> str:
    """The path of the bundle of CA certificates, as the library requests chooses it."""
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    variables = (os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
    return os.path.abspath(ca_path or next(filter(None, variables), DEFAULT_CA_BUNDLE_PATH))


def _state_of(path: str) -> tuple[int, ...]:
    found = os.stat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns


def _new_context(bundle: str | None) -> Any:
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()
    if bundle is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context.verify_mode = ssl.CERT_REQUIRED
    if os.path.isdir(bundle):
        context.load_verify_locations(capath=bundle)
    else:
        context.load_verify_locations(cafile=bundle)
    return context
