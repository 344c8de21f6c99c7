"""The folders that the bench imports are what people have, and all that can be saved of them is."""

from pathlib import Path

import pytest

from trainstore.api import Store
from trainstore.store.git.repository import Repository

ROOT = Path(__file__).parents[2]


def test_of_a_wild_folder_all_records_go_in_and_all_else_is_told(
    store: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts/benchmarks")
    from wild_folder import write_wild_folder

    folder = tmp_path / "wild"
    files = write_wild_folder(folder, 0, 320)
    names = {file.name for file in folder.rglob("*.json")}
    assert len(names) == files
    outcome = Store(store).import_folder(folder)
    saved = outcome.result.saved
    assert len(saved) == 320 and len(outcome.result.unchanged) == files - 320 - len(outcome.rejected)
    assert outcome.rejected and all("tmp" in one.file for one in outcome.rejected)
    told = "".join(version.model_name for version in saved)
    assert all(letter in told for letter in "≤\u2011/,=@~+[{<?")
    assert any("≤" in name and "@~" in name for name in names) and (folder / "old runs").is_dir()
    assert {version.data_type for version in saved} == {"numpy_array", "torch_tensor", "sequence_list"}
    assert None in {version.confidence for version in saved}
