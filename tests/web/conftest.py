import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted_trials import CODE as SEARCHED_CODE
from scripted_trials import SPACE, begun, ended, gone_on
from web.site import Site, start_site

from trainstore.api import Store
from trainstore.workflows.tuning.options import TuneOptions
from trainstore.workflows.tuning.trial import TrialResult, TrialTask

HOSTILE = "<script>alert(1)</script>"
ODD_NAMES = (HOSTILE, "Net (2-lead, ≤256KB) [v2]/../final", "a&b=c?d#e%2F'\"", "long" * 60, "--upload-pack=x")
CODE = 'def train_model(X_train, y_train, X_val, y_val, device, kind="a"):\n    """</code></pre><script>alert(2)</script>"""\n    return {}\n'

LAYERS = """import torch

def train_model(X_train, y_train, X_val, y_val, device):
    model = torch.nn.Sequential(torch.nn.Linear(4, {units}), torch.nn.ReLU(), torch.nn.Linear({units}, 3))
    return model, {{}}
"""


@pytest.fixture(scope="session")
def shown_store(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a run and its rerun, a study, names that are hostile, and a policy."""
    root = tmp_path_factory.mktemp("shown") / "store"
    shutil.copytree(trained.root, root, symlinks=True)
    store = Store.open(root)
    for place, name in enumerate(ODD_NAMES):
        store.save(
            {
                "model_name": name,
                "training_code": CODE,
                "bo_config": {
                    "kind": {"default": HOSTILE, "type": "Categorical", "categories": [HOSTILE, 8]}
                },
                "confidence": 0.1 * place,
                "data_profile": {"data_type": "numpy_array", "shape": [10, 4], HOSTILE: HOSTILE},
                "timestamp": 1704067300 + place,
                "metadata": {"generated_by": "x", "api_model": f"gpt-5 {HOSTILE}", "version": "1"},
            }
        )
    for timestamp, units in ((1704067400, 8), (1704067401, 16)):
        store.save(
            {
                "model_name": "Layered",
                "training_code": LAYERS.format(units=units),
                "bo_config": {},
                "data_profile": {"data_type": "numpy_array"},
                "timestamp": timestamp,
            }
        )
    _search(store)
    (root / "trainstore.toml").write_text('[retention]\nkeep-last = 1\nolder-than = "1d"\n')
    return root


def _search(store: Store) -> None:
    record = {
        "model_name": "Searched",
        "training_code": SEARCHED_CODE,
        "bo_config": SPACE,
        "data_profile": {"data_type": "numpy_array"},
        "timestamp": 1704067200,
    }
    store.save(record)

    def trial(task: TrialTask) -> TrialResult:
        return (
            ended(task) if task.number % 3 == 0 else ended(task, "succeeded", value=0.9 - task.number / 100)
        )

    options = TuneOptions("sklearn:iris", 7, surrogate="random", device="cpu")
    gone_on(store.repository, begun(store.repository, options, "Searched"), trial)


@pytest.fixture(scope="session")
def study_id(shown_store: Path) -> str:
    """The id of the study."""
    (study,) = Store.open(shown_store).studies()
    return study.header.study_id


@pytest.fixture(scope="session")
def site(shown_store: Path) -> Iterator[Site]:
    started = start_site(shown_store, "--port", "0")
    yield started
    assert started.end() == 0
