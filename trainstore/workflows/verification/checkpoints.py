"""Checks of the checkpoints of the runs in HEAD's tree: all in DVC's cache, and still what was trained."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from trainstore.disk_format.layout import pointer_file
from trainstore.disk_format.moments import utc_text
from trainstore.records.run_record import RunRecord
from trainstore.workflows.problem import Problem
from trainstore.workflows.verification.absent import Absent

if TYPE_CHECKING:
    from trainstore.store.checkpoints.check import CacheChecker, CacheFault


def check_checkpoint(
    checker: "CacheChecker", root: Path, folder: str, run: RunRecord, absent: Absent
) -> list[Problem]:
    """Return what is wrong with the checkpoint of the run in a folder; one that was reclaimed, or is elsewhere, is no damage."""
    from trainstore.store.checkpoints.check import ExpectedCheckpoint

    assert run.checkpoint is not None
    expected = ExpectedCheckpoint(
        root / folder / "checkpoint", run.checkpoint["md5"], run.checkpoint["bytes"], run.weights_digest
    )
    faults = checker.check(expected)
    if any(fault.fault == "missing" and not fault.file for fault in faults):
        when = absent.reclaimed.get(expected.md5)
        if expected.md5 in absent.there:
            return []
        if when is not None:
            return [_told_reclaimed(folder, run, when)]
        if absent.not_asked:
            what = f"The checkpoint of run {run.run_id} ({run.function}) is not here, and the DVC remote was not asked."
            return [Problem("checkpoint elsewhere", what, "trainstore verify --remote", "warning")]
    return [_told(root, folder, run, fault) for fault in faults]


def _told_reclaimed(folder: str, run: RunRecord, when: int) -> Problem:
    pointer = shlex.quote(pointer_file(folder))
    what = f"The checkpoint of run {run.run_id} ({run.function}) was reclaimed at {utc_text(when)}."
    hint = f"dvc pull {pointer}, or where no DVC remote has it: trainstore rerun {run.run_id}"
    return Problem("checkpoint reclaimed", what, hint, "warning")


def _told(root: Path, folder: str, run: RunRecord, fault: "CacheFault") -> Problem:
    pointer = shlex.quote(pointer_file(folder))
    file = fault.file or "the list of files"
    of_run = f"of the checkpoint of run {run.run_id} ({run.function})"
    fetch = f"dvc fetch {pointer}, or where no DVC remote has it: trainstore rerun {run.run_id}"
    clear = f"rm -f {shlex.quote(str(fault.place))}"
    match fault.fault:
        case "missing" if fault.copy is not None:
            what = f"DVC's cache lacks {file} {of_run}; the work tree has it."
            return Problem("checkpoint missing", what, f"dvc commit --force {pointer}")
        case "missing":
            return Problem("checkpoint missing", f"DVC's cache lacks {file} {of_run}.", fetch)
        case "corrupt":
            what = f"{file} {of_run} is not what it was: {fault.place}."
            return Problem("checkpoint corrupt", what, f"{clear} && {fetch}")
        case "weights differ":
            what = f"{file} {of_run} is not the one that run.json has the digest of: {run.weights_digest}."
            return Problem("checkpoint corrupt", what, f"trainstore rerun {run.run_id} trains it again.")
        case "work tree differs":
            what = f"{fault.place.relative_to(root)} differs from the checkpoint of run {run.run_id}."
            return Problem("checkpoint changed", what, f"Move it away, then: dvc checkout {pointer}")
