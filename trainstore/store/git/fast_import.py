"""The stream that `git fast-import` reads: commits to bytes, and its answers to ids."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trainstore.store.git.changes import Commit, Write


class Identity(NamedTuple):
    """Author and committer of a commit.

    Attributes:
        author: ``Name <email>``.
        committer: likewise.
        now: Unix seconds.
        zone: offset from UTC as git writes it, such as ``+0100``.
        signs: whether each commit gets a signature.
        shares: whether git gives its files other permissions than the umask does.
    """

    author: str
    committer: str
    now: int
    zone: str
    signs: bool = False
    shares: bool = False

    def lines(self, author_time: int | None) -> bytes:
        """Return the two lines of a commit in the stream."""
        authored = self.now if author_time is None else author_time
        text = f"author {self.author} {authored} {self.zone}\ncommitter {self.committer} {self.now} {self.zone}\n"
        return text.encode(errors="replace")


class Written(NamedTuple):
    """What a chain of commits added to git's objects, before anything else changes.

    Attributes:
        commits: full ids, oldest first.
        blobs: the blob that each path has after the last commit; None where it goes.
        replaced: the blob that the parent of the first commit has there, where it has one.
    """

    commits: list[str]
    blobs: dict[str, str | None]
    replaced: dict[str, str]


def to_stream(
    commits: Sequence[Commit], reference: str, parent: str | None, identity: Identity
) -> Iterator[bytes]:
    """Yield the stream for a chain of commits on top of a parent; `read_answers` reads what git answers.

    Args:
        commits: oldest first.
        reference: where the chain goes.
        parent: full id of the commit to build on; None on an unborn branch.
        identity: who commits, and when.
    """
    yield b"feature done\n"
    mark = 0
    asked: set[str] = set()
    for commit in commits:
        questions, entries = [], []
        for change in commit.changes:
            if change.path not in asked:
                questions.append(b"ls %s\n" % quote_path(change.path))
                asked.add(change.path)
            if isinstance(change, Write):
                mark += 1
                yield b"blob\nmark :%d\n%s" % (mark, _data(change.content))
                yield b"get-mark :%d\n" % mark
                entries.append(b"M 100644 :%d %s\n" % (mark, quote_path(change.path)))
            else:
                entries.append(b"D %s\n" % quote_path(change.path))
        mark += 1
        yield b"commit %s\nmark :%d\n" % (reference.encode(), mark)
        yield identity.lines(commit.author_time)
        yield _data(commit.message.encode(errors="replace"))
        if parent is not None:
            yield b"from %s\n" % parent.encode()
        yield b"".join(questions + entries)
        yield b"get-mark :%d\n" % mark
        parent = f":{mark}"
    yield b"done\n"


def read_answers(commits: Sequence[Commit], output: bytes) -> Written:
    """Return what git answered to the stream of these commits."""
    answers = iter(output.decode(errors="surrogateescape").split("\n"))
    written = Written([], {}, {})
    for commit in commits:
        blobs = {
            change.path: next(answers) if isinstance(change, Write) else None for change in commit.changes
        }
        for path in blobs:
            if path not in written.blobs:
                _, kind, *rest = (
                    next(answers).replace("\t", " ").split(" ")
                )  # "missing PATH", or mode, kind and id
                if kind == "blob" and rest:
                    written.replaced[path] = rest[0]
        written.blobs.update(blobs)
        written.commits.append(next(answers))
    return written


def quote_path(path: str) -> bytes:
    """Return a path as fast-import and update-index read it: in quotes, with escapes."""
    encoded = path.encode("utf-8", "surrogateescape")
    escaped = encoded.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%s"' % escaped


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
