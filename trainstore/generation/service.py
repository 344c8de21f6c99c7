"""Which language model is asked, where, and what of that may be told."""

import os
import re
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from trainstore.errors import UsageError

DEFAULT_MODEL = "gpt-5"
DEFAULT_TIMEOUT_S = 600.0
_DEFAULT_URL = "https://api.openai.com/v1"
_LIKE_A_KEY = re.compile(r"\bsk-[A-Za-z0-9_\-]{16,}")
# Shorter ones are words that stand in for a key, such as "none" or "token", and code holds them too.
_SHORTEST_SECRET = 8


@dataclass(frozen=True)
class Service:
    """A language model behind an interface that speaks OpenAI's protocol.

    Attributes:
        model: its name there.
        api_key: None where the server needs none.
        base_url: None for OpenAI's own.
        timeout_s: how long one question may take, its retries included.

    Raises:
        UsageError: the base URL or the key cannot be one.
    """

    model: str = DEFAULT_MODEL
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = field(default=None, repr=False)
    timeout_s: float = DEFAULT_TIMEOUT_S

    def __post_init__(self) -> None:
        _ = self._parts
        key = self.api_key or "none"
        if not key.isascii() or not key.isprintable() or " " in key:
            raise UsageError(
                "The key of the model service holds a character that no key has.",
                "Set OPENAI_API_KEY to the key alone: no quotes, spaces or line breaks.",
            )

    @property
    def place(self) -> str:
        """Host and port, without what may be secret in a URL."""
        return self._parts.netloc.rpartition("@")[2]

    @property
    def bare_url(self) -> str:
        """The base URL without name and password, which HTTP libraries write into logs with it."""
        return self._parts._replace(netloc=self.place).geturl()

    @property
    def login(self) -> tuple[str, str] | None:
        """The name and password that stand in the base URL, decoded."""
        given = self._parts.netloc.rpartition("@")[0]
        name, _, password = given.partition(":")
        return (unquote(name), unquote(password)) if given else None

    @property
    def _parts(self) -> SplitResult:
        try:
            parts = urlsplit(_DEFAULT_URL if self.base_url is None else self.base_url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
            _ = parts.port
        except ValueError:
            usable = False
        if not usable:
            raise UsageError(
                "The base URL of the model service is not an http or https URL without a query.",
                "Set OPENAI_BASE_URL to one such as http://127.0.0.1:8000/v1.",
            )
        return parts

    def scrub(self, text: str) -> str:
        """Return text from the server without the key, and without the name and password of the URL."""
        secrets = [self.api_key or "", self._parts.netloc.rpartition("@")[0]]
        if self.login is not None:
            name, password = self.login
            secrets += [password or name, b64encode(f"{name}:{password}".encode()).decode()]
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
        UsageError: the base URL or the key cannot be one.
    """
    key = (api_key or os.environ.get("OPENAI_API_KEY") or "").strip() or None
    url = (base_url or os.environ.get("OPENAI_BASE_URL") or "").strip() or None
    if key is None and url is None:
        return None
    return Service(model_name(model), key, url, timeout_s)


def model_name(model: str | None = None) -> str:
    """Return the model that is meant: the one given, else that of ``OPENAI_MODEL``, else the usual one."""
    return model or os.environ.get("OPENAI_MODEL") or DEFAULT_MODEL
