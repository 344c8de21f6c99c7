"""Inputs without targets, for a model to answer about."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from trainstore.errors import InvalidData
from trainstore.profiling.load_features import load_features
from trainstore.records.datasets import Sequences

X = np.arange(12.0).reshape(6, 2)


def test_x_alone_is_enough_and_y_is_not_looked_at(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=X)
    np.savez(tmp_path / "b.npz", X=X, y=np.arange(3))
    np.save(tmp_path / "c.npy", X)
    save_file({"X": X}, tmp_path / "d.safetensors")
    (tmp_path / "e.csv").write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in X))
    (tmp_path / "f.csv").write_text("a,why,b\n" + "".join(f"{a},n/a,{b}\n" for a, b in X))
    for name in "a.npz", "b.npz", "c.npy", "d.safetensors", "e.csv", "f.csv":
        found = load_features(tmp_path / name, "why")
        assert isinstance(found, np.ndarray)
        assert found.dtype == np.float32 and np.array_equal(found, X), name


def test_columns_are_taken_by_their_names_in_the_order_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,b,a\nfirst,2,1\nsecond,4,3\n")
    found = load_features(tmp_path / "a.csv", None, ["a", "b"])
    assert isinstance(found, np.ndarray) and found.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(InvalidData, match="no column is named 'c', which the model was trained with"):
        load_features(tmp_path / "a.csv", None, ["a", "c"])


def test_lines_need_no_label(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"x": [[1.0], [2.0]]}\n{"x": [[3.0]], "y": 1}\n')
    found = load_features(tmp_path / "a.jsonl")
    assert isinstance(found, Sequences)
    assert found.offsets.tolist() == [0, 2, 3] and found.values.ravel().tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.txt", b"1", "no file of inputs is read from such an ending"),
        ("a.csv", b"a,b\n1,x\n", "column 'b' holds text"),
        ("a.csv", b"a,b\n1\n", "line 2 has 1 cells"),
        ("a.csv", b"a,b\n", "X is empty"),
        ("a.npz", b"PK", "not a readable .npz archive"),
        ("a.safetensors", b"{", "not a readable .safetensors file"),
        ("a.jsonl", b'{"y": 1}\n', "lacks 'x'"),
        ("a.npy", b"\x80\x04", "holds pickled Python objects"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_files_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(content)
    with pytest.raises(InvalidData, match=told) as raised:
        load_features(Path(name))
    assert name in raised.value.message and raised.value.hint


def test_a_file_that_is_not_there_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidData) as raised:
        load_features(Path("a.npz"))
    assert raised.value.message == "there is no file 'a.npz'"


def test_a_file_without_x_is_told_what_it_holds(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X)
    save_file({"x": X}, tmp_path / "a.safetensors")
    for name in "a.npz", "a.safetensors":
        with pytest.raises(InvalidData, match="X missing: it holds x"):
            load_features(tmp_path / name)
