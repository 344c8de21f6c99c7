"""Checks of the runs in HEAD's tree: their records, the versions that they are of, their pointers."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from trainstore.disk_format.dvc_files import pointed_folder
from trainstore.disk_format.layout import is_checkpoint_pointer, is_run_path, pointer_file, run_file
from trainstore.errors import InvalidRecord
from trainstore.records.run_record import RunRecord, decode_run
from trainstore.workflows.problem import Problem
from trainstore.workflows.verification.reading import Committed
from trainstore.workflows.verification.tellers import (
    Claim,
    compare_with_commits,
    last_saved,
    put_back,
    unreadable,
)


@dataclass
class RunsCheck:
    """What is wrong with runs, and by their folders the records of those that have a checkpoint, or a study."""

    problems: list[Problem] = field(default_factory=list)
    runs: int = 0
    with_checkpoint: dict[str, RunRecord] = field(default_factory=dict)
    of_studies: dict[str, RunRecord] = field(default_factory=dict)


def check_runs(
    committed: Committed, code_digests: Mapping[str, str], on_count: Callable[[int, int], None]
) -> RunsCheck:
    """Check every run in HEAD's tree, but not the data of its checkpoint.

    Args:
        committed: what git holds.
        code_digests: path of a record in the tree -> digest of its code.
        on_count: is told how many of how many are done.
    """
    check = RunsCheck()
    paths = sorted(path for path in committed.files if is_run_path(path))
    pointers = dict(committed.contents(path for path in committed.files if is_checkpoint_pointer(path)))
    check.runs = len(paths)
    for count, (path, data) in enumerate(committed.contents(paths), start=1):
        on_count(count, len(paths))
        folder = PurePosixPath(path).parent
        try:
            run = decode_run(data, folder.name)
        except InvalidRecord as error:
            check.problems.append(unreadable(committed, path, "run", data, error.message))
            continue
        check.problems += compare_with_commits(committed, _claim(path, run))
        check.problems += _check_version(committed, path, run, code_digests)
        pointer = pointer_file(folder)
        if run.checkpoint is not None:
            check.problems += _check_pointer(committed, path, run.checkpoint["md5"], pointers.get(pointer))
            check.with_checkpoint[str(folder)] = run
        if run.study_id is not None:
            check.of_studies[str(folder)] = run
    owned = {pointer_file(PurePosixPath(path).parent) for path in paths}
    check.problems += [_alone(committed, pointer) for pointer in sorted(pointers.keys() - owned)]
    return check


def _claim(path: str, run: RunRecord) -> Claim:
    says = {
        "Run-Id": PurePosixPath(path).parent.name,
        "Path": run.version["path"],
        "Outcome": run.outcome,
        "Device": run.device["used"] or run.device["requested"],
        "Data-Digest": run.data["digest"],
        "Score": None if run.score is None else repr(run.score),
        "Rerun-Of": run.rerun_of,
        "Verdict": run.verdict,
        "Claim": run.claim,
    }
    remedy = f"run.json is the truth. A run with a true message: trainstore rerun {run.run_id}"
    return Claim(path, f"run {run.run_id}", says, remedy)


def _check_version(
    committed: Committed, path: str, run: RunRecord, code_digests: Mapping[str, str]
) -> list[Problem]:
    version, folder = run.version["path"], PurePosixPath(path).parent.name
    source = last_saved(committed, path)
    hint = put_back(source.commit, path) if source else "trainstore runs shows the others."
    if run.run_id != folder:
        return [Problem("run", f"{path} says that it is of run {run.run_id}, not {folder}.", hint)]
    digests = {commit.trailers.get("Code-Digest") for commit in committed.tellers.get(version, [])}
    if version in committed.files:
        digests.add(code_digests.get(version))
    elif not digests:
        what = f"Run {run.run_id} is of {version}, which is neither in the tree nor in history."
        return [] if committed.shallow else [Problem("run", what, hint)]
    if None in digests or run.version["code_digest"] in digests:
        return []
    return [
        Problem("run", f"Run {run.run_id} was made with other code than {committed.name(version)} has.", hint)
    ]


def _check_pointer(committed: Committed, path: str, md5: str, pointer: bytes | None) -> list[Problem]:
    place = pointer_file(PurePosixPath(path).parent)
    if place in committed.files and committed.files[place] in committed.unreadable:
        return []
    if pointer is not None and pointed_folder(pointer) == md5:
        return []
    what = f"{place} names another checkpoint than its run.json: {md5}."
    if pointer is None:
        what = f"{place} is gone, which names the checkpoint of its run to DVC."
    source = last_saved(committed, path)
    hint = put_back(source.commit, place) if source else "trainstore rerun makes the run anew."
    return [Problem("pointer", what, hint)]


def _alone(committed: Committed, pointer: str) -> Problem:
    run_json = run_file(PurePosixPath(pointer).parent)
    source = last_saved(committed, run_json)
    hint = put_back(source.commit, run_json) if source else f"git rm {shlex.quote(pointer)} && git commit"
    return Problem("pointer", f"{pointer} stands without the run.json of its run.", hint)
