"""Pictures are there, are small, and ask for nothing from another host."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs/images"
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
NAMESPACE = "http://www.w3.org/2000/svg"
MOST_BYTES = 150_000


def used() -> set[Path]:
    return {
        (page.parent / target).resolve() for page in PAGES for _, target in PICTURE.findall(page.read_text())
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_pictures_of_a_page_are_there_and_say_in_words_what_they_show(page: Path) -> None:
    for words, target in PICTURE.findall(page.read_text()):
        assert (page.parent / target).is_file(), target
        assert len(words) > 10, target


def test_each_picture_is_shown_somewhere() -> None:
    assert used() == set(IMAGES.iterdir())


@pytest.mark.parametrize("picture", sorted(IMAGES.iterdir()), ids=lambda picture: picture.name)
def test_a_picture_is_small_and_asks_for_nothing(picture: Path) -> None:
    assert picture.stat().st_size < MOST_BYTES
    if picture.suffix == ".svg":
        text = picture.read_text()
        assert not re.search(r"(?i)url\((?!#)|@import|@font-face|<script|<image|href=", text)
        assert set(re.findall(r"\w+://[^\s\"'<]+", text)) == {NAMESPACE}


def test_the_script_has_a_picture_for_each_name() -> None:
    script = (ROOT / "scripts/pictures").read_text()
    assert {picture.stem for picture in IMAGES.iterdir()} == set(
        re.findall(r'^ +"(\w+)": f?"', script, re.MULTILINE)
    )
