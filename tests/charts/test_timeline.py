import math
import re
import xml.etree.ElementTree as ET

from trainstore.charts.timeline import Moment, timeline

SVG = "{http://www.w3.org/2000/svg}"


def version(at: int, name: str = "@1") -> Moment:
    return Moment("version", at, name, f"{name} saved", address=f"/version?name=F@{at}")


def run(at: int, score: float | None, *, aside: bool = False) -> Moment:
    return Moment("run", at, "run", f"run at {at}", score, aside, f"/run?id={at}")


def drawn(*moments: Moment) -> ET.Element:
    return ET.fromstring(timeline(moments))


def texts(drawing: ET.Element) -> list[str]:
    return ["".join(one.itertext()) for one in drawing.iter(f"{SVG}text")]


def test_each_moment_has_its_mark_and_leads_to_its_page() -> None:
    change = Moment("change", 30, "rollback", "rollback to @1")
    drawing = drawn(version(10), run(20, 0.5), change, version(40, "@2"), run(50, 0.75), run(60, None))
    addresses = [one.get("href") for one in drawing.iter(f"{SVG}a")]
    assert sorted(map(str, addresses)) == ["/run?id=20", "/run?id=50", "/run?id=60", "/version?name=F@10",
                                           "/version?name=F@40"]  # fmt: skip
    assert {"@1", "@2", "rollback", "score of a run", "run without a score", "other change"} <= set(
        texts(drawing)
    )
    dots = [one for one in drawing.iter(f"{SVG}circle") if one.find(f"{SVG}title") is not None]
    (low, high) = sorted(dots, key=lambda dot: float(dot.get("cx", "")))
    assert float(low.get("cy", "")) > float(high.get("cy", ""))
    description = drawing.findtext(f"{SVG}desc") or ""
    assert "2 versions saved, 3 runs, 1 other changes" in description and "0.75" in description


def test_scores_on_other_data_are_not_joined_with_the_others() -> None:
    def joined(drawing: ET.Element) -> int:
        return sum(len(re.findall("[ML]", one.get("d", ""))) for one in drawing.iter(f"{SVG}path") if "L" in one.get("d", ""))  # fmt: skip

    assert joined(drawn(run(1, 0.5), run(2, 0.6), run(3, 0.7))) == 3
    drawing = drawn(run(1, 0.5, aside=True), run(2, 0.6), run(3, 0.7))
    assert joined(drawing) == 2 and "on other data than the newest" in texts(drawing)


def test_names_that_would_overlap_are_left_out_but_never_the_newest() -> None:
    drawing = drawn(*(version(place, f"@{place + 1}") for place in range(200)))
    names = [text for text in texts(drawing) if text.startswith("@")]
    assert "@200" in names and 10 < len(names) < 60


def test_dates_or_hours_are_below() -> None:
    days = drawn(version(1_700_000_000), version(1_702_000_000, "@2"))
    assert {"2023-11-14", "2023-12-08"} <= set(texts(days))
    hours = drawn(version(1_700_000_000), version(1_700_003_600, "@2"))
    assert {"22:13", "23:13"} <= set(texts(hours))


def test_what_is_strange_is_drawn_all_the_same() -> None:
    drawn()
    drawn(version(0))
    text = timeline([version(-5, "<script>\x00\u202e"), run(10**18, math.nan), run(10**19, math.inf)])
    assert "<script>" not in text and "\x00" not in text and "nan" not in text
