"""Whatever bytes a worker writes, the parent makes an outcome or one of its own errors of them, and soon."""

import io
import json
import os
import resource
import struct
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trainstore.execution.claims import InvalidClaim, parse_line
from trainstore.execution.frames import FrameError, FrameTimeout, read_frame
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.judgement import check_checkpoint, judge
from trainstore.execution.limits import MIB, REPORT_BYTES, Limits
from trainstore.execution.outcome import Outcome
from trainstore.execution.python_process import worker_environment
from trainstore.execution.supervised import Supervised, WorkerStart
from trainstore.execution.supervisor.orders import Ending, Usage
from trainstore.execution.weights_file import HEADER_BYTES, InvalidWeights, read_weights_header

ENDED_WELL = Ending(0, None, output_bytes=0, output_tail="", duration_s=1.0, survivors=0)
LIMITS = Limits(disk_bytes=MIB)

NESTED = b"[" * 60_000
DIGITS = b"9" * 50_000
ODD_TEXTS = [
    b"", b"\x00", b"\xff\xfe", b"\n", b"null", b"{}", b"[]", b"NaN", b"-Infinity", b'"\\ud800"', b"\xef\xbb\xbf{}",
    NESTED, b'{"a":' * 60_000, b"[" + DIGITS + b"]", b'{"metrics": {"\\u0000": 1}}', b'{"a": 1, "a": 2}',
    '{"outcome": "succeeded"}'.encode("utf-16"), b'{"outcome": "succeeded", "outcome": "failed"}',
]  # fmt: skip

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
claims = st.fixed_dictionaries(
    {"outcome": st.sampled_from(get_args(Outcome)) | json_values},
    optional={
        name: json_values for name in ("reason", "error", "metrics", "curves", "unrecorded", "something else")
    },
).map(lambda claim: json.dumps(claim).encode())


@pytest.mark.parametrize("text", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
def test_an_odd_text_is_no_success(text: bytes) -> None:
    for report in (text, b"{}\n" + text, b"{}\n" + text + b"\n", b"{}\n{}\n" + text):
        assert judge(ENDED_WELL, report, LIMITS).outcome in ("failed", "invalid_result")
    with pytest.raises(ValueError):
        Ending.from_json(text)


@given(st.binary() | claims, st.binary(max_size=20))
def test_a_report_always_becomes_an_outcome(second: bytes, third: bytes) -> None:
    for report in (second, b"{}\n" + second, b"{}\n" + second + b"\n", b"{}\n" + second + b"\n" + third):
        claim = judge(ENDED_WELL, report, LIMITS)
        assert claim.outcome in get_args(Outcome)
        assert (claim.reason is None) == (claim.outcome == "succeeded")
        json.dumps([claim.reason, claim.metrics, claim.curves, claim.unrecorded]).encode()


@given(st.integers() | st.sampled_from([-9, -7, -24, -25, -64]), st.sampled_from([None, 0, 3]))
def test_an_exit_code_always_becomes_an_outcome(code: int, system_kills: int | None) -> None:
    ending = Ending(code, None, 0, "", 1.0, 0, system_kills=system_kills)
    claim = judge(ending, b"{}\n{}\n", Limits())
    assert claim.outcome in get_args(Outcome)
    assert claim.outcome != "succeeded"
    assert claim.reason


@pytest.mark.parametrize(
    "report",
    [
        b"\n" * REPORT_BYTES,
        b"{}\n" + b"[]," * (REPORT_BYTES // 3),
        b"{}\n" + b'{"outcome":"succeeded","curves":{"m":[' + b"[]," * (20 * MIB) + b"[]]}}",
        b"{}\n"
        + b'{"outcome":"succeeded","metrics":{'
        + b",".join(b'"%d":1' % n for n in range(10**6))
        + b"}}",
        b"{}\n"
        + b'{"outcome":"succeeded","curves":{'
        + b",".join(b'"%d":[]' % n for n in range(10**6))
        + b"}}",
    ],
    ids=["lines", "lists", "a curve of lists", "a million metrics", "a million curves"],
)
def test_a_bomb_in_a_report_takes_little_time_and_memory(report: bytes) -> None:
    started, before = time.process_time(), peak_bytes()
    assert judge(ENDED_WELL, report, LIMITS).outcome in ("failed", "invalid_result")
    assert time.process_time() - started < 10
    assert peak_bytes() - before < 500 * MIB


def peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10


@pytest.mark.parametrize("line", ODD_TEXTS)
def test_a_line_is_an_object_or_refused(line: bytes) -> None:
    try:
        assert isinstance(parse_line(line), dict)
    except InvalidClaim:
        return


def header(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def described(**fields: Any) -> bytes:
    return json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **fields}}).encode()


