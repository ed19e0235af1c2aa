# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutation testing: makes mistakes in the code on purpose, one at a time, and runs the tests that reach each of them.

The usual tools can't import from the namespace ansible_collections, which ansible-core serves with a finder of its own.
"""
