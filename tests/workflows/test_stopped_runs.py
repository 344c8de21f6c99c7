"""What runs leave that are stopped between adding their checkpoint and their commit, and what a reclaim frees of it."""

import os
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from trainstore.api import Store
from trainstore.store.checkpoints.begun import left_notes, noted
from trainstore.store.checkpoints.cache_lock import cache_in_use
from trainstore.store.checkpoints.dvc_cache import DvcCache
from trainstore.store.checkpoints.tracked import Checkpoint, add_checkpoint
from trainstore.store.git.changes import Commit, Write
from trainstore.store.git.repository import Repository, find_store
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_version
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.reclaiming.reclaim_plan import ReclaimPlan

Git = Callable[..., str]
Save = Callable[..., list[str]]
RecordRun = Callable[..., str]
InChild = Callable[..., int]

RUN = "training_runs/numpy_array/Net/20240101T000000Z-00000f"
OTHER = "training_runs/numpy_array/Net/20240101T000000Z-0000f0"
WEIGHTS = b"w" * 5000
STRUCTURE = b"structure"  # every recorded run has it, too


class Interrupted(BaseException):
    """Ends a run as Ctrl-C does."""


def add(
    store: Repository, folder: str = RUN, weights: bytes = WEIGHTS, commits: bool = False, stop: bool = True
) -> Checkpoint:
    """Add a checkpoint as a run does, which then is stopped, or ends well; its commit may be made all the same."""
    files = {"weights.safetensors": BytesIO(weights), "structure.pkl": BytesIO(STRUCTURE)}
    with open_index(store) as index:
        version = resolve_version(store, index, "Net").path
    with suppress(Interrupted), cache_in_use(store), noted(store, folder, version) as announce:
        checkpoint = add_checkpoint(store.root, f"{folder}/checkpoint", files, announce)
        if commits:
            written = Write(f"{folder}/checkpoint.dvc", checkpoint.pointer)
            commit_changes(store, lambda _: [Commit("run", (written,))])
        if stop:
            raise Interrupted
    return checkpoint


def objects(store: Repository) -> set[str]:
    root = store.root / ".dvc/cache/files/md5"
    return {file.parent.name + file.name for file in root.glob("??/*")}


def planned(store: Repository, grace_s: int = 0) -> ReclaimPlan:
    return Store(store).reclaim_plan(grace_s=grace_s)


def carry_out(store: Repository) -> int:
    plan = planned(store)
    result = Store(store).reclaim(plan)
    assert not result.changed and result.reclaimed_bytes == plan.reclaimable_bytes
    return result.reclaimed_bytes


@pytest.fixture
def store(store: Repository, save_versions: Save) -> Repository:
    save_versions(1)
    return store


class TestWhatGoes:
    def test_what_a_stopped_run_added_goes_with_its_folder(self, store: Repository, git: Git) -> None:
        added = add(store)
        assert len(objects(store)) == 3 and (store.root / RUN / "checkpoint").is_dir()
        [item] = planned(store).removed
        checkpoint = item.checkpoint
        assert (checkpoint.md5, checkpoint.run_id, checkpoint.left_by) == (added.md5, RUN[-23:], "stopped")
        assert str(checkpoint.version) == "numpy_array/Net@1" and item.bytes > len(WEIGHTS)
        assert Store(store).du().left == Store(store).du().cache == item.bytes
        assert carry_out(store) == item.bytes
        assert objects(store) == set() and not (store.root / "training_runs").exists()
        assert left_notes(store) == [] and planned(store).is_empty
        assert Store(store).verify(content=True).problems == ()

    def test_it_stays_for_the_period_of_grace(self, store: Repository) -> None:
        add(store)
        plan = planned(store, grace_s=14 * 86_400)
        [item] = plan.kept
        assert plan.objects == () and item.reason.startswith("may go from 20") and item.may_go_at is not None
        assert Store(store).reclaim(plan).reclaimed_bytes == 0
        assert len(objects(store)) == 3 and len(left_notes(store)) == 1
        assert (store.root / RUN / "checkpoint/weights.safetensors").read_bytes() == WEIGHTS

    def test_equal_runs_that_were_stopped_are_one_checkpoint(self, store: Repository) -> None:
        add(store)
        add(store, OTHER)
        [item] = planned(store).removed
        assert item.checkpoint.folders == (RUN,)  # the other one added nothing
        carry_out(store)
        assert objects(store) == set() and not (store.root / "training_runs").exists()
        assert left_notes(store) == []

    def test_a_run_that_ends_well_leaves_no_note(self, store: Repository) -> None:
        add(store, commits=True, stop=False)
        assert left_notes(store) == [] and planned(store).is_empty

    def test_a_note_that_was_cut_off_goes(self, store: Repository) -> None:
        add(store)
        [note] = left_notes(store)
        note.place.write_bytes(note.place.read_bytes()[:40])
        carry_out(store)
        assert left_notes(store) == [] and len(objects(store)) == 3

    def test_a_stopped_run_of_a_linked_work_tree_is_found_from_the_main_one(
        self, store: Repository, git: Git, tmp_path: Path
    ) -> None:
        from trainstore.workflows.init import init_store

        git(store, "worktree", "add", "-q", "-b", "side", tmp_path / "linked")
        init_store(tmp_path / "linked")
        add(find_store(tmp_path / "linked"))
        carry_out(store)
        assert objects(store) == set() and not (tmp_path / "linked/training_runs").exists()


