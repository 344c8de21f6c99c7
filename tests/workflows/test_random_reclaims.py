"""Whatever is done in whatever order, no checkpoint is lost that anything keeps, and what is freed was foretold."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from store_steps import StoreSteps

from trainstore.api import Store
from trainstore.errors import NotFound, StoreConflict, UsageError
from trainstore.retention.policy import Policy
from trainstore.store.git.repository import find_store
from trainstore.workflows.reclaiming.make_plan import plan_at
from trainstore.workflows.reclaiming.reclaim import reclaim
from trainstore.workflows.reclaiming.reclaim_plan import ReclaimRequest

Git = Callable[..., str]

DAY = 86_400
NAMES = ["A", "B"]
VERSION = st.tuples(st.sampled_from(NAMES), st.integers(1, 3)).map(lambda pair: f"{pair[0]}@{pair[1]}")
WEIGHTS = st.sampled_from([b"w" * 100, b"v" * 1000, None])
HELD = st.tuples(st.just("hold"), st.sampled_from(["branch", "tag", "index", "stash"]), st.integers(0, 9))
STEPS = st.one_of(
    HELD,
    st.tuples(st.just("save"), st.sampled_from(NAMES)),
    st.tuples(st.just("run"), VERSION, WEIGHTS),
    st.tuples(st.sampled_from(["pin", "unpin", "restore", "rollback"]), VERSION),
    st.tuples(st.just("prune"), st.sampled_from([Policy(keep_last=1), Policy(never_ran=True, include_current=True)])),
    st.tuples(st.just("undo")),
    st.tuples(st.just("reclaim"), st.sampled_from([0, 14 * DAY]), st.sampled_from([0, 13 * DAY, 15 * DAY])),
    HELD,
    st.tuples(st.just("release"), st.sampled_from(["branch", "tag", "index", "stash"])),
)  # fmt: skip


class Reclaims(StoreSteps):
    """A store with a thing or two done to it, and what must be in its cache as plain git tells it."""

    def __init__(self, store: Store, make_record: Any, record_run: Any, git: Git) -> None:
        super().__init__(store, make_record, record_run)
        self.root = store.root
        self._git = git
        self._pointers: dict[str, str] = {}  # id -> a commit and a path where its pointer is
        self._version_of: dict[str, set[str]] = {}  # id -> the records of the versions whose runs made it
        self._left: dict[str, float] = {}  # id -> when it left HEAD's tree

    def do(self, step: tuple[Any, ...]) -> None:
        """Do one step; what cannot be done now is refused, which is all right."""
        before = self._in("HEAD")
        with suppress(NotFound, StoreConflict, UsageError, subprocess.CalledProcessError):
            getattr(self, f"do_{step[0]}")(*step[1:])
        for md5 in before - self._in("HEAD"):
            self._left[md5] = time.time()

    def do_run(self, version: str, weights: bytes | None) -> None:
        folder = self._record_run(self.store.repository, version, weights=weights)
        path = f"{folder}/checkpoint.dvc"
        md5 = _md5((self.root / path).read_text())
        self._pointers[md5] = f"{self._git(self.root, 'rev-parse', 'HEAD')}:{path}"
        self._version_of.setdefault(md5, set()).add(self.store.version(version).path)

    def do_prune(self, policy: Policy) -> None:
        self.store.prune(self.store.prune_plan(policy))

    def do_hold(self, how: str, which: int) -> None:
        if not self._pointers:
            return
        commit, _, path = sorted(self._pointers.values())[which % len(self._pointers)].partition(":")
        if how in ("branch", "tag"):
            kind = "heads" if how == "branch" else "tags"
            self._git(self.root, "update-ref", f"refs/{kind}/{how}-{which}", commit)
        elif not self._git(self.root, "status", "--porcelain"):
            if self._git(self.root, "ls-tree", "HEAD", "--", path):
                return
            self._git(self.root, "checkout", commit, "--", path)
            if how == "stash":
                self._git(self.root, "stash")
            else:
                (self.root / path).unlink()

    def do_release(self, how: str) -> None:
        if how in ("branch", "tag"):
            kind = "heads" if how == "branch" else "tags"
            found = self._git(
                self.root, "for-each-ref", "--format=%(refname)", f"refs/{kind}/{how}-*"
            ).split()
            for name in found:
                self._git(self.root, "update-ref", "-d", name)
        elif how == "stash":
            self._git(self.root, "stash", "clear")
        else:
            self._git(self.root, "reset", "-q", "--hard")

    def do_reclaim(self, grace: int, later: int) -> None:
        whole, now = self.whole(), int(time.time()) + later
        keeping = {md5 for md5 in whole if self._is_kept(md5, grace, now)}
        plan = plan_at(self.store.repository, ReclaimRequest(now, grace))
        before = self.bytes_below()
        result = reclaim(self.store.repository, plan)
        assert result.reclaimed_bytes == plan.reclaimable_bytes == before - self.bytes_below()
        assert keeping <= self.whole(), "a checkpoint is lost"
        assert {item.checkpoint.md5 for item in plan.removed}.isdisjoint(self.whole())
        assert {md5 for md5 in whole - keeping if md5 in self.whole()} <= self._linked(), "one was left"

    def whole(self) -> set[str]:
        """Return the checkpoints that are in the cache with all of their files."""
        cache = self.root / ".dvc/cache/files/md5"
        found = set()
        for place in cache.glob("??/*.dir"):
            listed = [part[:32] for part in place.read_text().split('"md5": "')[1:]]
            if all((cache / one[:2] / one[2:]).is_file() for one in listed):
                found.add(place.parent.name + place.name)
        return found

    def _is_kept(self, md5: str, grace: int, now: int) -> bool:
        if grace and md5 in self._left and self._left[md5] + grace > now:
            return True
        pinned = any(
            self._git(self.root, "ls-tree", tip, "--", path.removesuffix(".json") + ".pin")
            for path in self._version_of.get(md5, ())
            for tip in self._tips()
        )
        return pinned or any(md5 in self._in(tip) for tip in self._tips()) or md5 in self._staged()

    def _linked(self) -> set[str]:
        """Return the checkpoints of which a folder is in the work tree, as a reset leaves it."""
        folders = [path.parent.name for path in self.root.glob("training_runs/*/*/*/checkpoint")]
        return {md5 for md5, place in self._pointers.items() if place.split("/")[-2] in folders}

    def _tips(self) -> Iterator[str]:
        yield "HEAD"
        yield from self._git(self.root, "for-each-ref", "--format=%(refname)").split()
        yield from (line.split(":")[0] for line in self._git(self.root, "stash", "list").splitlines())

    def _in(self, tip: str) -> set[str]:
        found = self._git(self.root, "grep", "-h", "md5: ", tip, "--", "training_runs/**/checkpoint.dvc") if (
            self._git(self.root, "ls-tree", "-r", "--name-only", tip, "--", "training_runs")
        ) else ""  # fmt: skip
        return {_md5(line) for line in found.splitlines() if ".dir" in line}

    def _staged(self) -> set[str]:
        staged = self._git(self.root, "ls-files", "-s", "--", "training_runs").splitlines()
        blobs = [line.split(" ")[1] for line in staged if line.endswith("checkpoint.dvc")]
        return {_md5(self._git(self.root, "cat-file", "blob", blob)) for blob in blobs}

    def bytes_below(self) -> int:
        """Return the bytes of the files of the store but for git's, those with several names once."""
        found = {}
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if name != ".git"]
            for name in files:
                stat = os.lstat(os.path.join(folder, name))
                found[stat.st_ino] = stat.st_size
        return sum(found.values())


