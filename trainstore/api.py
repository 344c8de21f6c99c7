"""The store from Python: everything that the commands do, as typed methods. The commands are thin faces of it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainstore.errors import StoreNotFound
from trainstore.store.git.repository import Repository, find_store
from trainstore.store.index.entries import (
    Event,
    EventFilter,
    FunctionEntry,
    FunctionFilter,
    FunctionOrder,
    RunEntry,
    Version,
)
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_function, resolve_run, resolve_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainstore.execution.attacks.attack import Finding
    from trainstore.execution.sandbox.levels import Level
    from trainstore.records.datasets import PinnedFile, Task
    from trainstore.records.run_record import RunRecord
    from trainstore.records.training_record import TrainingRecord
    from trainstore.retention.policy import Policy
    from trainstore.workflows.compare import Comparison
    from trainstore.workflows.data_sets import AddedData
    from trainstore.workflows.diagnosis.attack import Siege
    from trainstore.workflows.diagnosis.diagnose import Diagnosis
    from trainstore.workflows.generate import GenerateResult, PromptPlan
    from trainstore.workflows.generating.options import GenerateOptions
    from trainstore.workflows.init import InitResult
    from trainstore.workflows.lineage import Descent
    from trainstore.workflows.lineage_graph import Step
    from trainstore.workflows.made_from import Change
    from trainstore.workflows.pin import PinResult
    from trainstore.workflows.predict import Prediction
    from trainstore.workflows.pruning.prune import PruneResult
    from trainstore.workflows.pruning.prune_plan import PrunePlan
    from trainstore.workflows.reclaiming.disk_use import DiskUse
    from trainstore.workflows.reclaiming.reclaim_plan import ReclaimPlan, ReclaimResult
    from trainstore.workflows.remote_reclaiming.make_plan import RemoteChoice, RemotePlan
    from trainstore.workflows.remote_reclaiming.reclaim import RemoteResult
    from trainstore.workflows.rerun_many import Repeated
    from trainstore.workflows.restore import RestoreResult
    from trainstore.workflows.rollback import RollbackResult
    from trainstore.workflows.run import Listener, RunResult
    from trainstore.workflows.run_options import RerunOptions, RunOptions
    from trainstore.workflows.save import SaveResult
    from trainstore.workflows.save_files import SaveFilesResult
    from trainstore.workflows.search_code import CodeMatch
    from trainstore.workflows.sharing.pull import PullOptions, PullResult
    from trainstore.workflows.sharing.push import PushOptions, PushResult
    from trainstore.workflows.status import Status
    from trainstore.workflows.trained_model import TrainedModel
    from trainstore.workflows.transfers.progress import Transfer
    from trainstore.workflows.tuning.keep_best import TuneResult
    from trainstore.workflows.tuning.options import ResumeOptions, TuneOptions
    from trainstore.workflows.tuning.places import Executor
    from trainstore.workflows.tuning.search import SearchListener
    from trainstore.workflows.tuning.studies import StudyEntry
    from trainstore.workflows.undo import UndoResult
    from trainstore.workflows.verification.remote import RemoteOptions
    from trainstore.workflows.verification.verify import Progress, VerifyResult


class Store:
    """A git repository of training functions, their runs and their checkpoints.

    Versions are named as on the command line: ``NAME``, ``NAME@3``, ``NAME@1704067200``, ``NAME~1``, a commit id
    or a file. Every method sees the store as it is at that moment; nothing is cached between calls.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    @classmethod
    def open(cls, folder: str | Path = ".") -> "Store":
        """Return the store around a folder.

        Raises:
            StoreNotFound: there is none.
        """
        return cls(find_store(Path(folder)))

    @classmethod
    def init(cls, folder: str | Path = ".") -> "InitResult":
        """Make a folder a store, or set up a clone of one; see `trainstore.workflows.init.init_store`."""
        from trainstore.workflows.init import init_store

        return init_store(Path(folder))

    @property
    def root(self) -> Path:
        """The top of the store's work tree."""
        return self.repository.root

    def functions(
        self,
        chosen: FunctionFilter | None = None,
        order: FunctionOrder | None = None,
        *,
        limit: int = -1,
        offset: int = 0,
    ) -> list[FunctionEntry]:
        """Return the functions that have a version in the tree, by name or in another order."""
        with open_index(self.repository) as index:
            return index.functions(chosen, order, limit=limit, offset=offset)

    def count_functions(self, chosen: FunctionFilter | None = None) -> int:
        """Return how many functions `functions` would return without a limit."""
        with open_index(self.repository) as index:
            return index.count_functions(chosen)

    def data_types(self) -> list[str]:
        """Return the data types of the functions in the tree, by name."""
        with open_index(self.repository) as index:
            return index.data_types()

    def versions(self, name: str) -> list[Version]:
        """Return every version of a function, oldest first, pruned ones too. Raises NotFound."""
        with open_index(self.repository) as index:
            return index.versions(*resolve_function(index, name))

    def versions_in_tree(self) -> list[Version]:
        """Return every version that stands in the tree, by function, oldest first."""
        with open_index(self.repository) as index:
            return index.versions_in_tree()

    def version(self, name: str) -> Version:
        """Return the version that a text names. Raises NotFound."""
        with open_index(self.repository) as index:
            return resolve_version(self.repository, index, name)

    def record(self, version: Version) -> "TrainingRecord":
        """Return the record of a version: its code, search space, profile and metadata."""
        from trainstore.workflows.read_version import read_version

        return read_version(self.repository, version)

    def history(
        self,
        name: str | None = None,
        chosen: EventFilter | None = None,
        *,
        limit: int = -1,
        offset: int = 0,
    ) -> list[Event]:
        """Return what happened to one function or to all, newest first. Raises NotFound."""
        with open_index(self.repository) as index:
            function = resolve_function(index, name) if name is not None else None
            return index.events(function, chosen, limit=limit, offset=offset)

    def lineage(self, name: str) -> "list[Descent]":
        """Return which version was made from which, of a function and what it is linked to. Raises NotFound."""
        from trainstore.workflows.lineage import lineage

        return lineage(self.repository, name)

    def lineage_graph(
        self,
        name: str,
        chosen: EventFilter | None = None,
        *,
        limit: int = -1,
        offset: int = 0,
        summarised: bool = True,
    ) -> "list[Step]":
        """Return what changed a function's versions, newest first, each with what it continues from. Raises NotFound.

        ``summarised`` tells what each version changed, for which code is read: up to a tenth of a second each.
        """
        from trainstore.workflows.lineage_graph import lineage_graph

        return lineage_graph(
            self.repository, name, chosen or EventFilter(), limit=limit, offset=offset, summarised=summarised
        )

    def change(self, version: Version) -> "Change":
        """Return which version one was made from, and what changed since that one, in one line."""
        from trainstore.workflows.made_from import change_of

        return change_of(self.repository, version)

    def search(self, pattern: str) -> "list[CodeMatch]":
        """Return the lines of code, of every version in the tree, that a regular expression is found in.

        Raises:
            UsageError: the pattern is not a regular expression.
        """
        from trainstore.workflows.search_code import search_code

        return search_code(self.repository, pattern)

    def pinned(self, version: Version) -> bool:
        """Tell whether a version is pinned."""
        from trainstore.workflows.read_version import is_pinned

        return is_pinned(self.repository, version)

    def runs(self, name: str | None = None, *, limit: int | None = None, offset: int = 0) -> list[RunEntry]:
        """Return the runs in the tree, oldest first, of a function, of one version, or of all.

        Of one version that left the tree they are those that left with it. With a limit, at most so many of the newest,
        after leaving out as many as ``offset`` says. Raises NotFound.
        """
        return self._runs(name)[::-1][offset:][:limit][::-1]

    def _runs(self, name: str | None) -> list[RunEntry]:
        with open_index(self.repository) as index:
            if name is None:
                return index.runs()
            if index.function_names(name):
                return index.runs_of_function(*resolve_function(index, name))
            return index.runs_with(resolve_version(self.repository, index, name))

    def find_run(self, run_id: str) -> RunEntry:
        """Return the run that an id, or a unique beginning of one, names. Raises NotFound."""
        with open_index(self.repository) as index:
            return resolve_run(index, run_id)

    def run_record(self, run_id: str) -> "RunRecord":
        """Return everything recorded of a run; a unique beginning of its id is enough. Raises NotFound."""
        from trainstore.workflows.read_run import read_run

        return read_run(self.repository, self.find_run(run_id))

    def run_records(self, runs: Sequence[RunEntry]) -> "list[RunRecord]":
        """Return everything recorded of many runs, in their order."""
        from trainstore.workflows.read_run import read_runs

        return read_runs(self.repository, runs)

    def versions_of(self, runs: Sequence[RunEntry]) -> dict[str, Version]:
        """Return the versions that runs are of, by their paths."""
        with open_index(self.repository) as index:
            paths = {run.version_path for run in runs}
            return {version.path: version for version in index.versions_at(sorted(paths))}

    def versions_at(self, paths: Sequence[str]) -> dict[str, Version]:
        """Return versions by the paths of their records; what is unknown is left out."""
        with open_index(self.repository) as index:
            return {version.path: version for version in index.versions_at(sorted(set(paths)))}

    def save_files(self, files: Sequence[Path], name: str | None = None) -> "SaveFilesResult":
        """Save files; see `trainstore.workflows.save_files.save_files`."""
        from trainstore.workflows.save_files import save_files

        return save_files(self.repository, files, name)

    def save_all(self) -> "SaveFilesResult":
        """Save what was dropped or edited in the store's folder; see `trainstore.workflows.take_up.take_up`."""
        from trainstore.workflows.take_up import take_up

        return take_up(self.repository)

    def import_folder(self, folder: Path) -> "SaveFilesResult":
        """Import a folder of JSON files; see `trainstore.workflows.import_folder.import_folder`."""
        from trainstore.workflows.import_folder import import_folder

        return import_folder(self.repository, folder)

    def status(self) -> "Status":
        """Return what the store holds, and what was changed by hand."""
        from trainstore.workflows.status import read_status

        return read_status(self.repository)

    def verify(
        self,
        *,
        content: bool = False,
        progress: "Progress | None" = None,
        remote: "RemoteOptions | None" = None,
    ) -> "VerifyResult":
        """Check that all that was saved is there and what it was; see `trainstore.workflows.verification.verify.verify`."""
        from trainstore.workflows.verification.verify import verify

        return verify(self.repository, content=content, progress=progress, remote=remote)

    def doctor(self) -> "Diagnosis":
        """Check that this machine and this store work; see `trainstore.workflows.diagnosis.diagnose.diagnose`."""
        return doctor(self.root)

    def save(self, record: Mapping[str, Any]) -> "SaveResult":
        """Save a record given as the seed's JSON object.

        Raises:
            InvalidRecord: its code or search space is wrong.
        """
        from trainstore.records.training_record import check_record, decode_record, encode_record
        from trainstore.workflows.save import save_records
        from trainstore.workflows.save_plan import Incoming

        file = encode_record(record)
        decoded = decode_record(file, file_name="", modified=int(time.time()))
        check_record(decoded)
        return save_records(self.repository, [Incoming(decoded, file)])

    def diff(self, old: str, new: str | None = None) -> "Comparison":
        """Return what differs between two versions or two runs; see `trainstore.workflows.compare.compare`."""
        from trainstore.workflows.compare import compare

        return compare(self.repository, old, new)

    def rollback(self, name: str, version: str) -> "RollbackResult":
        """Roll a function back; see `trainstore.workflows.rollback.rollback`."""
        from trainstore.workflows.rollback import rollback

        return rollback(self.repository, name, version)

    def restore(self, version: str) -> "RestoreResult":
        """Bring back a version that left the tree; see `trainstore.workflows.restore.restore`."""
        from trainstore.workflows.restore import restore

        return restore(self.repository, version)

    def undo(self, commit: str | None = None) -> "UndoResult":
        """Undo a commit of trainstore's, the newest by default; see `trainstore.workflows.undo.undo`."""
        from trainstore.workflows.undo import undo

        return undo(self.repository, commit)

    def data_sets(self) -> "list[PinnedFile]":
        """Return the pinned data sets, by name."""
        from trainstore.workflows.pinned_data import data_sets

        return data_sets(self.repository)

    def add_data(
        self,
        name: str,
        file: Path,
        *,
        target: str | None = None,
        task: "Task | None" = None,
        allow_weak_sandbox: bool = False,
    ) -> "AddedData":
        """Keep a data file under a name; see `trainstore.workflows.data_sets.add_data`."""
        from trainstore.execution.sandbox.levels import sandbox_demand
        from trainstore.workflows.data_sets import add_data

        sandbox = sandbox_demand(allow_weak_sandbox)
        return add_data(self.repository, name, file, target=target, task=task, sandbox=sandbox)

    def remove_data(self, name: str) -> str:
        """Take a data set's name away, and return the commit. Raises NotFound."""
        from trainstore.workflows.data_sets import remove_data

        return remove_data(self.repository, name)

    def pin(self, version: str, reason: str = "") -> "PinResult":
        """Protect a version from being pruned. Raises NotFound."""
        from trainstore.workflows.pin import pin

        return pin(self.repository, version, reason)

    def unpin(self, version: str) -> "PinResult":
        """Take a version's pin away. Raises NotFound."""
        from trainstore.workflows.pin import unpin

        return unpin(self.repository, version)

    def prune_plan(
        self,
        policy: "Policy | None" = None,
        *,
        function: str | None = None,
        data_type: str | None = None,
        adopt: bool = False,
    ) -> "PrunePlan":
        """Plan what a policy, or trainstore.toml, takes out; see `trainstore.workflows.pruning.make_plan.plan_prune`."""
        from trainstore.workflows.pruning.make_plan import plan_prune

        return plan_prune(
            self.repository, policy, int(time.time()), function=function, data_type=data_type, adopt=adopt
        )

    def preview_prune(self) -> "PrunePlan":
        """Plan what trainstore.toml takes out, without the bytes that a reclaim could free then."""
        from trainstore.workflows.pruning.make_plan import preview_prune

        return preview_prune(self.repository, int(time.time()))

    def prune(self, plan: "PrunePlan") -> "PruneResult":
        """Take out what a plan says, and nothing else; see `trainstore.workflows.pruning.prune.prune`."""
        from trainstore.workflows.pruning.prune import prune

        return prune(self.repository, plan)

    def reclaim_plan(self, *, grace_s: int | None = None) -> "ReclaimPlan":
        """Plan which checkpoints to free; see `trainstore.workflows.reclaiming.make_plan.plan_at`.

        Args:
            grace_s: how long ago they must have left the tree, in seconds; 14 days where none is given.
        """
        from trainstore.workflows.reclaiming.make_plan import plan_at
        from trainstore.workflows.reclaiming.reclaim_plan import GRACE_SECONDS, ReclaimRequest

        grace = GRACE_SECONDS if grace_s is None else grace_s
        return plan_at(self.repository, ReclaimRequest(int(time.time()), grace))

    def reclaim(self, plan: "ReclaimPlan") -> "ReclaimResult":
        """Free what a plan says, and nothing else; see `trainstore.workflows.reclaiming.reclaim.reclaim`."""
        from trainstore.workflows.reclaiming.reclaim import reclaim

        return reclaim(self.repository, plan)

    def remote_reclaim_plan(
        self,
        choice: "RemoteChoice | None" = None,
        transfer: "Transfer | None" = None,
        *,
        grace_s: int | None = None,
    ) -> "RemotePlan":
        """Plan which checkpoints to free on the DVC remote; see `trainstore.workflows.remote_reclaiming.make_plan`.

        Args:
            choice: on which remotes.
            transfer: is told of the progress.
            grace_s: as for `reclaim_plan`.
        """
        from trainstore.workflows.reclaiming.reclaim_plan import GRACE_SECONDS, ReclaimRequest
        from trainstore.workflows.remote_reclaiming.make_plan import RemoteChoice, plan_there

        request = ReclaimRequest(int(time.time()), GRACE_SECONDS if grace_s is None else grace_s)
        return plan_there(self.repository, request, choice or RemoteChoice(), transfer)

    def remote_reclaim(self, plan: "RemotePlan", transfer: "Transfer | None" = None) -> "RemoteResult":
        """Free what a plan says on the DVC remote, and nothing else; see `trainstore.workflows.remote_reclaiming.reclaim`."""
        from trainstore.workflows.remote_reclaiming.reclaim import reclaim_there

        return reclaim_there(self.repository, plan, transfer)

    def push(self, options: "PushOptions | None" = None, transfer: "Transfer | None" = None) -> "PushResult":
        """Share this branch and what it needs of DVC's cache; see `trainstore.workflows.sharing.push.push_store`."""
        from trainstore.workflows.sharing.push import PushOptions, push_store

        return push_store(self.repository, options or PushOptions(), transfer)

    def pull(self, options: "PullOptions | None" = None, transfer: "Transfer | None" = None) -> "PullResult":
        """Fetch and merge what others pushed; see `trainstore.workflows.sharing.pull.pull_store`."""
        from trainstore.workflows.sharing.pull import PullOptions, pull_store

        return pull_store(self.repository, options or PullOptions(), transfer)

    def du(self, name: str | None = None) -> "DiskUse":
        """Return what uses the disk, by function or, of one function, by run. Raises NotFound."""
        from trainstore.workflows.reclaiming.disk_use import disk_use

        return disk_use(self.repository, name, int(time.time()))

    def generate(
        self,
        data: str | None = None,
        options: "GenerateOptions | None" = None,
        *,
        target: str | None = None,
        task: "Task | None" = None,
        listener: "Listener | None" = None,
    ) -> "GenerateResult":
        """Save a function that fits a data set; see `trainstore.workflows.generate.generate`."""
        from trainstore.workflows.generate import DataChoice, generate
        from trainstore.workflows.generating.options import GenerateOptions
        from trainstore.workflows.run import Listener

        choice = DataChoice(data, target, task)
        return generate(self.repository, choice, options or GenerateOptions(), listener or Listener())

    def plan_prompt(
        self,
        data: str | None = None,
        options: "GenerateOptions | None" = None,
        *,
        target: str | None = None,
        task: "Task | None" = None,
    ) -> "PromptPlan":
        """Return what `generate` would ask; see `trainstore.workflows.generate.plan_prompt`."""
        from trainstore.workflows.generate import DataChoice, plan_prompt
        from trainstore.workflows.generating.options import GenerateOptions

        return plan_prompt(self.repository, DataChoice(data, target, task), options or GenerateOptions())

    def run(self, version: str, options: "RunOptions", listener: "Listener | None" = None) -> "RunResult":
        """Run a version on a data set and record it; see `trainstore.workflows.run.run_version`."""
        from trainstore.workflows.run import Listener, run_version

        return run_version(self.repository, version, options, listener or Listener())

    def rerun(
        self, run_id: str, how: "RerunOptions | None" = None, listener: "Listener | None" = None
    ) -> "RunResult":
        """Repeat a run and judge whether the result is the same; see `trainstore.workflows.rerun.rerun`."""
        from trainstore.workflows.rerun import rerun
        from trainstore.workflows.run import Listener
        from trainstore.workflows.run_options import RerunOptions

        return rerun(self.repository, run_id, how or RerunOptions(), listener or Listener())

    def tune(
        self,
        version: str,
        options: "TuneOptions",
        listener: "SearchListener | None" = None,
        executor: "Executor | None" = None,
    ) -> "TuneResult":
        """Search a version's space and keep the best run; see `trainstore.workflows.tuning.tune.tune`."""
        from trainstore.workflows.tuning.search import SearchListener
        from trainstore.workflows.tuning.tune import tune

        return tune(self.repository, version, options, listener or SearchListener(), executor)

    def resume_study(
        self,
        study_id: str = "",
        how: "ResumeOptions | None" = None,
        *,
        version: str | None = None,
        listener: "SearchListener | None" = None,
        executor: "Executor | None" = None,
    ) -> "TuneResult":
        """Go on with a study; see `trainstore.workflows.tuning.tune.resume`.

        Args:
            study_id: the study, or a unique beginning of its id; empty for the newest that can go on.
            how: what is not as it was begun.
            version: whose newest study, where none is named.
            listener: is told of the progress.
            executor: does the trials; this machine if not given.
        """
        from trainstore.workflows.tuning.options import ResumeOptions
        from trainstore.workflows.tuning.search import SearchListener
        from trainstore.workflows.tuning.studies import newest_to_resume
        from trainstore.workflows.tuning.tune import resume

        if not study_id:
            whose = self.version(version) if version is not None else None
            study_id = newest_to_resume(self.repository, whose).header.study_id
        how, listener = how or ResumeOptions(), listener or SearchListener()
        return resume(self.repository, study_id, how, listener, executor)

    def studies(
        self, name: str | None = None, *, limit: int | None = None, offset: int = 0
    ) -> "list[StudyEntry]":
        """Return the studies, oldest first, of a function, of one version, or of all.

        With a limit, at most so many of the newest, after leaving out as many as ``offset`` says. Raises NotFound.
        """
        from trainstore.workflows.tuning.studies import all_studies

        return all_studies(self.repository, self._paths_named(name), limit=limit, offset=offset)

    def count_studies(self, name: str | None = None) -> int:
        """Return how many studies `studies` would return without a limit. Raises NotFound."""
        from trainstore.workflows.tuning.studies import count_studies

        return count_studies(self.repository, self._paths_named(name))

    def _paths_named(self, name: str | None) -> frozenset[str] | None:
        """Return the paths of the versions of a function, or of one version; None for all. Raises NotFound."""
        if name is None:
            return None
        with open_index(self.repository) as index:
            if index.function_names(name):
                return frozenset(version.path for version in index.versions(*resolve_function(index, name)))
            return frozenset({resolve_version(self.repository, index, name).path})

    def study(self, study_id: str) -> "StudyEntry":
        """Return the study that an id, or a unique beginning of one, names. Raises NotFound."""
        from trainstore.workflows.tuning.studies import find_study

        return find_study(self.repository, study_id)

    def predict(
        self,
        run_id: str,
        data: str | Path,
        *,
        device: str = "cpu",
        allow_weak_sandbox: bool = False,
        transfer: "Transfer | None" = None,
    ) -> "Prediction":
        """Ask a run's model about new data; see `trainstore.workflows.predict.predict`."""
        from trainstore.execution.sandbox.levels import sandbox_demand
        from trainstore.workflows.predict import predict

        sandbox = sandbox_demand(allow_weak_sandbox)
        return predict(self.repository, run_id, data, device=device, sandbox=sandbox, transfer=transfer)

    def load_model(
        self, run_id: str, *, device: str = "cpu", allow_weak_sandbox: bool = False
    ) -> "TrainedModel":
        """Return a run's model as a callable; its code runs in a worker. Raises NotFound, CheckpointMissing."""
        from trainstore.workflows.predict import load_model

        return load_model(self.repository, run_id, device=device, allow_weak_sandbox=allow_weak_sandbox)

    def checkpoint_files(self, run_id: str, transfer: "Transfer | None" = None) -> Mapping[str, Path]:
        """Return file name -> where its verified bytes stand, for reading only; the DVC remote gives what is missing.

        Raises:
            NotFound, CheckpointMissing, RemoteFailed, IntegrityProblem: as for `trainstore.workflows.predict.predict`.
        """
        from trainstore.workflows.predict import checkpoint_files

        return checkpoint_files(self.repository, run_id, transfer)

    def rerun_many(
        self,
        name: str | None = None,
        how: "RerunOptions | None" = None,
        *,
        since: float | None = None,
        listener: "Listener | None" = None,
    ) -> "Iterator[Repeated]":
        """Repeat the runs that succeeded, of a function or of all; see `trainstore.workflows.rerun_many.rerun_many`."""
        from trainstore.workflows.rerun_many import rerun_many, runs_to_repeat
        from trainstore.workflows.run import Listener
        from trainstore.workflows.run_options import RerunOptions

        runs = runs_to_repeat(self.repository, name, since)
        return rerun_many(self.repository, runs, how or RerunOptions(), listener or Listener())


