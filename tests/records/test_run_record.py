import json
from typing import Any

import msgspec
import pytest

from trainstore.errors import InvalidRecord
from trainstore.records.run_record import RunRecord, decode_run, encode_run

RUN_ID = "20240101T000000Z-3fa9c1"
_BY_TYPE: dict[Any, Any] = {str: "é", int: 3, float: 0.5, dict: {"k": [1, None]}, list: []}


def make_run() -> RunRecord:
    """Make a run that has a value of the right type in every field that has no default."""
    values: dict[str, Any] = {
        field.name: next(
            value for kind, value in [*_BY_TYPE.items(), (None, None)] if _fits(value, field.type)
        )
        for field in msgspec.structs.fields(RunRecord)
        if field.required
    }
    return RunRecord(**{**values, "run_id": RUN_ID})


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def test_a_run_is_read_back_as_it_was_written() -> None:
    run = make_run()
    assert decode_run(encode_run(run), RUN_ID) == run


def test_a_run_is_written_for_people_to_read() -> None:
    text = encode_run(make_run()).decode()
    assert text.endswith("}\n")
    assert f'\n  "run_id": "{RUN_ID}"' in text
    assert "é" in text


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"\xff", b"[" * 100_000, encode_run(make_run())[:-5],
     encode_run(make_run()).replace(RUN_ID.encode() + b'"', RUN_ID.encode() + b'", "seed": "x"')],
    ids=range(7),
)  # fmt: skip
def test_a_damaged_run_is_refused_by_its_id(data: bytes) -> None:
    with pytest.raises(InvalidRecord, match=RUN_ID) as raised:
        decode_run(data, RUN_ID)
    assert raised.value.hint


def test_what_a_later_release_adds_is_passed_over() -> None:
    later = {**json.loads(encode_run(make_run())), "from_the_future": 1}
    assert decode_run(json.dumps(later).encode(), RUN_ID) == make_run()
