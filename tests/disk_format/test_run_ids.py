from datetime import UTC, datetime, timedelta, timezone

import pytest

from trainstore.disk_format.run_ids import begins_run_id, is_run_id, new_run_id

NOON = datetime(2024, 1, 1, 12, 0, 0, tzinfo=UTC)


def test_a_run_id_tells_the_second_in_utc() -> None:
    assert new_run_id(NOON).startswith("20240101T120000Z-")
    assert new_run_id(NOON.astimezone(timezone(timedelta(hours=9)))).startswith("20240101T120000Z-")


def test_two_runs_of_one_second_differ_and_later_ones_sort_after() -> None:
    assert len({new_run_id(NOON) for _ in range(100)}) == 100
    assert new_run_id(NOON) < new_run_id(NOON + timedelta(seconds=1))


def test_a_new_run_id_is_one() -> None:
    assert is_run_id(new_run_id(NOON))


@pytest.mark.parametrize(
    "text",
    ["", "20240101T120000Z-3fa9c", "20240101T120000Z-3fa9c11", "20240101T120000Z-3FA9C1",
     "20240101T120000Z-3fa9c1\n", "٢٠240101T120000Z-3fa9c1", "../20240101T120000Z-3fa9c1"],
)  # fmt: skip
def test_anything_else_is_none(text: str) -> None:
    assert not is_run_id(text)


@pytest.mark.parametrize("length", range(9, 24))
def test_every_beginning_of_an_id_from_its_t_on_is_one(length: int) -> None:
    assert begins_run_id("20240101T120000Z-3fa9c1"[:length])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20240101",
        "20240101T12Z",
        "20240101T120000Z3",
        "20240101T120000Z-3fa9c11",
        "MLP@20240101T",
        "2024T",
    ],
)
def test_anything_else_begins_none(text: str) -> None:
    assert not begins_run_id(text)
