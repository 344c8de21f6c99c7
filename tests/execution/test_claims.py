import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.execution.claims import Claim, InvalidClaim, decode_claim
from trainstore.execution.judgement import judge
from trainstore.execution.limits import Limits
from trainstore.execution.supervisor.orders import Ending


def claim(**fields: Any) -> bytes:
    return json.dumps({"outcome": "succeeded", **fields}).encode()


def ending(exit_code: int = 0, stopped_for: Any = None) -> Ending:
    return Ending(exit_code, stopped_for, output_bytes=0, output_tail="", duration_s=1.0, survivors=0)


def test_numbers_arrive_with_all_their_bits() -> None:
    decoded = decode_claim(
        claim(
            metrics={"loss": (0.1 + 0.2).hex(), "rows": 2**62, "ok": True},
            curves={"loss": [(1.5).hex(), 2, math.inf.hex(), math.nan.hex()]},
            unrecorded=["note"],
        )
    )
    assert decoded.metrics == {"loss": 0.1 + 0.2, "rows": 2**62, "ok": True}
    assert decoded.curves["loss"][:3] == [1.5, 2.0, math.inf]
    assert math.isnan(decoded.curves["loss"][3])
    assert decoded.unrecorded == ["note"]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_survives(value: float) -> None:
    decoded = decode_claim(claim(metrics={"m": value.hex()})).metrics["m"]
    assert struct.pack("d", decoded) == struct.pack("d", value)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"{" * 60_000,
        b"[" * 60_000,
        b'{"outcome": "succeeded", "metrics": {"m": ' + b"9" * 50_000 + b"}}",
        b'{"outcome": "succeeded", "metrics": {"m": NaN}}',
        b'{"outcome": "succeeded", "metrics": {"m": Infinity}}',
        b"\xff",
        claim(outcome="identical"),
        claim(outcome="timed_out"),
        claim(outcome=["succeeded"]),
        claim(metrics=[]),
        claim(metrics={"m": math.nan.hex()}),
        claim(metrics={"m": "-inf"}),
        claim(metrics={"m": "one"}),
        claim(metrics={"m": "0x1p99999"}),
        claim(metrics={"m": 0.5}),
        claim(metrics={"m": 2**63}),
        claim(metrics={"m": None}),
        claim(metrics={"": 1}),
        claim(metrics={"m" * 201: 1}),
        claim(metrics={"a\x1b[2Jb": 1}),
        claim(metrics={"a\nb": 1}),
        claim(metrics={"\ud800": 1}),
        claim(metrics={f"m{number}": 1 for number in range(1001)}),
        claim(curves={"m": 3}),
        claim(curves={"m": [1] * 100_001}),
        claim(curves={f"m{number}": [1] * 100_000 for number in range(11)}),
        claim(curves={"m": [[1]]}),
        claim(unrecorded={}),
        claim(unrecorded=[3]),
        claim(unrecorded=["a\x00"]),
    ],
    ids=range(33),
)
def test_a_claim_that_cannot_be_recorded_is_refused(line: bytes) -> None:
    with pytest.raises(InvalidClaim):
        decode_claim(line)


def test_an_exceptions_text_is_cut_and_made_plain() -> None:
    error = {"type": "Value\x1b[1mError", "message": "\ud800" + "m" * 5_000, "traceback": "t" * 50_000}
    assert decode_claim(claim(outcome="failed", error=error)).error == {
        "type": "ValueError", "message": "m" * 2_000, "traceback": "t" * 16_000
    }  # fmt: skip


@pytest.mark.parametrize(
    ("how", "outcome", "sentence"),
    [
        (ending(stopped_for="wall_limit"), "timed_out", "limit of 2.5 s"),
        (ending(stopped_for="output_limit"), "output_limit", "more than 64 MiB"),
        (ending(-9, stopped_for="asked"), "killed", "asked to end"),
        (ending(-11), "killed", "SIGSEGV"),
        (ending(-9), "killed", "out of memory"),
        (ending(-64), "killed", ""),
        (ending(1), "failed", "exit status 1"),
        (None, "killed", "watched"),
    ],
)
def test_how_the_worker_ended_counts_for_more_than_its_claim(
    how: Ending | None, outcome: str, sentence: str
) -> None:
    judged = judge(how, b"{}\n" + claim() + b"\n", Limits(wall_seconds=2.5))
    assert judged.outcome == outcome
    assert sentence in (judged.reason or "")


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        (b"", "failed"),
        (b"{}\n", "failed"),
        (b"{}\n" + claim() + b"\n", "succeeded"),
        (b"{}\n" + claim() + b"\n" + claim() + b"\n", "invalid_result"),
        (b"{}\ngarbage\n", "invalid_result"),
    ],
)
def test_success_needs_a_well_formed_claim(report: bytes, outcome: str) -> None:
    assert judge(ending(), report, Limits()).outcome == outcome


def test_a_claim_carries_its_reason() -> None:
    line = claim(outcome="out_of_memory", reason="MemoryError\x1b[0m")
    assert judge(ending(), b"{}\n" + line, Limits()) == Claim("out_of_memory", "MemoryError")
