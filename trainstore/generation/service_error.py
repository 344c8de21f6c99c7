"""What can go wrong between here and a model service, and the sentence for it."""

import difflib
from dataclasses import dataclass

from trainstore.errors import ModelServiceFailed
from trainstore.generation.service import Service

_RETRIED = (408, 409, 425, 429)


@dataclass
class ServiceError(Exception):
    """One request that was not answered.

    Attributes:
        message: what the server or the connection said, without secrets.
        status: of HTTP; None where there was no response.
        code: the server's word for it.
        param: the parameter that it complains of.
        retry_after_s: how long it asks to wait.
        too_late: the time limit is over.
        unconnected: no connection could be made, so that nothing was asked: no such host, or nothing listens there.
    """

    message: str
    status: int | None = None
    code: str = ""
    param: str = ""
    retry_after_s: float | None = None
    too_late: bool = False
    unconnected: bool = False

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed a little later."""
        if self.too_late or "insufficient_quota" in self.code:
            return False
        return self.status is None or self.status in _RETRIED or self.status >= 500

    @property
    def is_about_the_model(self) -> bool:
        """Whether the server does not know the model; a path that it does not know reads alike."""
        text = self.message.lower()
        unknown = "not found" in text or "not exist" in text or "unknown" in text
        return "model_not_found" in self.code or (self.param == "model") or ("model" in text and unknown)


def service_failed(service: Service, error: ServiceError, models: list[str]) -> ModelServiceFailed:
    """Return the error that a person sees: what happened, with what the server said, and a next step."""
    place, said = service.place, f": {error.message}" if error.message else ""
    if error.too_late:
        return ModelServiceFailed(
            f"The model service at {place} did not answer within {service.timeout_s:g} s.",
            "Give it longer with --ask-timeout, or ask a faster model with --model.",
        )
    if error.status is None:
        return ModelServiceFailed(
            f"The model service at {place} gave no answer{said}.",
            "Check that the server runs, OPENAI_BASE_URL and the network.",
        )
    if error.status < 400:
        return ModelServiceFailed(
            f"The model service at {place} gave no usable answer{said}.",
            "Check OPENAI_BASE_URL: does an interface like OpenAI's answer there?",
        )
    what, hint = _rejection(service, error, models)
    return ModelServiceFailed(f"The model service at {place} {what} (status {error.status}){said}.", hint)


def _rejection(service: Service, error: ServiceError, models: list[str]) -> tuple[str, str]:
    """Return what a service did that said no, and the next step."""
    if "insufficient_quota" in error.code:
        return "has no credit left for this account", "Add credit, or use another key."
    match error.status:
        case 401 if service.api_key is None:
            return "wants a key", "Set OPENAI_API_KEY."
        case 401:
            return "does not accept the key", "Check OPENAI_API_KEY."
        case 403:
            return "does not permit this", "Choose another model with --model, or use another key."
        case 404:
            return _not_found(service, error, models)
        case 429:
            return "has had too many requests", f"Wait {_awhile(error)}, or ask another model with --model."
        case int(status) if status >= 500:
            return "failed", "Try again later."
    return "rejected the request", "Try another --model."


def _awhile(error: ServiceError) -> str:
    seconds = error.retry_after_s
    return f"{seconds:.0f} s, as it asks" if seconds and seconds < float("inf") else "a while"


def _not_found(service: Service, error: ServiceError, models: list[str]) -> tuple[str, str]:
    if not error.is_about_the_model and (not models or service.model in models):
        base = "what comes before /chat/completions, and mostly ends in /v1"
        return "does not know the path that was asked", f"Check OPENAI_BASE_URL: it is {base}."
    near = difflib.get_close_matches(service.model, models, n=3, cutoff=0.3) or models[:3]
    hint = f"It has: {', '.join(near)}." if near else "Name one that it has with --model."
    return f"has no model {service.model!r}", hint
