# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names for hosts: unique, the same in each run, and none that Ansible takes for something else."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence

from ansible.constants import LOCALHOST

# A colon would be read as the beginning of a port, and the other marks make patterns of hosts: as a limit such a name would mean other
# hosts, and core takes a pattern for the host of just that name, if there is one. Control characters would garble whatever shows the name.
UNFIT = re.compile(r"^\s*[!&@]|[:,*?\[\]\x00-\x1f\x7f-\x9f\u2028\u2029]")


# What most file systems take as the name of a file, less what caches put before it. In bytes.
LONGEST_FILE_NAME = 200


def host_name(text: str) -> str:
    """A text as a host name: what is unfit in it is an underscore, and no pattern reaches blanks at its ends."""
    return UNFIT.sub("_", text).strip()


def is_special(name: str, is_file: bool = False) -> bool:
    """Whether Ansible, or a program that it runs, would take a name for something else than the name of this host.

    This machine is meant by names of loopback, however they are spelled. A leading hyphen would make the name an option of ssh.
    Core makes file names of host names (for host_vars, and with ``is_file`` for a cache of facts): these must not lead out of
    their folder, nor into one that does not exist.
    """
    if name.lower().rstrip(".") in LOCALHOST or ((name[:1].isdigit() or name[:1] in ":[") and is_this_machine(name)):
        return True
    if name.startswith(("-", "/", "~")) or name == "." or ".." in name.split("/"):
        return True
    return is_file and ("/" in name or len(name.encode("utf-8", "surrogatepass")) > LONGEST_FILE_NAME)


def is_this_machine(address: str) -> bool:
    """Whether an address leads to whoever connects to it: loopback or none in particular, in any spelling."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        try:
            # 127.1 and its like.
            found = ipaddress.ip_address(socket.inet_aton(address.rstrip(".")))
        except (OSError, ValueError):
            return False
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_loopback or found.is_unspecified


def settle(wishes: Sequence[Sequence[str]], refused: Callable[[int, str], bool]) -> list[str]:
    """One name for each host, out of its wishes in their order.

    ``wishes``: for each host, with at least one name at the end that no other host wants and that is not refused.
    ``refused``: whether the host of an index must not have a name.

    A name that two hosts come to want is given to neither of them, nor to anyone else: who of them would have it tomorrow
    could be another one than today. So the outcome does not depend on the order of the hosts, and more hosts never hand a name
    from one to another.
    """
    reached = [-1] * len(wishes)
    holders: dict[str, int] = {}
    contested: set[str] = set()
    waiting = list(range(len(wishes)))
    while waiting:
        host = waiting.pop()
        reached[host] += 1
        name = wishes[host][reached[host]]
        if name in contested or refused(host, name):
            waiting.append(host)
        elif name in holders and holders[name] != host:
            contested.add(name)
            waiting += [host, holders.pop(name)]
        else:
            holders[name] = host
    return [wishes[host][position] for host, position in enumerate(reached)]
