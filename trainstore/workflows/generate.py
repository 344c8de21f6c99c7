"""From a data set to saved functions that fit it: by a language model, or by the starters where none is set up."""

import time
from dataclasses import dataclass, field
from typing import Any

from trainstore.errors import UsageError
from trainstore.generation.prompt import Parent
from trainstore.generation.protocol import Message
from trainstore.generation.service import Service
from trainstore.generation.starters_catalogue import fitting_starters, starter_record
from trainstore.records.datasets import Task
from trainstore.records.training_record import check_record, decode_record, encode_record
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_version
from trainstore.workflows.generating.earlier import Saved, near
from trainstore.workflows.generating.generation import Generation
from trainstore.workflows.generating.improve import Improvement, Round, data_of
from trainstore.workflows.generating.options import GenerateOptions
from trainstore.workflows.load_data import load_data
from trainstore.workflows.run import Listener
from trainstore.workflows.run_options import RunOptions
from trainstore.workflows.save import SaveResult, save_records
from trainstore.workflows.save_plan import Incoming
from trainstore.workflows.transfers.progress import Transfer


@dataclass(frozen=True)
class DataChoice:
    """Which data to generate for.

    Attributes:
        data: what ``--data`` takes; None to improve a version on the data that it ran on.
        target: the column of a .csv file to predict.
        task: what to predict, where the data's type would say otherwise.
    """

    data: str | None
    target: str | None = None
    task: Task | None = None


@dataclass(frozen=True)
class GenerateResult:
    """What was saved, and for which data.

    Attributes:
        saves: new versions, and those that were there already.
        data_profile: of the data.
        model: the language model; None where the starters answered.
        cached: the version that the same request made before, given back instead of asking.
        near: versions that fit such data, whatever the number of samples.
        rounds: what became of each attempt to make a version better.
    """

    saves: SaveResult
    data_profile: dict[str, Any]
    model: str | None = None
    cached: Saved | None = None
    near: list[Saved] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)


@dataclass(frozen=True)
class PromptPlan:
    """What a model would be asked.

    Attributes:
        model: its name.
        messages: the conversation.
        cached: the version that would be given back instead.
    """

    model: str
    messages: list[Message]
    cached: Saved | None


def generate(
    repository: Repository, choice: DataChoice, options: GenerateOptions, listener: Listener
) -> GenerateResult:
    """Save a function that fits a data set, or a better one than a version that is there.

    Writes: one commit a function that is saved; to improve, a run of each as well. A reply that failed is kept in
    the git directory.

    Raises:
        InvalidData: the data cannot be used, or no starter fits it.
        ModelServiceFailed: the model gave no answer.
        GenerationFailed: no function that it wrote passed the checks and the trial.
        DeviceUnavailable, SandboxTooWeak: it could not be tried here.
    """
    service = options.find_service()
    if service is not None:
        listener.on_step("loading the data")
    generation, parent, choice = _begin(repository, choice, options, listener)
    if service is None:
        return GenerateResult(_save_starters(generation), generation.profile)
    if parent is not None:
        return _improve(generation, service, parent, choice)
    cached = generation.cached(service.model)
    if cached is not None:
        return GenerateResult(
            SaveResult(unchanged=[cached.version]), generation.profile, service.model, cached
        )
    with open_index(repository) as index:
        others = near(repository, index, generation.profile)
    for other in others:
        listener.on_step(f"for such data there is {other.version}{_scored(other)}")
    return GenerateResult(generation.ask(service), generation.profile, service.model, None, others)


def plan_prompt(repository: Repository, choice: DataChoice, options: GenerateOptions) -> PromptPlan:
    """Return what `generate` would ask; nothing is asked, run or saved, and no key is needed.

    Raises:
        InvalidData: the data cannot be used.
        UsageError: the version to improve has no scored run on the data.
    """
    generation, parent, choice = _begin(repository, choice, options, Listener())
    if parent is not None:
        shown = _improvement(generation, choice).known_parent(parent)
        return PromptPlan(options.model_name, generation.messages(shown), None)
    cached = generation.cached(options.model_name)
    return PromptPlan(options.model_name, generation.messages(), cached)


def _begin(
    repository: Repository, choice: DataChoice, options: GenerateOptions, listener: Listener
) -> tuple[Generation, Version | None, DataChoice]:
    """Load the data, and find the version to improve; that one knows which data where none are named."""
    parent = None
    if options.parent is not None:
        with open_index(repository) as index:
            parent = resolve_version(repository, index, options.parent)
        if choice.data is None:
            choice = DataChoice(*(data_of(repository, parent) or (None,)))
    if choice.data is None:
        raise UsageError(
            "It is not known which data to generate for.",
            f"{parent} never ran: say --data DATA." if parent else "Say --data DATA.",
        )
    transfer = Transfer(listener.on_step)
    dataset = load_data(repository, choice.data, target=choice.target, task=choice.task, transfer=transfer)
    return Generation(repository, dataset, options, listener), parent, choice


def _improve(
    generation: Generation, service: Service, version: Version, choice: DataChoice
) -> GenerateResult:
    saved: list[Version] = []

    def ask(parent: Parent, of: Version) -> Version | None:
        saves = generation.ask(service, parent, of)
        saved.extend(saves.saved)
        return saves.saved[0] if saves.saved else None

    rounds = _improvement(generation, choice).rounds(version, ask)
    unchanged = [] if saved else [version]
    return GenerateResult(SaveResult(saved, unchanged), generation.profile, service.model, None, [], rounds)


def _improvement(generation: Generation, choice: DataChoice) -> Improvement:
    options = generation.options
    run_options = RunOptions(
        data=choice.data or "",
        target=choice.target,
        task=choice.task,
        device=options.device,
        allow_weak_sandbox=options.allow_weak_sandbox,
    )
    return Improvement(generation.repository, generation.dataset, run_options, options, generation.listener)


def _save_starters(generation: Generation) -> SaveResult:
    """Save the starters that fit the data, the best last, so that it was saved last."""
    now = int(time.time())
    incoming = []
    for starter in reversed(fitting_starters(generation.profile)):
        content = starter_record(starter, generation.profile, now)
        record = decode_record(encode_record(content), file_name="", modified=now)
        check_record(record)
        incoming.append(Incoming(record))
    return save_records(generation.repository, incoming, action="generate")


def _scored(saved: Saved) -> str:
    scored = {name: value for name, value in (saved.scored or {}).items() if value is not None}
    told = ", ".join(f"{name} {value:.4g}" for name, value in list(scored.items())[:2])
    return f" ({told})" if told else ", which never ran on the data it was made for"
