# Copyright (c) 2026, coxedge.compute contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses that no HTTP library would send, and failures that are classified by their types."""

from __future__ import annotations

import gzip
import json
import os
import socket
import threading

import pytest
from ansible_collections.coxedge.compute.plugins.module_utils.api import transport
from ansible_collections.coxedge.compute.plugins.module_utils.api.errors import NotProcessed, ResponseLost
from ansible_collections.coxedge.compute.tests.unit.module_utils.calls import failure, listing, write
from ansible_collections.coxedge.compute.tests.unit.module_utils.raw_server import answering, response

EMPTY = {"data": [], "metadata": {"recordCount": 0}}
# A server that wants a write to be sent again might use these words.
MISLEADING = ("Tunnel connection failed: 502 x", "certificate verify failed", "NewConnectionError", "[Errno 111] Connection refused")


# -- interim responses


@pytest.mark.parametrize("status", ["100 Continue", "102 Processing", "103 Early Hints", "199 Odd"])
@pytest.mark.parametrize("count", [1, 3])
def test_interim_responses_do_not_shift_the_responses_of_a_connection(harness, status, count):
    def answer(line):
        body = {"data": {"id": line.split()[1].rpartition("/")[2]}}
        return f"HTTP/1.1 {status}\r\nLink: </x>\r\n\r\n".encode() * count + response(body)

    with answering(answer) as server:
        client = harness.client(api_url=server.url)
        for number in range(4):
            assert client.fetch_one("instances", f"id-{number}", harness.deadline()) == {"id": f"id-{number}"}


def test_interim_responses_without_end_are_a_lost_response(harness, web1):
    with answering(lambda _line: b"HTTP/1.1 103 Early Hints\r\n\r\n" * 200) as server:
        assert "broke off" in failure(write(harness, web1, api_url=server.url), ResponseLost).message


def test_after_switching_protocols_a_connection_is_not_used_again(harness):
    answers = iter([b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + response({"data": [{"id": "stray"}]}), response(EMPTY)])
    with answering(lambda _line: next(answers)) as server:
        assert listing(harness, api_url=server.url)() == []


# -- large and encoded bodies


def packed(body, times=1):
    content = json.dumps(body).encode()
    for _time in range(times):
        content = gzip.compress(content)
    return content


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
def test_a_body_may_be_packed_with_gzip(harness, encoding):
    body = {"data": [{"id": str(number)} for number in range(50_000)], "metadata": {"recordCount": 50_000}}
    content = packed(body)
    # Two members: they can be joined.
    half = len(json.dumps(body)) // 2
    joined = gzip.compress(json.dumps(body)[:half].encode()) + gzip.compress(json.dumps(body)[half:].encode())
    for packed_body in (content, joined):
        with answering(lambda _line, content=packed_body: response(content=content, Content_Encoding=encoding)) as server:
            assert len(listing(harness, api_url=server.url)()) == 50_000


@pytest.mark.parametrize(
    "content", [packed(EMPTY)[:-4], b"no gzip", packed(EMPTY) + b"x"], ids=["cut off", "no gzip", "with a byte too many"]
)
def test_a_damaged_body_is_a_lost_response(harness, web1, content):
    with answering(lambda _line: response(content=content, Content_Encoding="gzip")) as server:
        assert "can't be unpacked" in failure(write(harness, web1, api_url=server.url), ResponseLost).message


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate", "zstd", "x" * 999])
def test_other_encodings_are_refused_and_not_unpacked(harness, encoding):
    with answering(lambda _line: response(content=packed(EMPTY, 2), Content_Encoding=encoding)) as server:
        assert "which was not asked for" in failure(listing(harness, api_url=server.url)).message
        assert len(server.requests) == 1


@pytest.mark.parametrize("headers", [{"Content_Encoding": "gzip"}, {}])
def test_a_body_that_is_too_large_is_an_error_and_is_not_kept(harness, monkeypatch, headers):
    monkeypatch.setattr(transport, "MAX_BODY", 2**20)
    spaces = b" " * 2**25
    with answering(lambda _line: response(content=gzip.compress(spaces) if headers else spaces, **headers)) as server:
        assert "has more than 1 MiB" in failure(listing(harness, api_url=server.url)).message
        assert len(server.requests) == 1


def test_a_bomb_is_unpacked_in_pieces():
    bomb = gzip.compress(bytes(2**26))
    assert len(bomb) < 70_000
    pieces = transport.unpacked([bomb])
    assert max(len(next(pieces)) for _piece in range(100)) <= transport.PIECE


def test_a_list_of_100000_instances_fits():
    one = {"name": "n" * 63, **{f"attribute{number}": "x" * 36 for number in range(25)}}
    assert 100_000 * len(json.dumps(one)) < transport.MAX_BODY


# -- what was sent, and what was not


