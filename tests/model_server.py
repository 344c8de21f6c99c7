"""A model service on this machine, which speaks both of OpenAI's interfaces and misbehaves on order."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def text(self) -> str:
        """Every message in it, joined."""
        return "\n".join(
            message["content"] for message in self.body.get("input", self.body.get("messages", []))
        )


@dataclass(frozen=True)
class Says:
    """An answer in the form of the interface that was asked."""

    text: str = ""
    refusal: str | None = None
    truncated: bool = False
    filtered: bool = False


@dataclass(frozen=True)
class Raw:
    """A response as it is.

    After ``cut_after`` bytes the connection drops; ``piece_wait_s`` stands between its bytes, ``head_wait_s`` between
    its headers; ``endless`` sends the body again and again.
    """

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    piece_wait_s: float = 0.0
    head_wait_s: float = 0.0
    endless: bool = False

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def rejected(status: int, message: str, headers: dict[str, str] | None = None, **error: Any) -> Raw:
    """Make an error as OpenAI's servers word it."""
    return Raw(status, {"error": {"message": message, **error}}, headers or {})


class ModelServer:
    """Gives the queued responses one after the other; a rule may answer first."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.rules: list[Callable[[Request], Raw | None]] = []
        self.models = ["served-large", "served-small"]
        self._queue: list[Says | Raw] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._http.shutdown()
        self._http.server_close()

    def queue(self, *responses: "Says | Raw | str") -> None:
        """Add responses to give; a text is an answer."""
        self._queue += [Says(response) if isinstance(response, str) else response for response in responses]

    def lacks_responses(self) -> None:
        """Know chat completions alone, as many servers do."""
        self.rules.append(
            lambda asked: Raw(404, {"detail": "Not Found"}) if asked.path == "/v1/responses" else None
        )

    def respond(self, request: Request) -> Raw:
        """Return the response to a request."""
        self.requests.append(request)
        for rule in self.rules:
            if (response := rule(request)) is not None:
                return response
        if not self._queue:
            return rejected(418, "the test queued no answer")
        response = self._queue.pop(0)
        return response if isinstance(response, Raw) else Raw(200, _in_form(request.path, response))


def _in_form(path: str, says: Says) -> dict[str, Any]:
    usage = {"input_tokens": 100, "output_tokens": 20, "prompt_tokens": 100, "completion_tokens": 20}
    if path == "/v1/responses":
        part = (
            {"type": "refusal", "refusal": says.refusal}
            if says.refusal
            else {"type": "output_text", "text": says.text, "annotations": []}
        )
        stopped = "max_output_tokens" if says.truncated else "content_filter" if says.filtered else None
        return {
            "id": "resp_1", "object": "response", "model": "served-large-2026-01-31", "usage": usage,
            "status": "incomplete" if stopped else "completed",
            "incomplete_details": {"reason": stopped} if stopped else None,
            "output": [{"type": "reasoning", "summary": []}, {"type": "message", "role": "assistant", "content": [part]}],
        }  # fmt: skip
    finish = "length" if says.truncated else "content_filter" if says.filtered else "stop"
    message = {"role": "assistant", "content": says.text or None, "refusal": says.refusal}
    return {
        "id": "chat_1", "object": "chat.completion", "model": "served-large-2026-01-31", "usage": usage,
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
    }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, owner: ModelServer, *connection: Any) -> None:
        self._owner = owner
        super().__init__(*connection)

    def do_GET(self) -> None:
        listed = {"object": "list", "data": [{"id": name, "object": "model"} for name in self._owner.models]}
        self._send(Raw(200, listed) if self.path == "/v1/models" else Raw(404))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._send(
            self._owner.respond(
                Request(self.path, body, {name.lower(): value for name, value in self.headers.items()})
            )
        )

    def _send(self, response: Raw) -> None:
        self.close_connection = True
        try:
            self._send_head(response)
            while self._send_body(response) and response.endless:
                pass
        except OSError:  # the client has had enough
            pass

    def _send_head(self, response: Raw) -> None:
        self.send_response(response.status)
        for name, value in {"Content-Type": "application/json", **response.headers}.items():
            self.send_header(name, value)
            if response.head_wait_s:
                self.flush_headers()
                time.sleep(response.head_wait_s)
        if not response.endless:
            self.send_header("Content-Length", str(len(response.content)))
        self.end_headers()

    def _send_body(self, response: Raw) -> bool:
        sent = response.content[: response.cut_after]
        step = 1 if response.piece_wait_s else len(sent) or 1
        for start in range(0, len(sent), step):
            self.wfile.write(sent[start : start + step])
            time.sleep(response.piece_wait_s)
        return bool(sent)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    """A model service with nothing to say yet."""
    server = ModelServer()
    yield server
    server.close()
