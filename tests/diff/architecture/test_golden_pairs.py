"""Pairs of training functions as models write them, and what is told of their difference.

Each folder of ``pairs`` holds two functions, their search spaces if they have any, what a terminal shows and what
``--json`` says, for people to read. All were written for 8x8 inputs of ten classes.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from trainstore.cli.architecture_report import architecture_lines
from trainstore.diff.architecture.compare import ArchitectureDiff, compare_architectures
from trainstore.diff.architecture.sources import Side, architectures_of
from trainstore.documents.architecture import of_architecture

PAIRS = Path(__file__).parent / "pairs"
SHAPES = {"cnn": [1797, 1, 8, 8], "lstm": [1797, 8, 8], "mlp": [1797, 64]}
WIDTH = 120


def pair(name: str) -> ArchitectureDiff:
    return compare_architectures(*architectures_of(side(name, "old"), side(name, "new")))


def side(name: str, which: str) -> Side:
    space = PAIRS / name / f"{which}_space.json"
    return Side(
        (PAIRS / name / f"{which}.py").read_text(),
        json.loads(space.read_text()) if space.exists() else {},
        data_profile=profile(name),
    )


def profile(name: str) -> Mapping[str, Any]:
    sequences = name in ("lstm_transformer", "hyperparameters")
    tables = name in ("mlp_deeper", "quantised")
    shape = SHAPES["lstm" if sequences else "mlp" if tables else "cnn"]
    return {"shape": shape, "label_count": 10, "metadata": {"task": "classification"}}


@pytest.mark.parametrize("name", sorted(path.name for path in PAIRS.iterdir()))
def test_what_is_told_of_a_pair(name: str) -> None:
    diff = pair(name)
    shown = "\n".join(line for line, _ in architecture_lines(diff, WIDTH)) + "\n"
    assert shown == (PAIRS / name / "expected.txt").read_text()
    assert of_architecture(diff) == json.loads((PAIRS / name / "expected.json").read_text())


@pytest.mark.parametrize("name", ["bug_fix", "renamed"])
def test_a_fix_and_a_rename_leave_the_architecture_unchanged(name: str) -> None:
    assert pair(name).unchanged


def test_two_unrelated_functions_are_told_in_a_few_lines() -> None:
    diff = pair("unrelated")
    assert diff.nothing_in_common
    assert len(list(architecture_lines(diff, WIDTH))) < 10
