# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of hosts: unique, the same in each run, and without a special meaning in Ansible."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from ansible import constants as core_settings
from ansible import context

from ..module_utils.text import one_line
from .hostvars import sanitized
from .own_machine import is_loopback

# Characters that have a meaning in a pattern of hosts. Core splits patterns at blanks, colons and commas: --limit with such a name would
# select other hosts. Where a host is named like a pattern, core selects that host in place of those that match.
PATTERN_CHARACTERS = re.compile(r"^[!&~@]|[\s:,;*?\[\]]")
# Unicode categories of characters that garble output, or that nobody sees: control characters, marks that change the direction of text or
# have no width, halves of characters, and separators of lines and paragraphs.
GARBLING = ("Cc", "Cf", "Cs", "Zl", "Zp")
# What core's templars before 2.19 react to, as far as a name can have it: it has no colon and no line break. See sanitized.
TEMPLATE_LIKE = re.compile(r"[{}]|#jinja2")
# Extensions of the files that core looks for in host_vars. Core's setting adds others.
EXTENSIONS = (".yml", ".yaml", ".json")
# In bytes. Most file systems allow 255, and cache plugins put a prefix before the name.
MAX_FILE_NAME = 200
# How many names a message lists, and how many if the reader needs all of them.
MAX_LISTED = 5
NEARLY_ALL = 100


def as_host_name(text: str) -> str:
    """Return a text with underscores for characters that Ansible would misread, and without blanks at its ends."""
    # str.__str__ drops core's tags and marks.
    name = str.__str__(text)
    if not name.isprintable():
        name = "".join("_" if unicodedata.category(char) in GARBLING else char for char in name)
    name = PATTERN_CHARACTERS.sub("_", name.strip())
    # ansible-inventory writes marked names as dicts, which no other program understands in a list of hosts. It evaluates no text, so
    # there only those names are marked that whoever reads its output could take for templates.
    marked: str = name if "export" in context.CLIARGS and not TEMPLATE_LIKE.search(name) else sanitized(name)
    return marked


def fallback_names(instance_id: str, environment_name: str | None = None) -> list[str]:
    """Return names for an instance whose other names can't be used. The last one is always usable."""
    digest = hashlib.sha256(f"{environment_name}/{instance_id}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    names = [instance_id, f"{instance_id}.{environment_name}"] if environment_name else [instance_id]
    return [*map(as_host_name, names), f"instance-{digest}"]


def is_special(name: str, is_file: bool = False) -> bool:
    """Whether Ansible, or a program that it runs, would take a host name for something else.

    - ``localhost`` and loopback addresses, in any spelling, mean the machine that Ansible runs on.
    - ssh takes a leading hyphen for an option.
    - Core looks for variables in the path host_vars/NAME, with and without an extension. So a name must not be a path, or the name of
      the file of another host.
    - ``is_file``: core also uses host names as file names for cached facts, where they must not be too long.
    """
    if name.startswith(("-", ".")) or "/" in name or "\\" in name or _has_extension(name) or is_loopback(name):
        return True
    return is_file and len(name.encode("utf-8", "surrogatepass")) > MAX_FILE_NAME


def _has_extension(name: str) -> bool:
    # Some file systems do not distinguish upper and lower case.
    return "." in name and name.lower().endswith((*EXTENSIONS, *_configured_extensions(tuple(core_settings.YAML_FILENAME_EXTENSIONS))))


@lru_cache(maxsize=1)
def _configured_extensions(extensions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f".{extension.lstrip('.')}".lower() for extension in extensions if extension)


class UnavailableNames:
    """The names that a host can't have."""

    def __init__(self, groups: Iterable[str], fallbacks: Iterable[Iterable[str]], is_refused: Callable[[int, str], bool]) -> None:
        """``fallbacks``: the fallback names of each host. ``is_refused``: more names that the host with this index can't have."""
        self._groups = set(groups)
        self._is_refused = is_refused
        # Other fact caches than memory may name files after hosts.
        self._caches_facts_in_files = not str(core_settings.CACHE_PLUGIN).endswith("memory")
        self._fallbacks: dict[str, set[int]] = {}
        for number, names in enumerate(fallbacks):
            for name in names:
                self._fallbacks.setdefault(name, set()).add(number)

    def add_groups(self, names: Iterable[str]) -> None:
        """Make the names of more groups unavailable."""
        self._groups.update(names)

    def is_group(self, name: str) -> bool:
        """Whether a group has this name."""
        return name in self._groups

    def is_misread(self, name: str) -> bool:
        """Whether Ansible would take a name for something else, so that no host can have it."""
        return name in self._groups or is_special(name, self._caches_facts_in_files)

    def includes(self, number: int, name: str) -> bool:
        """Whether the host with this index can't have a name."""
        if self.is_misread(name):
            return True
        return self._fallbacks.get(name, {number}) != {number} or self._is_refused(number, name)


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


def first_few(names: Sequence[str], most: int = MAX_LISTED) -> str:
    """Return the first names of a list and the number of the others, for a message."""
    listed = ", ".join(one_line(name) for name in names[:most])
    return listed if len(names) <= most else f"{listed} and {len(names) - most} more"
