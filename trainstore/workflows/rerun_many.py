"""Repeating many runs, one after the other: what still gives the same result, and what does not."""

from collections.abc import Iterator
from dataclasses import dataclass

from trainstore.errors import TrainstoreError
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import RunEntry
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_function
from trainstore.workflows.rerun import rerun
from trainstore.workflows.run import Listener, RunResult
from trainstore.workflows.run_options import RerunOptions


@dataclass(frozen=True)
class Repeated:
    """One run and its repetition; ``error`` says why there is none."""

    original: RunEntry
    result: RunResult | None
    error: TrainstoreError | None = None

    @property
    def holds(self) -> bool:
        """Whether the result is the same, to the bit or within tolerance."""
        return self.result is not None and self.result.record.verdict in ("identical", "equivalent")


def runs_to_repeat(
    repository: Repository, name: str | None = None, since: float | None = None
) -> list[RunEntry]:
    """Return the runs in the tree that succeeded and repeat no other, oldest first.

    Args:
        repository: the store.
        name: of the one function whose runs count.
        since: Unix seconds; older runs do not count.

    Raises:
        NotFound: there is no such function.
    """
    with open_index(repository) as index:
        runs = index.runs() if name is None else index.runs_of_function(*resolve_function(index, name))
    return [
        run for run in runs
        if run.action != "rerun" and run.outcome == "succeeded" and (since is None or run.committed >= since)
    ]  # fmt: skip


def rerun_many(
    repository: Repository, runs: list[RunEntry], how: RerunOptions, listener: Listener
) -> Iterator[Repeated]:
    """Repeat runs and yield each as it ends; one that cannot be repeated does not keep the others from it.

    What has ended is recorded, so an interrupt loses nothing but the one at work.
    """
    for number, run in enumerate(runs, start=1):
        listener.on_step(f"run {run.run_id} ({number} of {len(runs)})")
        try:
            result = rerun(repository, run.run_id, how, listener)
        except TrainstoreError as error:
            yield Repeated(run, None, error)
        else:
            yield Repeated(run, result)
