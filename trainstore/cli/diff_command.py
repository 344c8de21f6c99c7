"""``trainstore diff``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import paged, print_json
from trainstore.diff.fields import FieldsDiff
from trainstore.documents import of_diff
from trainstore.execution.plain_text import plain
from trainstore.wording.runs import claim_told
from trainstore.wording.values import number

if TYPE_CHECKING:
    from trainstore.workflows.compare import VersionDiff

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@click.command("diff")
@click.argument("old", shell_complete=complete_version)
@click.argument("new", shell_complete=complete_version)
@store_option
@json_option
def diff_command(old: str, new: str, folder: Path, as_json: bool) -> None:
    """Compare two versions: code, search space, data profile and metrics.

    Metrics are those of each version's last successful run.

    \b
    Examples:
      trainstore diff BiLSTM~1 BiLSTM
      trainstore diff BiLSTM@1 TransformerEncoder@4 --json
    """
    diff = Store.open(folder).diff(old, new)
    if as_json:
        print_json(of_diff(diff))
        return
    with paged():
        _print_diff(diff)


def _print_diff(diff: "VersionDiff") -> None:
    click.secho(plain(f"{diff.old} → {diff.new}"), bold=True)
    if diff.code.unified:
        click.echo(f"\nCode: +{diff.code.added} −{diff.code.removed} lines")
        for line in plain(diff.code.unified).split("\n"):
            click.secho(line, fg=_COLOURS.get(line[:1]))
    else:
        click.echo("\nCode: the same")
    _print_fields("Search space", diff.search_space)
    _print_fields("Data profile", diff.data_profile)
    _print_fields("Metrics", diff.metrics)
    for version, run in zip((diff.old, diff.new), diff.runs, strict=True):
        if run and run.claim == "not reproduced":
            told = claim_told(run) or run.scoring["reason"]
            click.secho(plain(f"! {version}, run {run.run_id}: {told}"), fg="red")


def _print_fields(title: str, fields: FieldsDiff) -> None:
    if not fields:
        click.echo(f"\n{title}: the same")
        return
    click.echo(f"\n{title}:")
    for name, value in fields.removed.items():
        click.secho(plain(f"- {name}: {_value(value)}"), fg="red")
    for name, value in fields.added.items():
        click.secho(plain(f"+ {name}: {_value(value)}"), fg="green")
    for name, (before, after) in fields.changed.items():
        click.echo(plain(f"~ {name}: {_value(before)} → {_value(after)}"))


def _value(value: object) -> str:
    return number(value, 6) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
