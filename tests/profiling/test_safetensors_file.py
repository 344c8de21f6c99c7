"""Data sets in .safetensors files."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from trainstore.errors import InvalidData
from trainstore.profiling.load_dataset import load_dataset

X = np.arange(12.0).reshape(6, 2)
Y = np.array([3, 1, 3, 1, 3, 1])


def test_it_is_the_same_data_as_in_an_npz_archive(tmp_path: Path) -> None:
    save_file({"X": X, "y": Y, "more": X}, tmp_path / "data.safetensors")
    np.savez(tmp_path / "data.npz", X=X, y=Y)
    loaded = load_dataset(str(tmp_path / "data.safetensors"))
    assert loaded.digest == load_dataset(str(tmp_path / "data.npz")).digest
    assert loaded.classes == (1, 3)


def test_parts_that_its_owner_divided_stay_divided(tmp_path: Path) -> None:
    save_file({"X_train": X, "y_train": Y, "X_val": X[:2], "y_val": Y[:2]}, tmp_path / "data.safetensors")
    assert set(load_dataset(str(tmp_path / "data.safetensors")).parts) == {"train", "val"}


def test_sixteen_bit_values_that_numpy_lacks_are_refused_by_name(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file as save_tensors

    save_tensors(
        {"X": torch.zeros(4, 2, dtype=torch.bfloat16), "y": torch.zeros(4)}, tmp_path / "b.safetensors"
    )
    with pytest.raises(InvalidData, match="X holds 'BF16' values"):
        load_dataset(str(tmp_path / "b.safetensors"))


@pytest.mark.parametrize(
    "content",
    [b"x", b"\xff" * 100, b"\x02\0\0\0\0\0\0\0{}", b"\x08\0\0\0\0\0\0\0" + b"[" * 8, b"\0" * 64],
    ids=["short", "endless header", "nothing in it", "broken JSON", "zeros"],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.safetensors").write_bytes(content)
    with pytest.raises(InvalidData):
        load_dataset(str(tmp_path / "data.safetensors"))
