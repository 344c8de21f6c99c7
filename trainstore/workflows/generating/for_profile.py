"""Generating for data that is only described: tried on random values of its form, and not saved."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainstore.errors import StoreNotFound
from trainstore.generation.prompt import Wanted, first_messages, request_digest
from trainstore.generation.reply import Candidate
from trainstore.generation.service import Service
from trainstore.profiling.stand_in_data import stand_in_split
from trainstore.store.git.repository import Repository, find_store
from trainstore.store.index.update import open_index
from trainstore.workflows.generating.earlier import same_request
from trainstore.workflows.generating.machine import check_machine
from trainstore.workflows.generating.options import GenerateOptions
from trainstore.workflows.generating.propose import propose
from trainstore.workflows.generating.provenance import generated_record
from trainstore.workflows.generating.rejected import rejected_folder
from trainstore.workflows.generating.trial import Trial, TrialData, try_function
from trainstore.workflows.read_version import read_version
from trainstore.workflows.run import Listener


def generate_for_profile(
    service: Service, profile: Mapping[str, Any], folder: Path, *, allow_weak_sandbox: bool = False
) -> dict[str, Any]:
    """Return the record of a function for data of a profile; one that the store has for the same request, if any.

    Args:
        service: the model to ask.
        profile: a ``data_profile`` with ``shape`` and ``label_count``.
        folder: in a store or not; a reply that fails is kept in the store's git directory.
        allow_weak_sandbox: try it also where this machine cannot keep it from the user's files and network.

    Raises:
        InvalidData: no data of such a form can be made up.
        ModelServiceFailed, GenerationFailed, SandboxTooWeak: there is no function.
    """
    wanted, listener = Wanted(profile), Listener()
    options = GenerateOptions(allow_weak_sandbox=allow_weak_sandbox)
    repository = _store_around(folder)
    if repository is not None:
        with open_index(repository) as index:
            saved = same_request(repository, index, request_digest(wanted, service.model))
        if saved is not None:
            return dict(read_version(repository, saved.version).content)
    check_machine(options)
    classes = profile.get("label_count") or None
    data = TrialData(stand_in_split(profile), "classification" if classes else "regression", classes)

    def try_out(candidate: Candidate) -> Trial:
        return try_function(candidate.training_code, candidate.bo_config, data, options, listener)

    messages = first_messages(wanted, [])
    proposal = propose(
        service,
        messages,
        try_out,
        repairs=options.repairs,
        audit=rejected_folder(repository) if repository else None,
        on_step=listener.on_step,
    )
    return generated_record(proposal, wanted, service, messages)


def _store_around(folder: Path) -> Repository | None:
    try:
        return find_store(folder)
    except StoreNotFound:
        return None
