"""How saves and imports are told to a person or a program."""

from typing import TYPE_CHECKING

import click

from trainstore.cli.output import note, print_json, warn
from trainstore.documents.saves import of_saves
from trainstore.errors import PartlyDone
from trainstore.plain_text import plain

if TYPE_CHECKING:
    from trainstore.workflows.save import SaveResult
    from trainstore.workflows.save_files import SaveFilesResult

_MOST_LINES = 20
_SAID_ABOVE = "The warnings above say why."


def report_saves(verb: str, outcome: "SaveFilesResult", as_json: bool) -> None:
    """Print what became of each file.

    Raises:
        PartlyDone: some were rejected, others not.
        TrainstoreError: the only one was rejected.
    """
    result, rejected = outcome.result, outcome.rejected
    if as_json:
        print_json(of_saves(result, rejected))
    else:
        _print_saves(verb, result)
    done = [*result.saved, *result.unchanged, *result.gone]
    if not done and not rejected and not as_json:
        note(f"Nothing was {verb.lower()}: no new record is there.")
    if len(rejected) == 1 and not done:
        error = rejected[0].error
        error.message = f"{rejected[0].file}: {error.message}"
        raise error
    for one in rejected:
        warn(f"{one.file}: {one.error.message} {one.error.hint}")
    if rejected and not done:
        raise type(rejected[0].error)(f"All {len(rejected)} files were rejected.", _SAID_ABOVE)
    if rejected:
        raise PartlyDone(
            f"{len(rejected)} of {len(rejected) + len(done)} files {'was' if len(rejected) == 1 else 'were'} rejected; "
            "the others are in.",
            _SAID_ABOVE,
        )


def _print_saves(verb: str, result: "SaveResult") -> None:
    lines = [
        *(f"{verb} {version} (commit {version.commit[:10]})." for version in result.saved),
        *(f"Unchanged: {version} is there already." for version in result.unchanged),
        *(f"Skipped: {version} left the tree; trainstore restore brings it back." for version in result.gone),
    ]
    for line in lines[:_MOST_LINES]:
        click.echo(plain(line))
    if len(lines) > _MOST_LINES:
        note(
            f"… {len(lines)} in all: {len(result.saved)} {verb.lower()}, {len(result.unchanged)} unchanged, "
            f"{len(result.gone)} skipped."
        )
