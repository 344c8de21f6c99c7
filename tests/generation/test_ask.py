"""The real client over real HTTP, and what it makes of servers that misbehave."""

import json
import logging
import time
from base64 import b64encode
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest
from model_server import ModelServer, Raw, Request, Says, rejected

from trainstore.errors import ModelServiceFailed, UsageError
from trainstore.generation import ask as ask_module
from trainstore.generation.ask import ROOM, Asked, Asker
from trainstore.generation.openai_client import _retry_after
from trainstore.generation.service import Service, find_service

KEY = "sk-test-0123456789abcdef"
MESSAGES = [{"role": "system", "content": "Write JSON."}, {"role": "user", "content": "Go."}]


class Ask:
    """Asks a server and keeps the steps that were told."""

    def __init__(self, server: ModelServer) -> None:
        self.server = server
        self.steps: list[str] = []

    def __call__(self, model: str = "served-large", timeout_s: float = 20.0) -> Asked:
        service = Service(model, KEY, self.server.url, timeout_s)
        return Asker(service, self.steps.append).ask(MESSAGES)


@pytest.fixture
def ask(model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setattr(ask_module, "_known_dialects", {})
    return Ask(model_server)


def test_the_plain_course_is_one_request_with_the_strict_schema(ask: Ask) -> None:
    ask.server.queue("Here.")
    asked = ask()
    assert (asked.answer.text, asked.answer.model) == ("Here.", "served-large-2026-01-31")
    assert asked.answer.tokens == {"input": 100, "output": 20}
    assert asked.parameters == {"max_output_tokens": ROOM, "store": False}
    (request,) = ask.server.requests
    assert request.path == "/v1/responses"
    assert request.body["model"] == "served-large"
    assert request.body["text"]["format"]["strict"] is True
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert ask.steps == []


def strict_refused(request: Request) -> Raw | None:
    form = request.body.get("text", {}).get("format") or request.body.get("response_format") or {}
    refused = form.get("type") == "json_schema"
    return rejected(400, "Unsupported response format", param="text.format") if refused else None


def json_refused(request: Request) -> Raw | None:
    formed = "text" in request.body or "response_format" in request.body
    return rejected(400, "'response_format' of type 'json_object' is not supported") if formed else None


def names_the_form_nowhere(request: Request) -> Raw | None:
    return rejected(422, "Unprocessable") if strict_refused(request) else None


@pytest.mark.parametrize("lacks_responses", [False, True], ids=["responses", "chat"])
@pytest.mark.parametrize(
    ("rule", "level"),
    [
        (lambda _: None, "strict"),
        (strict_refused, "json"),
        (names_the_form_nowhere, "json"),
        (json_refused, "text"),
    ],
    ids=["strict", "json", "unnamed", "text"],
)
def test_it_steps_down_to_what_the_server_understands_and_remembers_it(
    ask: Ask, rule: Callable[[Request], Raw | None], level: str, lacks_responses: bool
) -> None:
    if lacks_responses:
        ask.server.lacks_responses()
    ask.server.rules.append(rule)
    ask.server.queue("one", "two")
    asked = ask()
    api = "chat" if lacks_responses else "responses"
    assert (asked.dialect.api, asked.dialect.level, asked.answer.text) == (api, level, "one")
    count = len(ask.server.requests)
    assert len(ask.steps) == count - 1
    assert ask().answer.text == "two"
    assert len(ask.server.requests) == count + 1


@pytest.mark.parametrize(
    "error",
    [
        {"message": "Unsupported parameter: 'max_completion_tokens'", "param": "max_completion_tokens"},
        {"message": "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens')}]"},
    ],
    ids=["named", "in words"],
)
def test_a_rejected_parameter_is_dropped_and_another_name_tried(ask: Ask, error: dict[str, str]) -> None:
    ask.server.lacks_responses()
    ask.server.rules.append(
        lambda asked: Raw(400, {"error": error}) if "max_completion_tokens" in asked.body else None
    )
    ask.server.queue("one")
    asked = ask()
    assert asked.dialect.level == "strict"
    assert asked.parameters == {"max_tokens": ROOM}
    assert ask.server.requests[-1].body["max_tokens"] == ROOM


def test_a_small_context_leaves_the_room_to_the_server(ask: Ask) -> None:
    message = "This model's maximum context length is 8192 tokens. However, you requested 33000 tokens."
    ask.server.rules.append(
        lambda asked: rejected(400, message) if "max_output_tokens" in asked.body else None
    )
    ask.server.queue("one")
    asked = ask()
    assert (asked.dialect.api, asked.dialect.level) == ("responses", "strict")
    assert asked.parameters == {"store": False}


@pytest.mark.parametrize("lacks_responses", [False, True], ids=["responses", "chat"])
def test_an_answer_that_is_cut_off_is_asked_for_once_more_with_more_room(
    ask: Ask, lacks_responses: bool
) -> None:
    if lacks_responses:
        ask.server.lacks_responses()
    ask.server.queue(Says('{"training', truncated=True), "whole")
    answer = ask().answer
    assert (answer.text, answer.tokens) == ("whole", {"input": 200, "output": 40})
    rooms = [
        request.body.get("max_output_tokens", request.body.get("max_completion_tokens"))
        for request in ask.server.requests
        if request.path.endswith("responses") != lacks_responses
    ]
    assert rooms == [ROOM, 2 * ROOM]
    ask.server.queue(Says("{", truncated=True), Says("{", truncated=True))
    with pytest.raises(ModelServiceFailed, match="cut off before its end"):
        ask()


@pytest.mark.parametrize("lacks_responses", [False, True], ids=["responses", "chat"])
@pytest.mark.parametrize(
    ("says", "why"),
    [(Says(refusal="I cannot help with that."), "I cannot help"), (Says(filtered=True), "content filter")],
    ids=["refusal", "filter"],
)
def test_a_refusal_is_told_in_its_own_words(ask: Ask, says: Says, why: str, lacks_responses: bool) -> None:
    if lacks_responses:
        ask.server.lacks_responses()
    ask.server.queue(says)
    with pytest.raises(ModelServiceFailed, match=why):
        ask()


@pytest.mark.parametrize(
    "failure",
    [
        rejected(429, "Slow down", {"Retry-After": "0.01"}),
        rejected(500, "Oops", {"Retry-After": "0"}),
        Raw(503, b"<html>busy</html>", {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
    ],
    ids=["429", "500", "503"],
)
def test_what_may_pass_is_tried_again(ask: Ask, failure: Raw) -> None:
    ask.server.queue(failure, failure, "there")
    assert ask().answer.text == "there"
    assert len(ask.steps) == 2 and all("asking again in" in step for step in ask.steps)


def test_a_dropped_connection_is_tried_again(ask: Ask) -> None:
    ask.server.queue(Raw(200, {"output": []}, cut_after=4), "there")
    assert ask().answer.text == "there"


def test_it_waits_as_long_as_it_was_asked_to(ask: Ask) -> None:
    ask.server.queue(rejected(429, "Slow down", {"Retry-After": "0.3"}), "there")
    began = time.monotonic()
    ask()
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(
    ("failure", "sentence", "hint", "requests"),
    [
        (rejected(401, f"Incorrect API key provided: {KEY}."), "does not accept the key", "OPENAI_API_KEY", 1),
        (rejected(403, "Not for you"), "does not permit this", "--model", 1),
        (rejected(404, "The model `x` does not exist", code="model_not_found"), "has no model", "served-large", 2),
        (rejected(404, "Not Found"), "does not know the path .* .status 404.: Not Found", "ends in /v1", 2),
        (rejected(429, "Quota", code="insufficient_quota"), "no credit left", "Add credit", 1),
        (rejected(500, "Oops", {"Retry-After": "0"}), "failed .status 500.: Oops", "Try again later", 5),
        (rejected(429, "Come back tomorrow", {"Retry-After": "86400"}), "too many requests", "Wait 86400 s, as it asks", 1),
        (rejected(400, "Nothing suits me"), "rejected the request", "--model", 6),
        (Raw(200, b"<html>login</html>"), "no usable answer: its answer is not JSON", "OPENAI_BASE_URL", 2),
        (Raw(200, {"choices": []}), "no usable answer: it has no message", "OPENAI_BASE_URL", 2),
        (Raw(200, [1]), "no usable answer: it is not a JSON object", "OPENAI_BASE_URL", 2),
        (Raw(200, b" " * 2**20, endless=True), "more than 16 MiB", "OPENAI_BASE_URL", 2),
        (Raw(400, b" " * 2**20, endless=True), "more than 16 MiB", "--model", 6),
        (Raw(400, {"error": "Nothing suits me"}), "rejected the request .status 400.: Nothing suits me", "--model", 6),
        (Raw(200, {"status": "failed", "output": [], "error": {"message": "out of cards"}}), "broke off its answer: out of cards", "", 1),
    ],
    ids=lambda value: value if isinstance(value, str) and "_" in value else None,
)  # fmt: skip
def test_what_does_not_pass_ends_in_a_sentence_without_the_key(
    ask: Ask, failure: Raw, sentence: str, hint: str, requests: int
) -> None:
    ask.server.rules.append(lambda _: failure)
    with pytest.raises(ModelServiceFailed, match=sentence) as caught:
        ask()
    assert hint in caught.value.hint
    assert len(ask.server.requests) == requests
    told: BaseException | None = caught.value
    while told is not None:  # what Python would print of it, its causes included
        assert KEY not in f"{told}{told.args}{getattr(told, 'hint', '')}"
        told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)
    assert not any(KEY in step for step in ask.steps)


def test_a_slow_answer_ends_at_the_limit_though_each_piece_is_in_time(ask: Ask) -> None:
    ask.server.queue(Raw(200, b" " * 1000, piece_wait_s=0.05))
    began = time.monotonic()
    with pytest.raises(ModelServiceFailed, match=r"did not answer within 0\.4 s"):
        ask(timeout_s=0.4)
    assert time.monotonic() - began < 5


def test_the_limit_is_of_a_question_and_not_of_each_time_it_is_asked(ask: Ask) -> None:
    def cut_off_late(_: Request) -> Raw:
        time.sleep(0.3)
        return Raw(200, {"output": [], "status": "incomplete"})

    ask.server.rules.append(cut_off_late)
    began = time.monotonic()
    with pytest.raises(ModelServiceFailed, match=r"did not answer within 0\.5 s"):
        ask(timeout_s=0.5)
    assert time.monotonic() - began < 5 and len(ask.server.requests) == 2


@pytest.mark.parametrize("status", [200, 500])
def test_headers_that_never_end_are_not_waited_for(ask: Ask, status: int) -> None:
    ask.server.queue(Raw(status, {}, {f"X-{number}": "y" for number in range(200)}, head_wait_s=0.05))
    began = time.monotonic()
    with pytest.raises(ModelServiceFailed, match=r"did not answer within 0\.4 s"):
        ask(timeout_s=0.4)
    assert time.monotonic() - began < 5


def test_a_server_that_says_yes_to_every_path_is_asked_by_chat(ask: Ask) -> None:
    unexpected = {"error": "Unexpected endpoint or method. (POST /v1/responses)"}
    ask.server.rules.append(lambda asked: Raw(200, unexpected) if asked.path == "/v1/responses" else None)
    ask.server.queue("there")
    assert ask().dialect.api == "chat"


def test_a_server_that_wants_a_key_is_not_said_to_have_rejected_one(ask: Ask) -> None:
    ask.server.queue(rejected(401, "No key"))
    with pytest.raises(ModelServiceFailed, match=r"wants a key .status 401.: No key"):
        Asker(Service("m", None, ask.server.url), ask.steps.append).ask(MESSAGES)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("7", 7, 7), ("0.5", 0.5, 0.5), ("-3", 0, 0), ("1e999", float("inf"), float("inf")), ("nan", 0, 0), (30, 25, 30), (-30, 0, 0)],
)  # fmt: skip
def test_both_forms_of_retry_after_are_read(header: str | int, least: float, most: float) -> None:
    given = formatdate(time.time() + header, usegmt=True) if isinstance(header, int) else header
    wait = _retry_after({"retry-after": given})
    assert wait is not None and least <= wait <= most


