"""Whatever is done in whatever order, nothing that should be there is lost."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from store_steps import StoreSteps

from trainstore.api import Store
from trainstore.disk_format.layout import pin_path
from trainstore.disk_format.moments import Age
from trainstore.errors import NotFound, StoreConflict, UsageError
from trainstore.retention.policy import Policy
from trainstore.store.git.read import list_tree
from trainstore.store.git.repository import find_store

Git = Callable[..., str]

NAMES = ["A", "B"]
POLICIES = [
    Policy(keep_last=1),
    Policy(keep_best=1),
    Policy(never_ran=True),
    Policy(unsuccessful=True, below=0.5),
    Policy(older_than=Age(0, "0s"), keep_last=2),
    Policy(older_than=Age(0, "0s"), include_current=True),
]
VERSION = st.tuples(st.sampled_from(NAMES), st.integers(1, 4)).map(lambda pair: f"{pair[0]}@{pair[1]}")
STEPS = st.one_of(
    st.tuples(st.just("save"), st.sampled_from(NAMES)),
    st.tuples(st.just("run"), VERSION, st.sampled_from([0.2, 0.9, None])),
    st.tuples(st.sampled_from(["pin", "unpin", "restore"]), VERSION),
    st.tuples(st.just("rollback"), VERSION),
    st.tuples(st.just("undo")),
    st.tuples(st.just("prune"), st.sampled_from(POLICIES)),
    st.tuples(st.just("delete"), VERSION),
    st.tuples(st.just("adopt")),
)


class History(StoreSteps):
    """A store with a thing or two done to it."""

    def do(self, step: tuple[Any, ...]) -> None:
        """Do one step; what cannot be done now is refused, which is all right."""
        with suppress(NotFound, StoreConflict, UsageError):
            getattr(self, f"do_{step[0]}")(*step[1:])

    def do_run(self, version: str, score: float | None) -> None:
        outcome = "failed" if score is None else "succeeded"
        self._record_run(self.store.repository, version, outcome, {"accuracy": score})

    def do_prune(self, policy: Policy) -> None:
        self._carry_out(self.store.prune_plan(policy))

    def do_delete(self, version: str) -> None:
        (self.store.root / self.store.version(version).path).unlink(missing_ok=True)

    def do_adopt(self) -> None:
        self._carry_out(self.store.prune_plan(adopt=True))

    def _carry_out(self, plan: Any) -> None:
        before = self.files()
        pinned = {path for path in before if pin_path(path) in before}
        result = self.store.prune(plan)
        after = self.files()
        assert before - after == set(plan.files) and after <= before and not result.changed
        kept = {run.folder for run in self.store.runs()}
        assert {item.path for item in plan.kept} <= after and pinned <= after
        for item in plan.kept:
            for folder in item.runs:
                assert folder in kept and {path for path in before if path.startswith(folder)} <= after

    def files(self) -> set[str]:
        """Return the paths of HEAD's tree."""
        return set(list_tree(self.store.root, "HEAD", ["generated_training_functions", "training_runs"]))


@pytest.mark.slow
@settings(max_examples=10, phases=[Phase.reuse, Phase.generate])  # shrinking would take minutes
@given(st.lists(STEPS, min_size=3, max_size=12))
def test_nothing_that_is_kept_or_pinned_is_lost_and_everything_can_come_back(
    empty_store: Path,
    tmp_path_factory: pytest.TempPathFactory,
    make_record: Any,
    record_run: Any,
    git: Git,
    steps: list[tuple[Any, ...]],
) -> None:
    root = tmp_path_factory.mktemp("history") / "store"
    shutil.copytree(empty_store, root, symlinks=True)
    history = History(Store(find_store(root)), make_record, record_run)
    for step in [("save", "A"), ("save", "A"), ("run", "A@1", 0.9), ("pin", "A@1"), ("save", "B"), *steps]:
        history.do(step)
    deleted = [line[3:] for line in git(root, "status", "--porcelain").splitlines()]
    if deleted:
        git(root, "restore", *deleted)
    assert history.store.verify(content=True).problems == ()
    for run in history.store.runs():
        pointer = root / run.folder / "checkpoint.dvc"
        assert pointer.exists() == os.path.isdir(root / run.folder / "checkpoint")
    for name in NAMES:  # whatever left the tree comes back
        for version in history.store.versions(name):
            history.store.restore(version.path)
    assert history.store.verify(content=True).problems == ()
    shutil.rmtree(root)
