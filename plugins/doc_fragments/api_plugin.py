# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared options as inventory plugins document them."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the shared options, with the environment variables that core reads for plugins."""

    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - The API key. It carries the full rights of its owner, so treat it as a password.
      - It is sent in a header to O(api_url) and to nowhere else, and is never shown in errors, logs or caches.
      - May be a template, such as a lookup in a password store.
      - Of the two environment variables E(COXEDGE_API_KEY) is the one that is heeded if both are set.
    type: str
    required: true
    env:
      - name: COXEDGE_KEY
      - name: COXEDGE_API_KEY
  api_url:
    description:
      - Base URL of the API.
      - Must begin with V(https://), unless the host is a loopback address. Redirects are not followed.
    type: str
    default: https://portal.coxedge.com/api/v2
    env:
      - name: COXEDGE_API_URL
  service_code:
    description: Code of the service connection that the environments belong to, as the portal shows it.
    type: str
    required: true
    env:
      - name: COXEDGE_SERVICE_CODE
  organization_id:
    description: ID of the organization to act in, where it is not the one that the API key belongs to.
    type: str
    env:
      - name: COXEDGE_ORGANIZATION_ID
  api_timeout:
    description: How long one request may take, in seconds, to connect and for each read. A whole answer may take twice as long.
    type: int
    default: 60
    env:
      - name: COXEDGE_API_TIMEOUT
  api_retries:
    description: How many further times one request is tried, after connection errors, time-outs and the statuses 429 and 5xx.
    type: int
    default: 5
    env:
      - name: COXEDGE_API_RETRIES
  validate_certs:
    description: Whether certificates are checked.
    type: bool
    default: true
    env:
      - name: COXEDGE_VALIDATE_CERTS
  ca_path:
    description: Path of a bundle of CA certificates to check the API's certificate against.
    type: path
    env:
      - name: COXEDGE_CA_PATH
notes:
  - An empty text, an empty list and an empty environment variable count as not given, for every option.
  - Proxies are taken from the usual environment variables. A loopback address is never asked through one.
requirements:
  - requests
"""
