"""Asking a language model: in the way that its server understands, as often as it takes, and no longer."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from trainstore.errors import ModelServiceFailed
from trainstore.generation.protocol import (
    Answer,
    Api,
    Dialect,
    Message,
    optional_parameters,
    read_answer,
    request_body,
)
from trainstore.generation.service import Service
from trainstore.generation.service_error import ServiceError, service_failed
from trainstore.generation.step_down import step_down

ROOM = 32_000  # tokens; what a model thinks before it writes counts too
_TRIES = 5
_TRIES_TO_CONNECT = 2  # a host that is not there rarely comes while one waits; a server that restarts may
_FIRST_WAIT_S = 0.5
_LEAST_WAIT_S = 0.05
_LONGEST_WAIT_S = 120.0

_known_dialects: dict[tuple[str | None, str], Dialect] = {}  # by base URL and model, for this process


class Client(Protocol):
    """What sends one request; `trainstore.generation.openai_client.OpenAIClient`."""

    def post(self, api: Api, body: dict[str, Any], timeout_s: float) -> Any:
        """Return the decoded response. Raises ServiceError."""

    def models(self, timeout_s: float) -> list[str]:
        """Return the names of the models that there are."""


@dataclass(frozen=True)
class Asked:
    """An answer, and how it was asked for.

    Attributes:
        answer: whole, and no refusal; its tokens are those of all answers that it took.
        dialect: what the server understood.
        parameters: what the request held beside model, messages and form.
    """

    answer: Answer
    dialect: Dialect
    parameters: dict[str, Any]


class Asker:
    """Asks one model.

    Args:
        service: the model and where it is.
        on_step: is told, in a few words, of everything but the plain course.
    """

    def __init__(self, service: Service, on_step: Callable[[str], None]) -> None:
        from trainstore.generation.openai_client import OpenAIClient  # takes a second to import

        self._service = service
        self._client: Client = OpenAIClient(service)
        self._on_step = on_step

    def ask(self, messages: Sequence[Message]) -> Asked:
        """Return the answer to a conversation. One that is cut off is asked for again, once, with twice the room.

        The service's time limit is for all of it together.

        Raises:
            ModelServiceFailed: there is none: unreachable, rejected, refused, broken off, too late, or cut off twice.
        """
        deadline = time.monotonic() + self._service.timeout_s
        asked = self._ask(messages, ROOM, deadline)
        if asked.answer.truncated and asked.dialect.room_parameter in asked.parameters:
            self._on_step(f"the answer was cut off at {ROOM} tokens; asking again with {2 * ROOM}")
            cut_off, asked = asked, self._ask(messages, 2 * ROOM, deadline)
            spent = Counter(cut_off.answer.tokens) + Counter(asked.answer.tokens)
            asked = replace(asked, answer=replace(asked.answer, tokens=spent))
        if asked.answer.failure:
            raise ModelServiceFailed(
                f"The model service at {self._service.place} broke off its answer: {asked.answer.failure[:300]}",
                "Try again later.",
            )
        if asked.answer.truncated:
            raise ModelServiceFailed(
                f"The answer of {self._service.model} was cut off before its end, so it is of no use.",
                "Give a server of your own a larger context, or ask for something smaller with --hint.",
            )
        if asked.answer.refusal:
            raise ModelServiceFailed(
                f"The model {self._service.model} refused: {asked.answer.refusal[:300]}",
                "Word the --hint differently, or ask another --model.",
            )
        return asked

    def _ask(self, messages: Sequence[Message], room: int, deadline: float) -> Asked:
        key = (self._service.base_url, self._service.model)
        dialect = _known_dialects.get(key, Dialect())
        while True:
            body = request_body(dialect, self._service.model, messages, room)
            try:
                answer = read_answer(dialect.api, self._post(dialect.api, body, deadline))
            except ServiceError as error:
                following = step_down(dialect, error, body)
                if following is None:
                    raise self._failed(error) from None
                self._on_step(_told_step(dialect, following, error))
                dialect = following
                continue
            _known_dialects[key] = dialect
            return Asked(answer, dialect, optional_parameters(dialect, room))

    def _post(self, api: Api, body: dict[str, Any], deadline: float) -> Any:
        """Send a request, again while what went wrong may pass."""
        for attempt in range(_TRIES):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                return self._client.post(api, body, left)
            except ServiceError as error:
                wait = _wait_s(error, attempt)
                tries = _TRIES_TO_CONNECT if error.unconnected else _TRIES
                if not error.is_passing or attempt >= tries - 1 or wait > _LONGEST_WAIT_S:
                    raise
                if time.monotonic() + wait >= deadline:
                    raise
                self._on_step(f"{_told(error)}; asking again in {wait:.1f} s")
            time.sleep(wait)
        raise ServiceError("it did not answer in time", too_late=True)

    def _failed(self, error: ServiceError) -> ModelServiceFailed:
        models = self._client.models(min(10.0, self._service.timeout_s)) if error.status == 404 else []
        return service_failed(self._service, error, models)


def _wait_s(error: ServiceError, attempt: int) -> float:
    if error.retry_after_s is not None:
        return max(error.retry_after_s, _LEAST_WAIT_S)
    return float(_FIRST_WAIT_S * 2**attempt)


def _told(error: ServiceError) -> str:
    if error.status is None:
        return f"no answer ({error.message})"
    return f"the model service said: {error.message or 'nothing'} (status {error.status})"


def _told_step(old: Dialect, new: Dialect, error: ServiceError) -> str:
    if new.api != old.api:
        return f"the Responses API does not answer ({error.message[:100]}); asking by chat completions"
    if new.dropped != old.dropped:
        return f"the server rejected {', '.join(sorted(new.dropped - old.dropped))}; asking without"
    forms = {"json": "for any JSON", "text": "in words alone"}
    return f"the server rejected the form of the reply ({error.message[:100]}); asking {forms[new.level]}"