def profile(
    data: str,
    *,
    target: str | None = None,
    task: "Task | None" = None,
    allow_weak_sandbox: bool = False,
    folder: str | Path = ".",
) -> dict[str, Any]:
    """Return the ``data_profile`` of a data set, which may be one that the store around a folder has pinned.

    Raises:
        InvalidData: it cannot be used.
        SandboxTooWeak: its format has a decoder that this machine cannot keep in bounds.
    """
    from trainstore.execution.sandbox.levels import sandbox_demand
    from trainstore.profiling.data_profile import profile_dataset
    from trainstore.workflows.load_data import load_data
    from trainstore.workflows.pinned_data import is_data_name
    from trainstore.workflows.read_data import read_data

    sandbox = sandbox_demand(allow_weak_sandbox)
    with suppress(StoreNotFound):
        if is_data_name(data):
            store = find_store(Path(folder))
            return profile_dataset(load_data(store, data, target=target, task=task, sandbox=sandbox))
    return profile_dataset(read_data(data, target=target, task=task, sandbox=sandbox))


def doctor(folder: str | Path = ".") -> "Diagnosis":
    """Check that this machine works, and the store around a folder where there is one."""
    from trainstore.workflows.diagnosis.diagnose import diagnose

    return diagnose(Path(folder))


def attack_sandbox(
    level: "Level | None" = None, on_finding: "Callable[[Finding], None] | None" = None
) -> "Siege":
    """Attack this machine's sandbox to see that it holds; see `trainstore.workflows.diagnosis.attack.attack_sandbox`."""
    from trainstore.workflows.diagnosis.attack import attack_sandbox

    return attack_sandbox(level, on_finding or (lambda finding: None))
