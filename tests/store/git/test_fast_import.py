import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainstore.store.git.changes import Commit, Remove, Write
from trainstore.store.git.fast_import import Identity, Written, quote_path, read_answers, to_stream

TESS = Identity("Tess Ter <tess@example.org>", "Col Lector <col@example.org>", 1704067200, "+0130")
NAMES = st.binary(min_size=1, max_size=20).filter(
    lambda name: not {0, ord("/")} & set(name) and name not in (b".", b"..")
)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "bare"], check=True)
    return tmp_path / "bare"


def run(bare: Path, *arguments: str, given: bytes | None = None) -> bytes:
    return subprocess.run(["git", *arguments], cwd=bare, input=given, capture_output=True, check=True).stdout


def put_in(bare: Path, commits: list[Commit], parent: str | None = None) -> Written:
    stream = b"".join(to_stream(commits, "refs/heads/main", parent, TESS))
    return read_answers(commits, run(bare, "fast-import", "--quiet", "--force", given=stream))


def test_git_answers_with_the_id_of_each_commit_and_of_what_each_path_has_and_had(bare: Path) -> None:
    odd = 'c "d"\t\n\\ é'
    commits = [
        Commit("first\n", (Write("a", b"1"), Write("b", b"2"), Write(odd, b"3"), Write("folder/x", b"4"))),
        Commit("second\n", (Remove("a"), Write("b", b"5"))),
    ]
    first, second = put_in(bare, commits).commits
    assert run(bare, "rev-list", "main").decode().split() == [second, first]
    assert run(bare, "ls-tree", "--name-only", "main", "a", "b") == b"b\n"
    changes = (Write("b", b"6"), Write("a", b"7"), Remove(odd), Write("folder", b"8"), Remove("missing"))
    written = put_in(bare, [Commit("third\n", changes), Commit("fourth\n", (Write("b", b"9"),))], second)
    had = {path: run(bare, "cat-file", "blob", blob) for path, blob in written.replaced.items()}
    assert had == {"b": b"5", odd: b"3"}
    has = {path: blob and run(bare, "cat-file", "blob", blob) for path, blob in written.blobs.items()}
    assert has == {"b": b"9", "a": b"7", odd: None, "folder": b"8", "missing": None}


def test_a_chain_goes_on_top_of_its_parent_whatever_the_reference_was(bare: Path) -> None:
    (first,) = put_in(bare, [Commit("first\n", (Write("a", b"1"),))]).commits
    put_in(bare, [Commit("forgotten\n", (Write("b", b"1"),))], first)
    (third,) = put_in(bare, [Commit("third\n", (Write("c", b"1"),))], first).commits
    assert run(bare, "rev-list", "main").decode().split() == [third, first]
    (root,) = put_in(bare, [Commit("anew\n", (Write("d", b"1"),))]).commits
    assert run(bare, "rev-list", "main").decode().split() == [root]


def test_author_and_committer_stand_with_their_times(bare: Path) -> None:
    put_in(bare, [Commit("now\n", ()), Commit("then\n", (), author_time=5)])
    told = run(bare, "log", "--format=%an <%ae> %ad|%cn <%ce> %cd", "--date=raw").decode().splitlines()
    committed = "Col Lector <col@example.org> 1704067200 +0130"
    assert told == [
        f"Tess Ter <tess@example.org> 5 +0130|{committed}",
        f"Tess Ter <tess@example.org> 1704067200 +0130|{committed}",
    ]


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"no end", b"\0\xff\r\n", b"data 3\ndone\n", b"x" * 3_000_000]
)
def test_content_and_message_go_in_to_the_byte(bare: Path, content: bytes) -> None:
    message = "subject\n\ndata 3\ndone\nmark :1\n"
    (commit,) = put_in(bare, [Commit(message, (Write("file", content),))]).commits
    assert run(bare, "cat-file", "blob", f"{commit}:file") == content
    assert run(bare, "cat-file", "commit", commit).decode().split("\n\n", 1)[1] == message


@settings(max_examples=15)
@given(st.lists(NAMES, min_size=1, max_size=3))
def test_any_path_goes_in(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]) -> None:
    bare = tmp_path_factory.mktemp("bare")
    run(bare, "init", "--quiet", "--bare")
    path = os.fsdecode(b"/".join(parts))
    put_in(bare, [Commit("write\n", (Write(path, b"x"), Write("other", b"y")))])
    listed = run(bare, "ls-tree", "-r", "-z", "--name-only", "main").split(b"\0")
    assert sorted(listed) == sorted([b"", b"other", b"/".join(parts)]) or path == "other"
    put_in(bare, [Commit("remove\n", (Remove(path),))], run(bare, "rev-parse", "main").decode().strip())
    assert os.fsencode(path) not in run(bare, "ls-tree", "-r", "-z", "--name-only", "main").split(b"\0")


def test_a_path_is_quoted_as_git_reads_it() -> None:
    assert quote_path('a "b" \\ c\nd') == b'"a \\"b\\" \\\\ c\\nd"'
