"""One request to a model service through the openai package."""

import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import openai

from trainstore.generation.protocol import Api
from trainstore.generation.service import Service
from trainstore.generation.service_error import ServiceError

_MOST_BYTES = 16 * 1024 * 1024
_CONNECT_S = 20.0
_LONGEST_MESSAGE = 600
_REQUIRED = ("model", "input", "messages")


class OpenAIClient:
    """Asks once and says what came of it; whether to ask again is decided elsewhere."""

    def __init__(self, service: Service) -> None:
        self._service = service
        # The library's own retries know no limit of time over all tries, and tell nobody that they wait.
        self._client = openai.OpenAI(
            api_key=service.api_key or "none", base_url=service.base_url, max_retries=0
        )

    def post(self, api: Api, body: Mapping[str, Any], timeout_s: float) -> Any:
        """Send a request and return the decoded JSON of its response.

        Raises:
            ServiceError: no response, or one that says no.
        """
        resource: Any = self._client.responses if api == "responses" else self._client.chat.completions
        limit = openai.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s))
        deadline = time.monotonic() + timeout_s
        try:
            with resource.with_streaming_response.create(**_arguments(body), timeout=limit) as response:
                return self._decode(response, deadline)
        except ServiceError:
            raise
        except openai.APIStatusError as error:
            raise self._rejected(error) from None  # the library's error may quote the key
        except openai.APITimeoutError:
            raise _too_late() from None
        except openai.OpenAIError as error:
            raise ServiceError(self._told(str(error.__cause__ or error))) from None
        except Exception as error:  # whichever HTTP library stands under openai; a dropped connection mostly
            if "Timeout" in type(error).__name__:
                raise _too_late() from None
            raise ServiceError(f"the connection broke: {self._told(str(error))}") from None

    def models(self, timeout_s: float) -> list[str]:
        """Return the names of the models that the service lists; none where it does not list them."""
        try:
            return [model.id for model in self._client.models.list(timeout=timeout_s).data][:1000]
        except Exception:  # a hint is all that depends on it
            return []

    def _decode(self, response: Any, deadline: float) -> Any:
        """Read the body within the time limit, which the library holds for each piece but not for all of them."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _MOST_BYTES:
                raise ServiceError(f"its answer has more than {_MOST_BYTES >> 20} MiB")
            if time.monotonic() > deadline:
                raise _too_late()
        try:
            return json.loads(self._service.scrub(body.decode("utf-8", "replace")))
        except (ValueError, RecursionError):
            raise ServiceError("its answer is not JSON", status=response.status_code) from None

    def _rejected(self, error: openai.APIStatusError) -> ServiceError:
        body = error.body if isinstance(error.body, dict) else {}
        message = body.get("message") or body.get("detail") or error.message
        return ServiceError(
            self._told(message if isinstance(message, str) else json.dumps(message)),
            status=error.status_code,
            code=str(body.get("code") or body.get("type") or ""),
            param=str(body.get("param") or ""),
            retry_after_s=_retry_after(error.response.headers),
        )

    def _told(self, text: str) -> str:
        return " ".join(self._service.scrub(text).split())[:_LONGEST_MESSAGE]


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
    except ValueError:
        return None
