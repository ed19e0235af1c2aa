# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the tests notice mistakes: each is made on purpose, one at a time, and the tests that reach it are run.

The tools that are known for this do not cope with the namespace ansible_collections, which core's own finder serves.
"""