def _md5(pointer: str) -> str:
    return pointer.split("md5: ")[1].split("\n", maxsplit=1)[0]


@pytest.mark.slow
@settings(
    max_examples=15, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)  # shrinking would take minutes
@given(st.lists(STEPS, min_size=4, max_size=14))
def test_no_checkpoint_is_lost_that_anything_keeps_and_what_is_freed_was_foretold(
    empty_store: Path,
    tmp_path_factory: pytest.TempPathFactory,
    make_record: Any,
    record_run: Any,
    git: Git,
    steps: list[tuple[Any, ...]],
) -> None:
    root = tmp_path_factory.mktemp("reclaims") / "store"
    shutil.copytree(empty_store, root, symlinks=True)
    history = Reclaims(Store(find_store(root)), make_record, record_run, git)
    begun = [
        ("save", "A"),
        ("save", "A"),
        ("run", "A@1", None),
        ("run", "A@1", b"w" * 100),
        ("run", "A@2", b"w" * 100),
        ("prune", Policy(keep_last=1)),
    ]
    for step in [*begun, *steps, ("reclaim", 0, 0)]:
        history.do(step)
    git(root, "reset", "-q", "--hard")
    kinds = {problem.kind for problem in history.store.verify(content=True).problems}
    assert kinds <= {"checkpoint reclaimed"}
    shutil.rmtree(root)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["branch", "tag", "index", "stash"])
def test_each_way_to_hold_one_is_among_what_is_done(
    empty_store: Path, tmp_path: Path, make_record: Any, record_run: Any, git: Git, how: str
) -> None:
    shutil.copytree(empty_store, tmp_path / "store", symlinks=True)
    history = Reclaims(Store(find_store(tmp_path / "store")), make_record, record_run, git)
    for step in [
        ("save", "A"),
        ("run", "A@1", None),
        ("save", "A"),
        ("prune", Policy(keep_last=1)),
        ("hold", how, 0),
    ]:
        history.do(step)
    assert len(history.whole()) == 1
    history.do(("reclaim", 0, 0))
    assert len(history.whole()) == 1
    history.do(("release", how))
    history.do(("reclaim", 14 * DAY, 13 * DAY))
    assert len(history.whole()) == 1
    history.do(("reclaim", 14 * DAY, 15 * DAY))
    assert history.whole() == set()
