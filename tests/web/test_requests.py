"""What a browser would not send, and what becomes of the server then."""

import shutil
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from web.site import Site, start_site

SECONDS = 30
MOST_SECONDS_TO_END = 5


@pytest.fixture
def own_site(shown_store: Path, tmp_path: Path) -> Iterator[Site]:
    """A server of a store that a test may harm."""
    shutil.copytree(shown_store, tmp_path / "store", symlinks=True)
    started = start_site(tmp_path / "store", "--port", "0")
    yield started
    started.end()


def connect(site: Site) -> socket.socket:
    host, _, port = site.host.partition(":")
    return socket.create_connection((host, int(port)), timeout=SECONDS)


def raw(site: Site, request: bytes) -> bytes:
    """Send bytes as they are and return what comes back until the server closes."""
    with connect(site) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def get(site: Site, target: bytes, headers: bytes = b"") -> bytes:
    host = site.host.encode()
    return raw(
        site,
        b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n" + headers + b"\r\n",
    )


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    "target",
    [
        b"/function?name=%",
        b"/function?name=%zz%f",
        b"/function?name=%ff%fe%00",
        b"/run?id=%u0041",
        b"/version?name=" + b"%F0%9F" * 50,
        b"/compare?old=%&new=%25",
        b"/function?name=a;name=b&&&=&name",
        b"/functions?" + b"&".join(b"x%d=1" % number for number in range(2000)),
        b"/functions?page=" + b"9" * 500,
        b"/functions?q=" + b"%2525" * 100,
    ],
)
def test_an_address_that_is_no_address_is_answered(site: Site, target: bytes) -> None:
    answer = get(site, target)
    assert status(answer) in (200, 400, 404)
    assert b"Traceback" not in answer and b"went wrong" not in answer


@pytest.mark.parametrize(
    "target",
    [
        b"/assets/../../../../etc/passwd",
        b"/..%2f..%2f..%2fetc%2fpasswd",
        b"/style.css/../application.py",
        b"/%2e%2e/%2e%2e/trainstore.toml",
        b"//etc/passwd",
        b"/style.css%00.html",
        b"/trainstore.toml",
        b"/.git/config",
        b"/templates/base.html",
        b"http://127.0.0.1/etc/passwd",
    ],
)
def test_no_file_but_its_own_is_given(site: Site, target: bytes) -> None:
    answer = get(site, target)
    assert status(answer) in (400, 404)
    assert b"root:" not in answer and b"[retention]" not in answer and b"[core]" not in answer


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/x\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # as one begins who expects TLS
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 300_000 + b"\r\n\r\n",
        b"GET /functions?q=" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"FLY / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc",
    ],
    ids=["version", "tls", "two hosts", "header", "address", "method", "body"],
)
def test_what_is_no_request_is_refused(site: Site, request_: bytes) -> None:
    try:
        answer = raw(site, request_)
    except ConnectionResetError:  # closed before all of it was read
        answer = b""
    assert answer == b"" or status(answer) in (400, 403, 405, 431)
    assert site.ask("/").status == 200


def test_a_head_of_every_page_has_no_body(site: Site) -> None:
    for address in ("/", "/functions.json", "/studies", "/retention", "/nowhere", "/function?name=nobody"):
        asked = site.ask(address, "HEAD")
        assert asked.body == b"" and asked.status == site.ask(address).status


def test_many_tabs_at_once_are_all_answered(site: Site) -> None:
    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(lambda _: site.ask("/function?name=Tiny").status, range(180)))
    assert answers == [200] * 180
    assert psutil.Process(site.process.pid).num_threads() < 60


def test_who_sends_half_a_request_keeps_nobody_waiting(site: Site) -> None:
    waiting = [connect(site) for _ in range(50)]
    try:
        for connection in waiting:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        begun = time.monotonic()
        assert site.ask("/").status == 200
        assert time.monotonic() - begun < SECONDS / 3
    finally:
        for connection in waiting:
            connection.close()


def test_who_reads_nothing_keeps_nobody_waiting(site: Site) -> None:
    waiting = [connect(site) for _ in range(20)]
    try:
        request = b"GET /style.css HTTP/1.1\r\nHost: " + site.host.encode() + b"\r\n\r\n"
        for connection in waiting:
            connection.sendall(request * 200)
        assert site.ask("/").status == 200
    finally:
        for connection in waiting:
            connection.close()


def test_ctrl_c_ends_it_though_browsers_hold_connections(shown_store: Path) -> None:
    started = start_site(shown_store, "--port", "0")
    idle, half, unread = (connect(started) for _ in range(3))
    try:
        half.sendall(b"GET / HTTP/1.1\r\nHost: ")
        unread.sendall((b"GET / HTTP/1.1\r\nHost: " + started.host.encode() + b"\r\n\r\n") * 50)
        idle.sendall(b"GET / HTTP/1.1\r\nHost: " + started.host.encode() + b"\r\n\r\n")
        assert idle.recv(20).startswith(b"HTTP/1.1 200")
        begun = time.monotonic()
        assert started.end() == 0
        assert time.monotonic() - begun < MOST_SECONDS_TO_END
    finally:
        for connection in (idle, half, unread):
            connection.close()


def test_a_store_that_is_gone_is_told(own_site: Site, tmp_path: Path) -> None:
    assert own_site.ask("/").status == 200
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    for address in ("/", "/function?name=Tiny", "/studies", "/retention", "/functions.json"):
        answer = own_site.ask(address)
        assert answer.status in (400, 404, 500) and "Traceback" not in answer.text, address
        assert str(tmp_path / "store") in answer.text or "store" in answer.text.lower(), address
    (tmp_path / "elsewhere").rename(tmp_path / "store")
    assert own_site.ask("/function?name=Tiny").status == 200


def test_an_index_that_is_taken_away_is_made_anew(own_site: Site, tmp_path: Path) -> None:
    assert own_site.ask("/").status == 200
    for file in (tmp_path / "store" / ".git" / "trainstore").glob("index.db*"):
        file.unlink()
    assert "Tiny" in own_site.ask("/").text
    (tmp_path / "store" / ".git" / "trainstore" / "index.db").write_bytes(b"no database" * 1000)
    assert "Tiny" in own_site.ask("/").text
