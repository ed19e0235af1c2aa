# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator of the instances API: strict, in memory, on loopback.

The rooms, from the bottom up:

- ``catalog``: what an environment holds before the first instance (offerings, templates, networks, ...).
- ``cloud``: the state machine: instances, tasks, volumes, addresses. Knows no HTTP.
- ``faults``: what the simulator was told to do wrong.
- ``app``: the HTTP face, as a Flask application, with its controls under ``/_simulator``.
- ``server``: a threaded server around it, for tests and for the command line.

The simulator shares no code with the collection: two readings of the documentation that have to agree.
"""
