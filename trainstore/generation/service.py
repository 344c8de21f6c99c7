"""Which language model is asked, where, and what of that may be told."""

import os
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from trainstore.errors import UsageError

DEFAULT_MODEL = "gpt-5"
DEFAULT_TIMEOUT_S = 600.0
_DEFAULT_PLACE = "api.openai.com"
_LIKE_A_KEY = re.compile(r"\bsk-[A-Za-z0-9_\-]{6,}")
_SHORTEST_SECRET = 4  # letters; taking out shorter ones would garble text and hide nothing


@dataclass(frozen=True)
class Service:
    """A language model behind an interface that speaks OpenAI's protocol.

    Attributes:
        model: its name there.
        api_key: None where the server needs none.
        base_url: None for OpenAI's own.
        timeout_s: how long one question may take, its retries included.

    Raises:
        UsageError: the base URL is none.
    """

    model: str = DEFAULT_MODEL
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = field(default=None, repr=False)
    timeout_s: float = DEFAULT_TIMEOUT_S

    def __post_init__(self) -> None:
        if self.base_url is not None:
            _ = self._parts

    @property
    def place(self) -> str:
        """Host and port, without what may be secret in a URL."""
        if self.base_url is None:
            return _DEFAULT_PLACE
        host, port = self._parts.hostname or "", self._parts.port
        return f"{host}:{port}" if port else host

    @property
    def _parts(self) -> SplitResult:
        try:
            parts = urlsplit(self.base_url or "")
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
            _ = parts.port
        except ValueError:
            usable = False
        if not usable:
            raise UsageError(
                "The base URL of the model service is not an http or https URL.",
                "Set OPENAI_BASE_URL to one such as http://127.0.0.1:8000/v1.",
            )
        return parts

    def scrub(self, text: str) -> str:
        """Return text from the server without the key and without what stands before the host in the URL."""
        secrets = [self.api_key or ""]
        if self.base_url is not None:
            userinfo = self._parts.netloc.rpartition("@")[0]
            secrets += [userinfo, self._parts.password or "", self._parts.query]
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "[secret]")
        return _LIKE_A_KEY.sub("[secret]", text)


def find_service(
    model: str | None = None,
    api_key: str | None = None,
    base_url: str | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> Service | None:
    """Return the service that is given or set in the environment; None where there is neither a key nor a URL.

    ``OPENAI_MODEL``, ``OPENAI_API_KEY`` and ``OPENAI_BASE_URL`` stand in for what is not given.

    Raises:
        UsageError: the base URL is none.
    """
    key = api_key or os.environ.get("OPENAI_API_KEY") or None
    url = base_url or os.environ.get("OPENAI_BASE_URL") or None
    if key is None and url is None:
        return None
    return Service(model_name(model), key, url, timeout_s)


def model_name(model: str | None = None) -> str:
    """Return the model that is meant: the one given, else that of ``OPENAI_MODEL``, else the usual one."""
    return model or os.environ.get("OPENAI_MODEL") or DEFAULT_MODEL
