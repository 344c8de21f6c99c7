"""Reading the records of runs, from git and not from a work tree that someone may have edited."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from trainstore.disk_format.layout import RUNS, run_file
from trainstore.errors import InvalidRecord
from trainstore.records.run_record import RunRecord, decode_run
from trainstore.store.git.commit_files import files_of_commits
from trainstore.store.git.read import read_blobs, read_file
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import RunEntry


def read_run(repository: Repository, run: RunEntry) -> RunRecord:
    """Return the whole record of a run, from the commit that made it. Raises InvalidRecord."""
    return decode_run(_content(repository, run), run.run_id)


def read_runs(repository: Repository, runs: Sequence[RunEntry]) -> list[RunRecord]:
    """Return the whole records of many runs, from two questions to git. Raises InvalidRecord."""
    return [decode_run(content, run.run_id) for run, content in _contents(repository, runs)]


def readable_runs(repository: Repository, runs: Sequence[RunEntry]) -> Iterator[tuple[RunEntry, RunRecord]]:
    """Yield the runs whose records can be read, each with its record; `verify` tells of the others."""
    for run, content in _contents(repository, runs):
        with suppress(InvalidRecord):
            yield run, decode_run(content, run.run_id)


def _contents(repository: Repository, runs: Sequence[RunEntry]) -> Iterator[tuple[RunEntry, bytes]]:
    written = files_of_commits(repository, {run.commit for run in runs}, [RUNS])
    blobs = [written.get(run.commit, {}).get(run_file(run.folder)) for run in runs]
    contents = read_blobs(repository.root, [blob for blob in blobs if blob])
    for run, blob in zip(runs, blobs, strict=True):
        yield run, contents[blob] if blob else _content(repository, run)


def _content(repository: Repository, run: RunEntry) -> bytes:
    return read_file(repository.root, run.commit, run_file(run.folder))