@pytest.mark.parametrize(
    "header", ["", "soon", "Wed, 99 Foo 2015 07:28:00 GMT", "Sat, 01 Jan 0001 00:00:00 -0000"]
)
def test_another_retry_after_is_none(header: str) -> None:
    assert _retry_after({"retry-after": header} if header else {}) in (None, 0.0)


def test_a_server_that_is_not_there_is_told(ask: Ask) -> None:
    ask.server.close()
    with pytest.raises(ModelServiceFailed, match=r"gave no answer: Connection refused"):
        ask(timeout_s=0.4)
    assert ask.steps == []  # there was no time to try again


@pytest.mark.parametrize("place", ["no-such-host.invalid", "127.0.0.1:9"], ids=["unknown", "nothing listens"])
def test_a_host_that_cannot_be_reached_is_tried_once_more(ask: Ask, place: str) -> None:
    with pytest.raises(ModelServiceFailed, match=f"at {place} gave no answer: ") as caught:
        Asker(Service("m", KEY, f"http://{place}/v1"), ask.steps.append).ask(MESSAGES)
    assert "OPENAI_BASE_URL" in caught.value.hint
    assert len(ask.steps) == 1 and "asking again in 0.5 s" in ask.steps[0]


def test_a_connection_that_drops_before_an_answer_is_tried_to_the_end(ask: Ask) -> None:
    ask.server.rules.append(lambda _: Raw(200, {"output": []}, {"Retry-After": "0"}, cut_after=4))
    with pytest.raises(ModelServiceFailed, match="gave no answer: "):
        ask()
    assert len(ask.server.requests) == 5


