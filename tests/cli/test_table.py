"""Tables on terminals of several widths, and where there is none."""

import sys
from collections.abc import Callable, Sequence

import click
import pytest
from rich.cells import cell_len

from trainstore.cli.table import print_table

Show = Callable[..., list[str]]

HEADERS = ("FUNCTION", "VERSIONS", "SAVED", "NOTE", "HYPERPARAMETERS")


def rows(*names: str) -> list[Sequence[object]]:
    return [(name, 12, "6 months ago", None, "lr, hidden_size, epochs, dropout") for name in names]


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Show:
    """Return the lines of a table on a terminal of a width; of 0 where there is none."""

    def show(table: Sequence[Sequence[object]], width: int, spare: Sequence[str] = ()) -> list[str]:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: width > 0)
        monkeypatch.setenv("COLUMNS", str(width))
        print_table(HEADERS, table, spare)
        return click.unstyle(capsys.readouterr().out).rstrip("\n").split("\n")

    return show


def test_what_is_piped_is_whole(shown: Show) -> None:
    name = "n" * 300
    header, first, *_ = shown(rows("numpy_array/MLP@1", name), 0)
    assert header.split() == list(HEADERS) and len(header) < 400
    assert first.startswith("numpy_array/MLP@1") and first.endswith("dropout")


def test_one_long_name_does_not_widen_the_column_for_all(shown: Show) -> None:
    names = [f"numpy_array/Net{number}@1" for number in range(20)]
    for width in (0, 100):
        lines = shown(rows(*names, "n" * 200), width)
        assert lines[0].index("VERSIONS") < 50
        assert all(line.index("6 months ago") == lines[0].index("SAVED") for line in lines[1:-1])
    assert "n" * 200 in shown(rows(*names, "n" * 200), 0)[-1]


def test_a_column_without_anything_is_left_out_on_a_terminal(shown: Show) -> None:
    assert "NOTE" not in shown(rows("a"), 200)[0]
    assert "NOTE" in shown(rows("a"), 0)[0]
    assert shown([], 200)[0].split() == list(HEADERS)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 160])
def test_it_fits_a_terminal(shown: Show, width: int) -> None:
    table = rows("numpy_array/BiLSTM_Attention@39", "numpy_array/日本語モデル" * 9, "ú" * 300)
    for spare in ((), ("HYPERPARAMETERS",), ("HYPERPARAMETERS", "SAVED")):
        assert max(map(cell_len, shown(table, width, spare))) <= width


def test_ids_and_versions_are_whole_as_long_as_something_can_be_spared(shown: Show) -> None:
    run = "20240101T000000Z-3fa9c1"
    table = [(run, "numpy_array/BiLSTM@12", "cuda:0", "12 months ago", "invalid_result")]
    assert shown(table, 72, ("SAVED", "NOTE"))[1].split() == [
        run, "numpy_array/BiLSTM@12", "invalid_result",
    ]  # fmt: skip


def test_what_can_be_spared_goes_before_anything_is_cut(shown: Show) -> None:
    table = rows("numpy_array/BiLSTM_Attention@39")
    wide, narrow = shown(table, 110, ("HYPERPARAMETERS",)), shown(table, 70, ("HYPERPARAMETERS",))
    assert wide[1].endswith("dropout")
    assert narrow[0].split() == ["FUNCTION", "VERSIONS", "SAVED"]
    assert narrow[1].split() == ["numpy_array/BiLSTM_Attention@39", "12", "6", "months", "ago"]


def test_a_name_is_cut_in_the_middle_and_words_at_their_end(shown: Show) -> None:
    line = shown(rows("numpy_array/" + "BiLSTM" * 20 + "@39"), 80)[1]
    name, *others = line.split()
    assert name.startswith("numpy_array") and "…" in name and name.endswith("BiLSTM@39")
    assert others[-1].endswith("…")
