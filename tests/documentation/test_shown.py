"""What counts as the output that a page shows, and what does not."""

from pathlib import Path

import pytest
from documentation.blocks import commands_of
from documentation.shown import learn, plain

PRINTED = [
    "· loading sklearn:digits",
    "  epoch 1/2: train loss 1.5898, val loss 0.7796",
    "  epoch 2/2: train loss 0.5, val loss 0.4",
    "numpy_array/MLP@1  succeeded",
    "  run         20261123T054057Z-a49c72 (commit 4b31f70528)",
    "  on          cpu, 1 thread, 5.1 s, sandbox partial",
]


def test_ids_times_and_measured_numbers_may_differ() -> None:
    shown = [
        "…",
        "numpy_array/MLP@1 succeeded",
        "  run  20250101T000000Z-ffffff (commit 0123456789)",
        "  on   cpu, 1 thread, 12 min, sandbox strong",
    ]
    assert learn(shown, PRINTED) == {"20250101T000000Z-ffffff": "20261123T054057Z-a49c72"}


@pytest.mark.parametrize(
    "shown",
    [
        ["…", "numpy_array/MLP@2  succeeded", "…"],
        ["…", "  epoch 2/3: train loss 0.1, val loss 0.1", "…"],
        ["numpy_array/MLP@1  succeeded", "…"],
        ["…", "numpy_array/MLP@1  succeeded"],
        ["…", "numpy_array/MLP@1  succeeded", "  on cpu, 1 thread, 1 s, sandbox strong"],
        ["…", "  on cpu, 2 threads, 1 s, sandbox strong"],
        ["…", "numpy_array/MLP@1  succeeded", "…", "· loading sklearn:digits", "…"],
        PRINTED[:-1],
        [*PRINTED, "more"],
        [],
    ],
)
def test_other_words_counts_and_orders_are_found_out(shown: list[str]) -> None:
    with pytest.raises(AssertionError):
        learn(shown, PRINTED)


def test_dots_in_a_line_stand_for_a_part_of_it() -> None:
    learn(["· loading …", "…"], PRINTED)
    with pytest.raises(AssertionError):
        learn(["· storing …", "…"], PRINTED)


def test_the_home_folder_is_a_tilde(tmp_path: Path) -> None:
    assert plain(f"Made {tmp_path}/a\n\n", tmp_path) == ["Made ~/a"]


def test_commands_are_taken_from_sessions_lists_and_jobs(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A\n```\n$ cat > a <<'END'\n$ no\nEND\n$ trainstore list\nError: no\n\n```\n```\ngit add x  # why\n\ntrainstore push\n```\n"
        "```yaml\n  - run: trainstore init\n```\n```\nFUNCTION  RUNS\n```\n```python\ntrainstore = 1\n```\n"
    )
    found = commands_of(page)
    assert [command.text for command in found] == [
        "cat > a <<'END'\n$ no\nEND", "trainstore list", "git add x  # why", "trainstore push", "trainstore init",
    ]  # fmt: skip
    assert [command.fails for command in found] == [False, True, False, False, False]
    assert [command.shown for command in found[:3]] == [(), ("Error: no", ""), None]
