"""The stream that `git fast-import` reads: commits to bytes, and its answers to ids."""

from collections.abc import Iterator, Sequence

from trainstore.store.changes import Commit, Write


def to_stream(
    commits: Sequence[Commit], reference: str, parent: str | None, identity: "Identity"
) -> Iterator[bytes]:
    """Yield the stream for a chain of commits on top of a parent; git answers with one id a blob and a commit.

    Args:
        commits: oldest first.
        reference: where the chain goes.
        parent: full id of the commit to build on; None on an unborn branch.
        identity: who commits, and when.
    """
    yield b"feature done\n"
    mark = 0
    for commit in commits:
        entries = []
        for change in commit.changes:
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
        yield b"".join(entries)
        yield b"get-mark :%d\n" % mark
        parent = f":{mark}"
    yield b"done\n"


class Identity:
    """Author and committer of a commit.

    Args:
        author: ``Name <email>``.
        committer: likewise.
        now: Unix seconds.
        zone: offset from UTC as git writes it, such as ``+0100``.
    """

    def __init__(self, author: str, committer: str, now: int, zone: str) -> None:
        self.author = author
        self.committer = committer
        self.now = now
        self.zone = zone

    def lines(self, author_time: int | None) -> bytes:
        """Return the two lines of a commit in the stream."""
        authored = self.now if author_time is None else author_time
        text = f"author {self.author} {authored} {self.zone}\ncommitter {self.committer} {self.now} {self.zone}\n"
        return text.encode(errors="replace")


def quote_path(path: str) -> bytes:
    """Return a path as fast-import and update-index read it: in quotes, with escapes."""
    encoded = path.encode("utf-8", "surrogateescape")
    escaped = encoded.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%s"' % escaped


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
