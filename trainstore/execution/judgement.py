"""Decides the outcome of an execution from how its worker ended and what it claims."""

import hashlib
import os
import re
import signal
from dataclasses import replace
from typing import BinaryIO

from trainstore.execution.claims import Claim, InvalidClaim, decode_claim
from trainstore.execution.limits import FILE_COUNT, GIB, MIB, REPORT_BYTES, Limits
from trainstore.execution.outcome import Outcome
from trainstore.execution.supervisor.orders import Ending, StoppedFor, Usage
from trainstore.execution.weights_file import InvalidWeights, read_weights_header

# How libraries tell that another process is gone.
_LOST_PROCESS = re.compile(r"signal: Killed|exited unexpectedly|terminated abruptly|SIGKILL")
# In the reasons given below where nothing says that the code itself did it.
_BY_THE_SYSTEM = ("the system", "may have", "watched the run", "asked to end")


def judge(ending: Ending | None, report: bytes, limits: Limits) -> Claim:
    """The outcome, and the worker's claim where it may be heard.

    How the worker was stopped counts for more than what it claims, since code in it can claim anything.
    """
    if ending is None:
        return Claim("killed", "the process that watched the run was killed")
    if ending.stopped_for is not None:
        return _stopped(ending.stopped_for, ending.most, limits)
    if ending.exit_code < 0:
        return _ended_by_signal(-ending.exit_code, ending.system_kills, limits)
    lines = report.split(b"\n", 2)
    if len(lines) < 2 or not lines[1] or ending.exit_code != 0:
        how = f"the worker ended with exit status {ending.exit_code} before it gave a result"
        return Claim("failed", f"{how}; the function may call sys.exit or os._exit")
    claim = _heard(lines, len(report))
    if claim.outcome == "disk_limit" and _fills_memory(ending.most, limits):
        used, limit = _size(ending.most.memory_bytes), _size(limits.memory_bytes)
        reason = (
            f"{claim.reason}: files that are kept in memory took {used} of memory, and its limit is {limit}"
        )
        return replace(claim, outcome="out_of_memory", reason=reason)
    claim = _with_limit(claim, limits)
    if claim.outcome == "failed" and ending.system_kills and _LOST_PROCESS.search(claim.reason or ""):
        reason = f"the system ran out of memory and ended one of its processes: {claim.reason}"
        return replace(claim, outcome="out_of_memory", reason=reason)
    return claim


def check_checkpoint(claim: Claim, weights: BinaryIO, structure: BinaryIO, limits: Limits) -> Claim:
    """The claim; another outcome instead, if it claims success and the files are too long or not well-formed.

    How long they are counts, not the room they take: holes are filled when they are copied.
    """
    if claim.outcome != "succeeded":
        return claim
    size = sum(os.fstat(file.fileno()).st_size for file in (weights, structure))
    if size > limits.disk_bytes:
        return _more_than("disk_limit", "its checkpoint has {}", size, limits.disk_bytes)
    try:
        read_weights_header(weights)
    except InvalidWeights as error:
        return replace(claim, outcome="invalid_result", reason=f"the weights file is broken: {error}")
    return claim


def digest(file: BinaryIO) -> str:
    """``sha256:…`` of a whole file."""
    file.seek(0)
    value = hashlib.sha256()
    while chunk := file.read(MIB):
        value.update(chunk)
    file.seek(0)
    return f"sha256:{value.hexdigest()}"


def by_the_system(reason: str) -> bool:
    """Tell whether a reason that was given here is what the system or a person did, or may have done."""
    return any(words in reason for words in _BY_THE_SYSTEM)


def _stopped(reason: StoppedFor, most: Usage, limits: Limits) -> Claim:
    match reason:
        case "wall_limit":
            return Claim("timed_out", f"it ran past {_seconds(limits.wall_seconds)}")
        case "cpu_limit":
            used = f"it used {most.cpu_seconds:.4g} s of processor time"
            return Claim("cpu_limit", f"{used}, more than {_seconds(limits.cpu_seconds)}")
        case "memory_limit":
            return _more_than("out_of_memory", "it used {} of memory", most.memory_bytes, limits.memory_bytes)
        case "disk_limit":
            if most.disk_bytes <= limits.disk_bytes:
                return Claim(
                    "disk_limit",
                    f"it made more than {FILE_COUNT} files, or kept some where they cannot be measured",
                )
            return _more_than("disk_limit", "its files took {}", most.disk_bytes, limits.disk_bytes)
        case "process_limit":
            had = f"it had {most.processes} processes and threads"
            return Claim("process_limit", f"{had}, and its limit is {limits.processes}")
        case "output_limit":
            return Claim("output_limit", f"it printed more than {limits.output_bytes / MIB:g} MiB")
        case "asked":
            return Claim("killed", "it was asked to end")


def _more_than(outcome: Outcome, sentence: str, used: int, limit: int) -> Claim:
    amount = _size(used) if _size(used) != _size(limit) else f"more than {_size(limit)}"
    return Claim(outcome, f"{sentence.format(amount)}, and its limit is {_size(limit)}")


def _size(value: int) -> str:
    return f"{value / GIB:.4g} GiB" if value >= GIB else f"{value / MIB:.4g} MiB"


def _seconds(limit: float | None) -> str:
    """Code of the same user can also send a signal or a report that stands for a limit which there is not."""
    return "its limit" if limit is None else f"its limit of {limit:g} s"


def _with_limit(claim: Claim, limits: Limits) -> Claim:
    """Add the limit to an exception that tells of one; a device's memory is not among them."""
    if claim.error is None or claim.error["type"] == "OutOfMemoryError":
        return claim
    told = {
        "out_of_memory": f"{_size(limits.memory_bytes)} of memory",
        "disk_limit": f"{_size(limits.disk_bytes)} of files",
        "process_limit": f"{limits.processes} processes and threads",
        "open_file_limit": f"{limits.open_files} open files in a process",
    }.get(claim.outcome)
    return replace(claim, reason=f"{claim.reason}; its limit is {told}") if told else claim


def _fills_memory(most: Usage, limits: Limits) -> bool:
    """Tell whether it was a file system in memory that had no more room, which may be full before it is measured again."""
    return most.memory_bytes > limits.memory_bytes / 2 and most.disk_bytes < limits.disk_bytes / 2


def _heard(lines: list[bytes], length: int) -> Claim:
    try:
        if any(lines[2:]) or length > REPORT_BYTES:
            raise InvalidClaim("the worker's report is longer than a report can be")
        return decode_claim(lines[1])
    except InvalidClaim as error:
        return Claim("invalid_result", str(error))


def _ended_by_signal(number: int, system_kills: int | None, limits: Limits) -> Claim:
    if number == signal.SIGKILL and system_kills:
        return Claim("out_of_memory", "the system ran out of memory and ended it")
    if number == signal.SIGXCPU:
        return Claim("cpu_limit", f"it used more processor time than {_seconds(limits.cpu_seconds)}")
    if number == signal.SIGXFSZ:
        return Claim("disk_limit", f"it wrote a file longer than its limit of {_size(limits.disk_bytes)}")
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    why = ""
    if number == signal.SIGKILL and system_kills is None:
        why = "; the system may have been out of memory"
    elif number == signal.SIGBUS:
        why = "; a file that is kept in memory may have had no room"
    return Claim("killed", f"the worker was ended by {name}{why}")
