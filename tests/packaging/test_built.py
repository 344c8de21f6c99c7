"""What the wheel and the source distribution hold, and what they say of themselves."""

import email
import re
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

import trainstore
from trainstore.version import __version__

ROOT = Path(__file__).parents[2]
KINDS = {".py", ".json", ".txt", ".html", ".css", ".js", ".svg"}
ABOUT = f"trainstore-{__version__}.dist-info"


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


@pytest.fixture
def metadata(built: Any) -> Message:
    return email.message_from_bytes(contents(built.wheel)[f"{ABOUT}/METADATA"])


def test_the_wheel_holds_the_whole_package_and_nothing_else(built: Any) -> None:
    package = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "trainstore").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    told = {
        f"{ABOUT}/{name}" for name in ("METADATA", "WHEEL", "entry_points.txt", "RECORD", "licenses/LICENSE")
    }
    assert set(contents(built.wheel)) == package | told
    assert {Path(name).suffix for name in package - {"trainstore/py.typed"}} == KINDS


def test_what_the_package_reads_of_itself_is_found_in_an_archive(built: Any) -> None:
    texts = [file.read_text() for file in (ROOT / "trainstore").rglob("*.py")]
    opened = {name for text in texts for name in re.findall(r"\b(?:files|PackageLoader)\(\"(.*?)\"\)", text)}
    data = [Path(name) for name in contents(built.wheel) if not name.endswith((".py", "py.typed"))]
    folders = {".".join(name.parts[:2]) for name in data if name.parts[0] != ABOUT}
    assert opened == folders == {"trainstore.generation", "trainstore.web"}


def test_the_source_distribution_makes_the_same_wheel(
    built: Any, build: Callable[..., None], tmp_path: Path
) -> None:
    with tarfile.open(built.sdist) as opened:
        opened.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    build(source, tmp_path / "again", "-t", "wheel")
    (again,) = (tmp_path / "again").iterdir()
    assert contents(again) == contents(built.wheel)
    assert {path.name for path in source.iterdir()} == {
        ".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "constraints.txt", "docs", "pyproject.toml",
        "trainstore",
    }  # fmt: skip


class TestMetadata:
    def test_the_version_stands_in_one_place(self, metadata: Message) -> None:
        assert metadata["Version"] == __version__ == trainstore.__version__
        assert f'__version__ = "{__version__}"' in (ROOT / "trainstore/version.py").read_text()
        assert f'"{__version__}"' not in (ROOT / "pyproject.toml").read_text()

    def test_the_licence_and_the_types_are_told(self, metadata: Message) -> None:
        assert (metadata["License-Expression"], metadata["License-File"]) == ("MIT", "LICENSE")
        assert "Typing :: Typed" in metadata.get_all("Classifier", [])
        assert metadata["Requires-Python"] == ">=3.11"

    def test_the_description_leads_nowhere_that_is_not_there(self, metadata: Message) -> None:
        text = metadata.get_payload()
        assert isinstance(text, str) and text.startswith("# trainstore\n")
        assert re.findall(r"\]\((?!https?:)[^)]*\)", text) == []
        assert "[DVC](https://dvc.org)" in text

    def test_extras_bring_what_their_users_are_told_to_install(self, metadata: Message) -> None:
        brought: dict[str, set[str]] = {}
        for line in metadata.get_all("Requires-Dist", []):
            if found := re.fullmatch(r"([\w-]+).*; extra == '(\w+)'", line):
                brought.setdefault(found[2], set()).add(found[1])
        everything = brought.pop("dev")
        assert brought == {
            "images": {"pillow"}, "parquet": {"pyarrow"}, "ray": {"ray"}, "s3": {"dvc-s3"}, "ssh": {"dvc-ssh"},
        }  # fmt: skip
        assert set().union(*brought.values()) <= everything
        assert set(metadata.get_all("Provides-Extra", [])) == {*brought, "dev"}


def test_every_pin_is_one_that_its_bound_allows() -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(line for lines in project["optional-dependencies"].values() for line in lines),
    ]
    lines = (ROOT / "constraints.txt").read_text().splitlines()[1:]
    pins = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}
    assert lines == sorted(lines, key=str.lower)
    for requirement in map(Requirement, wanted):
        if requirement.name != "trainstore":
            assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement
