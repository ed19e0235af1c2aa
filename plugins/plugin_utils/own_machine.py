# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and addresses of the machine that Ansible runs on. A host must never get one of them by mistake."""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from functools import lru_cache

# Names that the files of hosts of common systems give to the loopback interface, and the top-level domain that RFC 6761 reserves for it.
LOOPBACK_NAMES = re.compile(r"localhost[46]?(\.localdomain[46]?)?|ip6-(localhost|loopback)|.*\.localhost")


def is_this_machine(text: str) -> bool:
    """Whether a host name or an IP address, in any spelling, leads back to this machine."""
    name = _normalized(text)
    return _is_loopback(name) or _is_own_name(name)


def is_loopback(text: str) -> bool:
    """Whether a host name or an IP address, in any spelling, is loopback or unspecified on every machine."""
    return _is_loopback(_normalized(text))


def _normalized(text: str) -> str:
    """Return a name as a resolver reads it: case and a final dot make no difference, and some letters stand for ASCII letters."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold().rstrip(".")


def _is_loopback(name: str) -> bool:
    if LOOPBACK_NAMES.fullmatch(name):
        return True
    # The check saves two calls for each name that can't be an address.
    return (name[:1].isdigit() or ":" in name) and _is_loopback_address(name)


def _is_loopback_address(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        try:
            # Short forms such as 127.1.
            found = ipaddress.ip_address(socket.inet_aton(address))
        except (OSError, ValueError):
            return False
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_loopback or found.is_unspecified


def _is_own_name(name: str) -> bool:
    own = _normalized(socket.gethostname())
    short = own.split(".", 1)[0]
    if name in (own, short):
        return bool(name)
    # To find its full name, this machine may have to ask a name server, so it asks only if it could make a difference.
    return "." in name and name.split(".", 1)[0] == short and name == _full_name(own)


@lru_cache(maxsize=1)
def _full_name(own: str) -> str:
    return _normalized(socket.getfqdn(own))
