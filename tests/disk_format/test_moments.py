import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.disk_format.moments import Age, Date, moment_before, parse_age, parse_moment, utc_text
from trainstore.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10s", 10), ("90min", 5400), ("36h", 129_600), ("30d", 2_592_000), ("2w", 1_209_600), ("0d", 0)],
)
def test_an_age_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert parse_age(text) == parse_moment(text) == Age(seconds, text)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("2026-01-31T12:00", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-03-29T02:30+01:00", "2026-03-29T01:30:00Z"),
        ("2026-03-29T03:30+02:00", "2026-03-29T01:30:00Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
        ("0001-01-01", "1970-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z"),
    ],
)
def test_a_date_is_its_first_second_in_utc(text: str, utc: str) -> None:
    moment = parse_moment(text)
    assert isinstance(moment, Date) and utc_text(moment.seconds) == utc
    assert moment_before(moment, 5) == moment.seconds


@pytest.mark.parametrize(
    "text", ["", "30", "d", "30 d", "-30d", "+30d", "30m", "30D", "1e3d", "٣٠d", "1234567d", "2026-02-29",
             "2026-13-01", "yesterday", "30d ", "--help", "\x00", "x" * 10_000],
)  # fmt: skip
def test_anything_else_is_told(text: str) -> None:
    for parse in (parse_age, parse_moment):
        with pytest.raises(UsageError) as raised:
            parse(text)
        assert len(raised.value.message) < 1000


def test_a_date_is_no_age() -> None:
    with pytest.raises(UsageError):
        parse_age("2026-01-01")


@given(st.text(max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    try:
        moment = parse_moment(text)
    except UsageError:
        return
    utc_text(moment_before(moment, 1_700_000_000))
