import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_reference_is_what_the_code_gives(tmp_path: Path) -> None:
    write = [sys.executable, "scripts/reference_pages/write.py", "--folder", str(tmp_path)]
    subprocess.run(write, cwd=ROOT, check=True)
    written = {file.name: file.read_text() for file in tmp_path.iterdir()}
    kept = {file.name: file.read_text() for file in (ROOT / "docs/reference").iterdir()}
    assert kept.keys() == written.keys()
    for name, text in written.items():
        assert kept[name] == text, f"docs/reference/{name} is not what the code gives: run scripts/reference"
