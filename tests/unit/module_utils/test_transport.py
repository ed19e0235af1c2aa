# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent over the wire, and which errors broken connections lead to."""

from __future__ import annotations

import os
import re
import socket
import threading
import time

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api.deadline import Deadline
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import DeadlineExceeded, NotProcessed, ResponseLost
from ansible_collections.coxedge.compute.tests.unit.module_utils.calls import KEY, failure, listing, write
from ansible_collections.coxedge.compute.tests.unit.module_utils.runs import UNKNOWN_ID


def test_names_in_paths_are_escaped(harness, sent):
    body = {"data": [{"name": "prod", "serviceConnection": {"serviceCode": "compute-on"}}]}
    harness.fault(kind="status", status=200, path="/environments$", body=body)
    error = failure(listing(harness, environment_name="a/../prod"))
    assert error.status_code == 404 and "knows no environment a/../prod " in error.sentence
    assert harness.client().fetch_one("instances", "../networks?x#y", harness.deadline()) is None
    assert harness.client().task("../environments", harness.deadline()).lost.status_code == 404
    assert [request.url.removeprefix(harness.simulator.api_url) for request, _settings in sent] == [
        "/services/compute-on/a%2F..%2Fprod/instances",
        # For the hint in the error.
        "/environments",
        "/services/compute-on/test_area/instances/..%2Fnetworks%3Fx%23y",
        "/tasks/..%2Fenvironments",
    ]
    assert not [entry for entry in harness.simulator.app.log if entry["status"] == 200 and entry["path"].endswith("instances")]


def test_every_request_names_the_organization(harness, simulator):
    from ansible_collections.coxedge.compute.tests.simulator.model import SUB_ORGANIZATION

    client = harness.client(organization_id=SUB_ORGANIZATION)
    client.fetch_all("instances", harness.deadline())
    client.fetch_one("instances", UNKNOWN_ID, harness.deadline())
    client.task("x", harness.deadline())
    assert failure(lambda: client.write("POST", "instances", None, harness.deadline(), {})).status_code == 400
    assert len(simulator.app.log) >= 4 and {entry["query"].get("org_id") for entry in simulator.app.log} == {SUB_ORGANIZATION}


def test_a_slow_response_is_cut_off(harness):
    harness.fault(kind="drip", seconds=8, count=0)
    error = failure(listing(harness, api_timeout=0.4, api_retries=0))
    assert "did not end within 0.8 seconds" in error.message


def test_a_slow_response_does_not_outlast_the_deadline(harness):
    harness.fault(kind="drip", seconds=8, count=0)
    error = failure(lambda: harness.client(api_timeout=60).fetch_all("instances", Deadline(1.0)), DeadlineExceeded)
    assert "the wait_timeout of 1 seconds is over; before that: " in error.message
    # It was cut off at the deadline, and not after twice its api_timeout.
    waited = re.search(r"did not end within ([0-9.]+) seconds$", error.message)
    assert waited and float(waited[1]) <= 1.0


