import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainstore.errors import NotFound
from trainstore.store.git.changes import Commit, Remove
from trainstore.store.git.repository import Repository, find_store
from trainstore.store.index.queries import Index
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_event, resolve_function, resolve_run, resolve_version
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.save import save_records

SECOND = 1704067200
Git = Callable[..., str]


@pytest.fixture(scope="module")
def full(
    empty_store: Path, tmp_path_factory: pytest.TempPathFactory, make_record: Callable[..., Any]
) -> Repository:
    """A store with functions whose names get in each other's way; for reading only."""
    root = tmp_path_factory.mktemp("full") / "store"
    shutil.copytree(empty_store, root)
    store = find_store(root)
    records = [make_record("Net", f"x = {place}", SECOND + place) for place in range(5)]
    records += [
        make_record("net@3", "y = 1"),
        make_record("net~1", "y = 2"),
        make_record("net", "y = 3"),
        make_record("Twin", "z = 1"),
        make_record("Twin", "z = 2", data_type="sequence_list"),
        make_record("cafe123", "z = 3"),
        make_record("Net (v2)", "z = 4"),
        make_record("numpy_array/Net", "z = 5", data_type="torch_tensor"),
        make_record("c/d", "z = 6", data_type="a/b"),
    ]
    paths = [version.path for version in save_records(store, records).saved]
    commit_changes(store, lambda _: [Commit("prune", (Remove(paths[1]), Remove(paths[4])))])
    return store


@pytest.fixture
def index(full: Repository) -> Iterator[Index]:
    with open_index(full) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Net", "numpy_array/Net@4"),
        ("Net@1", "numpy_array/Net@1"),
        ("Net@2", "numpy_array/Net@2"),
        ("Net@5", "numpy_array/Net@5"),
        (f"Net@{SECOND}", "numpy_array/Net@1"),
        (f"Net@{SECOND + 4}", "numpy_array/Net@5"),
        ("Net~0", "numpy_array/Net@4"),
        ("Net~1", "numpy_array/Net@3"),
        ("Net~", "numpy_array/Net@3"),
        ("Net~2", "numpy_array/Net@1"),
        ("net", "numpy_array/net@1"),
        ("numpy_array/net@1", "numpy_array/net@1"),
        ("net@3", "numpy_array/net@3@1"),
        ("net~1", "numpy_array/net~1@1"),
        ("net@3@1", "numpy_array/net@3@1"),
        ("net~1~0", "numpy_array/net~1@1"),
        ("sequence_list/Twin", "sequence_list/Twin@1"),
        ("sequence_list/Twin@1", "sequence_list/Twin@1"),
        ("cafe123", "numpy_array/cafe123@1"),
        ("Net (v2)", "numpy_array/Net (v2)@1"),
        ("Net (v2)@1", "numpy_array/Net (v2)@1"),
        ("numpy_array/Net", "numpy_array/Net@4"),
        ("torch_tensor/numpy_array/Net", "torch_tensor/numpy_array/Net@1"),
        ("a/b/c/d", "a/b/c/d@1"),
        ("c/d", "a/b/c/d@1"),
    ],
)
def test_a_name_finds_its_version(full: Repository, index: Index, text: str, version: str) -> None:
    assert str(resolve_version(full, index, text)) == version


def test_the_folder_of_a_function_is_a_name_of_it(full: Repository, index: Index) -> None:
    folder = resolve_version(full, index, "Net (v2)").folder.rpartition("/")[2]
    assert folder.startswith("Net__v2-")
    assert str(resolve_version(full, index, folder)) == "numpy_array/Net (v2)@1"
    assert str(resolve_version(full, index, f"numpy_array/{folder}@1")) == "numpy_array/Net (v2)@1"


def test_a_commit_finds_the_version_that_it_saved(full: Repository, index: Index) -> None:
    version = resolve_version(full, index, "Net@2")
    for length in (7, 12, 40):
        assert resolve_version(full, index, version.commit[:length]) == version


