"""Decides the outcome of an execution from how its worker ended and what it claims."""

import hashlib
import signal
from dataclasses import replace
from typing import BinaryIO

from trainstore.execution.claims import Claim, InvalidClaim, decode_claim
from trainstore.execution.limits import REPORT_BYTES, Limits
from trainstore.execution.supervisor.orders import Ending
from trainstore.execution.weights_file import InvalidWeights, read_weights_header

_MIB = 1 << 20


def judge(ending: Ending | None, report: bytes, limits: Limits) -> Claim:
    """The outcome, and the worker's claim where it may be heard.

    How the worker was stopped counts for more than what it claims, since code in it can claim anything.
    """
    if ending is None:
        return Claim("killed", "the process that watched the run was killed")
    if ending.stopped_for == "wall_limit":
        return Claim("timed_out", f"it ran past its limit of {limits.wall_seconds:g} s")
    if ending.stopped_for == "output_limit":
        return Claim("output_limit", f"it printed more than {limits.output_bytes / _MIB:g} MiB")
    if ending.stopped_for == "asked":
        return Claim("killed", "it was asked to end")
    if ending.exit_code < 0:
        return Claim("killed", _signal_sentence(-ending.exit_code))
    lines = report.splitlines()
    if len(lines) < 2 or ending.exit_code != 0:
        how = f"the worker ended with exit status {ending.exit_code} before it gave a result"
        return Claim("failed", f"{how}; the function may call sys.exit or os._exit")
    return _heard(lines, len(report))


def check_weights(claim: Claim, weights: BinaryIO) -> Claim:
    """The claim; ``invalid_result`` instead, if it claims success and the weights file is not well-formed."""
    if claim.outcome != "succeeded":
        return claim
    try:
        read_weights_header(weights)
    except InvalidWeights as error:
        return replace(claim, outcome="invalid_result", reason=f"the weights file is broken: {error}")
    return claim


def digest(file: BinaryIO) -> str:
    """``sha256:…`` of a whole file."""
    file.seek(0)
    value = hashlib.sha256()
    while chunk := file.read(_MIB):
        value.update(chunk)
    file.seek(0)
    return f"sha256:{value.hexdigest()}"


def _heard(lines: list[bytes], length: int) -> Claim:
    try:
        if len(lines) > 2 or length > REPORT_BYTES:
            raise InvalidClaim("the worker's report is longer than a report can be")
        return decode_claim(lines[1])
    except InvalidClaim as error:
        return Claim("invalid_result", str(error))


def _signal_sentence(number: int) -> str:
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    memory = "; the system may have been out of memory" if number == signal.SIGKILL else ""
    return f"the worker was ended by {name}{memory}"
