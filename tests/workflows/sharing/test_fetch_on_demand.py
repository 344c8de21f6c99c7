"""What the cache lacks comes from the DVC remote when a command needs it, and only what it should be enters."""

from collections.abc import Callable
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import CheckpointMissing, IntegrityProblem
from trainstore.retention.policy import Policy
from trainstore.store.checkpoints.dvc_cache import DvcCache
from trainstore.workflows.load_data import load_data
from trainstore.workflows.pinned_data import find_data
from trainstore.workflows.run import Listener
from trainstore.workflows.run_options import RunOptions
from trainstore.workflows.save import save_records
from trainstore.workflows.sharing.pull import PullOptions, pull_store
from trainstore.workflows.sharing.push import PushOptions, push_store
from trainstore.workflows.transfers.progress import Transfer
from trainstore.workflows.tuning.options import TuneOptions
from trainstore.workflows.tuning.search import SearchListener

Make = Callable[..., Any]


@pytest.fixture
def shared(people: Any, make_record: Make, record_run: Callable[..., str]) -> Any:
    """Ann's run and data set are with the remotes; Ben has the commits alone."""
    save_records(people.ann, [make_record()])
    record_run(people.ann, "Net")
    table = people.ann.root.parent / "table.csv"
    table.write_text("a,kind\n" + "1,x\n2,y\n" * 20)
    Store(people.ann).add_data("table", table, target="kind")
    push_store(people.ann, PushOptions())
    pull_store(people.ben, PullOptions())
    return people


def the_run(people: Any) -> str:
    (run,) = Store(people.ben).runs()
    return run.run_id


def test_a_pull_brings_no_checkpoints_unless_asked(shared: Any, cached: Any) -> None:
    assert cached(shared.ben) == set()
    result = pull_store(shared.ben, PullOptions(checkpoints=True))
    assert (result.commit, result.objects, result.dvc_remote) == (None, 4, "storage")
    assert cached(shared.ben) == cached(shared.ann)
    assert pull_store(shared.ben, PullOptions(checkpoints=True)).objects == 0


def test_a_checkpoint_comes_when_it_is_asked_for(shared: Any) -> None:
    steps: list[str] = []
    counts: list[tuple[int, int]] = []
    transfer = Transfer(steps.append, lambda done, total: counts.append((done, total)))
    files = Store(shared.ben).checkpoint_files(the_run(shared), transfer)
    assert files["weights.safetensors"].read_bytes() == b"weights of run 1"
    assert steps == [f"fetching the checkpoint of run {the_run(shared)} from the DVC remote 'storage'"]
    assert counts[-1] == (25, 25)
    Store(shared.ben).checkpoint_files(the_run(shared), transfer)
    assert len(steps) == 1


def test_pinned_data_comes_when_it_is_loaded(shared: Any) -> None:
    assert load_data(shared.ben, "table").pinned == find_data(shared.ben, "table")


@pytest.mark.parametrize("what", ["run", "tune", "generate"])
def test_it_is_told_that_data_comes(shared: Any, what: str) -> None:
    """Told before anything is trained: what would come after it is of no interest here."""
    steps: list[str] = []

    def stop(step: str) -> None:
        steps.append(step)
        if step.startswith("fetching"):
            raise KeyboardInterrupt

    store = Store(shared.ben)
    with pytest.raises(KeyboardInterrupt):
        if what == "run":
            store.run("Net", RunOptions("table"), Listener(stop))
        elif what == "tune":
            store.tune("Net", TuneOptions("table", trials=2), SearchListener(stop))
        else:
            store.generate("table", listener=Listener(stop))
    assert steps[-1].startswith("fetching the data 'table.csv' (md5 ") and "'storage'" in steps[-1]


def test_a_run_that_comes_back_has_its_checkpoint(
    people: Any, save: Make, record_run: Callable[..., str]
) -> None:
    """One clone prunes, and another one that never had the checkpoint brings the version back."""
    save(people.ann, 0, 1)
    folder = record_run(people.ann, "Net@1")
    Store(people.ann).prune(Store(people.ann).prune_plan(Policy(keep_last=1)))
    push_store(people.ann, PushOptions())
    pull_store(people.ben, PullOptions())
    assert not (people.ben.root / folder).exists()
    result = Store(people.ben).restore("Net@1")
    assert result.folders.missing == ()
    assert (people.ben.root / folder / "checkpoint/weights.safetensors").read_bytes() == b"weights of run 1"


class TestWhatTheRemoteCannotGive:
    def test_without_a_remote_it_is_missing_as_ever(self, shared: Any) -> None:
        config = shared.ben.root / ".dvc/config"
        config.write_text(config.read_text().partition("[core]")[0])
        with pytest.raises(CheckpointMissing, match="is not in the cache"):
            Store(shared.ben).checkpoint_files(the_run(shared))

    @pytest.mark.parametrize("ending", [".dir", ""])
    def test_what_nobody_has_is_told(self, shared: Any, cached: Any, ending: str) -> None:
        for identity in shared.objects():
            if identity.endswith(".dir") == bool(ending):
                shared.place(identity).unlink()
        with pytest.raises(CheckpointMissing, match="Neither DVC's cache nor the DVC remote 'storage'"):
            Store(shared.ben).checkpoint_files(the_run(shared))
        assert cached(shared.ben) == set()
        if ending:
            missing = pull_store(shared.ben, PullOptions(checkpoints=True)).lacking
            assert [path.rpartition("/")[2] for path in missing] == ["checkpoint.dvc"]

    @pytest.mark.parametrize("ending", [".dir", ""])
    @pytest.mark.parametrize("lie", ["other bytes", "more bytes"])
    def test_other_bytes_than_asked_for_are_found_out(
        self, shared: Any, cached: Any, ending: str, lie: str
    ) -> None:
        for identity in shared.objects():
            if identity.endswith(".dir") == bool(ending):
                place = shared.place(identity)
                place.chmod(0o644)
                content = place.read_bytes()
                place.write_bytes(content[::-1] if lie == "other bytes" else content * 2)
        with pytest.raises(IntegrityProblem, match="'storage' gave other bytes than those of the object"):
            Store(shared.ben).checkpoint_files(the_run(shared))
        assert cached(shared.ben) == set()
        assert list((shared.ben.root / ".dvc/cache/files/md5").glob(".trainstore-*")) == []

    def test_what_came_before_a_failure_stays(self, shared: Any, cached: Any) -> None:
        weights = max(shared.objects().items(), key=lambda item: item[1])[0]
        spoilt = shared.place(weights)
        spoilt.chmod(0o644)
        spoilt.write_bytes(spoilt.read_bytes()[::-1])
        with pytest.raises(IntegrityProblem):
            pull_store(shared.ben, PullOptions(checkpoints=True))
        assert cached(shared.ben) <= cached(shared.ann) - {weights}


def test_what_is_damaged_here_gives_way_to_what_comes(shared: Any, cached: Any) -> None:
    pull_store(shared.ben, PullOptions(checkpoints=True))
    place = shared.ben.root / ".dvc/cache/files/md5"
    (weights,) = (file for file in place.glob("??/*") if file.read_bytes() == b"weights of run 1")
    weights.chmod(0o644)
    weights.write_bytes(bytes(16))
    source = shared.place(weights.parent.name + weights.name)
    assert DvcCache(shared.ben.root).fetch(
        weights.parent.name + weights.name, lambda file: file.write_bytes(source.read_bytes())
    )
    assert weights.read_bytes() == b"weights of run 1"
