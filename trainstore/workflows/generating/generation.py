"""One generation: the data, what is wanted, and the steps from a question to a saved version."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trainstore.generation.prompt import Parent, Wanted, first_messages, request_digest
from trainstore.generation.protocol import Message
from trainstore.generation.reply import Candidate
from trainstore.generation.service import Service
from trainstore.profiling.data_profile import profile_dataset
from trainstore.profiling.slice_split import slice_split
from trainstore.profiling.split_dataset import split_dataset
from trainstore.records.datasets import Dataset
from trainstore.records.training_record import check_record, decode_record, encode_record
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index
from trainstore.workflows.generating.earlier import SPLIT_SEED, Saved, reached_on, same_request
from trainstore.workflows.generating.machine import check_machine
from trainstore.workflows.generating.options import GenerateOptions
from trainstore.workflows.generating.propose import propose
from trainstore.workflows.generating.provenance import generated_record
from trainstore.workflows.generating.rejected import rejected_folder
from trainstore.workflows.generating.trial import Trial, TrialData, try_function
from trainstore.workflows.run import Listener
from trainstore.workflows.save import SaveResult, save_records
from trainstore.workflows.save_plan import Incoming


@dataclass(frozen=True)
class Generation:
    """What is generated for.

    Attributes:
        repository: the store.
        dataset: the data, loaded.
        options: which model, and how it is asked.
        listener: is told of the progress.
    """

    repository: Repository
    dataset: Dataset
    options: GenerateOptions
    listener: Listener

    @cached_property
    def profile(self) -> dict[str, Any]:
        """The data, as records describe it."""
        return profile_dataset(self.dataset)

    @property
    def wanted(self) -> Wanted:
        """What is asked for."""
        return Wanted(self.profile, self.options.device, self.options.hint, self.options.max_model_kb)

    def cached(self, model: str) -> Saved | None:
        """Return the version that the same request made before; None where there is none, or a fresh one is wanted."""
        if self.options.fresh:
            return None
        with open_index(self.repository) as index:
            return same_request(self.repository, index, request_digest(self.wanted, model))

    def messages(self, parent: Parent | None = None) -> list[Message]:
        """Return the question."""
        with open_index(self.repository) as index:
            earlier = reached_on(self.repository, index, self.dataset.digest)
        return first_messages(self.wanted, earlier, parent)

    def ask(
        self, service: Service, parent: Parent | None = None, version: Version | None = None
    ) -> SaveResult:
        """Ask for a function, or for a better one than a version, until one passes; then save it.

        Raises:
            ModelServiceFailed, GenerationFailed, DeviceUnavailable, SandboxTooWeak: nothing was saved.
        """
        check_machine(self.options)
        messages = self.messages(parent)
        proposal = propose(
            service,
            messages,
            self._try,
            repairs=self.options.repairs,
            audit=rejected_folder(self.repository),
            on_step=self.listener.on_step,
        )
        content = generated_record(proposal, self.wanted, service, messages, version)
        record = decode_record(encode_record(content), file_name="", modified=content["timestamp"])
        check_record(record)
        return save_records(self.repository, [Incoming(record)], action="generate")

    def _try(self, candidate: Candidate) -> Trial:
        return try_function(
            candidate.training_code, candidate.bo_config, self._trial_data, self.options, self.listener
        )

    @cached_property
    def _trial_data(self) -> TrialData:
        classes = None if self.dataset.classes is None else len(self.dataset.classes)
        split = slice_split(split_dataset(self.dataset, SPLIT_SEED), classes)
        return TrialData(split, self.dataset.task, classes)
