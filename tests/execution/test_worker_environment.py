"""What the worker writes down of its surroundings."""

from pathlib import Path

import pytest
import torch

from trainstore.execution.worker import environment
from trainstore.execution.worker.environment import describe_environment


def test_what_there_is_none_of_is_none() -> None:
    found = describe_environment(torch.device("cpu"))
    assert (found["cuda"], found["accelerator"], found["driver"], found["imports"]) == (None, None, None, [])
    assert found["packages"]["torch"] == found["torch"]


def test_a_module_is_known_by_the_distribution_that_brought_it() -> None:
    found = describe_environment(torch.device("cpu"), ["sklearn", "yaml", "torch", "not_installed"])
    assert found["imports"] == ["PyYAML", "scikit-learn", "torch"]


def test_nothing_of_the_user_is_in_it() -> None:
    told = str(describe_environment(torch.device("cpu"), ["torch"]))
    assert str(Path.home()) not in told
    assert str(Path(__file__).parents[2]) not in told


@pytest.mark.parametrize(
    ("told", "release"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22\nGCC version:  gcc 12.2.0", "550.54.14"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build", "570.86.15"),
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104  Mon", "535.104"),
        ("", None),
        (None, None),
    ],
)  # fmt: skip
def test_the_release_of_a_driver(
    told: str | None, release: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if told is not None:
        (tmp_path / "version").write_text(told)
    monkeypatch.setattr(environment, "_DRIVER", tmp_path / "version")
    assert environment._driver() == release
