"""Starts a worker that runs nothing untrusted before its sandbox is seen to hold."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from trainstore.errors import SandboxTooWeak
from trainstore.execution.forks import Forks
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.limits import Limits
from trainstore.execution.placed_inputs import take_own_inputs
from trainstore.execution.python_process import python_command, worker_environment
from trainstore.execution.runtime import Interpreter, Runtime
from trainstore.execution.sandbox.bubblewrap import bubblewrap_command
from trainstore.execution.sandbox.confinement import Confinement
from trainstore.execution.sandbox.gate import Gate
from trainstore.execution.sandbox.inspection import confirm, leaf_of
from trainstore.execution.sandbox.landlock import READ, USE_DEVICE, WRITE
from trainstore.execution.sandbox.levels import WALLS, Layer, SandboxDemand, level_of, reaches, report
from trainstore.execution.sandbox.plan import Plan, make_plan
from trainstore.execution.sandbox.probe import bubblewrap_program
from trainstore.execution.sandbox.tree import SHARED_MEMORY, TEMPORARY, Step, private_tree
from trainstore.execution.sandbox.view import View, worker_view
from trainstore.execution.supervised import Supervised, WorkerStart
from trainstore.execution.supervisor_process import Start, start_program
from trainstore.records.surroundings import RecordedSandbox


@dataclass(frozen=True)
class ConfinedWorker:
    """A worker that may begin, and its sandbox as run.json has it."""

    process: Supervised
    sandbox: RecordedSandbox


@dataclass(frozen=True)
class Terms:
    """On what terms a worker runs.

    Attributes:
        limits: what ends it.
        sandbox: how well it must be kept in bounds.
        runtime: what it computes with.
        start_seconds: how long to wait for it to be confined; None as long as it lives.
        forks: what forks it; None to start it as a program.
    """

    limits: Limits
    sandbox: SandboxDemand
    runtime: Runtime = field(default_factory=Runtime)
    start_seconds: float | None = None
    forks: Forks | None = None


@contextmanager
def confined_worker(
    job: JobFolder, request: Mapping[str, Any], descriptors: Mapping[str, int], terms: Terms
) -> Iterator[ConfinedWorker]:
    """Write the request, start a worker, look at it, and let it begin; leaving the context ends its whole tree.

    Args:
        job: the folder, its inputs already in it.
        request: what the worker is to do; ``device`` and ``threads`` are in it.
        descriptors: what the worker inherits, by name; closed here.
        terms: its limits, its sandbox and what it computes with.

    Raises:
        SandboxTooWeak: the level demanded is not reached here; nothing untrusted was run.
    """
    with Gate() as gate:
        passed = {**descriptors, "gate": gate.worker_end}
        try:
            plan, start = _prepare(job, request, passed, terms)
        except BaseException:
            for descriptor in passed.values():
                os.close(descriptor)
            raise
        with Supervised(start, job, terms.limits) as process:
            layers = [*_admit(gate, process, plan, terms), *plan.absent]
            yield ConfinedWorker(process, report([*_always(terms.limits), *layers]))


def _prepare(
    job: JobFolder, request: Mapping[str, Any], passed: Mapping[str, int], terms: Terms
) -> tuple[Plan, WorkerStart]:
    runtime = terms.runtime
    view = worker_view(runtime.interpreter)
    plan, supervisor = _plan(terms, view, request["threads"])
    # Confirmed or not, it cannot get better than it was planned.
    _check_level(terms.sandbox, plan.absent, plan.hoped_for())
    if plan.namespaces is None:
        take_own_inputs(job)  # only a mount of its own keeps a worker from what others are going to read
    tree = private_tree(view, job, _scratch_bytes(terms.limits)) if plan.namespaces else []
    orders = _orders(job, plan, view, tree, terms.limits)
    for_worker = {"confinement": orders.to_json(), "packages": runtime.interpreter.added}
    job.request.write_text(json.dumps({**request, **passed, **for_worker}))
    if plan.user is not None:
        _open_to_user(job, plan.user, private=plan.namespaces is not None)
    return plan, WorkerStart(
        _command(job, plan, tree, runtime.interpreter),
        worker_environment(job, request["device"], request["threads"], runtime),
        list(passed.values()),
        tells_signals_as_codes=plan.namespaces == "bubblewrap",
        supervisor=supervisor,
        bounded_scratch=plan.namespaces is not None,
    )


def _plan(terms: Terms, view: View, threads: int) -> tuple[Plan, Start]:
    """The plan, and how the supervisor is started; forked only where that takes nothing from the sandbox.

    bubblewrap starts a program in namespaces, and a forked worker starts none: it has to leave its own.
    """
    plan = make_plan(terms.sandbox, view)
    if terms.forks is None or not terms.forks.can_start(terms.runtime):
        return plan, start_program
    forked = terms.forks.start(threads, terms.runtime)
    if plan.namespaces != "bubblewrap":
        return plan, forked
    if terms.sandbox.namespaces is None:
        by_itself = make_plan(replace(terms.sandbox, namespaces="unshare"), view)
        if by_itself.namespaces is not None:
            return by_itself, forked
    return plan, start_program


def _admit(gate: Gate, process: Supervised, plan: Plan, terms: Terms) -> list[Layer]:
    claimed = gate.hear(terms.start_seconds)
    if claimed is None:
        return [
            Layer(layer.name, False, "the worker ended before it was confined") for layer in plan.hoped_for()
        ]
    confirmed = confirm(leaf_of(process.pid), claimed, plan)
    _check_level(terms.sandbox, plan.absent, confirmed)
    gate.open()
    return confirmed


def _check_level(demand: SandboxDemand, absent: Sequence[Layer], layers: Sequence[Layer]) -> None:
    level = level_of(layers)
    if reaches(level, demand.least):
        return
    reasons = [
        f"{layer.name} ({layer.why})"
        for layer in (*absent, *layers)
        if not layer.active and layer.name in WALLS
    ]
    raise SandboxTooWeak(
        f"Nothing was run: the sandbox here is {level}, and at least {demand.least} is asked for. "
        f"Missing: {'; '.join(reasons)}",
        "trainstore doctor says what is missing. To run code that you trust all the same: --allow-weak-sandbox",
    )


def _always(limits: Limits) -> Iterator[Layer]:
    for name in ("environment", "descriptors", "own_session", "process_tree", "output_limit"):
        yield Layer(name, True)
    yield Layer("wall_limit", limits.wall_seconds is not None, "none was asked for")


def _command(job: JobFolder, plan: Plan, tree: Sequence[Step], interpreter: Interpreter) -> list[str]:
    command = python_command("trainstore.execution.worker", str(job.root), interpreter=interpreter)
    program = bubblewrap_program() if plan.namespaces == "bubblewrap" else None
    if program is None:
        return command
    return [*bubblewrap_command(program, tree, plan.user_namespace, str(job.home)), *command]


def _orders(job: JobFolder, plan: Plan, view: View, tree: list[Step], limits: Limits) -> Confinement:
    return Confinement(
        tree=tree if plan.namespaces == "unshare" else None,
        user_namespace=plan.user_namespace,
        mount_point=str(job.home),
        folder=str(job.home),
        user=plan.user,
        groups=list(plan.groups),
        rules=list(_rules(job, view, private=plan.namespaces is not None)) if plan.landlock else None,
        seccomp=plan.seccomp,
        capabilities=plan.capabilities,
        limits=limits,
    )


def _rules(job: JobFolder, view: View, private: bool) -> Iterator[tuple[str, int]]:
    for path in (*view.readable, "/proc", str(job.root), os.path.realpath(job.inputs)):
        yield path, READ
    for path in (str(job.home), str(job.tmp), SHARED_MEMORY, *((TEMPORARY,) if private else ())):
        yield path, WRITE
    for path in view.devices:
        yield path, USE_DEVICE


def _scratch_bytes(limits: Limits) -> int:
    """Files in scratch are memory, too. Somewhat above the limits: it is the supervisor that says which was passed."""
    return min(limits.disk_bytes, limits.memory_bytes) // 16 * 17


def _open_to_user(job: JobFolder, user: int, private: bool) -> None:
    """Let another user read the job, and no third; without a tree of its own, it must get to it and own its scratch."""
    for folder in (job.inputs, job.code, job.library):
        folder.chmod(0o755)
        for file in folder.iterdir():
            if not file.is_symlink():
                file.chmod(0o644)
    job.request.chmod(0o644)
    if not private:
        os.chown(job.root, -1, user)  # its group has the same number
        job.root.chmod(0o750)
        for scratch in (job.home, job.tmp):
            os.chown(scratch, user, user)
