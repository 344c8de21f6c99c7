import json
import os
import tracemalloc
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import UsageError
from trainstore.store.git.repository import Repository

SECOND = 1704067200
FOLDER = "generated_training_functions/numpy_array/Net"
PATH = f"{FOLDER}/training_function_numpy_array_Net_{SECOND}.json"
Git = Callable[..., str]
Make = Callable[..., Any]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder as people have it today."""
    folder = tmp_path / "old"
    folder.mkdir()
    return folder


def saved(store: Repository, folder: Path) -> list[str]:
    return [str(version) for version in Store(store).import_folder(folder).result.saved]


def test_a_flat_folder_goes_in_oldest_first_byte_for_byte_dated_by_its_records(
    store: Repository, old: Path, make_record: Make, git: Git
) -> None:
    times = {"c": SECOND + 20, "a": SECOND + 10, "b": SECOND}
    files = {name: make_record("Net", f"x = {when}", when).file for name, when in times.items()}
    for name, file in files.items():
        (old / f"{name}.json").write_bytes(file)
    result = Store(store).import_folder(old).result
    assert [version.timestamp - SECOND for version in result.saved] == [0, 10, 20]
    for version, name in zip(result.saved, "bac", strict=True):
        assert (store.root / version.path).read_bytes() == files[name]
    assert git(store, "log", "-3", "--format=%at %s").split("\n") == [
        f"{SECOND + delay} import numpy_array/Net (confidence 0.92)" for delay in (20, 10, 0)
    ]
    assert git(store, "status", "--porcelain") == ""
    assert sorted(file.name for file in old.iterdir()) == ["a.json", "b.json", "c.json"]


def test_a_confidence_that_is_a_text_counts_as_its_number_and_stays_a_text(
    store: Repository, old: Path, make_record: Make, git: Git
) -> None:
    file = json.dumps({**json.loads(make_record("Net", "x = 1", SECOND).file), "confidence": "0.9"}).encode()
    (old / "net.json").write_bytes(file)
    (version,) = Store(store).import_folder(old).result.saved
    assert (store.root / version.path).read_bytes() == file
    assert version.confidence == 0.9
    assert git(store, "log", "-1", "--format=%s %(trailers:key=Confidence,valueonly)").split() == [
        "import", "numpy_array/Net", "(confidence", "0.90)", "0.9",
    ]  # fmt: skip
    assert Store(store).verify().problems == ()


def test_importing_again_adds_nothing(store: Repository, old: Path, make_record: Make, git: Git) -> None:
    for place in range(4):
        (old / f"{place}.json").write_bytes(
            make_record(f"Net{place % 2}", f"x = {place}", SECOND + place).file
        )
    Store(store).import_folder(old)
    head = git(store, "rev-parse", "HEAD")
    again = Store(store).import_folder(old).result
    assert (again.saved, len(again.unchanged), again.gone) == ([], 4, [])
    assert git(store, "rev-parse", "HEAD") == head


def test_what_left_the_tree_is_skipped(store: Repository, old: Path, make_record: Make, git: Git) -> None:
    for place in range(2):
        (old / f"{place}.json").write_bytes(make_record("Net", f"x = {place}", SECOND + place).file)
    Store(store).import_folder(old)
    git(store, "rm", "--quiet", PATH)
    git(store, "commit", "--quiet", "-m", "prune")
    result = Store(store).import_folder(old).result
    assert [version.path for version in result.gone] == [PATH]
    assert (result.saved, len(result.unchanged)) == ([], 1)
    assert not (store.root / PATH).exists()


def test_code_that_does_not_run_is_kept_too(store: Repository, old: Path, make_record: Make) -> None:
    (old / "x.json").write_bytes(make_record(code="def train_model(").file)
    assert saved(store, old) == ["numpy_array/Net@1"]


def test_what_a_record_lacks_comes_from_its_name_or_its_time(store: Repository, old: Path) -> None:
    bare = {"model_name": "A", "training_code": "x = 1"}
    named = old / "training_function_sequence_list_Transformer_X_1704067300.json"
    named.write_text(json.dumps(bare))
    timed = old / "whatever.json"
    timed.write_text(json.dumps({**bare, "model_name": "B", "timestamp": None}))
    os.utime(timed, (SECOND + 7, SECOND + 7))
    result = Store(store).import_folder(old).result
    assert [(str(version), version.timestamp, version.confidence) for version in result.saved] == [
        ("unknown/B@1", SECOND + 7, None),
        ("sequence_list/A@1", 1704067300, None),
    ]


def test_functions_of_one_second_are_all_kept(store: Repository, old: Path, make_record: Make) -> None:
    files = [make_record(code=f"x = {place}").file for place in range(3)]
    for place, file in enumerate([*files, files[0]]):
        (old / f"{place}.json").write_bytes(file)
    result = Store(store).import_folder(old).result
    assert (len(result.saved), len(result.unchanged)) == (3, 1)
    assert {version.timestamp for version in result.saved} == {SECOND}
    assert sorted((store.root / version.path).read_bytes() for version in result.saved) == sorted(files)


def test_bad_files_are_reported_by_name_and_the_rest_goes_in(
    store: Repository, old: Path, make_record: Make
) -> None:
    whole = make_record().file
    bad = {
        "cut.json": whole[: len(whole) // 2],
        "empty.json": b"",
        "list.json": b"[1, 2]",
        "binary.json": bytes(range(256)),
        "nameless.json": b'{"training_code": "x"}',
        "blank.json": b'{"model_name": " ", "training_code": "x"}',
        "nan.json": b'{"model_name": "N", "training_code": "x", "confidence": NaN}',
        "sure.json": b'{"model_name": "N", "training_code": "x", "confidence": 92}',
        "late.json": b'{"model_name": "N", "training_code": "x", "timestamp": 1704067200000}',
        "deep.json": b"[" * 100_000,
        "notebook.json": b'{"cells": [], "nbformat": 4}',
    }
    for name, content in {**bad, "good.json": whole}.items():
        (old / name).write_bytes(content)
    outcome = Store(store).import_folder(old)
    assert {Path(one.file).name for one in outcome.rejected} == set(bad)
    assert all(one.error.message and "\n" not in one.error.message for one in outcome.rejected)
    assert [version.path for version in outcome.result.saved] == [PATH]


def test_folders_below_are_searched_but_hidden_ones_are_not(
    store: Repository, old: Path, make_record: Make
) -> None:
    for place, name in enumerate(["a/b/c", ".git", "a/.ipynb_checkpoints", ".hidden"]):
        (old / name).mkdir(parents=True)
        (old / name / "x.json").write_bytes(make_record(f"Net{place}").file)
    (old / ".x.json").write_bytes(make_record("Hidden").file)
    (old / "x.txt").write_bytes(make_record("Text").file)
    (old / "folder.json").mkdir()
    assert saved(store, old) == ["numpy_array/Net0@1"]


def test_a_folder_that_itself_is_hidden_can_be_imported(
    store: Repository, tmp_path: Path, make_record: Make
) -> None:
    folder = tmp_path / ".cache"
    folder.mkdir()
    (folder / "x.json").write_bytes(make_record().file)
    assert saved(store, folder) == ["numpy_array/Net@1"]


def test_links_to_files_are_read_and_broken_ones_and_loops_are_passed_over(
    store: Repository, old: Path, tmp_path: Path, make_record: Make
) -> None:
    (tmp_path / "real.json").write_bytes(make_record().file)
    (old / "link.json").symlink_to(tmp_path / "real.json")
    (old / "broken.json").symlink_to(tmp_path / "nowhere.json")
    (old / "loop.json").symlink_to(old / "loop.json")
    (old / "again").symlink_to(old, target_is_directory=True)
    os.mkfifo(old / "pipe.json")
    outcome = Store(store).import_folder(old)
    assert [str(version) for version in outcome.result.saved] == ["numpy_array/Net@1"]
    assert outcome.rejected == []


def test_names_from_the_wild_go_in(store: Repository, old: Path, make_record: Make, git: Git) -> None:
    names = ["Net (2-lead, ≤256KB) [v2]/final", "../../x", ".git", "모델", "-rf", "a\nb", "x" * 300, "CON"]
    for place, name in enumerate(names):
        (old / f"{place} ü\n-.json").write_bytes(make_record(name, timestamp=SECOND + place).file)
    result = Store(store).import_folder(old).result
    assert [version.model_name for version in result.saved] == names
    assert all((store.root / version.path).is_file() for version in result.saved)
    assert git(store, "status", "--porcelain") == ""


def test_a_huge_file_is_refused_without_being_read_whole(
    store: Repository, old: Path, make_record: Make
) -> None:
    with (old / "huge.json").open("wb") as file:
        file.truncate(300 << 20)
    (old / "good.json").write_bytes(make_record().file)
    tracemalloc.start()
    outcome = Store(store).import_folder(old)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 << 20
    (rejected,) = outcome.rejected
    assert rejected.file.endswith("huge.json") and "bytes" in rejected.error.message
    assert len(outcome.result.saved) == 1


def test_a_file_that_cannot_be_read_is_reported(
    store: Repository, old: Path, make_record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old / "locked.json").write_bytes(make_record().file)
    (old / "good.json").write_bytes(make_record().file)
    real = Path.open

    def refusing(path: Path, *arguments: Any, **named: Any) -> Any:
        if path.name == "locked.json":
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", refusing)
    outcome = Store(store).import_folder(old)
    (rejected,) = outcome.rejected
    assert rejected.file.endswith("locked.json")
    assert "Permission denied" in rejected.error.message
    assert len(outcome.result.saved) == 1


def test_no_folder_and_gits_own_are_refused(store: Repository, old: Path) -> None:
    (old / "x.json").write_text("{}")
    for folder in (old / "nowhere", old / "x.json", store.root / ".git", store.root / ".git/objects"):
        with pytest.raises(UsageError):
            Store(store).import_folder(folder)


def test_an_empty_folder_imports_nothing(store: Repository, old: Path, git: Git) -> None:
    head = git(store, "rev-parse", "HEAD")
    outcome = Store(store).import_folder(old)
    assert (outcome.result.saved, outcome.rejected) == ([], [])
    assert git(store, "rev-parse", "HEAD") == head


def test_the_stores_own_folder_holds_nothing_new(
    store: Repository, save_versions: Callable[..., list[str]], git: Git
) -> None:
    save_versions(3)
    head = git(store, "rev-parse", "HEAD")
    result = Store(store).import_folder(store.root / "generated_training_functions").result
    assert (result.saved, len(result.unchanged)) == ([], 3)
    assert git(store, "rev-parse", "HEAD") == head


def test_another_stores_functions_can_be_imported(
    store: Repository, empty_store: Path, tmp_path: Path, save_versions: Callable[..., list[str]], git: Git
) -> None:
    save_versions(2)
    git(tmp_path, "clone", "--quiet", empty_store, "other")
    other = Store.open(tmp_path / "other")
    other.import_folder(store.root)
    assert [str(version) for version in other.versions("Net")] == ["numpy_array/Net@1", "numpy_array/Net@2"]


def test_a_byte_order_mark_and_a_time_as_a_float_are_read_and_kept(store: Repository, old: Path) -> None:
    text = '{"model_name": "Net", "training_code": "x = 1", "timestamp": 1704067200.0}'
    (old / "x.json").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (version,) = Store(store).import_folder(old).result.saved
    assert version.timestamp == SECOND
    assert (store.root / version.path).read_bytes() == b"\xef\xbb\xbf" + text.encode()


@pytest.mark.parametrize(
    "names",
    [
        ["Net (a)", "Net [a]", "Net {a}", "Net_a_"],
        ["BiLSTM", "bilstm", "BILSTM"],
        ["straße", "STRASSE", "strasse"],
        ["caf\u00e9", "cafe\u0301"],
        ["x" * 300 + "1", "x" * 300 + "2"],
        [".git", ".GIT", "git~1", ".Git ", "CON", "con.txt", "aux"],
        ["abc\u202edef", "abcdef", "abc\u200fdef", "abc\u2066def"],
        ["a", "a ", " a", "a.", "a..", "a\u00a0"],
        ["모델", "模型", "🤖", "Ω" * 120],
    ],
    ids=["cleaned", "case", "letters", "accents", "long", "reserved", "right to left", "blanks", "scripts"],
)
def test_names_that_a_disk_may_take_for_one_stay_apart(
    store: Repository, old: Path, make_record: Make, git: Git, names: list[str]
) -> None:
    for place, name in enumerate(names):
        (old / f"{place}.json").write_bytes(make_record(name, f"x = {place}").file)
    opened = Store(store)
    assert opened.import_folder(old).rejected == []
    found = {entry.current.model_name: entry.current for entry in opened.functions()}
    assert [opened.record(found[name]).code for name in names] == [
        f"x = {place}" for place in range(len(names))
    ]
    folders = [unicodedata.normalize("NFC", version.folder).casefold() for version in found.values()]
    assert len(set(folders)) == len(names)
    for version in found.values():
        part = version.folder.rpartition("/")[2]
        assert len(part.encode()) <= 200 and part.isprintable()
        assert part.lower() not in {".git", "git~1", "con", "aux"} and not part.endswith((".", " "))
    assert git(store, "status", "--porcelain") == ""
    git(store, "fsck", "--strict")
    again = opened.import_folder(old).result
    assert (again.saved, len(again.unchanged)) == ([], len(names))


def test_a_folder_as_it_grew_over_years(
    store: Repository, old: Path, make_record: Make, tmp_path: Path, git: Git
) -> None:
    whole = make_record("Net").file
    files = {
        f"training_function_numpy_array_Net_{SECOND}.json": whole,
        "copy of Net (2).json": whole,
        "nested/deeper/Net.JSON": make_record("Capitals").file,
        "nested/older.json": make_record("Net", "x = 0", SECOND - 60).file,
        "half.json": whole[:200],
        "half.json.tmp": whole,
        "big.json": make_record("Big", f"x = {'0' * (10 << 20)!r}").file,
        "-rf.json": make_record("Dashes").file,
        "a\nb\u202e.json": make_record("Odd file name").file,
        ".Net.json.swp": b"b0VIM",
        "README.md": b"# Functions",
    }
    for name, content in files.items():
        (old / name).parent.mkdir(parents=True, exist_ok=True)
        (old / name).write_bytes(content)
    (tmp_path / "elsewhere.json").write_bytes(make_record("Linked").file)
    (old / "link.json").symlink_to(tmp_path / "elsewhere.json")
    (old / "loop").symlink_to(old, target_is_directory=True)
    os.mkfifo(old / "pipe.json")
    opened = Store(store)
    outcome = opened.import_folder(old)
    assert {str(version) for version in outcome.result.saved} == {
        f"numpy_array/{name}"
        for name in ("Net@1", "Net@2", "Big@1", "Capitals@1", "Dashes@1", "Odd file name@1", "Linked@1")
    }
    assert len(outcome.result.unchanged) == 1
    assert [Path(one.file).name for one in outcome.rejected] == ["half.json"]
    assert opened.record(opened.version("Net")).code != "x = 0"
    assert git(store, "status", "--porcelain") == ""
    assert {name: (old / name).read_bytes() for name in files} == files
