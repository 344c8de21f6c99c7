import re
import unicodedata
from itertools import combinations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from trainstore.disk_format.layout import record_file_name
from trainstore.disk_format.path_parts import (
    MOST_BYTES,
    clean_part,
    folder_part,
    name_digest,
    shorten,
    without_case,
)

# Any text, lone surrogates included, and text made of what names go wrong with.
ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text(
    "._- ~/\\:(<Aa\u0301\u200c\ud800é😀", max_size=12
)

NAMES_FROM_THE_WILD = [
    "Net (2-lead, ≤256KB) [v2]/final",
    "CNN‑Lite",  # U+2011, a hyphen that does not break
    "ResNet18+SE",
    "a,b=c@d~e",
    "lr=0.1",
    "net@3",
    "net~1",
    "C:\\models\\net",
    "con/aux",
    "two\nlines",
    "\ttabs\t",
    "x" * 300,
    "é" * 300,
    "😀" * 100,
    ".git",
    ".GIT",
    ".gitmodules",
    ".GitIgnore",
    "git~1",
    "GIT~2",
    ".g\u200cit",
    ".gi\u2060t",
    "\ufeff.git",
    ".git ",
    ".git.",
    ".git:stream",
    ".",
    "..",
    "...",
    "../../etc/passwd",
    "/",
    "~",
    "-rf",
    "--output=x",
    ".hidden",
    "CON",
    "con.txt",
    "aux.",
    "COM¹",
    "LPT9.json",
    "a.",
    "a ",
    "a._.",
    "a_._._",
    "_",
    "",
    " ",
    "\u202eright to left",
    "l\u200eeft",
    "\ud800lone",
    "lone\udfff",
    "\0",
    "NFC é",
    "NFD e\u0301",
    "모델",
    "转换器",
    "نموذج",
    "README.md",
    "Net",
    "net",
    "NET",
    "straße",
    "STRASSE",
]

_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|(com|lpt)[0-9¹²³]|conin\$|conout\$)(\..*)?")


def assert_safe(part: str) -> None:
    assert 0 < len(part.encode()) <= MOST_BYTES  # encode() refuses surrogates
    assert not re.search(r'[<>:"/\\|?*()\[\]{}\s]', part)
    assert not any(
        unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for letter in part
    )
    assert not part.startswith((".", "-"))
    assert not part.endswith((".", " "))
    assert part.casefold() not in (".git", "git~1")
    assert not _DEVICES.fullmatch(part)
    assert not re.match(r"(?i)\.git|git~\d", part)


@given(ANY_TEXT)
def test_any_name_becomes_a_safe_part(name: str) -> None:
    assert_safe(clean_part(name))
    assert_safe(folder_part(name))


@pytest.mark.parametrize("name", NAMES_FROM_THE_WILD, ids=ascii)
def test_a_name_from_the_wild_becomes_a_safe_part(name: str) -> None:
    assert_safe(clean_part(name))
    assert_safe(folder_part(name))
    assert len(record_file_name(name, name, 253_402_300_799, "sha256:" + "f" * 64).encode()) <= 240


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(name: str) -> None:
    cleaned = clean_part(name)
    assert clean_part(cleaned) == cleaned
    assert folder_part(cleaned) == cleaned


@pytest.mark.parametrize(
    "name", ["Net", "BiLSTM_Attention", "a,b=c@d~e", "ResNet18+SE", "모델", "é", "v1.2", "a-b", "x" * 200]
)
def test_a_safe_name_keeps_its_letters(name: str) -> None:
    assert clean_part(name) == name
    assert folder_part(name) == name


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Net (2-lead, ≤256KB) [v2]/final", "Net__2-lead,_≤256KB___v2__final"),
        ("  spaced out ", "spaced_out"),
        ("NFD e\u0301", "NFD_é"),
        ("con", "xcon"),
        ("-rf", "x-rf"),
        (".git", "x.git"),
        ("???", "unnamed"),
    ],
)
def test_how_a_name_is_cleaned(name: str, cleaned: str) -> None:
    assert clean_part(name) == cleaned
    assert folder_part(name) == f"{cleaned}-{name_digest(name)}"


@given(st.lists(ANY_TEXT, max_size=8, unique_by=lambda name: unicodedata.normalize("NFC", name)))
@example(NAMES_FROM_THE_WILD)
@example(["Net", "net", "NET", "nEt"])
@example(["a b", "a/b", "a_b", "a?b", "A_b"])
def test_no_two_names_share_a_folder(names: list[str]) -> None:
    folders: list[str] = []
    for name in names:
        folders.append(folder_part(name, {without_case(folder) for folder in folders}))
    for one, other in combinations(folders, 2):
        assert one.casefold() != other.casefold()
        assert unicodedata.normalize("NFD", one.casefold()) != unicodedata.normalize("NFD", other.casefold())


# Both clean to one text, and their digests begin with the same eight hex digits.
SAME_DIGEST = ("a<>?*>|:<b", "a<:<|<*:|b")


def test_the_names_of_the_next_test_have_one_digest() -> None:
    assert name_digest(SAME_DIGEST[0]) == name_digest(SAME_DIGEST[1])


@pytest.mark.parametrize("names", [("ế", "e\u0302\u0301", "ê\u0301"), SAME_DIGEST], ids=ascii)
def test_a_folder_that_another_name_has_is_never_given(names: tuple[str, ...]) -> None:
    folders: list[str] = []
    for name in names:
        folders.append(folder_part(name, {without_case(folder) for folder in folders}))
    assert len({without_case(folder) for folder in folders}) == len(names)


@given(ANY_TEXT, st.integers(20, 60))
def test_a_shortened_text_fits_and_keeps_its_beginning(text: str, most_bytes: int) -> None:
    assume(text.isprintable())
    short = shorten(text, most_bytes, "0123abcd")
    assert len(short.encode()) <= most_bytes
    if short != text:
        assert short.endswith("-0123abcd")
        assert text.startswith(short.removesuffix("-0123abcd"))


def test_names_that_differ_only_after_the_cut_differ() -> None:
    assert clean_part("x" * 300 + "a") != clean_part("x" * 300 + "b")
