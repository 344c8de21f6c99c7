"""Who may ask, and what: the first thing that each request meets, and the last that its answer does."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.responses import PlainTextResponse

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# A name that resolves to this machine by nobody's choice; any port, as it may be forwarded.
_OWN_HOST = re.compile(rb"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?")

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """Refuses what another site could make a browser ask, and all that is not reading.

    A page of another site can have its own name resolve to this machine (DNS rebinding): then ``Host`` names that
    site. Where it asks by this machine's name, ``Origin`` does.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", ()), *own]
            await send(message)

        if scope["type"] != "http":
            return
        refusal = _refusal(scope)
        await (refusal or self._application)(scope, receive, send_with_headers)


def _refusal(scope: Scope) -> PlainTextResponse | None:
    named = [value for name, value in scope["headers"] if name == b"host"]
    if len(named) != 1 or not _OWN_HOST.fullmatch(named[0]):
        return PlainTextResponse("This page answers to 127.0.0.1 and localhost alone.\n", 403)
    origins = [value for name, value in scope["headers"] if name == b"origin"]
    if any(origin != b"http://" + named[0] for origin in origins):
        return PlainTextResponse("This page answers no other site.\n", 403)
    if scope["method"] not in ("GET", "HEAD"):
        return PlainTextResponse("This page is only read.\n", 405, {"allow": "GET, HEAD"})
    return None
