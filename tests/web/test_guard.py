import socket
from pathlib import Path

import pytest
from web.site import Site, start_site


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8642", "[::1]:1", "localhost"])
def test_names_of_this_machine_are_answered(site: Site, host: str) -> None:
    assert site.ask("/", Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8642",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil",
        "10.0.0.1",
        "localhost:x",
    ],
)
def test_other_names_are_refused(site: Site, host: str) -> None:
    answer = site.ask("/functions.json", Host=host)
    assert answer.status in (400, 403)
    assert "Tiny" not in answer.text


def test_other_sites_are_refused(site: Site) -> None:
    assert site.ask("/", Origin="http://evil.example").status == 403
    assert site.ask("/", Origin="null").status == 403
    assert site.ask("/", Origin="http://localhost:1").status == 403
    assert site.ask("/", Origin=f"http://{site.host}").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_all_but_reading_is_refused(site: Site, method: str) -> None:
    assert site.ask("/", method).status == 405


def test_a_head_has_no_body(site: Site) -> None:
    answer = site.ask("/functions", "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 1000


@pytest.mark.parametrize(
    "address", ["/", "/functions.json", "/style.css", "/nowhere", "/version?name=nobody"]
)
def test_every_answer_says_what_it_may_do(site: Site, address: str) -> None:
    headers = site.ask(address).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy and "*" not in policy
    assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "set-cookie" not in headers and "access-control-allow-origin" not in headers


def test_a_taken_port_is_left_to_who_has_it(shown_store: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        started = start_site(shown_store, "--port", str(taken.getsockname()[1]))
        try:
            assert not started.url.endswith(f":{taken.getsockname()[1]}/")
            assert started.ask("/").status == 200
        finally:
            assert started.end() == 0


def test_nobody_outside_can_connect(site: Site) -> None:
    port = int(site.host.partition(":")[2])
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=5):
        pass
