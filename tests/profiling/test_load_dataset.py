"""Every form of reference, to the data set it names."""

import csv
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from trainstore.profiling.load_dataset import load_dataset
from trainstore.records.datasets import Dataset, Sequences

X = np.arange(12.0).reshape(6, 2)
Y = np.array([3, 1, 3, 1, 3, 1])


def inputs(dataset: Dataset) -> np.ndarray:
    X = dataset.parts["all"].X
    assert isinstance(X, np.ndarray)
    return X


@pytest.mark.parametrize(
    ("name", "shape", "task", "classes"),
    [
        ("digits", (1797, 64), "classification", tuple(range(10))),
        ("digits-images", (1797, 1, 8, 8), "classification", tuple(range(10))),
        ("wine", (178, 13), "classification", (0, 1, 2)),
        ("iris", (150, 4), "classification", (0, 1, 2)),
        ("breast_cancer", (569, 30), "classification", (0, 1)),
        ("diabetes", (442, 10), "regression", None),
    ],
)
def test_scikit_learns_data_sets(
    name: str, shape: tuple[int, ...], task: str, classes: tuple[int, ...] | None
) -> None:
    dataset = load_dataset(f"sklearn:{name}")
    assert inputs(dataset).shape == shape
    assert inputs(dataset).dtype == np.float32
    assert (dataset.task, dataset.classes) == (task, classes)
    assert dataset.source == f"sklearn:{name}"
    assert len(dataset.features) == (0 if name == "digits-images" else shape[1])


def test_digits_as_images_are_the_same_pixels_unscaled() -> None:
    table, images = inputs(load_dataset("sklearn:digits")), inputs(load_dataset("sklearn:digits-images"))
    assert np.array_equal(table, images.reshape(1797, 64))
    assert table.max() == 16


@pytest.mark.parametrize(
    ("reference", "files"),
    [
        ("X.npy", ("X.npy", "y.npy")),
        ("toy_X.npy", ("toy_X.npy", "toy_y.npy")),
        ("inputs.npy,labels.npy", ("inputs.npy", "labels.npy")),
        ("a,b.npy,c,d.npy", ("a,b.npy", "c,d.npy")),
        ("X.NPY", ("X.NPY", "y.NPY")),
    ],
)
def test_npy_pairs(
    reference: str, files: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, array in zip(files, (X, Y), strict=True):
        with Path(name).open("wb") as stream:
            np.save(stream, array)
    dataset = load_dataset(reference)
    assert np.array_equal(inputs(dataset), X)
    assert dataset.classes == (1, 3)
    assert dataset.parts["all"].y.tolist() == [1, 0, 1, 0, 1, 0]


@pytest.mark.parametrize("test", [{}, {"X_test": X[4:], "y_test": Y[4:]}], ids=["no test", "test"])
def test_an_archive_divided_by_its_owner_keeps_its_parts(test: dict[str, np.ndarray], tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez_compressed(path, X_train=X, y_train=Y, X_val=X[:2], y_val=Y[:2], extra=X, **test)
    parts = load_dataset(str(path)).parts
    assert list(parts) == ["train", "val", "test"][: 3 if test else 2]
    assert [len(part) for part in parts.values()] == [6, 2, 2][: len(parts)]


def test_a_table_keeps_the_names_of_its_features(tmp_path: Path) -> None:
    path = tmp_path / "houses.csv"
    path.write_text('\ufeffarea, "rooms, all",price\r\n50,2,1.5e2\r\n\r\n 80 ,3,200\r\n')
    dataset = load_dataset(str(path), target="price")
    assert dataset.features == ("area", "rooms, all")
    assert inputs(dataset).tolist() == [[50, 2], [80, 3]]
    assert dataset.task == "regression"
    assert dataset.parts["all"].y.tolist() == [150, 200]


@pytest.mark.parametrize(
    ("cells", "task", "classes"),
    [
        (["3", "-1", "3"], None, (-1, 3)),
        (["3", "1.0", "3"], None, None),
        (["3", "1.0", "3"], "classification", (1, 3)),
        (["3", "1", "3"], "regression", None),
        (["True", "False", "True"], None, ("False", "True")),
        (["b", " a", "b"], None, ("a", "b")),
        (["1_2", "12", "1_2"], "classification", ("12", "1_2")),
        (["7", "n/a", "7"], "classification", ("7", "n/a")),
    ],
)
def test_the_target_column_is_integers_else_floats_else_text(
    cells: list[str], task: str | None, classes: tuple[object, ...] | None, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,t\n" + "".join(f"{place},{cell}\n" for place, cell in enumerate(cells)))
    assert load_dataset(str(path), target="t", task=task).classes == classes  # type: ignore[arg-type]


def test_jsonl_holds_sequences_even_where_all_are_equally_long(tmp_path: Path) -> None:
    path = tmp_path / "steps.jsonl"
    path.write_text(
        '{"x": [[1, 2], [3, 4]], "y": "walk", "id": 7}\n\n{"x": [[5.5, 6]], "y": "run"}\r\n{"x": [[7, 8]], "y": "run"}'
    )
    dataset = load_dataset(str(path))
    part = dataset.parts["all"]
    assert isinstance(part.X, Sequences)
    assert part.X.values.tolist() == [[1, 2], [3, 4], [5.5, 6], [7, 8]]
    assert part.X.offsets.tolist() == [0, 2, 3, 4]
    assert (part.X.values.dtype, part.X.offsets.dtype) == (np.float32, np.int64)
    assert (dataset.classes, part.y.tolist()) == (("run", "walk"), [1, 0, 0])
    path.write_text('{"x": [[1]], "y": 1}\n{"x": [[2]], "y": 2.0}')
    assert isinstance(load_dataset(str(path)).parts["all"].X, Sequences)
    assert load_dataset(str(path)).task == "regression"


def test_a_big_table_takes_memory_in_proportion(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([f"c{place}" for place in range(20)])
        writer.writerows(np.random.default_rng(0).normal(size=(4000, 20)).tolist())
    tracemalloc.start()
    dataset = load_dataset(str(path), target="c0")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * inputs(dataset).nbytes < 2 * path.stat().st_size
