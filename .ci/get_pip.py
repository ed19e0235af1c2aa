# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replaces the get-pip.py that ansible-test would download: installs the pip that comes with Python, then the requested packages."""

from __future__ import annotations

import os
import subprocess
import sys

environment = {name: value for name, value in os.environ.items() if name != "GET_PIP"}
subprocess.run([sys.executable, "-m", "ensurepip"], env=environment, check=True)
wanted = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
if wanted:
    subprocess.run([sys.executable, "-m", "pip", "install", *wanted], env=environment, check=True)
