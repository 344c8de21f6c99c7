"""What is taken from the words of `git fsck`, as git 2.30 to 2.39 says them."""

import pytest

from trainstore.store.git.object_check import ObjectCheck, check_objects, parse_findings
from trainstore.store.git.read import Findings
from trainstore.store.git.repository import Repository

A, B, C = "a" * 40, "b1" * 20, "0c" * 32
PACK = f"pack-{'d' * 40}"
PACK_PATH = f".git/objects/pack/{PACK}"

CASES = {
    "nothing": (
        Findings(0, b"", "notice: HEAD points to an unborn branch (main)\n"),
        ObjectCheck(0, {}, {}, {}),
    ),
    "a missing blob": (Findings(2, f"missing blob {A}\n".encode(), ""), ObjectCheck(0, {A: "blob"}, {}, {})),
    "a broken link names the missing side only": (
        Findings(
            2, f"broken link from    tree {A}\n              to    blob {B}\nmissing blob {B}\n".encode(), ""
        ),
        ObjectCheck(0, {B: "blob"}, {}, {}),
    ),
    "an object of a repository with longer ids": (
        Findings(2, f"missing tree {C}\n".encode(), ""),
        ObjectCheck(0, {C: "tree"}, {}, {}),
    ),
    "a damaged loose object": (
        Findings(1, b"", f"error: {A}: object corrupt or missing: .git/objects/{A[:2]}/{A[2:]}\n"),
        ObjectCheck(0, {A: None}, {}, {}),
    ),
    "what was found in an object's place is not damaged": (
        Findings(3, b"", f"error: {B}: hash-path mismatch, found at: .git/objects/{A[:2]}/{A[2:]}\n"),
        ObjectCheck(0, {A: None}, {}, {}),
    ),
    "a pack is no object": (
        Findings(4, b"", f"error: {PACK_PATH}.pack pack checksum mismatch\n"),
        ObjectCheck(0, {}, {PACK: False}, {}),
    ),
    "an object of a pack": (
        Findings(4, b"", f"error: cannot unpack {A} from {PACK_PATH}.pack at offset 12\n"),
        ObjectCheck(0, {A: None}, {PACK: False}, {}),
    ),
    "the index of a pack": (
        Findings(6, b"", f"error: Packfile index for {PACK_PATH}.pack hash mismatch\n"),
        ObjectCheck(0, {}, {PACK: True}, {}),
    ),
    "a branch that names what is not there": (
        Findings(
            2,
            b"",
            f"error: refs/heads/main: invalid sha1 pointer {A}\nerror: HEAD: invalid sha1 pointer {A}\n",
        ),
        ObjectCheck(0, {A: "commit"}, {}, {"refs/heads/main": A, "HEAD": A}),
    ),
    "a branch that names nothing": (
        Findings(10, b"", f"error: refs/heads/main: invalid sha1 pointer {'0' * 40}\nerror: invalid HEAD\n"),
        ObjectCheck(0, {}, {}, {"refs/heads/main": None}),
    ),
    "git gave up": (
        Findings(128, b"", f"fatal: loose object {A} (stored in .git/objects/{A[:2]}/{A[2:]}) is corrupt\n"),
        ObjectCheck(0, {A: None}, {}, {}, "", False),
    ),
    "something else": (
        Findings(128, b"", "fatal: index file corrupt\n"),
        ObjectCheck(0, {}, {}, {}, "fatal: index file corrupt", False),
    ),
    "killed without a word": (
        Findings(-9, b"", ""),
        ObjectCheck(0, {}, {}, {}, "it ended with code -9", False),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_git_says_is_sorted(case: str) -> None:
    findings, expected = CASES[case]
    assert parse_findings(findings) == expected


def test_objects_are_counted_loose_and_packed(store: Repository, git: object) -> None:
    counted = check_objects(store).counted
    assert counted > 3
    git(store, "gc", "--quiet", "--prune=now")  # type: ignore[operator]
    assert check_objects(store) == ObjectCheck(counted, {}, {}, {})
