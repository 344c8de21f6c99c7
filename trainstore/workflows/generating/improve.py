"""Making a version better: asked with its code, curves and validation metrics, run, compared, and again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trainstore.errors import GenerationFailed, ModelServiceFailed, RunUnsuccessful, UsageError
from trainstore.execution.outcome import unsuccessful
from trainstore.generation.prompt import Parent, Reached
from trainstore.records.datasets import Dataset
from trainstore.records.run_record import RunRecord
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index
from trainstore.workflows.generating.earlier import best_run, headline, validation_metrics
from trainstore.workflows.generating.options import GenerateOptions
from trainstore.workflows.read_version import read_version
from trainstore.workflows.run import Listener, run_version
from trainstore.workflows.run_options import RunOptions

Ask = Callable[[Parent, Version], Version | None]


@dataclass(frozen=True)
class Round:
    """One attempt to make a version better.

    Attributes:
        parent: the version that was shown to the model.
        child: what it made of it.
        before: what the parent reached on the validation part.
        after: what the child reached; None where its run did not succeed or could not be scored.
        run_id: the child's run.
    """

    parent: Version
    child: Version
    before: float
    after: float | None
    run_id: str

    @property
    def is_better(self) -> bool:
        """Whether the child is better on the validation part."""
        return self.after is not None and self.after > self.before


@dataclass(frozen=True)
class Improvement:
    """Improving on one data set: how it is loaded and run."""

    repository: Repository
    dataset: Dataset
    run_options: RunOptions
    options: GenerateOptions
    listener: Listener

    def known_parent(self, version: Version) -> Parent:
        """Return what a model would be shown of a version.

        Raises:
            UsageError: it has no run on the data that succeeded and could be scored.
        """
        with open_index(self.repository) as index:
            run = best_run(self.repository, index, version, self.dataset.digest)
        if run is None:
            raise UsageError(
                f"{version} has no scored run on these data yet.",
                f"Make one: trainstore run {version} --data {self.run_options.data}",
            )
        return self._parent(version, run)

    def rounds(self, version: Version, ask: Ask) -> list[Round]:
        """Improve a version for so many rounds at most, each from the best so far, while it gets better.

        Writes: what `ask` saves, and a run of each child; of the first version too, where it never ran on the data.

        Raises:
            RunUnsuccessful: the first version does not run on these data, or its model cannot be scored.
        """
        done: list[Round] = []
        best, run = version, self._known_run(version)
        before = headline(run)
        assert before is not None
        for number in range(1, self.options.rounds + 1):
            self.listener.on_step(f"round {number} of {self.options.rounds}: improving {best} ({before:.4g})")
            try:
                child = ask(self._parent(best, run), best)
            except (ModelServiceFailed, GenerationFailed) as error:
                if not done:
                    raise
                self.listener.on_step(f"stopped: {error.message}")  # what was made until here stands
                break
            if child is None:
                self.listener.on_step("the model gave back what is there already")
                break
            tried = self._run(child)
            after = headline(tried)
            done.append(Round(best, child, before, after, tried.run_id))
            if after is None or not done[-1].is_better:
                break
            best, run, before = child, tried, after
        return done

    def _known_run(self, version: Version) -> RunRecord:
        """Return the version's best run on the data, made now where there is none."""
        with open_index(self.repository) as index:
            known = best_run(self.repository, index, version, self.dataset.digest)
        run = known or self._run(version)
        if run.outcome != "succeeded":
            raise unsuccessful(
                f"The run of {version}", run.outcome, run.reason, f"trainstore logs {run.run_id}"
            )
        if headline(run) is None:
            raise RunUnsuccessful(
                f"{version} cannot be scored on the validation part: {run.scoring['reason']}",
                "Only what can be scored can be improved.",
            )
        return run

    def _run(self, version: Version) -> RunRecord:
        return run_version(self.repository, version.path, self.run_options, self.listener).record

    def _parent(self, version: Version, run: RunRecord) -> Parent:
        record = read_version(self.repository, version)
        # The function itself never saw the test part, so what it reported may be shown.
        metrics: dict[str, Any] = {**run.claimed_metrics, **validation_metrics(run)}
        reached = Reached(version.model_name, metrics, run.curves)
        return Parent(record.code, record.bo_config, run.hyperparameters, reached)


def data_of(repository: Repository, version: Version) -> tuple[str, str | None, Any] | None:
    """Return the data, target and task of a version's best run; None where it never succeeded."""
    with open_index(repository) as index:
        run = best_run(repository, index, version)
    return None if run is None else (run.data["source"], run.data["target"], run.data["task"])
