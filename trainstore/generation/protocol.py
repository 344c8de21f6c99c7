"""The two forms of OpenAI's protocol as pure functions: a question to a request, a response to an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from trainstore.generation.reply_schema import REPLY_SCHEMA
from trainstore.generation.service_error import ServiceError

Api: TypeAlias = Literal["responses", "chat"]
Level: TypeAlias = Literal["strict", "json", "text"]
Message: TypeAlias = dict[str, str]

_LONGEST_MODEL_NAME = 200  # letters; it goes into the record
_MOST_TOKENS = 1 << 53  # that JSON's readers keep to the digit

_ROOM: dict[Api, tuple[str, ...]] = {
    "responses": ("max_output_tokens",),
    "chat": ("max_completion_tokens", "max_tokens"),  # servers know the first, the second, or both
}


@dataclass(frozen=True)
class Dialect:
    """How a server wants to be asked.

    Attributes:
        api: Responses, or chat completions.
        level: how firmly the form of the reply is asked for: a strict schema, any JSON, or in words alone.
        dropped: parameters that it rejected.
    """

    api: Api = "responses"
    level: Level = "strict"
    dropped: frozenset[str] = frozenset()

    @property
    def room_parameter(self) -> str | None:
        """The parameter that bounds the length of the answer; None where the server rejected all of them."""
        return next((name for name in _ROOM[self.api] if name not in self.dropped), None)


@dataclass(frozen=True)
class Answer:
    """What a model answered.

    Attributes:
        text: what it wrote; empty where it refused.
        refusal: its words, or the server's, where it would not answer.
        failure: the server's words, where it broke off.
        truncated: it ran out of room, so the text is of no use.
        model: as the server names it.
        tokens: ``input`` and ``output``, where the server counts.
    """

    text: str
    refusal: str | None = None
    failure: str | None = None
    truncated: bool = False
    model: str | None = None
    tokens: Mapping[str, int] = field(default_factory=dict)


def optional_parameters(dialect: Dialect, room: int) -> dict[str, Any]:
    """Return what a request holds beside its model and messages, for a record as well as for the request."""
    parameters: dict[str, Any] = {}
    if dialect.room_parameter is not None:
        parameters[dialect.room_parameter] = room
    if dialect.api == "responses" and "store" not in dialect.dropped:
        parameters["store"] = False  # the server need not keep what is known of the data
    return parameters


def request_body(dialect: Dialect, model: str, messages: Sequence[Message], room: int) -> dict[str, Any]:
    """Return the request for a conversation, with room for so many tokens."""
    body: dict[str, Any] = {"model": model, **optional_parameters(dialect, room)}
    if dialect.api == "responses":
        body["input"] = list(messages)
        if dialect.level != "text":
            body["text"] = {"format": _responses_format(dialect.level)}
    else:
        body["messages"] = list(messages)
        if dialect.level != "text":
            body["response_format"] = _chat_format(dialect.level)
    return body


def read_answer(api: Api, response: Any) -> Answer:
    """Return what a response says.

    Raises:
        ServiceError: it is none of this protocol.
    """
    if not isinstance(response, dict):
        raise _malformed("it is not a JSON object")
    return _read_response(response) if api == "responses" else _read_completion(response)


def _responses_format(level: Level) -> dict[str, Any]:
    if level == "json":
        return {"type": "json_object"}
    return {"type": "json_schema", "name": "training_function", "strict": True, "schema": REPLY_SCHEMA}


def _chat_format(level: Level) -> dict[str, Any]:
    if level == "json":
        return {"type": "json_object"}
    schema = {"name": "training_function", "strict": True, "schema": REPLY_SCHEMA}
    return {"type": "json_schema", "json_schema": schema}


def _read_response(response: dict[str, Any]) -> Answer:
    output = response.get("output")
    if not isinstance(output, list):
        raise _malformed("it has no output")
    texts, refusals = [], []
    for item in output:
        for part in _list(item, "content") if _text(item, "type") == "message" else ():
            if _text(part, "type") == "output_text":
                texts.append(_text(part, "text"))
            elif _text(part, "type") == "refusal":
                refusals.append(_text(part, "refusal"))
    reason = _text(response.get("incomplete_details"), "reason")
    stopped = response.get("status") == "incomplete"
    if reason == "content_filter":
        refusals.append("its content filter stopped the answer")
    failure = None
    if response.get("status") == "failed":
        failure = _text(response.get("error"), "message") or "it did not say why"
    return Answer(
        "".join(texts),
        refusal="\n".join(refusals) or None,
        failure=failure,
        truncated=stopped and reason != "content_filter",
        model=_text(response, "model")[:_LONGEST_MODEL_NAME] or None,
        tokens=_tokens(response.get("usage"), "input_tokens", "output_tokens"),
    )


def _read_completion(response: dict[str, Any]) -> Answer:
    choices = _list(response, "choices")
    message = choices[0].get("message") if choices and isinstance(choices[0], dict) else None
    if not isinstance(message, dict):
        raise _malformed("it has no message")
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    text = content if isinstance(content, str) else "".join(_text(part, "text") for part in parts)
    finish = _text(choices[0], "finish_reason")
    refusal = _text(message, "refusal")
    if finish == "content_filter":
        refusal = refusal or "its content filter stopped the answer"
    return Answer(
        text,
        refusal=refusal or None,
        truncated=finish == "length",
        model=_text(response, "model")[:_LONGEST_MODEL_NAME] or None,
        tokens=_tokens(response.get("usage"), "prompt_tokens", "completion_tokens"),
    )


def _malformed(why: str) -> ServiceError:
    return ServiceError(why, status=200)


def _tokens(usage: Any, sent: str, received: str) -> dict[str, int]:
    found = {"input": sent, "output": received}
    counts = {name: usage.get(key) for name, key in found.items()} if isinstance(usage, dict) else {}
    return {
        name: count for name, count in counts.items() if type(count) is int and 0 <= count <= _MOST_TOKENS
    }


def _list(value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _text(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
