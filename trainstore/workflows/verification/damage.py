"""How damage to git's own files is told: what each object holds, and what brings it back."""

import hashlib
import os
import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from trainstore.store.git.object_check import ObjectCheck
from trainstore.store.git.read import examine_with_git, try_git
from trainstore.store.git.repository import Repository
from trainstore.store.index.check import subject_of
from trainstore.store.writing.work_tree import read_or_none
from trainstore.workflows.problem import Problem
from trainstore.workflows.verification.references import last_commit


@dataclass(frozen=True)
class _Held:
    """What an object holds: the file or folder of a path, now or in an earlier commit."""

    kind: str
    path: str
    in_tree: bool


def tell_damage(repository: Repository, check: ObjectCheck) -> list[Problem]:
    """Return a problem for each pack, reference and object that is damaged or gone."""
    remote = (try_git(repository.root, ["remote"]) or b"").decode(errors="replace").split("\n")[0]
    problems = [_of_pack(repository, name, index, remote) for name, index in check.packs.items()]
    problems += [_of_reference(repository, name, held) for name, held in check.references.items()]
    held = _what_objects_hold(repository, check.objects.keys())
    problems += [
        _of_object(repository, check, object_id, held.get(object_id), remote) for object_id in check.objects
    ]
    if check.unnamed:
        problems.append(_of_the_rest(repository, check.unnamed))
    elif problems and not check.complete:
        told = "Git stopped at this damage, so there may be more."
        problems.append(Problem("git object", told, "Repair what is told here, then: trainstore verify"))
    return problems


def _of_pack(repository: Repository, name: str, index: bool, remote: str) -> Problem:
    place = repository.common_dir / "objects" / "pack" / name
    quoted = shlex.quote(str(place))
    if index:
        hint = f"rm -f {quoted}.idx && git index-pack {quoted}.pack"
        return Problem("git pack", f"The index of git's pack {name} is damaged or gone.", hint)
    aside = f"mkdir -p ../damaged && mv {quoted}.* ../damaged/"
    rest = f"git fetch --refetch {remote}" if remote else f"git unpack-objects -r < ../damaged/{name}.pack"
    return Problem("git pack", f"Git's pack {name} is damaged.", f"{aside}; {rest}; trainstore verify")


def _of_reference(repository: Repository, name: str, held: str | None) -> Problem:
    last = last_commit(repository, name)
    if held is not None:
        what = f"{name} names commit {held[:12]}, which cannot be read."
        hint = "Bring that commit back, as is told of it here."
        if last not in {held, None} and name.startswith("refs/"):
            hint = f"It last named another one: git update-ref {name} {last}"
        return Problem("reference", what, hint)
    hint = "git fsck --lost-found finds the commits that are left."
    if last is not None:
        hint = f"rm -f {shlex.quote(str(repository.common_dir / name))} && git update-ref {name} {last}"
    return Problem("reference", f"{name} names no commit.", hint)


def _of_object(
    repository: Repository, check: ObjectCheck, object_id: str, held: _Held | None, remote: str
) -> Problem:
    loose = repository.common_dir / "objects" / object_id[:2] / object_id[2:]
    kind = check.objects[object_id] or (held.kind if held else None)
    what = (
        f"{_told(repository, object_id, kind, held)} is {'damaged' if loose.exists() else 'missing'} in git."
    )
    clear = f"rm -f {shlex.quote(str(loose))}"
    if check.packs and not loose.exists():
        return Problem("git object", what, "It comes back with its pack, or is told again after that.")
    if held and held.in_tree and held.kind == "blob" and _is_intact(repository.root / held.path, object_id):
        again = f"git hash-object -w -- {shlex.quote(held.path)}"
        return Problem("git object", what, f"The work tree has it: {clear} && {again}")
    if kind is None and loose.exists() and check.complete:
        return Problem("git object", f"{what} Nothing needs it.", clear)
    again = f"git -C ANOTHER_CLONE cat-file {kind or 'commit'} {object_id} | git hash-object -t {kind or 'commit'}"
    fetch = f"git fetch --refetch {remote}" if remote else f"{again} -w --stdin"
    return Problem("git object", what, f"{clear} && {fetch}")


def _told(repository: Repository, object_id: str, kind: str | None, held: _Held | None) -> str:
    if held is not None:
        when = "" if held.in_tree else ", as it once was,"
        return (
            f"The {'file' if held.kind == 'blob' else 'folder'} {held.path}{when} (object {object_id[:12]})"
        )
    if kind in {None, "commit"}:
        subject = subject_of(repository, object_id)
        if subject is not None:
            return f"Commit {object_id[:12]} ({subject})"
    return f"The {kind or 'object'} {object_id[:12]}"


def _of_the_rest(repository: Repository, said: str) -> Problem:
    if "index file" in said:
        index = shlex.quote(str(repository.git_dir / "index"))
        return Problem("git index", "Git's list of staged files is damaged.", f"rm -f {index} && git reset")
    return Problem("git", f"Git is not content: {said[:500]}.", "git fsck tells more.")


def _what_objects_hold(repository: Repository, ids: Collection[str]) -> dict[str, _Held]:
    """Return what files and folders the objects are; damage may keep git from telling of all."""
    if not ids:
        return {}
    listed = examine_with_git(repository.root, ["ls-tree", "-r", "-t", "-z", "HEAD"]).output
    held: dict[str, _Held] = {}
    for line in listed.split(b"\0")[:-1]:
        entry, _, name = line.partition(b"\t")
        _, kind, object_id = entry.decode().split(" ")
        if object_id in ids:
            held.setdefault(object_id, _Held(kind, os.fsdecode(name), True))
    if ids - held.keys():
        for kind, path, object_id in _in_history(repository):
            if object_id in ids:
                held.setdefault(object_id, _Held(kind, path, False))
    return held


def _in_history(repository: Repository) -> Iterator[tuple[str, str, str]]:
    """Yield kind, path and id of every file and folder that commits brought, as far as git can read them."""
    commits = examine_with_git(repository.root, ["rev-list", "--all"]).output
    changes = examine_with_git(
        repository.root,
        ["diff-tree", "--stdin", "-r", "-t", "-z", "-m", "--root", "--no-renames", "--diff-filter=AM"],
        commits,
    ).output
    fields = iter(changes.split(b"\0")[:-1])
    for head in fields:
        if head.startswith(b":"):
            _, mode, _, object_id, _ = head.decode().split(" ")
            yield "tree" if mode == "040000" else "blob", os.fsdecode(next(fields, b"")), object_id


def _is_intact(file: Path, object_id: str) -> bool:
    """Tell whether a file of the work tree has the very bytes of a blob."""
    content = read_or_none(file)
    if content is None:
        return False
    digest = hashlib.sha1 if len(object_id) == 40 else hashlib.sha256
    return digest(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == object_id