@pytest.mark.parametrize(
    "text",
    [
        described(shape=[2**62] * 200_000),
        described(shape=[2] * 1_000_000),
        described(shape=[0, 2**64]),
        described(shape=[1] * 65),
        described(data_offsets=[0, 2**4000]),
        b'{"a": {"dtype": "F32", "shape": [' + DIGITS + b'], "data_offsets": [0, 4]}}',
        b"[]," * (HEADER_BYTES // 3),
        b'{"' + b"n" * 100_000 + b'": 3}',
        b'{"__metadata__": {"aliases": "\\ud800"}}',
    ],
    ids=range(9),
)
def test_a_header_that_would_take_hours_is_refused_at_once(text: bytes) -> None:
    started = time.process_time()
    with pytest.raises(InvalidWeights) as refusal:
        read_weights_header(io.BytesIO(header(text) + b"1234"))
    assert time.process_time() - started < 5
    assert len(str(refusal.value)) < 300


entries = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(["F32", "I64", "BOOL", "F4", "Q8"]) | json_values,
        "shape": st.lists(st.integers(-2, 5) | json_values, max_size=4) | json_values,
        "data_offsets": st.lists(st.integers(-4, 40) | json_values, min_size=1, max_size=3) | json_values,
    },
)


@given(st.dictionaries(st.text(max_size=3), entries, max_size=4), json_values, st.binary(max_size=40))
@example({"a": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}}, None, b"1234")
def test_a_header_of_any_shape_is_read_or_refused(
    tensors: dict[str, Any], metadata: Any, data: bytes
) -> None:
    text = json.dumps({**tensors, "__metadata__": metadata}).encode()
    try:
        found = read_weights_header(io.BytesIO(header(text) + data))
    except InvalidWeights:
        return
    assert max((tensor.end for tensor in found.tensors.values()), default=0) == len(data)


@pytest.mark.parametrize(
    ("weights", "structure", "outcome"),
    [
        (10 * MIB, 0, "disk_limit"),
        (100, MIB, "disk_limit"),
        (100, 0, "invalid_result"),
    ],
)
def test_holes_count_as_the_bytes_they_become(
    tmp_path: Path, weights: int, structure: int, outcome: str
) -> None:
    with open(tmp_path / "weights", "wb+") as first, open(tmp_path / "structure", "wb+") as second:
        first.truncate(weights)
        second.truncate(structure)
        claim = judge(ENDED_WELL, b'{}\n{"outcome": "succeeded"}\n', LIMITS)
        checked = check_checkpoint(claim, first, second, LIMITS)
    assert checked.outcome == outcome
    assert checked.reason


@given(st.binary(max_size=200) | st.builds(struct.pack, st.just("<IQ"), st.integers(0, 9), st.integers(0, 9)))
def test_a_frame_is_read_or_refused(sent: bytes) -> None:
    reader, writer = os.pipe()
    try:
        os.write(writer, sent)
        os.close(writer)
        found, body = read_frame(reader, time.monotonic() + 5, most_bytes=100)
    except FrameError:
        return
    finally:
        os.close(reader)
    assert isinstance(found, dict)
    assert len(body) <= 100


def test_an_answer_that_drips_has_an_end() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"x" * 60_000)  # there is always something to read
    with pytest.raises(FrameTimeout):
        read_frame(reader, time.monotonic() - 1)
    for descriptor in (reader, writer):
        os.close(descriptor)


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_a_forged_ending_is_checked(sent: bytes) -> None:
    with pytest.raises(ValueError):
        Ending.from_json(sent)


@given(
    st.sampled_from(sorted(asdict(ENDED_WELL))),
    json_values.filter(lambda value: not isinstance(value, int | float | str)),
)
def test_an_ending_with_a_field_of_another_type_is_checked(name: str, value: Any) -> None:
    sent = json.dumps({**asdict(ENDED_WELL), name: value}).encode()
    try:
        ending = Ending.from_json(sent)
    except ValueError:
        return
    assert judge(ending, b"", Limits()).outcome in get_args(Outcome)


def test_an_ending_survives_the_way() -> None:
    ending = Ending(-9, "memory_limit", 3, "ä\x00\ufffd", 1.5, 0, Usage(1.0, 2, 3, 4), 1)
    assert Ending.from_json(ending.to_json().encode()) == ending


def test_a_flood_into_the_pipes_of_the_supervisor_is_no_ending() -> None:
    script = """
import os
printed = {os.readlink("/proc/self/fd/1"), os.readlink(f"/proc/{os.getppid()}/fd/1")}
for name in os.listdir(f"/proc/{os.getppid()}/fd"):
    path = f"/proc/{os.getppid()}/fd/{name}"
    try:
        target = os.readlink(path)
        if target.startswith("pipe:") and target not in printed:
            descriptor = os.open(path, os.O_WRONLY)
            for _ in range(3000):
                os.write(descriptor, b"[" * 60_000)
    except OSError:
        continue
"""
    before = peak_bytes()
    with JobFolder.create() as job:
        start = WorkerStart([sys.executable, "-S", "-c", script], worker_environment(job, "cpu", 1), [])
        with Supervised(start, job, Limits(wall_seconds=20)) as worker:
            assert worker.wait({worker.output: lambda chunk: None}) is None
    assert peak_bytes() - before < 100 * MIB
