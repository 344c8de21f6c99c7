"""Checks of the studies in HEAD's tree: each run that was the best of one still has its study.json beside it."""

from collections.abc import Iterator, Mapping

from trainstore.disk_format.layout import run_file, study_file
from trainstore.errors import InvalidRecord
from trainstore.records.run_record import RunRecord
from trainstore.records.study import decode_study
from trainstore.workflows.problem import Problem
from trainstore.workflows.verification.reading import Committed
from trainstore.workflows.verification.tellers import last_saved, put_back


def check_studies(committed: Committed, runs: Mapping[str, RunRecord]) -> Iterator[Problem]:
    """Yield what is wrong with studies.

    Args:
        committed: what git holds.
        runs: those that were the best of a study, by their folders.
    """
    paths = {study_file(folder): run for folder, run in runs.items()}
    found = dict(committed.contents(path for path in paths if path in committed.files))
    for path, run in paths.items():
        if path in committed.files and path not in found:
            continue  # git cannot read it, which is told elsewhere
        source = last_saved(committed, run_file(path.rpartition("/")[0]))
        hint = put_back(source.commit, path) if source else "The run itself is whole: trainstore show has it."
        what = _what_is_wrong(path, found.get(path), run)
        if what:
            yield Problem("study", what, hint)
        elif source and committed.written[source.commit].get(path) not in (None, committed.files[path]):
            told = (
                f"{path} is not what commit {source.commit[:12]} saved: it was changed and committed by hand."
            )
            yield Problem("changed since saved", told, hint)


def _what_is_wrong(path: str, content: bytes | None, run: RunRecord) -> str | None:
    if content is None:
        return f"{path} is gone, which has the trials of the study that run {run.run_id} is the best of."
    try:
        study = decode_study(content, path)
    except InvalidRecord as error:
        return error.message
    if study.header.study_id != run.study_id or study.ended.run_id != run.run_id:
        return f"{path} is of another study than run {run.run_id}."
    return None
