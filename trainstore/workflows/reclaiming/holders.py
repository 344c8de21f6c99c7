"""What still needs checkpoints: every tip, work tree, index and stash of the repository, and the pins in them."""

import os
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from trainstore.disk_format.dvc_files import is_pointer_name, is_whole_pointer, named_ids, pointed_folder
from trainstore.disk_format.layout import is_checkpoint_pointer, is_run_path, pointer_file
from trainstore.errors import UsageError
from trainstore.store.git.read import read_blobs
from trainstore.store.git.repository import Repository, read_head
from trainstore.store.git.tips import Tip, tips, trees_of
from trainstore.store.git.walk_trees import Leaf, walk_trees
from trainstore.store.git.worktrees import Worktree, staged_files, worktrees

HEAD = "HEAD"
_PIN = ".pin"
_NOT_POINTERS = ("/.dvc/cache", "/.dvc/tmp")


@dataclass
class Holders:
    """What is needed, each with what needs it, the first of several.

    Attributes:
        worktrees: the one at hand first.
        tips: what git holds on to, HEAD of that one first.
        ids: objects that pointers name.
        unsure: paths of pointers of which it is not known what they name: damaged, or gone from beside their run.json.
        unreadable: the damaged ones among them.
        pins: paths of the pins of versions.
    """

    worktrees: Sequence[Worktree]
    tips: Sequence[Tip]
    ids: dict[str, str] = field(default_factory=dict)
    unsure: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    pins: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, content: bytes | None, holder: str) -> None:
        """Add a pointer; None is one that cannot be read."""
        for identity in sorted(named_ids(content or b"")):
            self.ids.setdefault(identity, holder)
        whole = content is not None and is_whole_pointer(path.rpartition("/")[2], content)
        if not whole or (is_checkpoint_pointer(path) and pointed_folder(content or b"") is None):
            self.unsure.setdefault(path, holder)
            self.unreadable.setdefault(path, holder)

    def add_names(self, files: Iterable[tuple[str, str]]) -> None:
        """Add pins, and runs beside which no pointer stands, of paths with their holders."""
        found = list(files)
        pointed = {(path.rpartition("/")[0], holder) for path, holder in found if is_checkpoint_pointer(path)}
        for path, holder in found:
            folder = path.rpartition("/")[0]
            if path.endswith(_PIN):
                self.pins.setdefault(path, holder)
            elif is_run_path(path) and (folder, holder) not in pointed:
                self.unsure.setdefault(pointer_file(folder), holder)

    def require_known(self, paths: Iterable[str]) -> None:
        """Refuse where a damaged pointer stands at a path of which history does not tell either what it named.

        Args:
            paths: of the pointers that history tells of.

        Raises:
            UsageError: any checkpoint may be the one that it names.
        """
        unknown = self.unreadable.keys() - set(paths)
        if unknown:
            path = min(unknown)
            raise UsageError(
                f"The pointer {path!r} in {self.unreadable[path]} cannot be read, so any checkpoint may be its.",
                "Repair it or take it away; nothing is reclaimed meanwhile.",
            )


def read_holders(repository: Repository, leaving: Set[str] = frozenset()) -> Holders:
    """Return all that needs objects of the cache.

    Args:
        repository: the store.
        leaving: paths that are about to leave HEAD's tree, the index and the work tree at hand.

    Raises:
        GitFailed: a reference, a tree or an index cannot be read.
        UsageError: a work tree cannot be looked at.
    """
    trees = worktrees(repository)
    held = Holders(trees, tips(repository, trees))
    leaves = _in_trees(repository, held.tips, leaving)
    for tree in trees:
        gone = leaving if tree is trees[0] else frozenset()
        leaves += [leaf for leaf in _staged(repository, tree) if leaf.path not in gone]
    _add_leaves(repository, held, leaves)
    for tree in trees:
        _add_files(held, tree, leaving if tree is trees[0] else frozenset())
    return held


def held_by(repository: Repository, found: Sequence[Tip]) -> Holders:
    """Return what the trees of some tips need. Raises GitFailed where one cannot be read."""
    held = Holders([], found)
    _add_leaves(repository, held, walk_trees(repository, trees_of(repository, found), _is_wanted))
    return held


def _add_leaves(repository: Repository, held: Holders, leaves: Sequence[Leaf]) -> None:
    contents = read_blobs(repository.root, {leaf.blob for leaf in leaves if _is_pointer(leaf.path)})
    for leaf in leaves:
        if _is_pointer(leaf.path):
            held.add(leaf.path, contents[leaf.blob], leaf.holder)
    held.add_names((leaf.path, leaf.holder) for leaf in leaves)


def _in_trees(repository: Repository, found: Sequence[Tip], leaving: Set[str]) -> list[Leaf]:
    """Return what the trees of tips hold; of HEAD and its branch without what is leaving."""
    if not leaving:
        return walk_trees(repository, trees_of(repository, found), _is_wanted)
    own = {HEAD, f"branch {(read_head(repository).branch or '').removeprefix('refs/heads/')}"}
    left = [tip for tip in found if tip.name in own]
    others = [tip for tip in found if tip.name not in own]
    return [
        *(
            leaf
            for leaf in walk_trees(repository, trees_of(repository, left), _is_wanted)
            if leaf.path not in leaving
        ),
        *walk_trees(repository, trees_of(repository, others), _is_wanted),
    ]


def _is_wanted(name: bytes) -> bool:
    text = os.fsdecode(name)
    return is_pointer_name(text) or text.endswith(_PIN) or text == "run.json"


def _is_pointer(path: str) -> bool:
    return is_pointer_name(path.rpartition("/")[2])


def _staged(repository: Repository, tree: Worktree) -> list[Leaf]:
    if not (tree.git_dir / "index").exists():
        return []
    return [
        Leaf(path, blob, f"the index of {_told(tree)}")
        for path, blob in staged_files(tree, repository)
        if _is_wanted(os.fsencode(path.rpartition("/")[2]))
    ]


def _add_files(held: Holders, tree: Worktree, leaving: Set[str]) -> None:
    """Add what stands in a work tree, tracked or not."""
    if tree.is_here and tree.root is not None:
        paths = [path for path in _files_below(tree.root) if path not in leaving]
        for path in paths:
            if _is_pointer(path):
                held.add(path, _read(tree.root / path), _told(tree))
        held.add_names((path, _told(tree)) for path in paths)
    elif tree.root is None or tree.locked:
        raise UsageError(
            f"The work tree of {str(tree.git_dir)!r} cannot be looked at, and what it holds is not known.",
            "Reclaim from there, or see: git worktree list",
        )


def _files_below(root: Path) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise UsageError(
            f"{error.filename!r} cannot be looked at ({error.strerror}), and what it holds is not known.",
            "Nothing is reclaimed meanwhile.",
        )

    top = len(os.path.join(root, ""))
    for folder, folders, files in os.walk(root, onerror=refuse):
        below = os.path.join(folder, "")[top:]
        folders[:] = [
            name for name in folders if name != ".git" and not f"/{below}{name}".endswith(_NOT_POINTERS)
        ]
        for name in files:
            if _is_wanted(os.fsencode(name)):
                yield below + name


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _told(tree: Worktree) -> str:
    return f"the work tree {tree.root or tree.git_dir}"
