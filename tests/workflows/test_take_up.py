import json
from collections.abc import Callable
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.store.git.repository import Repository
from trainstore.workflows.pending import Pending, read_pending

SECOND = 1704067200
FOLDER = "generated_training_functions"
PLACE = f"{FOLDER}/numpy_array/Net/training_function_numpy_array_Net_{SECOND}.json"
Git = Callable[..., str]
Make = Callable[..., Any]
Save = Callable[..., list[str]]
CODE = "def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):\n    return {}\n"


@pytest.fixture
def edit(store: Repository) -> Callable[..., bytes]:
    """Change fields of a record in the work tree."""

    def change(path: str, **fields: Any) -> bytes:
        content = {**json.loads((store.root / path).read_bytes()), **fields}
        (store.root / path).write_text(json.dumps(content))
        return (store.root / path).read_bytes()

    return change


@pytest.mark.parametrize(
    "name", [f"training_function_numpy_array_Net_{SECOND}.json", "x.json", "deep/er/x.json", "a b ü.json"]
)
def test_a_dropped_record_goes_to_its_place_with_its_own_time(
    store: Repository, make_record: Make, git: Git, name: str
) -> None:
    file = make_record(code=CODE.format(1)).file
    dropped = store.root / FOLDER / name
    dropped.parent.mkdir(parents=True, exist_ok=True)
    dropped.write_bytes(file)
    assert read_pending(store) == Pending((f"{FOLDER}/{name}",), (), ())
    outcome = Store(store).save_all()
    assert [version.path for version in outcome.result.saved] == [PLACE]
    assert (store.root / PLACE).read_bytes() == file
    assert not dropped.exists()
    assert git(store, "status", "--porcelain") == ""
    assert Store(store).save_all().result.saved == []


def test_one_dropped_where_it_belongs_stays_there(store: Repository, make_record: Make, git: Git) -> None:
    (store.root / PLACE).parent.mkdir(parents=True)
    (store.root / PLACE).write_bytes(make_record(code=CODE).file)
    Store(store).save_all()
    assert (store.root / PLACE).exists()
    assert git(store, "status", "--porcelain") == ""


def test_one_that_was_staged_by_hand_is_taken_up(store: Repository, make_record: Make, git: Git) -> None:
    dropped = store.root / FOLDER / "x.json"
    dropped.write_bytes(make_record(code=CODE).file)
    git(store, "add", dropped)
    assert read_pending(store).new == (f"{FOLDER}/x.json",)
    assert len(Store(store).save_all().result.saved) == 1
    assert (store.root / PLACE).exists()


def test_an_edited_record_becomes_the_next_version_and_the_old_one_comes_back(
    store: Repository, save_versions: Save, edit: Callable[..., bytes], git: Git
) -> None:
    (path,) = save_versions(1)
    before = (store.root / path).read_bytes()
    edit(path, training_code=CODE, confidence=0.3)
    assert read_pending(store) == Pending((), (path,), ())
    (version,) = Store(store).save_all().result.saved
    assert (version.ordinal, version.confidence) == (2, 0.3)
    assert version.timestamp > SECOND
    assert (store.root / path).read_bytes() == before
    assert json.loads((store.root / version.path).read_bytes())["training_code"] == CODE
    assert git(store, "status", "--porcelain") == ""


def test_an_edit_that_is_no_new_version_is_not_lost(
    store: Repository, save_versions: Save, edit: Callable[..., bytes], git: Git
) -> None:
    (path,) = save_versions(1)
    code = CODE.replace("return", "return  # better")
    edit(path, training_code=code)
    (version,) = Store(store).save_all().result.saved
    for place in (path, version.path):
        mine = edit(place, training_code=code, confidence=0.123, notes="by hand")
        result = Store(store).save_all().result
        assert (result.saved, [one.path for one in result.unchanged]) == ([], [version.path])
        assert (store.root / place).read_bytes() == mine
        git(store, "restore", place)


def test_a_dropped_record_that_is_there_already_goes_if_it_says_nothing_new(
    store: Repository, make_record: Make, git: Git
) -> None:
    item = make_record(code=CODE)
    Store(store).save(item.record.content)
    same, other = store.root / FOLDER / "same.json", store.root / FOLDER / "other.json"
    same.write_bytes((store.root / PLACE).read_bytes())
    other.write_bytes(make_record(code=CODE, confidence=0.5).file)
    result = Store(store).save_all().result
    assert result.saved == [] and {version.path for version in result.unchanged} == {PLACE}
    assert not same.exists()
    assert other.exists()


