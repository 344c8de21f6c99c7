import json
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = Path(__file__).parents[2] / "scripts/benchmarks/web.py"


@pytest.mark.slow
def test_every_page_is_timed_at_every_size(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    subprocess.run(
        [sys.executable, SUITE, "--sizes", "20,60", "--rounds", "1", "--folder", tmp_path, "--json", answers],
        capture_output=True, check=True,
    )  # fmt: skip
    rows = json.loads(answers.read_text())["tables"]["Pages"]
    assert [row["versions"] for row in rows] == ["20", "60"] * 9
    assert len({row["what"] for row in rows}) == 9
    assert all(float(row["median"]) > 0 for row in rows)
    assert all(row["goal"] == "" for row in rows), "a goal is judged at its own size only"
    assert [file.name for file in tmp_path.iterdir()] == ["answers.json"]
