import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "scripts/benchmarks/checkpoints.py"


@pytest.mark.slow
def test_each_question_is_answered_beside_one_pass_and_dvc(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    sizes = ["--mib", "3", "--items", "2", "--pointers", "1,4", "--rounds", "1"]
    subprocess.run([sys.executable, SUITE, *sizes, "--folder", tmp_path, "--json", answers], check=True)
    large, small, memory = json.loads(answers.read_text())["tables"].values()
    assert [row["ratio"] for row in (large[0], small[0], memory[0])] == ["1.00", "1.00", "+ 0.0"]
    assert float(large[-1]["ratio"]) < 1, (
        "a process of its own, as dvc add is, costs more than three megabytes"
    )
    assert [row["what"] for row in small[1:3]] == [
        "trainstore, 1 pointers there",
        "trainstore, 4 pointers there",
    ]
    assert memory[-1]["what"] == "a checkpoint of 3 MiB" and 0 < float(memory[-1]["wall"]) < 110
    assert all(row["goal"] == "" for row in large + small), "a goal is judged at its own size only"
    assert list(tmp_path.iterdir()) == [answers]