def test_a_dropped_record_that_had_left_the_tree_is_kept_and_told(
    store: Repository, make_record: Make, git: Git
) -> None:
    item = make_record(code=CODE)
    Store(store).save(item.record.content)
    git(store, "rm", "--quiet", PLACE)
    git(store, "commit", "--quiet", "-m", "prune")
    dropped = store.root / FOLDER / "again.json"
    dropped.write_bytes(item.file)
    result = Store(store).save_all().result
    assert (result.saved, [version.path for version in result.gone]) == ([], [PLACE])
    assert dropped.read_bytes() == item.file


@pytest.mark.parametrize(
    "content",
    [
        b"{", b"[]", b'{"model_name": "Net"}', b"\xff\xfe", b"",
        json.dumps({"model_name": "Net", "training_code": "def train_model("}).encode(),
        json.dumps({"model_name": "Net", "training_code": "x = 1"}).encode(),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_bad_record_is_reported_and_stays_and_the_others_go_in(
    store: Repository, make_record: Make, save_versions: Save, git: Git, content: bytes
) -> None:
    (edited,) = save_versions(1, "Edited")
    bad = store.root / FOLDER / "bad.json"
    bad.write_bytes(content)
    (store.root / edited).write_bytes(content)
    (store.root / FOLDER / "good.json").write_bytes(make_record(code=CODE).file)
    outcome = Store(store).save_all()
    assert [one.file for one in outcome.rejected] == [f"{FOLDER}/bad.json", edited]
    assert all(one.error.message for one in outcome.rejected)
    assert [version.path for version in outcome.result.saved] == [PLACE]
    assert bad.read_bytes() == (store.root / edited).read_bytes() == content
    assert git(store, "status", "--porcelain") == f" M {edited}\n?? {FOLDER}/bad.json"


def test_what_is_no_record_is_not_taken_up(store: Repository, save_versions: Save, git: Git) -> None:
    (path,) = save_versions(1)
    (store.root / FOLDER / "notes.txt").write_text("mine")
    (store.root / FOLDER / "README.md").write_text("mine")
    (store.root / FOLDER / "link.json").symlink_to(store.root / path)
    (store.root / "elsewhere.json").write_text("{}")
    head = git(store, "rev-parse", "HEAD")
    outcome = Store(store).save_all()
    assert outcome.result.saved == []
    assert git(store, "rev-parse", "HEAD") == head
    assert (store.root / FOLDER / "link.json").is_symlink()
    assert (store.root / FOLDER / "README.md").read_text() == "mine"


def test_what_was_deleted_by_hand_is_told_and_stays_deleted(
    store: Repository, save_versions: Save, git: Git
) -> None:
    first, second = save_versions(2)
    (store.root / first).unlink()
    git(store, "rm", "--quiet", second)
    assert read_pending(store) == Pending((), (), (first, second))
    assert Store(store).save_all().result.saved == []
    assert not (store.root / first).exists()


def test_nothing_to_do_makes_no_commit(store: Repository, save_versions: Save, git: Git) -> None:
    save_versions(1)
    head = git(store, "rev-parse", "HEAD")
    outcome = Store(store).save_all()
    assert (outcome.result.saved, outcome.result.unchanged, outcome.rejected) == ([], [], [])
    assert git(store, "rev-parse", "HEAD") == head


def test_several_dropped_versions_of_one_function_keep_their_order(
    store: Repository, make_record: Make
) -> None:
    for place, when in enumerate((SECOND + 5, SECOND, SECOND + 3)):
        (store.root / FOLDER / f"{place}.json").write_bytes(
            make_record(code=CODE * (place + 1), timestamp=when).file
        )
    Store(store).save_all()
    assert [version.timestamp - SECOND for version in Store(store).versions("Net")] == [0, 3, 5]


def test_the_status_counts_and_lists_what_was_done_by_hand(
    store: Repository, save_versions: Save, edit: Callable[..., bytes], git: Git
) -> None:
    first, second, _ = save_versions(3)
    save_versions(2, "Other")
    edit(first, confidence=0.1)
    (store.root / second).unlink()
    (store.root / FOLDER / "new.json").write_text("{}")
    status = Store(store).status()
    assert (status.functions, status.versions, status.runs) == (2, 5, 0)
    assert status.pending == Pending((f"{FOLDER}/new.json",), (first,), (second,))
    assert (status.branch, status.commit) == ("refs/heads/main", git(store, "rev-parse", "HEAD"))
    assert (status.root, status.missing_checkpoints) == (store.root, ())
    git(store, "checkout", "--quiet", "--detach")
    assert Store(store).status().branch is None
