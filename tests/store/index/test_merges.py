"""Several people save the same function in the same second; after the merge the index says what the tree has."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.workflows.save import save_records

Git = Callable[..., str]
Make = Callable[..., Any]
Read = Callable[[Repository], dict[str, list[Any]]]

SECOND = 1704067200
FOLDER = "generated_training_functions/numpy_array/Net"
PATH = f"{FOLDER}/training_function_numpy_array_Net_{SECOND}.json"


@pytest.fixture
def saved_on(store: Repository, git: Git, make_record: Make) -> Callable[..., str]:
    """Save a version of Net on a branch that begins at the first commit, and return the commit."""

    def save(branch: str, **fields: Any) -> str:
        first = git(store, "rev-list", "--max-parents=0", "HEAD")
        git(store, "checkout", "--quiet", "-B", branch, first)
        fields = {"code": f"x = {branch!r}", "confidence": 0.1 * len(branch), **fields}
        (version,) = save_records(store, [make_record("Net", **fields)]).saved
        assert version.path == PATH
        return str(version.commit)

    return save


def merge(store: Repository, git: Git, *branches: str, resolve: str | bytes = "") -> None:
    """Merge branches, and resolve what conflicts to one side or to some content."""
    merged = subprocess.run(
        ["git", "merge", "--no-ff", "--no-edit", *branches], cwd=store.root, capture_output=True, check=False
    )
    if isinstance(resolve, bytes):
        (store.root / PATH).write_bytes(resolve)
    elif resolve:
        git(store, "checkout", f"--{resolve}", "--", PATH)
    if merged.returncode != 0:
        git(store, "add", PATH)
        git(store, "commit", "--quiet", "--no-edit")


def assert_tree_is_shown(store: Repository, commit: str, rows: Read, rebuilt: Read) -> None:
    in_tree = json.loads((store.root / PATH).read_bytes())
    for _ in range(2):  # brought up to date, and made anew
        with open_index(store) as index:
            (version,) = index.versions("numpy_array", "Net")
        assert (version.commit, version.present, version.confidence) == (
            commit,
            True,
            in_tree["confidence"],
        )
        assert rows(store) == rebuilt(store)
        assert Store(store).record(version).code == in_tree["training_code"]
        (store.state / "index.db").unlink()


@pytest.mark.parametrize("side", ["ours", "theirs"])
@pytest.mark.parametrize("into", ["ann", "benjamin"])
def test_the_side_that_a_merge_takes_is_the_version(
    store: Repository,
    git: Git,
    saved_on: Callable[..., str],
    rows: Read,
    rebuilt: Read,
    into: str,
    side: str,
) -> None:
    commits = {name: saved_on(name) for name in ("ann", "benjamin")}
    (other,) = commits.keys() - {into}
    git(store, "checkout", "--quiet", into)
    rows(store)
    merge(store, git, other, resolve=side)
    assert_tree_is_shown(store, commits[into if side == "ours" else other], rows, rebuilt)


def test_of_two_records_with_equal_code_the_one_in_the_tree_counts(
    store: Repository, git: Git, saved_on: Callable[..., str], rows: Read, rebuilt: Read
) -> None:
    saved_on("ann", code="x = 1")
    theirs = saved_on("benjamin", code="x = 1")
    git(store, "checkout", "--quiet", "ann")
    merge(store, git, "benjamin", resolve="theirs")
    assert_tree_is_shown(store, theirs, rows, rebuilt)


def test_what_was_edited_in_a_merge_is_a_version_of_the_merge(
    store: Repository, git: Git, saved_on: Callable[..., str], make_record: Make, rows: Read, rebuilt: Read
) -> None:
    saved_on("ann")
    saved_on("benjamin")
    merge(store, git, "ann", resolve=make_record("Net", "x = 'both'", confidence=0.75).file)
    assert_tree_is_shown(store, git(store, "rev-parse", "HEAD"), rows, rebuilt)


@pytest.mark.parametrize("into", ["ann", "benjamin"])
def test_what_one_side_saved_and_took_out_again_does_not_hide_the_others(
    store: Repository, git: Git, saved_on: Callable[..., str], rows: Read, rebuilt: Read, into: str
) -> None:
    commit = saved_on("ann")
    saved_on("benjamin")
    git(store, "rm", "--quiet", PATH)
    git(store, "commit", "--quiet", "-m", "out")
    git(store, "checkout", "--quiet", into)
    rows(store)
    merge(store, git, "benjamin" if into == "ann" else "ann")
    assert_tree_is_shown(store, commit, rows, rebuilt)


def test_an_octopus_has_one_of_them_all(
    store: Repository, git: Git, saved_on: Callable[..., str], make_record: Make, rows: Read, rebuilt: Read
) -> None:
    saved_on("ann")
    commit = saved_on("benjamin")
    saved_on("chris")
    tree = git(store, "rev-parse", "benjamin^{tree}")
    octopus = git(store, "commit-tree", tree, "-p", "chris", "-p", "ann", "-p", "benjamin", "-m", "all three")
    rows(store)
    git(store, "reset", "--quiet", "--hard", octopus)
    assert_tree_is_shown(store, commit, rows, rebuilt)


def test_a_merge_of_a_merge_decides_again(
    store: Repository, git: Git, saved_on: Callable[..., str], rows: Read, rebuilt: Read
) -> None:
    commits = {name: saved_on(name) for name in ("ann", "benjamin", "chris")}
    git(store, "checkout", "--quiet", "ann")
    merge(store, git, "benjamin", resolve="theirs")
    rows(store)
    merge(store, git, "chris", resolve="ours")
    assert_tree_is_shown(store, commits["benjamin"], rows, rebuilt)
    git(store, "checkout", "--quiet", "chris")
    merge(store, git, "ann")
    assert_tree_is_shown(store, commits["benjamin"], rows, rebuilt)
