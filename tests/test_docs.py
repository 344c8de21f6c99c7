import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from trainstore import errors

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings have, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_has_one_title_and_says_nothing_of_the_machine_it_was_written_on(page: Path) -> None:
    text = page.read_text()
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert len(re.findall(r"^# ", outside, re.MULTILINE)) == 1 and outside.startswith("# ")
    assert not re.search(r"/work/|/root/|/home/\w|@@[A-Z]+@@", text)


def test_the_tree_in_the_docstring_is_that_of_the_classes() -> None:
    told = re.findall(r"^([│ ]*[├└]── )?(\w+) \((\d+)\)", errors.__doc__ or "", re.MULTILINE)
    for indent, name, code in told:
        kind = getattr(errors, name)
        assert kind.exit_code == int(code)
        assert len(kind.__mro__) - 4 == len(indent) // 4, name
    classes = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    assert {name for _, name, _ in told} == classes
