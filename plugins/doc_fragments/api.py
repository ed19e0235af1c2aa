# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that all modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the shared options."""

    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - API key. It has all rights of its owner, so treat it like a password.
      - The key is sent only to O(api_url), in a header. Results, errors and logs never show it.
      - You can also set it in the environment variable E(COXEDGE_API_KEY). If that one is not set, E(COXEDGE_KEY) is used.
    type: str
    required: true
  api_url:
    description:
      - Base URL of the API.
      - It must begin with V(https://), unless the host is a loopback address. Redirects are not followed.
      - You can also set it in the environment variable E(COXEDGE_API_URL).
    type: str
    default: https://portal.coxedge.com/api/v2
  service_code:
    description:
      - Code of the service connection that the environment belongs to. The portal shows it.
      - You can also set it in the environment variable E(COXEDGE_SERVICE_CODE).
    type: str
    required: true
  environment_name:
    description:
      - Name of the environment.
      - You can also set it in the environment variable E(COXEDGE_ENVIRONMENT_NAME).
    type: str
    required: true
  organization_id:
    description:
      - ID of the organization to work in, if it is not the organization that the API key belongs to.
      - You can also set it in the environment variable E(COXEDGE_ORGANIZATION_ID).
    type: str
  api_timeout:
    description:
      - Timeout of a request in seconds, for connecting and for each read. A complete response can take up to twice as long.
      - You can also set it in the environment variable E(COXEDGE_API_TIMEOUT).
    type: int
    default: 60
  api_retries:
    description:
      - Maximum number of retries for a request.
      - A read is sent again after connection errors, timeouts and the HTTP statuses 429 and 5xx. A write is sent again only if the server
        certainly did not process it, or if repeating it does no harm. If the response to a create is lost, the create is never sent again.
      - You can also set it in the environment variable E(COXEDGE_API_RETRIES).
    type: int
    default: 5
  validate_certs:
    description:
      - Verify the TLS certificate of the API.
      - You can also set it in the environment variable E(COXEDGE_VALIDATE_CERTS).
    type: bool
    default: true
  ca_path:
    description:
      - Path of a bundle of CA certificates to verify the API's certificate with.
      - You can also set it in the environment variable E(COXEDGE_CA_PATH).
    type: path
notes:
  - On the control node, the module runs inside the worker process of ansible-playbook where that is possible, which costs about a tenth.
    With the variable C(coxedge_direct=false), or the environment variable C(COXEDGE_DIRECT=0), it runs in a process of its own.
  - An empty string, an empty list or an empty environment variable counts as not set, unless the description of the option says otherwise.
  - If a list is given as text, such as V("Running, Stopped"), whitespace around its items is removed.
  - The usual environment variables for proxies apply. Requests to a loopback address never use a proxy.
requirements:
  - requests
"""
