"""Reading the records of runs, from git and not from a work tree that someone may have edited."""

from collections.abc import Sequence

from trainstore.disk_format.layout import RUNS
from trainstore.records.run_record import RunRecord, decode_run
from trainstore.store.git.commit_files import files_of_commits
from trainstore.store.git.read import read_blobs, read_file
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import RunEntry


def read_run(repository: Repository, run: RunEntry) -> RunRecord:
    """Return the whole record of a run, from the commit that made it."""
    return decode_run(read_file(repository.root, run.commit, f"{run.folder}/run.json"), run.run_id)


def read_runs(repository: Repository, runs: Sequence[RunEntry]) -> list[RunRecord]:
    """Return the whole records of many runs, from two questions to git."""
    written = files_of_commits(repository, {run.commit for run in runs}, [RUNS])
    blobs = [written.get(run.commit, {}).get(f"{run.folder}/run.json") for run in runs]
    contents = read_blobs(repository.root, [blob for blob in blobs if blob])
    return [
        decode_run(contents[blob], run.run_id) if blob else read_run(repository, run)
        for run, blob in zip(runs, blobs, strict=True)
    ]
