"""Formats that are decoded in a confined worker: .pt, .parquet and folders of images."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from trainstore.api import Store
from trainstore.errors import InvalidData, SandboxTooWeak, UsageError
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.profiling.data_profile import profile_dataset
from trainstore.store.git.repository import Repository
from trainstore.workflows.load_data import load_data
from trainstore.workflows.read_data import read_data, read_features

pytestmark = pytest.mark.slow

X = np.arange(40.0).reshape(20, 2)
Y = np.arange(20) % 2


class Trap:
    """Leaves a file where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.file),)


def as_npz(folder: Path, **arrays: np.ndarray) -> str:
    np.savez(folder / "same.npz", **arrays)
    return read_data(str(folder / "same.npz")).digest


def test_tensors_are_the_same_data_as_arrays(tmp_path: Path) -> None:
    torch.save({"X": torch.tensor(X), "y": torch.tensor(Y), "note": "kept out"}, tmp_path / "data.pt")
    loaded = read_data(str(tmp_path / "data.pt"))
    assert loaded.digest == as_npz(tmp_path, X=X, y=Y)
    assert loaded.source == str(tmp_path / "data.pt")
    assert profile_dataset(loaded)["data_type"] == "torch_tensor"


def test_a_pair_of_half_precision_tensors_becomes_float32(tmp_path: Path) -> None:
    torch.save((torch.tensor(X).bfloat16(), torch.tensor(Y)), tmp_path / "data.pth")
    assert read_data(str(tmp_path / "data.pth")).digest == as_npz(tmp_path, X=X, y=Y)


def test_objects_in_a_pt_file_are_refused_and_never_made(tmp_path: Path) -> None:
    torch.save({"X": Trap(tmp_path / "sprung")}, tmp_path / "data.pt")
    with pytest.raises(InvalidData, match="more than tensors"):
        read_data(str(tmp_path / "data.pt"))
    assert not (tmp_path / "sprung").exists()


def test_a_table_is_numbers_and_a_target(tmp_path: Path) -> None:
    table = pa.table({"a": X[:, 0], "label": np.where(Y, "yes", "no"), "b": X[:, 1]})
    pq.write_table(table, tmp_path / "data.parquet")
    loaded = read_data(str(tmp_path / "data.parquet"), target="label")
    assert (loaded.features, loaded.classes) == (("a", "b"), ("no", "yes"))
    assert loaded.digest == as_npz(tmp_path, X=X, y=np.where(Y, "yes", "no"))
    for target, told in (
        (None, "needs a target column; the columns are: a, label, b"),
        ("a", "'label' holds"),
    ):
        with pytest.raises(InvalidData, match=told):
            read_data(str(tmp_path / "data.parquet"), target=target)


def test_images_keep_their_pixels_and_take_their_folders_as_classes(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 3, 5, 4), dtype=np.uint8)
    for place, image in enumerate(pixels):
        file = tmp_path / "images" / ("cat" if Y[place] else "dog") / f"{place:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.transpose(1, 2, 0)).save(file)
    loaded = read_data(str(tmp_path / "images"))
    order = [*np.flatnonzero(Y == 1), *np.flatnonzero(Y == 0)]
    assert loaded.digest == as_npz(tmp_path, X=pixels[order], y=np.where(Y, "cat", "dog")[order])
    (tmp_path / "divided").mkdir()
    (tmp_path / "images").rename(tmp_path / "divided/train")
    val = tmp_path / "divided/val/cat/0.png"
    val.parent.mkdir(parents=True)
    Image.fromarray(pixels[0].transpose(1, 2, 0)).save(val)
    assert {name: len(part) for name, part in read_data(str(tmp_path / "divided")).parts.items()} == {
        "train": 20,
        "val": 1,
    }
    Image.new("RGB", (9, 9)).save(val)
    with pytest.raises(InvalidData, match="differ in size: 4×5 with 3 channels, 9×9 with 3 channels"):
        read_data(str(tmp_path / "divided"))


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.pt", b"PK\x03\x04 no archive"), ("a.parquet", b"PAR1" * 9), ("a.pt", b"\x80\x02.")],
)
def test_what_cannot_be_decoded_is_told_in_a_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidData, match=rf"{name}: ") as raised:
        read_data(str(tmp_path / name))
    assert "arrays.npz" not in raised.value.message and raised.value.hint


