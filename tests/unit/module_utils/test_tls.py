# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, with a real TLS server."""

from __future__ import annotations

import datetime

import pytest
import trustme
from ansible_collections.coxedge.compute.plugins.module_utils.api import tls
from ansible_collections.coxedge.compute.plugins.module_utils.api.client import Client
from ansible_collections.coxedge.compute.plugins.module_utils.api.connection import Connection
from ansible_collections.coxedge.compute.plugins.module_utils.api.deadline import Deadline
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError, ResponseLost
from ansible_collections.coxedge.compute.tests.unit.module_utils.tls_server import EmptyApi, serving


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def port(authority):
    with serving(authority.issue_cert("localhost")) as number:
        yield number


@pytest.fixture
def bundle(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture(autouse=True)
def no_bundles(monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def ask(port):
    def run(host="localhost", scheme="https", **options):
        url = f"{scheme}://{host}:{port}/api"
        connection = Connection("key", "s", "e", api_url=url, api_retries=0, api_timeout=5, **options)
        return Client(connection).fetch_all("instances", Deadline(None))

    return run


def test_a_certificate_of_an_unknown_authority_is_rejected_before_the_key_is_sent(ask):
    asked = len(EmptyApi.keys)
    with pytest.raises(ApiError, match=r"certificate of localhost can't be trusted.*ca_path"):
        ask()
    assert len(EmptyApi.keys) == asked


def test_ca_path_makes_a_certificate_trusted(ask, bundle):
    assert ask(ca_path=bundle) == []


def test_an_empty_folder_of_certificates_trusts_no_certificate(ask, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ApiError, match="can't be trusted"):
        ask(ca_path=str(tmp_path / "empty"))


def test_a_certificate_for_another_host_is_rejected(ask, bundle):
    with pytest.raises(ApiError, match=r"127\.0\.0\.1"):
        ask(host="127.0.0.1", ca_path=bundle)


def test_validate_certs_false_overrides_the_bundle_of_the_environment(ask, bundle, monkeypatch):
    assert ask(validate_certs=False) == []
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    assert ask(validate_certs=False) == []


def test_the_bundle_of_the_environment_is_used_unless_ca_path_names_another(ask, bundle, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    assert ask() == []
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    assert ask(ca_path=bundle) == []
    with pytest.raises(ApiError, match="REQUESTS_CA_BUNDLE"):
        ask()


def test_a_bundle_that_changed_is_read_again(ask, authority, bundle):
    assert ask(ca_path=bundle) == []
    trustme.CA().cert_pem.write_to_path(bundle)
    with pytest.raises(ApiError, match="can't be trusted"):
        ask(ca_path=bundle)
    authority.cert_pem.write_to_path(bundle)
    assert ask(ca_path=bundle) == []


def test_bundles_are_loaded_once_for_all_clients(ask, bundle, monkeypatch):
    assert ask(ca_path=bundle) == []
    monkeypatch.setattr(tls, "_new_context", None)
    assert ask(ca_path=bundle) == []


def test_a_run_without_checks_leaves_the_checks_of_the_next_as_they_are(ask, bundle):
    for _run in range(2):
        assert ask(validate_certs=False) == []
        with pytest.raises(ApiError, match="can't be trusted"):
            ask()
        assert ask(ca_path=bundle) == []


def test_an_invalid_ca_path_is_an_error(ask, tmp_path):
    path = tmp_path / "nonsense.pem"
    path.write_text("no certificate")
    with pytest.raises(ApiError, match="ca_path does not name a usable bundle"):
        ask(ca_path=str(path))


def test_plain_http_to_a_tls_server_is_a_lost_response(ask):
    with pytest.raises(ResponseLost, match="broke off"):
        ask(scheme="http")


def test_an_expired_certificate_is_rejected(authority, bundle):
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    asked = len(EmptyApi.keys)
    with serving(authority.issue_cert("localhost", not_after=past)) as number:
        connection = Connection("key", "s", "e", api_url=f"https://localhost:{number}/api", api_retries=0, ca_path=bundle)
        with pytest.raises(ApiError, match="expired"):
            Client(connection).fetch_all("instances", Deadline(None))
    assert len(EmptyApi.keys) == asked
