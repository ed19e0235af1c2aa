# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options for tests of modules that fail before any request."""

from __future__ import annotations

CONNECTION = {"api_key": "k" * 10, "service_code": "s", "environment_name": "e", "api_url": "http://127.0.0.1:1/x", "api_retries": 0}


def filled(options, value):
    """Options with a value in each place of ``...``."""
    if isinstance(options, dict):
        return {name: filled(item, value) for name, item in options.items()}
    if isinstance(options, list):
        return [filled(item, value) for item in options]
    return value if options is ... else options