def test_a_file_finds_its_version(
    full: Repository, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = resolve_version(full, index, "Net@1")
    name = version.path.rpartition("/")[2]
    monkeypatch.chdir(full.root / "generated_training_functions")
    (tmp_path / "link").symlink_to(full.root)
    for path in (
        full.root / version.path,
        version.path,
        f"numpy_array/Net/{name}",
        f"./numpy_array/../numpy_array/Net/{name}",
        name,
        f"old/flat/{name}",
        tmp_path / "link" / version.path,
    ):
        assert resolve_version(full, index, str(path)) == version


@pytest.mark.parametrize(
    ("text", "hint"),
    [("Net", "trainstore runs Net"), ("Net@1", "trainstore runs Net"), ("20990101", "trainstore runs")],
)
def test_who_asks_for_a_run_by_its_function_is_led_to_its_runs(index: Index, text: str, hint: str) -> None:
    with pytest.raises(NotFound) as raised:
        resolve_run(index, text)
    assert raised.value.hint == f"See the runs with: {hint}"


HOSTILE = [
    "", " ", "--output=x", "-x", "--help", ":path", ":/message", "@{-1}", "HEAD", "main", "HEAD~1", "@", "~", "^",
    "Net@1\n", "Net\n", "Net@1\0", "\0", "\ud800", "Net\udcff", "../../etc/passwd", "/etc/passwd", "/x.json", "a" * 100_000,
    "%", "_", "*", "'; DROP TABLE versions; --", "net@99999999999999999999", "NET", "0000000", "f" * 64,
    "generated_training_functions", "numpy_array", "numpy_array/", "/Net", "Net/", "README.md", "x.json", "\n.json",
    ("a" * 300) + ".json", "~root.json",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:30])
def test_anything_else_is_not_found_and_writes_nothing(
    full: Repository, index: Index, tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    found = {file for file in full.root.rglob("*") if ".git" not in file.parts}
    for resolve in (
        lambda: resolve_version(full, index, text),
        lambda: resolve_function(index, text),
        lambda: resolve_run(index, text),
        lambda: resolve_event(index, text),
    ):
        with pytest.raises(NotFound) as raised:
            resolve()
        assert raised.value.hint
    assert not list((tmp_path / "here").iterdir())
    assert {file for file in full.root.rglob("*") if ".git" not in file.parts} == found


@settings(max_examples=200)
@given(
    text=st.text(st.characters(exclude_categories=()), max_size=20)
    | st.text("Net@~0123456789abcdef/.json", max_size=12)
)
def test_any_text_finds_a_version_or_is_refused(full: Repository, index: Index, text: str) -> None:
    try:
        resolve_version(full, index, text)
    except NotFound as refusal:
        assert len(refusal.message) < 1000


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("Twin", "'Twin' names 2 functions", "numpy_array/Twin, sequence_list/Twin"),
        ("Twin@1", "'Twin' names 2 functions", "numpy_array/Twin, sequence_list/Twin"),
        ("Net@6", "'Net' has no version 6", "@1 to @5"),
        ("Net@0", "'Net' has no version 0", "@1 to @5"),
        ("Net~3", "has 3 versions in the tree", "history"),
        ("Nett", "no function or version 'Nett'", "Did you mean"),
        ("Twn@3", "no function or version", "Twin"),
        ("numpy_aray/Twin", "no function or version", "numpy_array/Twin"),
        ("something else", "no function or version", "trainstore list"),
    ],
)
def test_what_is_ambiguous_or_unknown_is_told_with_the_nearest(
    full: Repository, index: Index, text: str, reason: str, hint: str
) -> None:
    with pytest.raises(NotFound) as raised:
        resolve_version(full, index, text)
    assert reason in raised.value.message
    assert hint in raised.value.hint


def test_an_exact_name_wins_though_its_versions_are_gone(
    store: Repository, make_record: Callable[..., Any]
) -> None:
    records = [make_record("net", f"x = {place}", SECOND + place) for place in range(3)]
    *_, gone = save_records(store, [*records, make_record("net@3", "y = 1")]).saved
    commit_changes(store, lambda _: [Commit("prune", (Remove(gone.path),))])
    with open_index(store) as index, pytest.raises(NotFound, match="0 versions in the tree"):
        resolve_version(store, index, "net@3")


def test_an_empty_store_has_nothing(store: Repository) -> None:
    with open_index(store) as index, pytest.raises(NotFound) as raised:
        resolve_version(store, index, "Net")
    assert raised.value.hint == "See what there is with: trainstore list"


def test_a_commit_of_trainstores_is_found_by_its_beginning(full: Repository, index: Index, git: Git) -> None:
    commit = git(full, "log", "--format=%H", "--grep=^save", "-1")
    for length in (4, 7, 40):
        assert resolve_event(index, commit[:length]).commit == commit
    prune = git(full, "rev-parse", "HEAD")
    with pytest.raises(NotFound, match="no commit of trainstore's"):
        resolve_event(index, prune)
