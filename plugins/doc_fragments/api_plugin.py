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
      - API key. It has all rights of its owner, so treat it like a password.
      - The key is sent only to O(api_url), in a header. Errors, logs and caches never show it.
      - It can be a template, such as a lookup in a password store.
      - If both environment variables are set, E(COXEDGE_API_KEY) is used.
    type: str
    required: true
    env:
      - name: COXEDGE_KEY
      - name: COXEDGE_API_KEY
  api_url:
    description:
      - Base URL of the API.
      - It must begin with V(https://), unless the host is a loopback address. Redirects are not followed.
    type: str
    default: https://portal.coxedge.com/api/v2
    env:
      - name: COXEDGE_API_URL
  service_code:
    description: Code of the service connection that the environments belong to. The portal shows it.
    type: str
    required: true
    env:
      - name: COXEDGE_SERVICE_CODE
  organization_id:
    description: ID of the organization to work in, if it is not the organization that the API key belongs to.
    type: str
    env:
      - name: COXEDGE_ORGANIZATION_ID
  api_timeout:
    description: Timeout of a request in seconds, for connecting and for each read. A complete response can take up to twice as long.
    type: int
    default: 60
    env:
      - name: COXEDGE_API_TIMEOUT
  api_retries:
    description: Maximum number of retries for a request, after connection errors, timeouts and the HTTP statuses 429 and 5xx.
    type: int
    default: 5
    env:
      - name: COXEDGE_API_RETRIES
  validate_certs:
    description: Verify the TLS certificate of the API.
    type: bool
    default: true
    env:
      - name: COXEDGE_VALIDATE_CERTS
  ca_path:
    description:
      - Path of a bundle of CA certificates to verify the API's certificate with.
      - A relative path is relative to the folder of the inventory file.
    type: path
    env:
      - name: COXEDGE_CA_PATH
notes:
  - An empty string, an empty list or an empty environment variable counts as not set, unless the description of the option says otherwise.
  - The usual environment variables for proxies apply. Requests to a loopback address never use a proxy.
requirements:
  - requests
"""
