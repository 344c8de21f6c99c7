"""Requests to a model service through the openai package, with bounds on all that comes back."""

import json
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from email.utils import parsedate_to_datetime
from threading import Thread
from typing import Any

import openai

from trainstore.generation.protocol import Api
from trainstore.generation.service import Service
from trainstore.generation.service_error import ServiceError

_MOST_BYTES = 16 * 1024 * 1024
_CONNECT_S = 20.0
_LONGEST_MESSAGE = 600
_LONGEST_MODEL_NAME = 100
_MOST_MODELS = 1000
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")  # says nothing to a person that its words do not
_REQUIRED = ("model", "input", "messages")


class OpenAIClient:
    """Asks once and says what came of it; whether to ask again is decided elsewhere."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._client = openai.OpenAI(
            api_key=service.api_key or "none",
            base_url=service.bare_url,
            max_retries=0,  # its own know no limit of time over all tries, and tell nobody that they wait
            http_client=openai.DefaultHttpxClient(
                auth=service.login, event_hooks={"response": [self._raise_rejected]}
            ),
        )

    def post(self, api: Api, body: Mapping[str, Any], timeout_s: float) -> Any:
        """Send a request and return the decoded JSON of its response.

        Raises:
            ServiceError: no response, or one that says no.
        """
        resource: Any = self._client.responses if api == "responses" else self._client.chat.completions
        return self._exchange(resource.with_streaming_response.create, _arguments(body), timeout_s)

    def models(self, timeout_s: float) -> list[str]:
        """Return the names of the models that the service lists; none where it does not list them."""
        try:
            listed = self._exchange(self._client.models.with_streaming_response.list, {}, timeout_s)
            return [str(model["id"])[:_LONGEST_MODEL_NAME] for model in listed["data"][:_MOST_MODELS]]
        except (ServiceError, LookupError, TypeError):  # a hint is all that depends on it
            return []

    def _exchange(self, send: Callable[..., Any], arguments: dict[str, Any], timeout_s: float) -> Any:
        """Send a request and read its response in a thread, which is left behind when the time is over.

        The library bounds the wait for each piece alone: a server that sends one now and then could hold it for ever.
        """
        limit = openai.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s))
        outcome: Future[Any] = Future()

        def exchange() -> None:
            try:
                with send(**arguments, timeout=limit) as response:
                    decoded = self._decoded(response)
            except Exception as error:
                outcome.set_exception(self._service_error(error))
            else:
                outcome.set_result(decoded)

        Thread(target=exchange, name="model service", daemon=True).start()
        try:
            return outcome.result(timeout_s)
        except TimeoutError:
            raise _too_late() from None
        finally:
            if not outcome.done():
                self._client.close()  # so that the thread ends with the next piece that comes

    def _decoded(self, response: Any) -> Any:
        try:
            return self._scrubbed(json.loads(_read(response)))
        except (ValueError, RecursionError):
            raise ServiceError("its answer is not JSON", status=response.status_code) from None

    def _scrubbed(self, value: Any) -> Any:
        """Return decoded JSON without secrets; before decoding, escapes could hide them."""
        if isinstance(value, str):
            return self._service.scrub(value)
        if isinstance(value, list):
            return [self._scrubbed(one) for one in value]
        if isinstance(value, dict):
            return {self._scrubbed(key): self._scrubbed(one) for key, one in value.items()}
        return value

    def _raise_rejected(self, response: Any) -> None:
        """Read a response that says no within bounds, before the library reads all of it."""
        if response.is_success or response.has_redirect_location:
            return
        text = _read(response).decode("utf-8", "replace")
        error = _error_in(text)
        message = (
            error.get("message") or error.get("detail") or ("" if text.lstrip().startswith("<") else text)
        )
        raise ServiceError(
            self._told(message if isinstance(message, str) else json.dumps(message)),
            status=response.status_code,
            code=str(error.get("code") or error.get("type") or ""),
            param=str(error.get("param") or ""),
            retry_after_s=_retry_after(response.headers),
        )

    def _service_error(self, error: Exception) -> ServiceError:
        """Return what an exception means, whichever HTTP library stands under openai."""
        cause = error if error.__cause__ is None else error.__cause__
        if isinstance(cause, ServiceError):
            return cause
        kind = type(cause).__name__
        if kind == "ConnectTimeout":
            return ServiceError(f"no connection within {_CONNECT_S:g} s")
        if "Timeout" in kind:
            return _too_late()
        told = self._told(_ERRNO.sub("", str(cause)) or kind)
        return ServiceError(told, unconnected=kind == "ConnectError")

    def _told(self, text: str) -> str:
        return " ".join(self._service.scrub(text).split())[:_LONGEST_MESSAGE]


def _read(response: Any) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise ServiceError(
                f"its answer has more than {_MOST_BYTES >> 20} MiB", status=response.status_code
            )
    return bytes(body)


def _error_in(text: str) -> dict[str, Any]:
    """Return the error that a response describes, in one of the forms that servers give it."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    error = body.get("error", body) if isinstance(body, dict) else body
    return error if isinstance(error, dict) else {"message": error}


def _arguments(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body as arguments; what releases of the library may not know by name goes past its checks."""
    known = {key: body[key] for key in body if key in _REQUIRED}
    return {**known, "extra_body": {key: body[key] for key in body if key not in _REQUIRED}}


def _too_late() -> ServiceError:
    return ServiceError("it did not answer in time", too_late=True)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait for: a number, or a date."""
    text = headers.get("retry-after", "")
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
