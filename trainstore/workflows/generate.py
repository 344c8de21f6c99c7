"""From a data set to saved functions that fit it: from the built-in starters, which need no model service."""

import time
from dataclasses import dataclass
from typing import Any

from trainstore.generation.starters_catalogue import fitting_starters, starter_record
from trainstore.profiling.data_profile import profile_dataset
from trainstore.profiling.load_dataset import load_dataset
from trainstore.records.datasets import Task
from trainstore.records.training_record import check_record, decode_record, encode_record
from trainstore.store.git.repository import Repository
from trainstore.workflows.save import SaveResult, save_records
from trainstore.workflows.save_plan import Incoming


@dataclass(frozen=True)
class GenerateResult:
    """What was saved, and for which data."""

    saves: SaveResult
    data_profile: dict[str, Any]


def generate(
    repository: Repository, data: str, *, target: str | None = None, task: Task | None = None
) -> GenerateResult:
    """Save the starter functions that fit a data set, the best first.

    Raises:
        InvalidData: the data cannot be used, or no starter fits it.
    """
    profile = profile_dataset(load_dataset(data, target=target, task=task))
    now = int(time.time())
    contents = [starter_record(starter, profile, now) for starter in reversed(fitting_starters(profile))]
    incoming = []
    for content in contents:
        record = decode_record(encode_record(content), file_name="", modified=now)
        check_record(record)
        incoming.append(Incoming(record))
    return GenerateResult(save_records(repository, incoming, action="generate"), profile)
