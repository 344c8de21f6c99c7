import json
import subprocess
import sys

import pytest
from sample_run import RUN_ID, sample_run

from trainstore.errors import InvalidRecord
from trainstore.records.run_record import decode_run, encode_run


def test_a_run_is_read_back_as_it_was_written() -> None:
    run = sample_run(output="é")
    assert decode_run(encode_run(run), RUN_ID) == run


def test_a_run_is_written_for_people_to_read() -> None:
    text = encode_run(sample_run(output="é")).decode()
    assert text.endswith("}\n")
    assert f'\n  "run_id": "{RUN_ID}"' in text
    assert "é" in text


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"\xff", b"[" * 100_000, encode_run(sample_run(output="é"))[:-5],
     encode_run(sample_run(output="é")).replace(RUN_ID.encode() + b'"', RUN_ID.encode() + b'", "seed": "x"')],
    ids=range(7),
)  # fmt: skip
def test_a_damaged_run_is_refused_by_its_id(data: bytes) -> None:
    with pytest.raises(InvalidRecord, match=RUN_ID) as raised:
        decode_run(data, RUN_ID)
    assert raised.value.hint


def test_what_a_later_release_adds_is_passed_over() -> None:
    later = {**json.loads(encode_run(sample_run(output="é"))), "from_the_future": 1}
    assert decode_run(json.dumps(later).encode(), RUN_ID) == sample_run(output="é")


def test_a_run_is_read_without_the_classes_of_data() -> None:
    script = "import sys, trainstore.records.run_record; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"dataclasses", "trainstore.records.datasets"}.isdisjoint(found.stdout.split())
