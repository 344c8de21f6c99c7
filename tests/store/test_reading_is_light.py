import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from trainstore.store.git.repository import Repository

HEAVY = ["git", "dvc", "dvc_data", "torch", "numpy", "openai", "skopt", "sklearn", "cloudpickle", "rich"]

READ = """
import sys
from pathlib import Path
from trainstore.store.git.read import read_file
from trainstore.store.index.update import open_index
from trainstore.store.git.repository import find_store
from trainstore.store.resolve import resolve_version
store = find_store(Path(sys.argv[1]))
with open_index(store) as index:
    version = resolve_version(store, index, "Net")
    index.events()
print(version, len(read_file(store.root, version.commit, version.path)) > 0)
"""


@pytest.mark.parametrize(
    "statement", ["import trainstore", "import trainstore.records.training_record", READ]
)
def test_who_only_reads_loads_nothing_heavy(
    store: Repository, save_versions: Callable[..., Any], statement: str
) -> None:
    save_versions(1)
    loaded = f"{statement}\nprint([name for name in {HEAVY} if name in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", f"import sys\n{loaded}", store.root],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.splitlines()[-1] == "[]"
