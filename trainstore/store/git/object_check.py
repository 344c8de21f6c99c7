"""What `git fsck` finds: objects that are damaged or gone, and references that lead nowhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trainstore.store.git.read import Findings, ask_git, examine_with_git
from trainstore.store.git.repository import Repository

_MISSING = re.compile(r"^missing (?P<kind>blob|tree|commit|tag) (?P<id>[0-9a-f]{40,64})$", re.MULTILINE)
_OBJECT = re.compile(r"(?<![-/0-9a-f])[0-9a-f]{40,64}(?![0-9a-f])")
_LOOSE = re.compile(r"objects/(?P<first>[0-9a-f]{2})/(?P<rest>[0-9a-f]{38,62})(?![0-9a-f])")
_PACK = re.compile(r"pack-[0-9a-f]{40,64}(?=\.(?:pack|idx))")
_REFERENCE = re.compile(
    r"^error: (?P<name>(?:worktrees/[^ :]+/)?(?:HEAD|refs/[^ :]+)): (?P<told>.*)$", re.MULTILINE
)


@dataclass(frozen=True)
class ObjectCheck:
    """What is wrong with git's own files; all empty where nothing is.

    Attributes:
        counted: how many objects there are.
        objects: id of each damaged or missing object, with its kind where git says it.
        packs: names of damaged packs, without an ending; true where the index beside one is damaged or gone.
        references: names of references that lead nowhere, with the id that each holds, if any.
        unnamed: what git said where it named no object; empty otherwise.
        complete: false where git gave up, so that there may be more.
    """

    counted: int
    objects: dict[str, str | None]
    packs: dict[str, bool]
    references: dict[str, str | None]
    unnamed: str = ""
    complete: bool = True


def check_objects(repository: Repository) -> ObjectCheck:
    """Have git read and hash every object, and follow every reference.

    Raises:
        GitFailed: git is missing.
    """
    # What only a reflog remembers was never promised to stay.
    found = examine_with_git(
        repository.root, ["fsck", "--full", "--no-dangling", "--no-progress", "--no-reflogs"]
    )
    checked = parse_findings(found, _count(repository))
    without_index = _packs_without_index(repository) if checked.objects else []
    return replace(checked, packs=checked.packs | dict.fromkeys(without_index, True))


def parse_findings(found: Findings, counted: int = 0) -> ObjectCheck:
    """Return what the outputs of `git fsck` name."""
    if found.exit_code == 0:
        return ObjectCheck(counted, {}, {}, {})
    lines = found.errors.splitlines()
    objects: dict[str, str | None] = {}
    for line in lines:
        if not _REFERENCE.match(line):
            objects |= dict.fromkeys(_objects_of(line))
    references: dict[str, str | None] = {}
    for match in _REFERENCE.finditer(found.errors):
        held = _OBJECT.findall(match["told"])
        references[match["name"]] = held[0] if held and held[0].strip("0") else None
    objects |= {held: "commit" for held in references.values() if held is not None}
    objects |= {
        match["id"]: match["kind"] for match in _MISSING.finditer(found.output.decode(errors="replace"))
    }
    packs = _packs_of(lines)
    said = "; ".join(lines) or f"it ended with code {found.exit_code}"
    unnamed = "" if objects or references or packs else said
    return ObjectCheck(counted, objects, packs, references, unnamed, 0 < found.exit_code < 128)


def _objects_of(line: str) -> Sequence[str]:
    """Return the damaged objects that a line of git's complaints names."""
    loose = [match["first"] + match["rest"] for match in _LOOSE.finditer(line)]
    # Such a line also has the id of what was found in the object's place.
    return loose if "mismatch, found at" in line else [*loose, *_OBJECT.findall(line)]


def _packs_of(lines: Sequence[str]) -> dict[str, bool]:
    packs: dict[str, bool] = {}
    for line in lines:
        for name in _PACK.findall(line):
            of_index = f"{name}.idx" in line or line.startswith("error: Packfile index for ")
            packs[name] = packs.get(name, False) or of_index
    return packs


def _packs_without_index(repository: Repository) -> list[str]:
    packs = (repository.common_dir / "objects" / "pack").glob("pack-*.pack")
    return [pack.stem for pack in packs if not pack.with_suffix(".idx").exists()]


def _count(repository: Repository) -> int:
    lines = ask_git(repository.root, ["count-objects", "-v"]).decode().splitlines()
    counts = dict(line.split(": ", 1) for line in lines if ": " in line)
    return int(counts.get("count", 0)) + int(counts.get("in-pack", 0))