class TestWhatStays:
    def test_what_a_living_run_adds(self, store: Repository) -> None:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            with suppress(BaseException), noted(store, RUN, "v") as announce:
                files = {"weights.safetensors": BytesIO(WEIGHTS)}
                add_checkpoint(store.root, f"{RUN}/checkpoint", files, announce)
                os.write(writer, b"added")
                signal.pause()
            os._exit(1)
        try:
            os.read(reader, 5)
            assert planned(store).is_empty
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert len(planned(store).removed) == 1

    def test_what_the_cache_had_before(self, store: Repository) -> None:
        DvcCache(store.root).add(BytesIO(STRUCTURE))  # as another program that uses the cache does
        [before] = objects(store)
        add(store)
        carry_out(store)
        assert objects(store) == {before}

    def test_what_a_run_has_that_was_committed_since(self, store: Repository, record_run: RecordRun) -> None:
        add(store)
        record_run(store, "Net@1", weights=b"others")  # with the same structure
        assert len(WEIGHTS) < carry_out(store) < len(WEIGHTS) + 200
        assert len(objects(store)) == 3 and Store(store).verify(content=True).problems == ()

    def test_a_checkpoint_that_an_equal_run_has_committed_since(
        self, store: Repository, record_run: RecordRun
    ) -> None:
        add(store)
        folder = record_run(store, "Net@1", weights=WEIGHTS)
        assert carry_out(store) == 0
        assert Store(store).verify(content=True).problems == () and len(objects(store)) == 3
        assert not (store.root / RUN).exists() and (store.root / folder).exists()
        assert left_notes(store) == []  # by now history tells of it

    @pytest.mark.parametrize("reference", ["branch", "tag", "stash", "reflog", "index", "file"])
    def test_what_was_committed_before_the_note_went(
        self, store: Repository, git: Git, reference: str
    ) -> None:
        before = git(store, "rev-parse", "HEAD")
        add(store, commits=reference not in ("stash", "index", "file"))
        if reference in ("stash", "index", "file"):
            [note] = left_notes(store)
            assert note.begun is not None
            pointer = f"outs:\n- md5: {note.begun.md5}\n  size: 5009\n  nfiles: 2\n  hash: md5\n  path: checkpoint\n"
            (store.root / RUN / "checkpoint.dvc").write_text(pointer)
        if reference in ("stash", "index"):
            git(store, "add", RUN)
        if reference == "index":
            (store.root / RUN / "checkpoint.dvc").unlink()
        if reference == "stash":
            git(store, "stash", "-q")
        if reference in ("branch", "tag"):
            git(store, reference, "kept")
        if reference in ("branch", "tag", "reflog"):
            git(store, "reset", "-q", "--hard", before)
        carry_out(store)
        assert len(objects(store)) == 3
        if reference == "reflog":
            assert (store.root / RUN / "checkpoint").is_dir() and len(left_notes(store)) == 1
            git(store, "reflog", "expire", "--expire=now", "--all")
            carry_out(store)
            assert objects(store) == set()

    def test_a_folder_in_which_something_else_stands(self, store: Repository) -> None:
        add(store)
        weights = store.root / RUN / "checkpoint/weights.safetensors"
        weights.unlink()
        weights.write_bytes(b"mine")
        carry_out(store)
        assert weights.read_bytes() == b"mine"

    def test_a_folder_that_a_record_stands_beside(self, store: Repository) -> None:
        """As a kill in the midst of the commit leaves it, until the next command takes that back."""
        add(store)
        (store.root / RUN / "run.json").write_text("{}")
        assert planned(store).is_empty

    def test_a_file_that_is_linked_elsewhere(self, store: Repository, tmp_path: Path) -> None:
        add(store)
        os.link(store.root / RUN / "checkpoint/weights.safetensors", tmp_path / "mine")
        [item] = planned(store).kept
        assert "linked" in item.reason
        carry_out(store)
        assert len(objects(store)) == 3


def test_killed_at_any_step_a_run_leaves_what_the_next_reclaim_frees(
    store: Repository, record_run: RecordRun, tmp_path: Path, in_child: InChild, git: Git
) -> None:
    kept = record_run(store, "Net@1", weights=b"kept")
    before = objects(store)

    def copied(name: str) -> Repository:
        shutil.copytree(store.root, tmp_path / name, symlinks=True)
        return find_store(tmp_path / name)

    steps = in_child(partial(add, copied("finished"), commits=True, stop=False))
    left = 0
    for step in range(1, steps + 1):
        killed = copied(str(step))
        assert in_child(partial(add, killed, commits=True, stop=False), step) == -signal.SIGKILL
        left += objects(killed) != before
        Store(killed).pin("Net@1")  # takes a commit back that was begun
        for passing in (killed.root / ".dvc/tmp").glob("trainstore-*"):
            os.utime(passing, (0, 0))
        DvcCache(killed.root).clear_stale()  # as every run does
        carry_out(killed)
        committed = (killed.root / RUN / "checkpoint.dvc").exists()
        assert (objects(killed) == before) != committed
        assert (killed.root / RUN / "checkpoint").exists() == committed
        assert (killed.root / kept / "checkpoint/weights.safetensors").read_bytes() == b"kept"
        problems = Store(killed).verify(content=True).problems
        assert left_notes(killed) == [] and {one.kind for one in problems} <= {
            "pointer"
        }  # it has no run.json
        shutil.rmtree(killed.root)
    assert left > 5
