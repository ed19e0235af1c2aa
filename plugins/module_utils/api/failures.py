# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exceptions of requests, urllib3 and Python as an ApiError that says what to do.

Types decide, and marks of our own (see adapter.py), never the words of an exception: a server or a proxy chooses some of those. They
are not shown either, because they can hold URLs with the passwords of proxies.
"""

from __future__ import annotations

import re
import socket
import ssl

from ..text import one_line
from .adapter import NOT_SENT
from .errors import ApiError, NotProcessed, ResponseLost, Unreadable

# Types by their names: which of them exist depends on the versions of requests and urllib3.
UNVERIFIED = {"SSLCertVerificationError", "CertificateError"}
INVALID_PROXY = {"InvalidProxyURL", "ProxySchemeUnknown", "ProxySchemeUnsupported", "InvalidURL", "LocationValueError"}
NEVER_CONNECTED = {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ConnectTimeout"}
# Reasons of OpenSSL: what arrived was not TLS.
NOT_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"}
# What the resolver says about a name that does not exist. It may be wrong, so the name is tried once more.
UNKNOWN_HOST = {getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)}
TRIES_OF_UNKNOWN_HOSTS = 2
# The beginning of an alert, which a TLS port responds to plain HTTP with.
TLS_ALERT = "\x15\x03"


def as_api_error(error: BaseException, host: str, purpose: str, timeout: float) -> ApiError:
    """The ApiError for an exception of an exchange. ``timeout``: seconds for connecting and for each read."""
    chain = causes_of(error)
    names = {name.__name__ for item in chain for name in type(item).__mro__}
    permanent = _permanent(chain, names, host)
    if permanent is not None:
        return ApiError(f"Could not {purpose}: {permanent}.")
    if any(getattr(item, NOT_SENT, False) for item in chain) or names & NEVER_CONNECTED:
        through = "the proxy of the environment" if "ProxyError" in names else host
        refused = NotProcessed(f"Could not {purpose}: no connection to {through} ({_reason(chain)})")
        if any(isinstance(item, socket.gaierror) and item.errno in UNKNOWN_HOST for item in chain):
            refused.max_tries = TRIES_OF_UNKNOWN_HOSTS
        return refused
    if any(getattr(item, "line", "")[:2] == TLS_ALERT for item in chain if type(item).__name__ == "BadStatusLine"):
        return Unreadable(f"Could not {purpose}: {host} expects TLS on this port; set api_url to a URL that begins with https://")
    if names & {"Timeout", "TimeoutError"}:
        return ResponseLost(f"Could not {purpose}: {host} did not respond within {timeout:g} seconds")
    if names & {"RequestException", "HTTPError", "HTTPException", "OSError"}:
        return ResponseLost(f"Could not {purpose}: the connection to {host} broke off ({_reason(chain)})")
    if isinstance(error, ImportError):
        raise error
    return ResponseLost(f"Could not {purpose}: an unexpected {type(error).__name__} on the way to {host}")


def _permanent(chain: list[BaseException], names: set[str], host: str) -> str | None:
    """What will fail again in the same way and was not sent, with its remedy, as a clause; None if it is something else."""
    if names & UNVERIFIED:
        found = next((item for item in chain if isinstance(item, ssl.SSLCertVerificationError)), None)
        reason = one_line(getattr(found, "verify_message", "") or "it is not valid for this host").rstrip(".")
        return (
            f"the certificate of {host} can't be trusted ({reason}); check api_url, or set ca_path to the bundle of the CA that signed it"
        )
    if names & INVALID_PROXY:
        return "the URL of the proxy can't be used; correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY in the environment"
    if "InvalidSchema" in names:
        return "a SOCKS proxy needs the library PySocks in the Python that runs this; install it, or use an HTTP proxy"
    unsent = [item for item in chain if getattr(item, NOT_SENT, False)]
    if any(isinstance(item, ssl.SSLError) and item.reason in NOT_TLS for item in unsent):
        return f"{host} does not speak TLS on this port; check the port of api_url, and the proxy of the environment if there is one"
    status = next((found for found in map(_tunnel_status, unsent) if found), 0)
    if status == 407:
        return "the proxy of the environment wants a user name and a password (HTTP 407); put them into HTTPS_PROXY"
    if 400 <= status < 500 and status not in (408, 425, 429):
        return f"the proxy of the environment does not connect to {host} (HTTP {status}); ask its operator, or add the host to NO_PROXY"
    return None


def _tunnel_status(error: BaseException) -> int:
    """The status with which a proxy refused a tunnel; 0 if it is about something else.

    http.client has it only in a message. Nothing was sent, so the worst that a proxy can do with its words is not to be tried again.
    """
    found = re.match(r"Tunnel connection failed: (\d{3})\b", str(error)) if isinstance(error, OSError) else None
    return int(found[1]) if found else 0


def causes_of(error: BaseException | None) -> list[BaseException]:
    """An exception and all that it wraps, in whichever way its library wraps."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < 20:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or item in found:
            continue
        found.append(item)
        waiting += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
    return found


def _reason(chain: list[BaseException]) -> str:
    """The operating system's own words for what happened, else the name of the innermost exception."""
    for item in reversed(chain):
        if isinstance(item, OSError) and item.strerror and isinstance(item.errno, int):
            return str(item.strerror).lower()
    return type(chain[-1]).__name__
