"""The outcome of each way in which a worker can be stopped, with the value and the limit in its sentence."""

import json
import signal
from dataclasses import replace
from typing import Any, get_args

import pytest

from trainstore.errors import RunTimedOut, RunUnsuccessful
from trainstore.execution.judgement import by_the_system, judge
from trainstore.execution.limits import GIB, MIB, Limits
from trainstore.execution.outcome import Outcome, unsuccessful
from trainstore.execution.supervisor.orders import Ending, StoppedFor, Usage

LIMITS = Limits(
    wall_seconds=60, cpu_seconds=2.5, memory_bytes=2 * GIB, processes=64, open_files=100, disk_bytes=100 * MIB
)
ENDED = Ending(0, None, output_bytes=0, output_tail="", duration_s=1.0, survivors=0, system_kills=0)
MOST = Usage(cpu_seconds=2.6666, memory_bytes=GIB * 9 // 4, processes=70, disk_bytes=150 * MIB)


def report(**claim: Any) -> bytes:
    return b"{}\n" + json.dumps(claim).encode() + b"\n"


@pytest.mark.parametrize(
    ("stopped_for", "outcome", "reason"),
    [
        ("wall_limit", "timed_out", "it ran past its limit of 60 s"),
        ("cpu_limit", "cpu_limit", "it used 2.667 s of processor time, more than its limit of 2.5 s"),
        ("memory_limit", "out_of_memory", "it used 2.25 GiB of memory, and its limit is 2 GiB"),
        ("process_limit", "process_limit", "it had 70 processes and threads, and its limit is 64"),
        ("disk_limit", "disk_limit", "its files took 150 MiB, and its limit is 100 MiB"),
        ("output_limit", "output_limit", "it printed more than 64 MiB"),
        ("asked", "killed", "it was asked to end"),
    ],
)
def test_what_the_supervisor_stopped_it_for(stopped_for: StoppedFor, outcome: str, reason: str) -> None:
    ending = replace(ENDED, exit_code=-9, stopped_for=stopped_for, most=MOST)
    claim = judge(ending, report(outcome="succeeded"), LIMITS)
    assert (claim.outcome, claim.reason) == (outcome, reason)


def test_every_reason_to_stop_has_an_outcome() -> None:
    for stopped_for in get_args(StoppedFor):
        # Also where the limit is none, as code of the same user can send what it likes.
        claim = judge(replace(ENDED, stopped_for=stopped_for), b"", Limits())
        assert claim.outcome in get_args(Outcome)
        assert claim.reason


def test_a_use_just_above_the_limit_is_not_told_as_the_limit() -> None:
    most = Usage(memory_bytes=2 * GIB + 4096)
    claim = judge(replace(ENDED, stopped_for="memory_limit", most=most), b"", LIMITS)
    assert claim.reason == "it used more than 2 GiB of memory, and its limit is 2 GiB"


def test_too_many_files_are_told_apart_from_long_ones() -> None:
    claim = judge(replace(ENDED, stopped_for="disk_limit", most=Usage()), b"", LIMITS)
    assert claim.reason == "it made more than 200000 files, or kept some where they cannot be measured"


@pytest.mark.parametrize(
    ("number", "system_kills", "outcome", "words"),
    [
        (signal.SIGKILL, 1, "out_of_memory", "the system ran out of memory"),
        (signal.SIGKILL, 0, "killed", "the worker was ended by SIGKILL"),
        (signal.SIGKILL, None, "killed", "may have been out of memory"),
        (signal.SIGSEGV, 1, "killed", "SIGSEGV"),
        (signal.SIGXCPU, 0, "cpu_limit", "more processor time than its limit of 2.5 s"),
        (signal.SIGXFSZ, 0, "disk_limit", "longer than its limit of 100 MiB"),
        (signal.SIGBUS, 0, "killed", "SIGBUS; a file that is kept in memory"),
    ],
)
def test_signals(number: int, system_kills: int | None, outcome: str, words: str) -> None:
    ending = replace(ENDED, exit_code=-number, system_kills=system_kills)
    claim = judge(ending, report(outcome="succeeded"), LIMITS)
    assert claim.outcome == outcome
    assert words in (claim.reason or "")


@pytest.mark.parametrize(
    ("ending", "is_so"),
    [
        (None, True),
        (replace(ENDED, stopped_for="asked"), True),
        (replace(ENDED, exit_code=-signal.SIGKILL, system_kills=None), True),
        (replace(ENDED, exit_code=-signal.SIGBUS), True),
        (replace(ENDED, exit_code=-signal.SIGKILL, system_kills=0), False),
        (replace(ENDED, exit_code=-signal.SIGSEGV), False),
    ],
)
def test_what_the_system_may_have_done_is_told_apart(ending: Ending | None, is_so: bool) -> None:
    claim = judge(ending, b"", LIMITS)
    assert claim.outcome == "killed" and by_the_system(claim.reason or "") == is_so


@pytest.mark.parametrize(
    ("outcome", "error", "limit"),
    [
        ("out_of_memory", "MemoryError", "; its limit is 2 GiB of memory"),
        ("out_of_memory", "OutOfMemoryError", ""),  # a device's
        ("disk_limit", "OSError", "; its limit is 100 MiB of files"),
        ("process_limit", "RuntimeError", "; its limit is 64 processes and threads"),
        ("open_file_limit", "OSError", "; its limit is 100 open files in a process"),
        ("failed", "ValueError", ""),
    ],
)
def test_an_exception_that_tells_of_a_limit_gets_its_value(outcome: str, error: str, limit: str) -> None:
    told = {"type": error, "message": "m", "traceback": "t"}
    claim = judge(ENDED, report(outcome=outcome, reason=f"{error}: m", error=told), LIMITS)
    assert (claim.outcome, claim.reason) == (outcome, f"{error}: m{limit}")


@pytest.mark.parametrize(
    ("memory", "disk", "outcome", "told"),
    [
        (3 * GIB // 2, 0, "out_of_memory", ": files that are kept in memory took 1.5 GiB of memory, and its limit is 2 GiB"),
        (3 * GIB // 2, 90 * MIB, "disk_limit", "; its limit is 100 MiB of files"),
        (GIB // 2, 0, "disk_limit", "; its limit is 100 MiB of files"),
    ],
)  # fmt: skip
def test_a_full_file_system_in_memory_is_memory(memory: int, disk: int, outcome: str, told: str) -> None:
    error = {"type": "OSError", "message": "m", "traceback": "t"}
    ending = replace(ENDED, most=Usage(memory_bytes=memory, disk_bytes=disk))
    claim = judge(ending, report(outcome="disk_limit", reason="OSError: m", error=error), LIMITS)
    assert (claim.outcome, claim.reason) == (outcome, f"OSError: m{told}")


@pytest.mark.parametrize(
    ("reason", "system_kills", "outcome"),
    [
        ("RuntimeError: DataLoader worker (pid 7) is killed by signal: Killed. ", 1, "out_of_memory"),
        ("BrokenProcessPool: A process in the process pool was terminated abruptly", 2, "out_of_memory"),
        ("RuntimeError: DataLoader worker (pid 7) is killed by signal: Killed. ", 0, "failed"),
        ("ValueError: bad shape", 1, "failed"),
    ],
)
def test_a_function_that_lost_a_process_to_the_system(reason: str, system_kills: int, outcome: str) -> None:
    told = {"type": "RuntimeError", "message": "m", "traceback": "t"}
    ending = replace(ENDED, system_kills=system_kills)
    assert judge(ending, report(outcome="failed", reason=reason, error=told), LIMITS).outcome == outcome


def test_every_outcome_is_a_sentence() -> None:
    said = {outcome: unsuccessful("The run", outcome, "r") for outcome in get_args(Outcome)}
    assert len({error.message for error in said.values()}) == len(said)
    assert str(said["process_limit"].message) == "The run ran out of processes: r"
    timed_out = {name for name, error in said.items() if isinstance(error, RunTimedOut)}
    assert timed_out == {"timed_out", "cpu_limit"}
    assert all(isinstance(error, RunUnsuccessful) for error in said.values())
