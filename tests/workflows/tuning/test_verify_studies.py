"""What verify says of studies whose files were changed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from scripted_trials import Scripted, ended

from trainstore.api import Store
from trainstore.errors import NotFound
from trainstore.store.git.repository import Repository
from trainstore.workflows.tuning.options import ResumeOptions, TuneOptions
from trainstore.workflows.tuning.search import SearchListener
from trainstore.workflows.tuning.studies import all_studies
from trainstore.workflows.tuning.tune import resume, tune

Git = Callable[..., str]


def worse(file: Path) -> None:
    file.write_text(file.read_text().replace('"outcome": "failed"', '"outcome": "killed"', 1))


def cut(file: Path) -> None:
    file.write_text(file.read_text()[:100])


def of_another(file: Path) -> None:
    text = file.read_text()
    study_id = text.partition('"study_id": "')[2][:23]
    file.write_text(text.replace(study_id, "20200101T000000Z-000000"))


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (Path.unlink, "study", "is gone"),
        (cut, "study", "is damaged"),
        (of_another, "study", "of another study"),
        (worse, "changed since saved", "changed and committed by hand"),
    ],
)
def test_a_changed_study_is_told_and_the_hint_brings_it_back(
    tuned_store: Repository,
    options: Callable[..., TuneOptions],
    git: Git,
    change: Callable[[Path], None],
    kind: str,
    words: str,
) -> None:
    tune(tuned_store, "Net", options(2), SearchListener(), Scripted(ended))
    assert Store(tuned_store).verify().problems == ()
    [file] = tuned_store.root.glob("training_runs/*/*/*/study.json")
    change(file)
    git(tuned_store, "commit", "-qam", "by hand")
    [problem] = Store(tuned_store).verify().problems
    assert problem.kind == kind and words in problem.what
    git(tuned_store, *problem.hint.partition(" && ")[0].removeprefix("git ").split())
    git(tuned_store, "commit", "-qm", "Put back")
    assert Store(tuned_store).verify().problems == ()


def test_an_id_that_leads_elsewhere_removes_nothing(
    tuned_store: Repository, options: Callable[..., TuneOptions], git: Git
) -> None:
    """A study.json may come from anybody's clone."""
    tune(tuned_store, "Net", options(2), SearchListener(), Scripted(ended))
    [file] = tuned_store.root.glob("training_runs/*/*/*/study.json")
    text = file.read_text()
    own = text.partition('"study_id": "')[2][:23]
    file.write_text(text.replace(own, "../../../victim"))
    git(tuned_store, "commit", "-qam", "by hand")
    victim = tuned_store.root / "victim"
    victim.mkdir()
    (tuned_store.state / "studies" / f"{own}.jsonl").unlink()
    assert all_studies(tuned_store) == []
    for trials in (None, 9):
        with pytest.raises(NotFound, match="There is no study"):
            resume(tuned_store, "../../../victim", ResumeOptions(trials=trials), SearchListener())
    assert victim.is_dir()
    assert Store(tuned_store).verify().problems
