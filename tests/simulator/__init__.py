# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator of the instances API: strict, in memory, on loopback.

Each file imports only those above it in this list:

- ``catalog``, ``images``, ``networking``: what an environment holds before its first instance.
- ``model``, ``administration``, ``checks``, ``settings``: codes, states; organizations and environments; types of values; settings.
- ``normal``, ``bodies``, ``offerings``: how values are stored, what request bodies may hold, what offerings allow.
- ``addresses``, ``volumes``, ``instances``, ``views``, ``resources``, ``history``, ``environment``: what there is in one
  environment, and how it is shown.
- ``tasks``, ``cloud``: tasks; all environments, time.
- ``handlers``, ``operations``, ``creation``: what is done to instances. None of the files up to here knows HTTP.
- ``envelopes``: bodies of requests and responses.
- ``faults``, ``misbehaviour``: what the simulator was told to do wrong, and how it does it.
- ``seeds``, ``controls``, ``app``: what the controls can say about an instance, the controls under ``/_simulator``, the routes of the API.
- ``server``: a threaded server, for tests and for the command line.

The simulator shares no code with the collection: they are two readings of the documentation, which have to agree.
"""