def test_slow_headers_are_cut_off_too(harness):
    def send_slowly(server):
        connection, _address = server.accept()
        with connection:
            for _n in range(50):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return
                time.sleep(0.1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=send_slowly, args=(server,), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert "did not end" in failure(listing(harness, api_url=url, api_timeout=0.4, api_retries=0)).message


def test_a_write_that_times_out_is_a_lost_response(harness, web1):
    harness.fault(kind="delay", seconds=1.0)
    assert "did not respond within 0.2 seconds" in failure(write(harness, web1, api_timeout=0.2), ResponseLost).message
    assert harness.requests() == ["POST start"]


def test_a_reset_behind_a_proxy_is_a_lost_response_and_a_dead_proxy_is_not(harness, web1, broken):
    from requests import exceptions
    from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError, ReadTimeoutError

    def seen(reason):
        broken(exceptions.ProxyError(MaxRetryError(None, "/", ProxyError("Unable to connect to proxy", reason))))
        error = failure(write(harness, web1, api_retries=0))
        return type(error), error.message.removeprefix(f"Could not start instance {web1}: ")

    dead = "no connection to the proxy of the environment"
    assert seen(ConnectionResetError(104, "Connection reset by peer")) == (
        ResponseLost,
        "the connection to 127.0.0.1 broke off (connection reset by peer)",
    )
    assert seen(NewConnectionError(None, "refused")) == (NotProcessed, f"{dead} (NewConnectionError)")
    assert seen(ConnectTimeoutError(None, "timed out while connecting")) == (NotProcessed, f"{dead} (ConnectTimeoutError)")
    assert seen(ReadTimeoutError(None, "/", "timed out")) == (ResponseLost, "127.0.0.1 did not respond within 5 seconds")
    # The words alone do not say that the connection was never made: anyone can use them.
    assert seen(OSError("Tunnel connection failed: 502 Bad Gateway")) == (ResponseLost, "the connection to 127.0.0.1 broke off (OSError)")


def test_an_unknown_exception_is_a_lost_response_and_a_missing_package_is_not(harness, web1, broken):
    broken(ValueError("some reason"))
    assert "unexpected ValueError" in failure(write(harness, web1), ResponseLost).sentence
    broken(ImportError("no such package"))
    with pytest.raises(ImportError, match="no such package"):
        write(harness, web1)()


def test_an_unknown_host_is_named(harness):
    assert "nowhere.invalid" in failure(listing(harness, api_url="https://nowhere.invalid/api", api_retries=0), NotProcessed).message


def test_a_redirect_is_not_followed_and_names_its_target(harness, web1):
    harness.fault(kind="redirect", location="https://evil.example.com/steal?x=1")
    error = failure(write(harness, web1))
    assert "evil.example.com" in error.message and "steal" not in error.message
    assert harness.requests() == ["POST start"]


def test_every_request_checks_certificates(harness, web1, sent, monkeypatch):
    def checked(**connection):
        client = harness.client(**connection)
        client.fetch_all("instances", harness.deadline())
        client.fetch_one("instances", web1, harness.deadline())
        client.task("x", harness.deadline())
        client.write("PUT", "instances", web1, harness.deadline(), {})
        (seen,) = {settings["verify"] for _request, settings in sent[-4:]}
        return seen

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/bundle.pem")
    assert checked(validate_certs=False) is False
    assert checked() is True
    assert len(sent) == 8


@pytest.mark.parametrize("where", ["ca_path", "REQUESTS_CA_BUNDLE"])
def test_an_invalid_bundle_is_an_error_that_names_its_source(harness, monkeypatch, tmp_path, where):
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("no certificates")
    given = {"ca_path": str(bundle)} if where == "ca_path" else {}
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert f"{where} " in failure(listing(harness, api_url="https://127.0.0.1:1", **given)).sentence


def test_loopback_never_goes_through_a_proxy(harness, web1, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert len(listing(harness)()) == 1
    # Other hosts are asked through the proxy, and nothing listens there.
    error = failure(listing(harness, api_url="https://portal.example.com", api_retries=0), NotProcessed)
    assert "no connection to the proxy of the environment" in error.message


def test_the_key_is_sent_only_in_its_header_and_no_password_of_netrc(harness, web1, simulator, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password of-another-server\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    seen = []
    real = simulator.app.dispatch

    def recording(path):
        from flask import request

        seen.append((dict(request.headers), request.url, request.get_data()))
        return real(path)

    simulator.app.dispatch = recording
    try:
        write(harness, web1)()
    finally:
        simulator.app.dispatch = real
    ((headers, url, body),) = seen
    assert [name for name, value in headers.items() if KEY in value] == ["Mc-Api-Key"]
    assert KEY not in url and body == b""
    assert "Authorization" not in headers and headers["User-Agent"] == "ansible-collection coxedge.compute"


def test_importing_the_client_does_not_import_requests():
    import subprocess
    import sys

    path = f"sys.path.insert(0, {os.environ['ANSIBLE_COLLECTIONS_PATH']!r})"
    name = "ansible_collections.coxedge.compute.plugins.module_utils.api.client"
    code = f"import sys; {path}; import {name}; sys.exit('requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
