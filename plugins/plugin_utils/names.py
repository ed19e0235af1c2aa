# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of hosts: unique, the same in each run, and without a special meaning in Ansible."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence

from ansible.constants import LOCALHOST

from ..module_utils.text import one_line

# Ansible reads a colon as the beginning of a port, and the other marks as a pattern of hosts: --limit with such a name would select
# other hosts. Where a host is named like a pattern, core selects that host in place of those that match. Control characters would
# garble output.
INVALID_CHARACTERS = re.compile(r"^\s*[!&@]|[:,*?\[\]\x00-\x1f\x7f-\x9f\u2028\u2029]")
# In bytes. Most file systems allow 255, and cache plugins put a prefix before the name.
MAX_FILE_NAME = 200
# How many names a message lists.
MAX_LISTED = 5


def as_host_name(text: str) -> str:
    """Return a text with underscores for characters that Ansible would misread, and without blanks at its ends."""
    return INVALID_CHARACTERS.sub("_", text).strip()


def is_special(name: str, is_file: bool = False) -> bool:
    """Whether Ansible, or a program that it runs, would take a host name for something else.

    - ``localhost`` and loopback addresses, in any spelling, mean the machine that Ansible runs on.
    - ssh takes a leading hyphen for an option.
    - Core uses host names as file names for host_vars, so they must not lead out of that folder. ``is_file``: it also does so
      for cached facts, where names must be valid file names.
    """
    if name.lower().rstrip(".") in LOCALHOST or ((name[:1].isdigit() or name[:1] in ":[") and is_this_machine(name)):
        return True
    if name.startswith(("-", "/", "~")) or name == "." or ".." in name.split("/"):
        return True
    return is_file and ("/" in name or len(name.encode("utf-8", "surrogatepass")) > MAX_FILE_NAME)


def is_this_machine(address: str) -> bool:
    """Whether an IP address, in any spelling, is loopback or unspecified: connecting to it reaches the own machine."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        try:
            # Short forms such as 127.1.
            found = ipaddress.ip_address(socket.inet_aton(address.rstrip(".")))
        except (OSError, ValueError):
            return False
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_loopback or found.is_unspecified


def assign_names(name_candidates: Sequence[Sequence[str]], is_unavailable: Callable[[int, str], bool]) -> list[str]:
    """Return one name for each host.

    ``name_candidates``: the possible names of each host, the preferred ones first. The last one must be available, and must not be
    among those of another host. ``is_unavailable``: whether the host with this index can't have a name.

    If two hosts reach the same name, no host gets it. Otherwise it could be the name of one host today and of another one tomorrow.
    So the result does not depend on the order of the hosts, and an additional host never moves a name from one host to another.
    """
    positions = [-1] * len(name_candidates)
    holders: dict[str, int] = {}
    contested: set[str] = set()
    waiting = list(range(len(name_candidates)))
    while waiting:
        host = waiting.pop()
        positions[host] += 1
        name = name_candidates[host][positions[host]]
        if name in contested or is_unavailable(host, name):
            waiting.append(host)
        elif name in holders and holders[name] != host:
            contested.add(name)
            waiting += [host, holders.pop(name)]
        else:
            holders[name] = host
    return [name_candidates[host][position] for host, position in enumerate(positions)]


def first_few(names: Sequence[str]) -> str:
    """Return the first names of a list and the number of the others, for a message."""
    listed = ", ".join(one_line(name) for name in names[:MAX_LISTED])
    return listed if len(names) <= MAX_LISTED else f"{listed} and {len(names) - MAX_LISTED} more"
