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
      - The API key. It carries the full rights of its owner, so treat it as a password.
      - It is sent in a header to O(api_url) and to nowhere else, and is never shown in results, errors or logs.
      - Can also be set in the environment variable E(COXEDGE_API_KEY), or else in E(COXEDGE_KEY).
    type: str
    required: true
  api_url:
    description:
      - Base URL of the API.
      - Must begin with V(https://), unless the host is a loopback address. Redirects are not followed.
      - Can also be set in the environment variable E(COXEDGE_API_URL).
    type: str
    default: https://portal.coxedge.com/api/v2
  service_code:
    description:
      - Code of the service connection that the environment belongs to, as the portal shows it.
      - Can also be set in the environment variable E(COXEDGE_SERVICE_CODE).
    type: str
    required: true
  environment_name:
    description:
      - Name of the environment.
      - Can also be set in the environment variable E(COXEDGE_ENVIRONMENT_NAME).
    type: str
    required: true
  organization_id:
    description:
      - ID of the organization to act in, where it is not the one that the API key belongs to.
      - Can also be set in the environment variable E(COXEDGE_ORGANIZATION_ID).
    type: str
  api_timeout:
    description:
      - How long one request may take, in seconds, to connect and for each read. A whole answer may take twice as long.
      - Can also be set in the environment variable E(COXEDGE_API_TIMEOUT).
    type: int
    default: 60
  api_retries:
    description:
      - How many further times one request is tried.
      - A read is tried again after connection errors, time-outs and the statuses 429 and 5xx. A write is tried again only where
        the server surely did not take it, or where a repetition does no harm. A create is never sent again.
      - Can also be set in the environment variable E(COXEDGE_API_RETRIES).
    type: int
    default: 5
  validate_certs:
    description:
      - Whether certificates are checked.
      - Can also be set in the environment variable E(COXEDGE_VALIDATE_CERTS).
    type: bool
    default: true
  ca_path:
    description:
      - Path of a bundle of CA certificates to check the API's certificate against.
      - Can also be set in the environment variable E(COXEDGE_CA_PATH).
    type: path
notes:
  - An empty text, an empty list and an empty environment variable count as not given, for every option.
  - Proxies are taken from the usual environment variables. A loopback address is never asked through one.
requirements:
  - requests
"""
