"""Data that cannot be used: each is refused in the exact words that docs/data.md shows, with a hint."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from trainstore.errors import InvalidData, UsageError
from trainstore.profiling.load_dataset import load_dataset

DOCS = Path(__file__).parents[2] / "docs" / "data.md"
X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])


def npz(**arrays: Any) -> Callable[[], None]:
    return lambda: np.savez("data.npz", **arrays)


def text(name: str, content: str) -> Callable[[], None]:
    return lambda: Path(name).write_text(content, encoding="utf-8")


def table(*lines: str) -> Callable[[], None]:
    return text("data.csv", "\n".join(lines) + "\n")


def lines(*entries: str) -> Callable[[], None]:
    return text("data.jsonl", "\n".join(entries) + "\n")


def with_value(value: float, *places: tuple[int, ...]) -> np.ndarray:
    array = X.copy()
    for place in places:
        array[place] = value
    return array


SEQUENCE = '{"x": [[1.0, 2.0], [3.0, 4.0]], "y": 0}'
DIVIDED = {"X_train": X, "y_train": Y, "X_val": X, "y_val": Y}
NOTHING: Callable[[], None] = lambda: None  # noqa: E731 - reads as one of the builders above

# what to write, the reference, and the message; {"target": …} and {"task": …} where they matter
FILES = [
    (NOTHING, "data.npz", {}, "there is no file 'data.npz'"),
    (NOTHING, "sklearn:digit", {}, "sklearn:digit: no data set of this name comes with scikit-learn"),
    (lambda: Path("data.npz").mkdir(), "data.npz", {}, "'data.npz' is a folder"),
    (lambda: os.mkfifo("data.npz"), "data.npz", {}, "'data.npz' is not a regular file"),
    (lambda: Path("data.npz").touch(), "data.npz", {}, "'data.npz' is empty"),
    (text("data.xlsx", "x"), "data.xlsx", {}, "data.xlsx: a file ending in '.xlsx' has no known format"),
    (text("data", "x"), "data", {}, "data: a file without an ending has no known format"),
    (text("data.pkl", "x"), "data.pkl", {}, "data.pkl: holds pickled Python objects, which can run code when loaded"),
    (lambda: np.save("train.npy", X), "train.npy", {}, "'train.npy' alone has no y: only X.npy and NAME_X.npy are matched with the y beside them"),
    (lambda: np.save("X.npy", X), "X.npy", {}, "there is no file 'y.npy'"),
    (lambda: np.save("a.npy", X), "a.npy,b.npy", {}, "there is no file 'b.npy'"),
    (text("data.npz", "not a zip"), "data.npz", {}, "data.npz: not a readable .npz archive (File is not a zip file)"),
]  # fmt: skip
ARRAYS = [
    (npz(inputs=X, y=Y), {}, "data.npz: X missing: it holds inputs, y"),
    (npz(), {}, "data.npz: X, y missing: it holds nothing"),
    (npz(X_train=X, y_train=Y, X_test=X, y_test=Y), {}, "data.npz: X_val, y_val missing: it holds X_train, y_train, X_test, y_test"),
    (npz(X=X, y=Y, X_train=X), {}, "data.npz: both whole and divided: it holds X, y, X_train"),
    (npz(X=X, y=Y[:5]), {}, "data.npz: X has 6 samples and y has 5"),
    (npz(X=X[:0], y=Y[:0]), {}, "data.npz: X is empty: its shape is (0, 2)"),
    (npz(X=X, y=Y[:0]), {}, "data.npz: y is empty"),
    (npz(X=X[:, 0], y=Y), {}, "data.npz: X has shape (6,), which is none that a function can take"),
    (npz(X=X.reshape(6, 2, 1, 1, 1), y=Y), {}, "data.npz: X has shape (6, 2, 1, 1, 1), which is none that a function can take"),
    (npz(X=X.astype(str), y=Y), {}, "data.npz: X holds text, not numbers"),
    (npz(X=X.astype(bytes), y=Y), {}, "data.npz: X holds bytes, not numbers"),
    (npz(X=X + 1j, y=Y), {}, "data.npz: X holds complex numbers, not numbers"),
    (npz(X=X.astype("M8[s]"), y=Y), {}, "data.npz: X holds dates, not numbers"),
    (npz(X=with_value(np.nan, (3, 1), (4, 0)), y=Y), {}, "data.npz: X has 2 values NaN or infinite, the first at [3, 1]"),
    (npz(X=with_value(-np.inf, (5, 0)), y=Y), {}, "data.npz: X has 1 value NaN or infinite, the first at [5, 0]"),
    (npz(X=with_value(1e39, (2, 1)), y=Y), {}, "data.npz: X has 1 value outside the range of float32, the first at [2, 1]"),
    (npz(X=X, y=with_value(np.nan, (0, 0))[:, 0]), {}, "data.npz: y has 1 value NaN or infinite, the first at [0]"),
    (npz(X=X, y=Y[:, None]), {}, "data.npz: y has shape (6, 1) instead of one target a sample"),
    (npz(X=X, y=np.eye(6)), {}, "data.npz: y has shape (6, 6) instead of one target a sample"),
    (npz(X=X, y=Y.astype(bytes)), {}, "data.npz: y holds bytes, which are neither numbers nor text"),
    (npz(X=X, y=Y * 1j), {}, "data.npz: y holds complex numbers, which are neither numbers nor text"),
    (npz(X=X, y=Y.astype(np.uint64) + 2**63), {}, "data.npz: y holds an integer of more than 64 bits"),
    (npz(X=X, y=Y + 0.5), {"task": "classification"}, "data.npz: y[0] is 0.5, and classes must be whole numbers"),
    (npz(X=X, y=Y * np.nan), {"task": "classification"}, "data.npz: y[0] is nan, and classes must be whole numbers"),
    (npz(X=X, y=Y.astype(str)), {"task": "regression"}, "data.npz: y holds text, and regression needs numbers"),
    (npz(**DIVIDED | {"X_val": X[:, :1]}), {}, "data.npz: the parts differ in the shape of a sample: X_train (2,), X_val (1,)"),
    (npz(**DIVIDED | {"y_val": Y.astype(str)}), {}, "data.npz: the parts differ in their targets: y_train holds integers, y_val holds text"),
    (npz(**DIVIDED | {"y_val": Y[:3]}), {}, "data.npz: X_val has 6 samples and y_val has 3"),
    (npz(**DIVIDED | {"X_test": X}), {}, "data.npz: y_test missing: it holds X_train, y_train, X_val, y_val, X_test"),
]  # fmt: skip
T = {"target": "t"}
TABLES = [
    (table("a,t", "1,2"), {}, "data.csv: needs a target column; the columns are: a, t"),
    (table("a,t", "1,2"), {"target": "price"}, "data.csv: no column is named 'price'; the columns are: a, t"),
    (table("1.5,2", "3,4"), {"target": "2"}, "data.csv: the first line holds only numbers (1.5, 2), not the names of the columns"),
    (table("t", "1"), T, "data.csv: 't' is its only column"),
    (table("a,t,a", "1,2,3"), T, "data.csv: two columns are named 'a'"),
    (table("a,t"), T, "data.csv: X is empty: its shape is (0, 1)"),
    (table("", " "), T, "data.csv: no column is named 't'; the columns are: ''"),
    (table("a,t", "1,2", "", "1,2,3"), T, "data.csv: line 4 has 3 cells and the header has 2"),
    (table("colour,t", "1,0", "red,1"), T, "data.csv: column 'colour' holds text ('red' at line 3)"),
    (table("a,t", "1_000,1"), T, "data.csv: column 'a' holds text ('1_000' at line 2)"),
    (table("a,b,t", "1,2,0", "1,,1"), T, "data.csv: column 'b' is empty at line 3"),
    (table("a,b,t", "1,2,0", "1,2,"), T, "data.csv: column 't' is empty at line 3"),
    (table("a,b,t", "1,2,0", "1,nan,1"), T, "data.csv: X has 1 value NaN or infinite, the first at [1, 1] (column 'b')"),
    (table("a,t", "1,2.5", "1,n/a"), T, "data.csv: target column 't' mixes numbers ('2.5') and text ('n/a')"),
    (table("a,t", "1,2.5", "1,inf"), T, "data.csv: y has 1 value NaN or infinite, the first at [1]"),
    (table("a,t", "1,2", '1,"2'), T, "data.csv: line 3 is not CSV: unexpected end of data"),
    (text("data.csv", "a," * (17 << 20)), T, "data.csv: a row has more than 33,554,432 characters"),
    (text("data.csv", 'a,t\n"1\n"' + ',"\n"' * (9 << 20)), T, "data.csv: a row has more than 33,554,432 characters"),
    (lambda: Path("data.csv").write_bytes(b"a,t\n1,caf\xe9\n"), T, "data.csv: not UTF-8 text (invalid continuation byte)"),
]  # fmt: skip
SEQUENCES = [
    (lines(" "), "data.jsonl: no lines"),
    (lines(SEQUENCE, "", "{x}"), "data.jsonl: line 3 is not JSON: Expecting property name enclosed in double quotes: line 1 c…"),
    (lines("[1, 2]"), "data.jsonl: line 1 is not an object"),
    (lines('{"x": [[1]]}'), "data.jsonl: line 1 lacks 'y'"),
    (lines('{"y": 1}'), "data.jsonl: line 1 lacks 'x'"),
    (lines('{"x": [1, 2], "y": 0}'), "data.jsonl: x on line 1 is not a list of time steps, each a list of channels"),
    (lines('{"x": 1, "y": 0}'), "data.jsonl: x on line 1 is not a list of time steps, each a list of channels"),
    (lines('{"x": [[1, 2], [3]], "y": 0}'), "data.jsonl: x on line 1 has time steps with different numbers of channels"),
    (lines(SEQUENCE, '{"x": [], "y": 0}'), "data.jsonl: x on line 2 is empty"),
    (lines(SEQUENCE, '{"x": [[]], "y": 0}'), "data.jsonl: x on line 2 is empty"),
    (lines(SEQUENCE, '{"x": [[1, 2, 3]], "y": 0}'), "data.jsonl: x on line 2 has 3 channels and x on line 1 has 2"),
    (lines('{"x": [["1"], [null]], "y": 0}'), "data.jsonl: x on line 1 holds null, text where numbers should be"),
    (lines('{"x": [[true]], "y": 0}'), "data.jsonl: x on line 1 holds true or false where numbers should be"),
    (lines('{"x": [[[1]]], "y": 0}'), "data.jsonl: x on line 1 holds lists where numbers should be"),
    (lines('{"x": [[1, NaN]], "y": 0}'), "data.jsonl: x on line 1 has 1 value NaN or infinite, the first at [0, 1]"),
    (lines('{"x": [[1, 1e300]], "y": 0}'), "data.jsonl: x on line 1 has 1 value outside the range of float32, the first at [0, 1]"),
    (lines(f'{{"x": [[{10**400}]], "y": 0}}'), "data.jsonl: x on line 1 holds an integer too large for a float"),
    (lines(f'{{"x": [[1]], "y": {10**30}}}'), "data.jsonl: y holds an integer of more than 64 bits"),
    (lines(f'{{"x": {"[" * 100_000}'), "data.jsonl: line 1 is not JSON: maximum recursion depth exceeded while decoding a JSON arra…"),
    (lines(SEQUENCE, '{"x": [[1, 2]], "y": "walk"}'), "data.jsonl: y mixes integers and text: y[0] is 0, y[1] is 'walk'"),
    (lines(SEQUENCE, '{"x": [[1, 2]], "y": true}'), "data.jsonl: y mixes integers and true/false: y[0] is 0, y[1] is True"),
    (lines(SEQUENCE, '{"x": [[1, 2]], "y": null}'), "data.jsonl: y[1] is null, neither a number nor text"),
    (lines(SEQUENCE, '{"x": [[1, 2]], "y": [1]}'), "data.jsonl: y[1] is of type list, neither a number nor text"),
    (lines('{"x": [[1]], "y": "\\ud800"}'), "data.jsonl: y[0] is '\\ud800', which is not valid Unicode"),
    (lines(SEQUENCE, "[]," * (23 << 20)), "data.jsonl: line 2 has more than 67,108,864 characters"),
    (lambda: Path("data.jsonl").write_bytes(b'{"x": "\xff"}'), "data.jsonl: not UTF-8 text (invalid start byte)"),
]  # fmt: skip

CASES = [
    *FILES,
    *((write, "data.npz", options, message) for write, options, message in ARRAYS),
    *((write, "data.csv", options, message) for write, options, message in TABLES),
    *((write, "data.jsonl", {}, message) for write, message in SEQUENCES),
]


@pytest.mark.parametrize(
    ("write", "reference", "options", "message"), CASES, ids=[case[3][:60] for case in CASES]
)
def test_refuses_in_one_sentence_with_a_hint(
    write: Callable[[], object],
    reference: str,
    options: dict[str, Any],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write()
    with pytest.raises(InvalidData) as refusal:
        load_dataset(reference, **options)
    assert refusal.value.message == message
    assert refusal.value.hint and refusal.value.exit_code == 15


def test_the_documented_messages_are_the_ones_above() -> None:
    section = DOCS.read_text(encoding="utf-8").split("\n## What is refused")[1]
    # By a worker, tests/workflows/test_read_data.py; of a store's names, tests/workflows/test_data_sets.py.
    elsewhere = ("| `data.pt", "| `data.parquet", "| `images", "| `There is no data set")
    rows = [row for row in section.splitlines() if row.startswith("| `") and not row.startswith(elsewhere)]
    documented = {row.split("`")[1] for row in rows}
    assert len(documented) > 30
    assert documented <= {message for *_, message in CASES}


def test_hints_name_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table("a,price", "1,2")()
    with pytest.raises(InvalidData) as refusal:
        load_dataset("data.csv")
    assert "--target 'price'" in refusal.value.hint
    with pytest.raises(InvalidData) as refusal:
        load_dataset("sklearn:irsi")
    assert "did you mean sklearn:iris?" in refusal.value.hint and "diabetes" in refusal.value.hint


def test_a_target_without_columns_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"--target names a column of a \.csv file, and 'data\.npz' is none"):
        load_dataset("data.npz", target="y")


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidData, match=r"cannot read 'xxx.*: File name too long"):
        load_dataset("x" * 300 + ".npz")


def test_text_from_data_cannot_steer_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table("\x1b[2Ja,t\x1b]0;x\x07", "\x1b[31mred,1")()
    for target in ("t", "t\x1b]0;x\x07"):
        with pytest.raises(InvalidData) as refusal:
            load_dataset("data.csv", target=target)
        assert (refusal.value.message + refusal.value.hint).isprintable()


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, X=X, y=Y)
    raw = bytearray(path.read_bytes())
    with ZipFile(path) as archive:
        start = archive.start_dir
    raw[start + 8] |= 1  # the flag of the first member in the central directory
    path.write_bytes(bytes(raw))
    with pytest.raises(InvalidData, match=r"not a readable \.npz archive"):
        load_dataset(str(path))
