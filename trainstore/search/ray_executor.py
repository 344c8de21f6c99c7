"""Does trials on the machines of a Ray cluster."""

import pickle
import platform
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version as installed_version
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import ray
from ray.exceptions import RayError, RayTaskError

from trainstore.errors import TrainstoreError, UsageError
from trainstore.search.ray_cluster import MOST_LOST, first_sentence, joined_cluster
from trainstore.version import __version__


class WithFiles(Protocol):
    """A dataclass, one of whose fields holds files by name; None where there are none."""

    @property
    def files(self) -> Mapping[str, bytes] | None: ...


Task = TypeVar("Task")
Result = TypeVar("Result", bound=WithFiles)


class RayExecutor:
    """Does tasks on a Ray cluster, as many at a time as there is room for; leaving the context ends what is left.

    The function of the tasks is placed once on each machine that needs it. A task whose machine is lost is begun
    again on another one. Ray has a machine do nothing before its Python, torch and trainstore are seen to be those of
    this process: others would give other bits.

    Args:
        address: ``HOST:PORT`` of a cluster that this machine belongs to; ``local`` for one of this machine alone, which
            ends with the context.
        cpus: processors for each task.
        device: ``cuda`` reserves a GPU for each task; ``auto`` does where the cluster has one.
        on_lost: gives the result of a task, and is told why, where Ray gives up: machine after machine was lost with
            it, or ran out of memory. Otherwise that is an error.

    Attributes:
        places: how many tasks the cluster has room for at a time.
        device: of each task: ``cpu`` or ``cuda`` for ``auto``.

    Raises:
        UsageError: the address is none, no such cluster answers, or no machine of it has room for a task.
    """

    def __init__(
        self,
        address: str,
        *,
        cpus: int = 1,
        device: str = "cpu",
        on_lost: Callable[[Any, str], Any] | None = None,
    ) -> None:
        if ":" in device:
            raise UsageError(
                f"No trial can be sure of {device} on a cluster, which chooses its machine.",
                "Use --device cuda.",
            )
        self._on_lost = on_lost or _refuse_loss
        with ExitStack() as undo:
            undo.enter_context(joined_cluster(address))
            nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
            machines = [node["Resources"] for node in nodes if node["Alive"]]
            gpus = sum(machine.get("GPU", 0) for machine in machines)
            self.device = device if device != "auto" else "cuda" if gpus else "cpu"
            wanted = {"CPU": cpus, "GPU": 1} if self.device == "cuda" else {"CPU": cpus}
            self.places = _count_places(machines, wanted)
            if not self.places:
                raise UsageError(
                    f"No machine of the cluster at {address} has room for a trial, which takes "
                    f"{' and '.join(f'{count} {name}' for name, count in wanted.items())}.",
                    "Add one with ray start, or ask for less: --threads, --device.",
                )
            self._do = ray.remote(
                num_cpus=cpus, num_gpus=wanted.get("GPU", 0), num_returns=2, max_retries=MOST_LOST
            )(_for_nodes())
            self._versions = versions_here()
            self._undo = undo.pop_all()
        self._placed: tuple[object, ray.ObjectRef[Any]] | None = None
        self._at_work: dict[Future[Any], ray.ObjectRef[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for future, answer in list(self._at_work.items()):
            future.cancel()
            ray.cancel(answer, force=True)  # a mere interrupt would not reach what waits for a worker
        self._undo.close()

    def submit(self, function: Callable[[Task], Result], task: Task, /) -> Future[Result]:
        """Begin a task on some machine.

        Args:
            function: does the task there; the same object for all tasks that it does.
            task: can be pickled.

        Returns:
            The result, whose files stay where they are until they are read, or what ``on_lost`` gives. Raises what
            the function raised; or UsageError, where the machine has other versions than this one.
        """
        if self._placed is None or self._placed[0] is not function:
            self._placed = (function, ray.put(function))
        # In a list, so that Ray leaves the function unread; and bytes: a machine may lack the modules.
        answer, files = self._do.remote([self._placed[1]], pickle.dumps(task), self._versions)
        future: Future[Result] = Future()
        self._at_work[future] = answer
        answer.future().add_done_callback(partial(self._settle, future, task, files))
        return future

    def _settle(
        self,
        future: Future[Any],
        task: Any,
        files: "ray.ObjectRef[Any]",
        answered: "Future[dict[str, Any]]",
    ) -> None:
        self._at_work.pop(future, None)
        if not future.set_running_or_notify_cancel():
            return
        try:
            answer = answered.result()
            if "versions" in answer:
                raise _other_versions(answer["node"], answer["versions"], self._versions)
            if "error" in answer:
                raise _told_from(answer["node"], answer["error"])
            result = answer["result"]
            if answer["sizes"] is not None:
                result = replace(result, files=_Files(answer["sizes"], files))
            future.set_result(result)
        except RayTaskError as error:  # not the function's own: it could not even be begun
            future.set_exception(TrainstoreError(f"A trial could not be begun on a machine: {error.cause}"))
        except RayError as error:
            future.set_result(self._on_lost(task, f"Ray gave it up: {first_sentence(error)}"))
        except BaseException as error:
            future.set_exception(error)


@dataclass(frozen=True, eq=False)
class _Files(Mapping[str, bytes]):
    """Files that lie on the machine that made them until one of them is read."""

    sizes: Mapping[str, int]
    place: "ray.ObjectRef[Mapping[str, bytes]]"

    def __getitem__(self, name: str) -> bytes:
        if name not in self.sizes:
            raise KeyError(name)
        try:
            content: bytes = ray.get(self.place)[name]
        except RayError as error:
            raise TrainstoreError(
                f"The files of a trial were lost with its machine: {first_sentence(error)}",
                "Its study can go on: trainstore tune --resume",
            ) from error
        return content

    def __iter__(self) -> Iterator[str]:
        return iter(self.sizes)

    def __len__(self) -> int:
        return len(self.sizes)


def versions_here() -> dict[str, str]:
    """Return the versions that must be the same on every machine; which build of torch it is need not."""
    torch = installed_version("torch").partition("+")[0]
    return {"Python": platform.python_version(), "torch": torch, "trainstore": __version__}


def _for_nodes() -> Callable[..., Any]:
    """Return what a machine does. It is a closure, which travels whole: trainstore may be missing there."""

    def trial(function: list[Any], task: bytes, versions: dict[str, str]) -> tuple[dict[str, Any], Any]:
        import pickle
        import platform

        import ray

        answer: dict[str, Any] = {"node": platform.node()}
        try:
            from trainstore.search.ray_executor import versions_here

            found = versions_here()
        except ImportError as error:
            return {**answer, "versions": {"trainstore": f"none ({error})"}}, None
        if found != versions:
            return {**answer, "versions": found}, None
        try:
            result = ray.get(function[0])(pickle.loads(task))
        except Exception as error:
            return {**answer, "error": error}, None
        files = result.files
        sizes = None if files is None else {name: len(content) for name, content in files.items()}
        return {**answer, "result": replace(result, files=None), "sizes": sizes}, files

    return trial


def _count_places(machines: list[dict[str, float]], wanted: Mapping[str, int]) -> int:
    return sum(
        min(int(machine.get(name, 0) // count) for name, count in wanted.items()) for machine in machines
    )


def _refuse_loss(_: Any, why: str) -> None:
    raise TrainstoreError(why)


def _told_from(node: str, error: Exception) -> Exception:
    if isinstance(error, TrainstoreError):
        error.message = f"On the machine {node}: {error.message}"
    return error


def _other_versions(node: str, there: Mapping[str, str], here: Mapping[str, str]) -> UsageError:
    differing = [
        f"{name} {there[name]} (here {here[name]})"
        for name in here
        if there.get(name, here[name]) != here[name]
    ]
    return UsageError(
        f"The machine {node} would give other results than this one: it has {', '.join(differing)}.",
        "Install on it what is here, in a clone of the same trainstore: "
        f"pip install '.[ray]' 'torch=={here['torch']}'. Or take it out of the cluster: ray stop",
    )
