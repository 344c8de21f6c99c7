import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainstore.store.git.changes import Change, Commit, Remove, Write
from trainstore.store.git.fast_import import Identity, Written, read_answers, to_stream
from trainstore.store.git.few_commits import add_few_commits
from trainstore.store.git.repository import Repository
from trainstore.store.git.trees import folders_above, format_tree, parse_tree

Git = Callable[..., str]

TESS = Identity("Tess Ter <tess@example.org>", "Col Lector <col@example.org>", 1704067200, "+0130")
# Few names, so that files and folders meet; and what git sorts by another rule than Python: "a", "a.b", "a/b", "a0".
PARTS = st.sampled_from(["a", "a.b", "a0", "b", "é ‑", "\udcff", 'q"\\'])
PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
CHANGES = st.one_of(st.builds(Write, PATHS, st.binary(max_size=4)), st.builds(Remove, PATHS))
COMMITS = st.builds(
    Commit,
    st.text(max_size=8).map(lambda text: f"subject {text}\n".replace("\0", "")),
    st.lists(CHANGES, max_size=4, unique_by=lambda change: change.path).map(tuple),
    st.none() | st.integers(0, 2**33),
)


def by_fast_import(repository: Repository, commits: list[Commit], parent: str | None) -> Written:
    output = subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=repository.root,
        input=b"".join(to_stream(commits, "refs/heads/other", parent, TESS)),
        capture_output=True,
        check=True,
    ).stdout
    return read_answers(commits, output)


def stands_on_its_own(changes: list[Change]) -> bool:
    """Tell whether no path of some changes lies below another."""
    return not {os.fsencode(change.path) for change in changes} & set(
        folders_above(os.fsencode(change.path) for change in changes)
    )


@settings(max_examples=25)
@given(
    st.lists(CHANGES, max_size=8, unique_by=lambda change: change.path),
    st.lists(COMMITS, min_size=1, max_size=3),
)
def test_the_commits_are_those_of_fast_import(
    tmp_path_factory: pytest.TempPathFactory, before: list[Change], commits: list[Commit]
) -> None:
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", root], check=True)
    repository = Repository(root, root / ".git", root / ".git")
    parent = by_fast_import(repository, [Commit("before\n", tuple(before))], None).commits[0]
    few = add_few_commits(repository, parent, commits, TESS)
    if few is None:  # a file and a folder want one name
        assert not stands_on_its_own([*before, *(change for commit in commits for change in commit.changes)])
        return
    objects = subprocess.run(
        ["git", "cat-file", "--batch-check=%(objecttype)"],
        cwd=root, input="\n".join([*few.commits, *filter(None, few.blobs.values())]).encode(),
        capture_output=True, check=True,
    ).stdout.split()  # fmt: skip
    assert objects.count(b"commit") == len(few.commits) and b"missing" not in objects
    assert few == by_fast_import(repository, commits, parent)
    subprocess.run(["git", "fsck", "--strict", "--no-dangling", few.commits[-1]], cwd=root, check=True)


@pytest.mark.parametrize("format", ["sha1", "sha256"])
def test_ids_are_those_of_the_repository(tmp_path: Path, format: str) -> None:
    subprocess.run(["git", "init", "--quiet", f"--object-format={format}", tmp_path], check=True)
    repository = Repository(tmp_path, tmp_path / ".git", tmp_path / ".git")
    first = by_fast_import(repository, [Commit("first\n", (Write("f/a", b"1"),))], None).commits[0]
    commits = [Commit("second\n", (Write("f/b", b"2"), Remove("f/a")))]
    assert add_few_commits(repository, first, commits, TESS) == by_fast_import(repository, commits, first)


@pytest.mark.parametrize(
    "identity", [TESS._replace(signs=True), TESS._replace(shares=True)], ids=["signed", "shared"]
)
def test_what_git_itself_must_do_is_left_to_it(store: Repository, git: Git, identity: Identity) -> None:
    head = git(store, "rev-parse", "HEAD")
    assert add_few_commits(store, head, [Commit("one\n", (Write("a", b"1"),))], identity) is None


def test_many_files_and_an_unborn_branch_are_left_to_fast_import(store: Repository, git: Git) -> None:
    many = tuple(Write(str(number), b"x") for number in range(17))
    assert add_few_commits(store, git(store, "rev-parse", "HEAD"), [Commit("many\n", many)], TESS) is None
    assert add_few_commits(store, None, [Commit("one\n", many[:1])], TESS) is None


def test_a_damaged_tree_is_not_taken_for_an_empty_one(store: Repository, git: Git) -> None:
    tree = git(store, "rev-parse", "HEAD:generated_training_functions")
    (store.git_dir / "objects" / tree[:2] / tree[2:]).unlink()
    change = Write("generated_training_functions/new.json", b"{}")
    assert add_few_commits(store, git(store, "rev-parse", "HEAD"), [Commit("one\n", (change,))], TESS) is None


def test_a_tree_is_read_and_written_as_git_has_it(store: Repository) -> None:
    content = subprocess.run(
        ["git", "cat-file", "tree", "HEAD^{tree}"], cwd=store.root, capture_output=True, check=True
    ).stdout
    assert format_tree(parse_tree(content, 20)) == content and len(parse_tree(content, 20)) >= 4
