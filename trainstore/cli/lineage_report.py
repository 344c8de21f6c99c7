"""How it is told which version was made from which."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from trainstore.cli.output import paged, print_json
from trainstore.documents.history import of_lineage
from trainstore.plain_text import plain
from trainstore.wording.values import ago, number

if TYPE_CHECKING:
    from trainstore.store.index.entries import Version
    from trainstore.workflows.lineage import Descent


def report_lineage(descents: "Sequence[Descent]", as_json: bool) -> None:
    """Print versions as a tree, each below the one that it was made from."""
    if as_json:
        print_json(of_lineage(descents))
        return
    children: dict[str | None, list[Version]] = {}
    for one in descents:
        children.setdefault(one.parent.path if one.parent else None, []).append(one.version)
    # A stack and no recursion: a chain of improvements can be longer than Python's.
    waiting = [("", "", version) for version in reversed(children.get(None, []))]
    with paged():
        while waiting:
            branch, indent, version = waiting.pop()
            click.echo(plain(f"{indent}{branch}{_line(version)}"))
            below = {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
            own = children.get(version.path, [])
            for place, child in reversed(list(enumerate(own, start=1))):
                waiting.append(("└─ " if place == len(own) else "├─ ", indent + below, child))


def _line(version: "Version") -> str:
    confidence = f", confidence {number(version.confidence)}" if version.confidence is not None else ""
    gone = "" if version.present else ", no longer in the tree"
    return f"{version} ({ago(version.timestamp)}{confidence}{gone})"