def test_a_broken_image_is_told(tmp_path: Path) -> None:
    (tmp_path / "images/cat").mkdir(parents=True)
    (tmp_path / "images/cat/1.png").write_bytes(b"no image")
    with pytest.raises(InvalidData, match="UnidentifiedImageError"):
        read_data(str(tmp_path / "images"))


@pytest.mark.parametrize("files", [[], ["cat/notes.txt"], ["stray.png"], ["train/cat/1.png", "val/x.png"]])
def test_a_folder_that_is_no_folder_of_images_is_refused_before_anything_starts(
    tmp_path: Path, files: list[str]
) -> None:
    (tmp_path / "images").mkdir()
    for file in files:
        (tmp_path / "images" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / file).touch()
    with pytest.raises(InvalidData):
        read_data(str(tmp_path / "images"), sandbox=SandboxDemand(least="strong", most="weak"))


def test_no_decoder_starts_where_the_sandbox_is_too_weak(tmp_path: Path) -> None:
    torch.save((torch.tensor(X), torch.tensor(Y)), tmp_path / "data.pt")
    with pytest.raises(SandboxTooWeak):
        read_data(str(tmp_path / "data.pt"), sandbox=SandboxDemand(least="strong", most="weak"))


def test_a_target_of_what_has_no_columns_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "data.pt").touch()
    with pytest.raises(UsageError):
        read_data(str(tmp_path / "data.pt"), target="a")


def test_a_pinned_table_is_decoded_as_well(store: Repository, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": X[:, 0], "b": X[:, 1], "label": Y}), tmp_path / "data.parquet")
    added = Store(store).add_data("table", tmp_path / "data.parquet", target="label")
    loaded = load_data(store, "table")
    assert (loaded.digest, loaded.source) == (added.dataset.digest, "table")


def test_inputs_alone_are_read_from_every_format(tmp_path: Path) -> None:
    def read(name: str, *columns: str) -> list[list[float]]:
        found = read_features(tmp_path / name, target="y", columns=columns)
        assert isinstance(found, np.ndarray)
        return found.tolist()

    torch.save({"X": torch.tensor(X)}, tmp_path / "data.pt")
    assert read("data.pt") == X.tolist()
    table = pa.table({"y": Y, "b": X[:, 1], "a": X[:, 0], "name": ["x"] * 20})
    pq.write_table(table, tmp_path / "data.parquet")
    assert read("data.parquet", "a", "b") == X.tolist()
    pq.write_table(table.drop_columns("name"), tmp_path / "numbers.parquet")
    assert read("numbers.parquet") == X[:, ::-1].tolist()
    for name, columns in (("data.parquet", ("a", "c")), ("data.parquet", ("name",))):
        with pytest.raises(InvalidData) as raised:
            read(name, *columns)
        assert name in raised.value.message and "arrays.npz" not in raised.value.message


def test_images_are_read_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for place, name in enumerate(("a/2.png", "a/1.png", "b.png")):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((2, 2), place, np.uint8)).save(tmp_path / "images" / name)
    (tmp_path / "images/notes.txt").write_text("no image")
    found = read_features(tmp_path / "images", target=None, columns=())
    assert isinstance(found, np.ndarray)
    assert found.shape == (3, 1, 2, 2)
    assert found[:, 0, 0, 0].tolist() == [1, 0, 2]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidData, match="holds no images"):
        read_features(tmp_path / "empty", target=None, columns=())


@pytest.mark.parametrize("name", ["x" * 300 + ".npz", "x" * 300 + ".pt", "x" * 5_000])
def test_a_path_that_cannot_be_looked_at_is_told_in_a_sentence(name: str) -> None:
    for read in (
        lambda: read_data(name),
        lambda: read_features(Path(name), target=None, columns=()),
    ):
        with pytest.raises(InvalidData, match=r"[Cc]annot read 'x+.*: File name too long"):
            read()
