"""A store with a version to tune, and options of small studies."""

from collections.abc import Callable
from typing import Any

import pytest
from scripted_trials import CODE, SPACE

from trainstore.store.git.repository import Repository
from trainstore.workflows.save import save_records
from trainstore.workflows.tuning.options import TuneOptions


@pytest.fixture
def tuned_store(store: Repository, make_record: Callable[..., Any]) -> Repository:
    """A store with a version that has three hyperparameters to search."""
    save_records(store, [make_record("Net", CODE, bo_config=SPACE)])
    return store


@pytest.fixture
def options() -> Callable[..., TuneOptions]:
    """Make options of a small study by chance alone."""

    def make(trials: int = 6, **others: Any) -> TuneOptions:
        return TuneOptions("sklearn:iris", trials, **{"surrogate": "random", "device": "cpu", **others})

    return make
