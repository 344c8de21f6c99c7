import json
import subprocess
import sys
from pathlib import Path

import pytest

from trainstore.disk_format.textconv import to_text

RECORD = {"model_name": "é", "training_code": "def f():\n    pass\n\n\n", "timestamp": 1}


def test_code_stands_as_lines_after_the_other_fields() -> None:
    text = to_text(json.dumps(RECORD).encode())
    assert text == '{\n  "model_name": "é",\n  "timestamp": 1\n}\n\ndef f():\n    pass\n'


def test_a_byte_order_mark_is_no_matter() -> None:
    assert to_text(b"\xef\xbb\xbf" + json.dumps(RECORD).encode()) == to_text(json.dumps(RECORD).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"3", b"{}", b"\xff", b'{"training_code": 3}', b"[" * 100_000])
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        to_text(data)


def test_as_a_program_it_prints_any_text(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    file.write_text(json.dumps({**RECORD, "training_code": "lone = '\ud800'"}))
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "trainstore.disk_format.textconv", file], capture_output=True, check=True
    )
    assert ended.stdout.decode().splitlines()[-1] == "lone = '?'"
