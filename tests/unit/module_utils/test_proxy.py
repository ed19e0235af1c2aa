# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies of the environment, with a real proxy that tunnels to a local TLS server."""

from __future__ import annotations

import re
import socket
import threading

import pytest
import trustme
from ansible_collections.coxedge.compute.plugins.module_utils.api.client import Client
from ansible_collections.coxedge.compute.plugins.module_utils.api.connection import Connection
from ansible_collections.coxedge.compute.plugins.module_utils.api.deadline import Deadline
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import ApiError, NotProcessed
from ansible_collections.coxedge.compute.tests.unit.module_utils.raw_server import listening
from ansible_collections.coxedge.compute.tests.unit.module_utils.tls_server import EmptyApi, serving

HOST = "api.coxedge.example"
KEY = "key-for-behind-the-proxy"


class Proxy:
    """A proxy that tunnels every CONNECT to one local port, and keeps all bytes that it could read."""

    def __init__(self, target: int, status: int = 200) -> None:
        self.target, self.status = target, status
        self.seen: list[bytes] = []
        self.listener = listening(self.tunnel)
        self.url = f"http://user:proxy-password@127.0.0.1:{self.listener.getsockname()[1]}"

    def tunnel(self, client: socket.socket) -> None:
        """Serves one connection."""
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(4096)
            if not piece:
                return
            head += piece
        self.seen.append(head)
        client.sendall(f"HTTP/1.1 {self.status} Status\r\n\r\n".encode())
        if self.status != 200:
            client.close()
            return
        server = socket.create_connection(("127.0.0.1", self.target))

        def copy(source: socket.socket, sink: socket.socket, note: bool) -> None:
            while True:
                piece = source.recv(65536)
                if note:
                    self.seen.append(piece)
                if not piece:
                    break
                sink.sendall(piece)

        threading.Thread(target=copy, args=(server, client, False), daemon=True).start()
        copy(client, server, True)


@pytest.fixture
def behind(monkeypatch, tmp_path):
    """A client of a TLS server that only a proxy can reach, and the port of that server."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    EmptyApi.keys.clear()
    connection = Connection(
        api_key=KEY,
        api_url=f"https://{HOST}/api/v2",
        service_code="s",
        environment_name="e",
        ca_path=str(tmp_path / "ca.pem"),
        api_timeout=5,
    )
    with serving(authority.issue_cert(HOST)) as port:
        yield Client(connection, sleep=lambda _seconds: None), port


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
def test_the_proxy_of_the_environment_is_used_and_sees_no_key(behind, monkeypatch, name):
    client, port = behind
    proxy = Proxy(port)
    monkeypatch.setenv(name, proxy.url)
    assert client.fetch_all("instances", Deadline(30)) == [] and EmptyApi.keys == [KEY]
    assert proxy.seen[0].startswith(f"CONNECT {HOST}:443".encode())
    assert KEY.encode() not in b"".join(proxy.seen)


@pytest.mark.parametrize("exempt", [HOST, ".example", "other.example,coxedge.example"])
def test_no_proxy_is_respected(behind, monkeypatch, exempt):
    client, port = behind
    proxy = Proxy(port)
    monkeypatch.setenv("https_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", exempt)
    with pytest.raises(NotProcessed):
        client.fetch_all("instances", Deadline(30))
    assert proxy.seen == []


@pytest.mark.parametrize(
    ("status", "tries", "words"),
    [
        (403, 1, "does not connect to api.coxedge.example (HTTP 403)"),
        (407, 1, "wants a user name and a password"),
        (502, 6, "no connection to the proxy"),
    ],
)
def test_an_error_of_the_proxy_names_the_remedy_and_does_not_show_its_password(behind, monkeypatch, status, tries, words):
    client, port = behind
    proxy = Proxy(port, status)
    monkeypatch.setenv("https_proxy", proxy.url)
    with pytest.raises(ApiError, match=re.escape(words)) as caught:
        client.fetch_all("instances", Deadline(30))
    assert "proxy-password" not in str(caught.value) and KEY not in str(caught.value) and len(proxy.seen) == tries


def test_loopback_never_goes_through_a_proxy(harness, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    harness.seed(name="web1")
    assert harness.run(name="web1").actions == []
