import click
import pytest

from trainstore.cli.options import limit_options
from trainstore.records.run_record import RunLimits


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0), ("123", 123), ("123B", 123), ("8GiB", 8 << 30), ("8G", 8 << 30), ("8g", 8 << 30),
        ("500MB", 500_000_000), ("1.5kib", 1536), ("2 TB", 2 * 10**12),
    ],
)  # fmt: skip
def test_a_size_is_read_with_its_unit(text: str, size: int) -> None:
    assert chosen("--max-memory", text).memory_bytes == size


def test_every_limit_of_a_run_has_an_option_and_none_is_chosen_for_the_user() -> None:
    assert chosen() == RunLimits()
    every = chosen(
        "--max-memory", "1", "--max-disk", "2", "--max-processes", "3", "--max-open-files", "4", "--cpu-timeout", "5"
    )  # fmt: skip
    assert every == RunLimits(memory_bytes=1, disk_bytes=2, processes=3, open_files=4, cpu_seconds=5.0)


def chosen(*arguments: str) -> RunLimits:
    """What a command gets for these arguments."""
    found: list[RunLimits] = []

    @click.command
    @limit_options
    def command(**limits: object) -> None:
        found.append(RunLimits(**limits))  # type: ignore[arg-type]

    command.main(list(arguments), standalone_mode=False)
    return found[0]
