"""What a remote refuses, told in one sentence; servers and libraries say it in many ways, and none may tell a password."""

import errno
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from trainstore.errors import RemoteFailed, TrainstoreError
from trainstore.store.git.remotes import without_passwords

_SECRET = re.compile(r"password|passphrase|secret|token|key_id|connection_string|account_key|credential")
_NOT_ALLOWED = re.compile(
    r"permission denied|access ?denied|forbidden|unauthorized|credential|InvalidAccessKeyId|SignatureDoesNotMatch|\b40[13]\b",
    re.IGNORECASE,
)
_FULL = {errno.ENOSPC, errno.EDQUOT}
_RESUMES = "What arrived stays: the same command goes on from there."


def secrets_of(config: dict[str, object]) -> frozenset[str]:
    """Return the values of a remote's configuration that must not be told."""
    return frozenset(
        str(value)
        for key, value in config.items()
        if _SECRET.search(key) and value not in (None, True, False, "")
    )


@contextmanager
def remote_errors_told(name: str, action: str, secrets: Collection[str] = ()) -> Iterator[None]:
    """Tell what a remote refuses.

    Args:
        name: of the remote.
        action: what fails then, such as ``send to``.
        secrets: texts to leave out.

    Raises:
        RemoteFailed: it cannot be reached, or refused.
    """
    try:
        yield
    except TrainstoreError:
        raise
    except Exception as error:  # each kind of remote has exceptions of its own
        raise _told(name, action, error, secrets) from error


def _told(name: str, action: str, error: Exception, secrets: Collection[str]) -> RemoteFailed:
    """Return the error for what a library raised."""
    said = " ".join(str(error).split()) or type(error).__name__
    for secret in secrets:
        said = said.replace(secret, "***")
    said = without_passwords(said)[:300].rstrip(".")
    began = f"Could not {action} the DVC remote {name!r}"
    number = error.errno if isinstance(error, OSError) else None
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if number in _FULL:
        return RemoteFailed(f"{began}: its disk is full.", f"Free some space there. {_RESUMES}")
    if kinds & {
        "PermissionError",
        "PermissionDenied",
        "NoCredentialsError",
        "SFTPPermissionDenied",
    } or _NOT_ALLOWED.search(said):
        return RemoteFailed(
            f"{began}: it does not let you: {said}.",
            "See who you are there: dvc remote modify --local --help",
        )
    if kinds & {"FSTimeoutError", "TimeoutError"}:
        return RemoteFailed(f"{began}: it did not answer in time.", f"Try again. {_RESUMES}")
    if "SFTPFailure" in kinds:  # the protocol's word for whatever the server's disk refuses
        return RemoteFailed(
            f"{began}: the server could not do it and does not say why ({said}).",
            f"See whether its disk is full. {_RESUMES}",
        )
    return RemoteFailed(f"{began}: {said}.", f"See that it is reachable, then try again. {_RESUMES}")
