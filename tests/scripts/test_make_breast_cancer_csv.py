"""The table of the tutorial is what its commands read: a header line, numbers, and a target in words."""

import subprocess
import sys
from pathlib import Path

from trainstore.api import profile

SCRIPT = Path(__file__).parents[2] / "scripts/make_breast_cancer_csv"


def test_the_table_has_names_numbers_and_a_diagnosis(tmp_path: Path) -> None:
    table = tmp_path / "tumours.csv"
    subprocess.run([sys.executable, SCRIPT, table], check=True)
    told = profile(str(table), target="diagnosis")
    assert told["shape"] == [569, 30] and told["metadata"]["classes"] == ["benign", "malignant"]
    assert told["metadata"]["features"][0] == "mean radius"


def test_without_a_file_it_says_how_it_is_called() -> None:
    ended = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)
    assert ended.returncode == 1 and "usage: scripts/make_breast_cancer_csv FILE.csv" in ended.stderr
