"""What can go wrong between here and a model service, and the sentence for it."""

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
    """

    message: str
    status: int | None = None
    code: str = ""
    param: str = ""
    retry_after_s: float | None = None
    too_late: bool = False

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
    if "insufficient_quota" in error.code:
        return ModelServiceFailed(
            f"The account at {place} has no credit left{said}.", "Add credit, or use another key."
        )
    hints = {
        401: "Check OPENAI_API_KEY.",
        403: "The key may not use this model; choose another with --model, or another key.",
        404: _other_models(service, models),
        429: f"Wait {_awhile(error)}, or ask another model with --model.",
    }
    if error.status == 401 and service.api_key is None:
        return ModelServiceFailed(f"The model service at {place} wants a key{said}.", "Set OPENAI_API_KEY.")
    whats = {
        401: "does not accept the key",
        403: "does not permit this",
        404: f"has no model {service.model!r}, or does not speak this protocol",
        429: "has had too many requests",
    }
    usual = "failed" if error.status >= 500 else "rejected the request"
    what = whats.get(error.status, usual)
    hint = hints.get(error.status, "Try again later." if error.status >= 500 else "Try another --model.")
    return ModelServiceFailed(f"The model service at {place} {what} (status {error.status}){said}.", hint)


def _awhile(error: ServiceError) -> str:
    seconds = error.retry_after_s
    return f"{seconds:.0f} s, as it asks" if seconds and seconds < float("inf") else "a while"


def _other_models(service: Service, models: list[str]) -> str:
    import difflib

    if not models:
        return "Check --model and OPENAI_BASE_URL, which mostly ends in /v1."
    near = difflib.get_close_matches(service.model, models, n=3, cutoff=0.3) or models[:3]
    return f"It has: {', '.join(near)}."
