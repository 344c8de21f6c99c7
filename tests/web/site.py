"""Asking the site as a browser does, and as one that was tricked does."""

import http.client
import json
import re
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def document(self) -> dict[str, Any]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found

    @property
    def links(self) -> list[str]:
        return [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]*)"', self.text)]


@dataclass(frozen=True)
class Site:
    """A server of its own process, as `trainstore ui` starts it."""

    url: str
    process: subprocess.Popen[str]

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def ask(self, address: str, method: str = "GET", **headers: str) -> Answer:
        """Ask for an address, as it is written; `Host` may be given, and is left out where it is empty."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        connection.putrequest(method, address, skip_host=True)
        for name, value in {"Host": self.host, **headers}.items():
            if value:
                connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        told = Answer(
            answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        )
        connection.close()
        return told

    def end(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            if self.process.stdout:
                self.process.stdout.close()


def start_site(store: Path, *options: str) -> Site:
    """Start the program and wait until it tells where it is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "trainstore", "ui", "--no-browser", "--json", *options],
        cwd=store, stdout=subprocess.PIPE, text=True, restore_signals=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 60)[0]
    told = "".join(iter(process.stdout.readline, "}\n")) + "}"
    return Site(json.loads(told)["url"], process)
