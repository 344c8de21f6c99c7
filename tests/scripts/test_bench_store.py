import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "scripts/benchmarks/store.py"


@pytest.mark.slow
def test_every_question_is_answered_by_rows_with_ratios(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    told = subprocess.run(
        [sys.executable, SUITE, "--sizes", "20,60", "--rounds", "1", "--folder", tmp_path, "--json", answers],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    tables = json.loads(answers.read_text())["tables"]
    assert list(tables) == [
        "One save", "Reading, whole processes", "The index from nothing", "Importing a folder", "The disk",
    ]  # fmt: skip
    assert re.findall(r"^### (.*)$", told, re.MULTILINE) == list(tables)
    saves = {(row["what"], row["versions"]): row for row in tables["One save"]}
    for size in ("20", "60"):
        assert saves["`git add` + `git commit`", size]["ratio"] == "1.00"
        for what in (
            "`Store.save`",
            "GitPython `index.add` + `commit`",
            "the same git with `core.fsync=all`",
        ):
            assert float(saves[what, size]["ratio"]) > 0
    assert ("`Store.save` against 20 versions", "60") in saves
    reading = {row["what"] for row in tables["Reading, whole processes"]}
    assert {"`trainstore history NAME`", "`trainstore list --limit 25`"} < reading
    for rows in tables.values():
        assert all(row["goal"] == "" for row in rows), "a goal is judged at its own size only"
    disk = tables["The disk"]
    assert float(disk[0]["median"]) > float(disk[1]["median"]) > 0
    assert [file.name for file in tmp_path.iterdir()] == ["answers.json"]


def test_a_suite_that_is_not_there_is_told_with_those_that_are() -> None:
    told = subprocess.run([ROOT / "scripts/bench", "no"], capture_output=True, text=True, check=False)
    assert told.returncode == 2 and "store" in told.stderr and "records" not in told.stderr