@pytest.mark.parametrize("words", MISLEADING)
def test_the_words_of_a_server_do_not_decide_that_a_write_was_not_sent(harness, web1, words):
    shapes = [
        f"HTTP/1.1 {words}\r\n\r\n",
        f"HTTP/1.1 200 {words}\r\nTransfer-Encoding: chunked\r\n\r\n{words}\r\n",
        f"{words}\r\n\r\n",
        f"HTTP/1.1 999 {words}\r\nContent-Length: 5\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nX: {words}\r\n\r\n{words}"[:120],
    ]
    for shape in shapes:
        with answering(lambda _line, shape=shape: shape.encode() + b"\r\n" * 50) as server:
            error = failure(write(harness, web1, api_url=server.url, api_timeout=0.4))
            assert not isinstance(error, NotProcessed), shape
            assert len(server.requests) == 1, shape


def test_a_connection_that_can_not_be_made_is_retried(harness, web1):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/api"
    assert "connection refused) (tried 3 times)" in failure(write(harness, web1, api_url=url, api_retries=2), NotProcessed).message


def test_a_host_that_does_not_exist_is_tried_twice(harness, monkeypatch):
    asked = []

    def unknown(*_args, **_kwargs):
        asked.append(1)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure(listing(harness, api_url="https://nowhere.example/api"), NotProcessed)
    assert "nowhere.example" in error.message and "(tried 2 times)" in error.message and len(asked) == 2


def test_a_resolver_that_does_not_respond_is_retried(harness, monkeypatch):
    def silent(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    assert "(tried 6 times)" in failure(listing(harness, api_url="https://nowhere.example/api"), NotProcessed).message


def test_a_request_that_was_given_up_while_connecting_is_not_sent_later(harness, web1, monkeypatch):
    real, may_go_on, done = socket.getaddrinfo, threading.Event(), threading.Event()

    def slow(*args, **kwargs):
        may_go_on.wait(10)
        try:
            return real(*args, **kwargs)
        finally:
            done.set()

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    failure(write(harness, web1, api_timeout=0.1), ResponseLost)
    may_go_on.set()
    assert done.wait(10)
    threading.Event().wait(0.3)
    assert harness.requests() == []


@pytest.fixture
def proxy(monkeypatch):
    """Sets the proxy of the environment."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return lambda url: monkeypatch.setenv("HTTPS_PROXY", url)


@pytest.mark.parametrize("url", ["http://[", "foo://x:1", "http://:80", "http://user:p%ss@[::1"])
def test_a_proxy_that_can_not_be_used_is_named_and_not_retried(harness, proxy, clock, url):
    proxy(url)
    error = failure(listing(harness, api_url="https://nowhere.example/api"))
    assert not isinstance(error, (NotProcessed, ResponseLost)) and "proxy" in error.message and "p%ss" not in error.message
    assert clock.slept == []


def test_a_socks_proxy_without_its_library_is_named_and_not_retried(harness, proxy, clock, monkeypatch):
    from requests import adapters, exceptions

    def missing(*_args, **_kwargs):
        raise exceptions.InvalidSchema("Missing dependencies for SOCKS support.")

    # What requests does itself if PySocks is not installed.
    monkeypatch.setattr(adapters, "SOCKSProxyManager", missing)
    proxy("socks5://127.0.0.1:1")
    error = failure(listing(harness, api_url="https://nowhere.example/api"))
    assert "PySocks" in error.message and clock.slept == []


def test_a_dead_socks_proxy_was_sent_nothing(harness, proxy, web1):
    pytest.importorskip("socks", reason="PySocks is not installed")
    proxy("socks5://127.0.0.1:1")
    failure(write(harness, web1, api_url="https://nowhere.example/api", api_retries=0), NotProcessed)


def test_tls_on_a_plain_port_is_named_and_not_retried(harness, web1, clock):
    with answering(lambda _line: response(EMPTY)) as server:
        error = failure(write(harness, web1, api_url=server.url.replace("http:", "https:")))
    assert not isinstance(error, (NotProcessed, ResponseLost)) and "does not speak TLS on this port" in error.message and clock.slept == []


def test_plain_http_on_a_tls_port_is_named_and_not_retried(harness, clock):
    with answering(lambda _line: b"\x15\x03\x01\x00\x02\x02\x46") as server:
        error = failure(listing(harness, api_url=server.url))
    assert "expects TLS on this port" in error.message and "https://" in error.message and clock.slept == []


@pytest.mark.parametrize("status", [408, 425])
def test_a_read_that_came_too_early_or_too_late_is_sent_again_and_a_write_is_not(harness, web1, status):
    harness.fault(kind="status", status=status, count=2)
    assert len(listing(harness)()) == 1
    harness.fault(kind="status", status=status, count=1)
    error = failure(write(harness, web1))
    assert error.status_code == status and not isinstance(error, ResponseLost)
    assert harness.requests() == ["GET instances"] * 3 + ["POST start"]
