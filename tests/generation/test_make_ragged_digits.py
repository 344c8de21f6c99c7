"""The script that turns scikit-learn's digits into sequences of unequal length."""

import json
import os
import runpy
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_ragged_digits"


def test_every_image_can_be_drawn_again_from_its_sequence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ragged.jsonl"
    monkeypatch.setattr("sys.argv", [str(SCRIPT), str(file)])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    digits = load_digits()
    assert [line["y"] for line in lines] == digits.target.tolist()
    for line, image in zip(lines, digits.images, strict=True):
        drawn = np.zeros((8, 8))
        for x, y, ink in line["x"]:
            drawn[y, x] = ink
        assert np.array_equal(drawn, image)
        assert [(y, x) for x, y, _ in line["x"]] == sorted((y, x) for x, y, _ in line["x"])
    assert len({len(line["x"]) for line in lines}) > 20


def test_without_a_file_it_tells_its_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    assert os.access(SCRIPT, os.X_OK)
    monkeypatch.setattr("sys.argv", [str(SCRIPT)])
    with pytest.raises(SystemExit, match=r"^usage: "):
        runpy.run_path(str(SCRIPT), run_name="__main__")