def test_a_key_that_the_server_sends_back_reaches_nobody(ask: Ask) -> None:
    escaped = json.dumps({"output": [{"type": "message", "content": [{"type": "output_text", "text": KEY}]}]})
    ask.server.queue(f"My key is {KEY}.", Raw(200, escaped.replace("sk-", "\\u0073k\\u002d").encode()))
    assert ask().answer.text == "My key is [secret]."
    assert ask().answer.text == "[secret]"


@pytest.mark.parametrize("key", ["none", "EMPTY", "token", "test"])
def test_a_word_that_stands_in_for_a_key_is_no_secret(ask: Ask, key: str) -> None:
    ask.server.queue(f"reduction='{key}'; task-dependent = sk-learn-like")
    answer = Asker(Service("m", key, ask.server.url), ask.steps.append).ask(MESSAGES).answer
    assert answer.text == f"reduction='{key}'; task-dependent = sk-learn-like"


def test_a_url_keeps_its_password_to_itself(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url = ask.server.url.replace("127", "ann:hunter%4022@127")
    service = Service("m", "sk-0123456789abcdef", url)
    assert service.place == ask.server.url.removeprefix("http://").removesuffix("/v1")
    ask.server.rules.append(lambda asked: rejected(401, f"{asked.headers} {url} hunter@22"))
    with pytest.raises(ModelServiceFailed) as caught:
        Asker(service, ask.steps.append).ask(MESSAGES)
    sent = ask.server.requests[0].headers["authorization"]
    assert sent == "Basic " + b64encode(b"ann:hunter@22").decode()
    told = f"{service!r}{caught.value.message}{ask.steps}{caplog.text}"
    assert "hunter" not in told and sent.partition(" ")[2] not in told and "127.0.0.1" in told


@pytest.mark.parametrize("key", ["abcdefgh12345678\n", "“abcdefgh12345678”", "abc def", "abc\x1bdef"])
def test_a_key_that_cannot_be_sent_is_refused_and_not_quoted(key: str) -> None:
    with pytest.raises(UsageError, match="holds a character that no key has") as caught:
        Service("m", key)
    assert "abc" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize(
    "url", ["", "host", "ftp://host", "http://", "http://host:port", "http://[::1", "http://h/v1?key=1"]
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="not an http or https URL"):
        Service("m", None, url)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"OPENAI_MODEL": "m"}, None),
        ({"OPENAI_API_KEY": ""}, None),
        ({"OPENAI_API_KEY": KEY}, ("gpt-5", KEY, None)),
        ({"OPENAI_API_KEY": f"{KEY}\r\n"}, ("gpt-5", KEY, None)),
        ({"OPENAI_BASE_URL": "http://h/v1", "OPENAI_MODEL": "m"}, ("m", None, "http://h/v1")),
    ],
)
def test_the_environment_says_which_service(
    environment: dict[str, str], expected: tuple[Any, ...] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = find_service()
    assert (found and (found.model, found.api_key, found.base_url)) == expected
