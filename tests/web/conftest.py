import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from web.site import Site, start_site

from trainstore.api import Store

HOSTILE = "<script>alert(1)</script>"
ODD_NAMES = (HOSTILE, "Net (2-lead, ≤256KB) [v2]/../final", "a&b=c?d#e%2F'\"", "long" * 60, "--upload-pack=x")
CODE = 'def train_model(X_train, y_train, X_val, y_val, device, kind="a"):\n    """</code></pre><script>alert(2)</script>"""\n    return {}\n'


@pytest.fixture(scope="session")
def shown_store(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a run and its rerun, names that are hostile, and a policy."""
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
    (root / "trainstore.toml").write_text('[retention]\nkeep-last = 1\nolder-than = "1d"\n')
    return root


@pytest.fixture(scope="session")
def site(shown_store: Path) -> Iterator[Site]:
    started = start_site(shown_store, "--port", "0")
    yield started
    assert started.end() == 0
