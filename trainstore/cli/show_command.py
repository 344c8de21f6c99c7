"""``trainstore show``."""

import json
from pathlib import Path
from typing import Any

import click

from trainstore.api import Store
from trainstore.cli.documents import of_version
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import ago, iso_time, number, print_json, print_table
from trainstore.execution.plain_text import plain


@click.command("show")
@click.argument("version")
@click.option("--code", "only_code", is_flag=True, help="Print the code alone, as it is, for a file.")
@store_option
@json_option
def show_command(version: str, only_code: bool, folder: Path, as_json: bool) -> None:
    """Show one version: its code, search space, data profile and where it came from.

    \b
    Examples:
      trainstore show BiLSTM
      trainstore show BiLSTM@1 --code > bilstm.py
    """
    store = Store.open(folder)
    found = store.version(version)
    record = store.record(found)
    if only_code:
        click.echo(record.code.encode("utf-8", "surrogatepass"), nl=False)
        return
    if as_json:
        print_json({"record": record.content, **of_version(found), "code_digest": record.code_digest})
        return
    click.secho(plain(str(found)), bold=True)
    kept = "" if found.present else ", no longer in the tree"
    click.echo(
        f"  saved       {iso_time(found.timestamp)} ({ago(found.timestamp)}), commit {found.commit[:10]}{kept}"
    )
    click.echo(f"  confidence  {number(record.confidence) or 'not given'}")
    click.echo(plain(f"  made by     {_maker(record.content)}"))
    click.echo(plain(f"  data        {_data(record.content.get('data_profile') or {})}"))
    if record.bo_config:
        click.echo()
        rows = [_dimension(name, entry) for name, entry in record.bo_config.items()]
        print_table(("HYPERPARAMETER", "TYPE", "DEFAULT", "RANGE"), rows)
    click.echo()
    click.echo(plain(record.code))


def _maker(content: Any) -> str:
    metadata = content.get("metadata") or {}
    return " ".join(
        str(metadata[key]) for key in ("generated_by", "version", "api_model") if metadata.get(key)
    )


def _data(profile: dict[str, Any]) -> str:
    shape, labels = profile.get("shape"), profile.get("label_count")
    classes = f", {labels} classes" if labels else ""
    return f"{profile.get('data_type') or 'unknown'} {shape if shape is not None else ''}{classes}"


def _dimension(name: str, entry: Any) -> tuple[str, ...]:
    if not isinstance(entry, dict):
        return (name, "", json.dumps(entry), "")
    prior = entry.get("prior")
    limits = (
        entry.get("categories") or f"{entry.get('low')} to {entry.get('high')}{f', {prior}' if prior else ''}"
    )
    return (name, str(entry.get("type")), json.dumps(entry.get("default")), str(limits))
