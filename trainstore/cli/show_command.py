"""``trainstore show``."""

import json
from pathlib import Path
from typing import Any

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version_or_run
from trainstore.cli.model_report import print_modules
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import paged, print_code, print_json
from trainstore.cli.run_report import print_record, print_verdict
from trainstore.cli.table import print_table
from trainstore.disk_format.run_ids import begins_run_id
from trainstore.documents.runs import of_run
from trainstore.documents.versions import of_shown
from trainstore.plain_text import plain
from trainstore.records.training_record import TrainingRecord
from trainstore.store.index.entries import RunEntry, Version
from trainstore.wording.models import model_told
from trainstore.wording.records import maker_told
from trainstore.wording.values import ago, counted, iso_time, number


@click.command("show")
@click.argument("version", metavar="VERSION|RUN", shell_complete=complete_version_or_run)
@click.option("--code", "only_code", is_flag=True, help="Print the code alone, as it is, for a file.")
@store_option
@json_option
def show_command(version: str, only_code: bool, folder: Path, as_json: bool) -> None:
    """Show one version: its code, search space, data and origin; or one run, with the model that it trained.

    \b
    Examples:
      trainstore show BiLSTM
      trainstore show BiLSTM@1 --code > bilstm.py
      trainstore show 20240101T000000Z-3fa9c1
    """
    store = Store.open(folder)
    if begins_run_id(version) and not only_code:
        _show_run(store, store.find_run(version), as_json)
        return
    found = store.version(version)
    record = store.record(found)
    if only_code:
        click.echo(record.code.encode("utf-8", "surrogatepass"), nl=False)
        return
    if as_json:
        print_json(of_shown(found, record, store.change(found)))
        return
    with paged():
        _print_version(store, found, record)


def _show_run(store: Store, entry: RunEntry, as_json: bool) -> None:
    version = store.versions_of([entry]).get(entry.version_path)
    run = store.run_record(entry.run_id)
    if as_json:
        print_json(of_run(run, version, entry.commit))
        return
    with paged():
        print_record(run, str(version or entry.version_path), entry.commit)
        if run.reason:
            click.echo(plain(f"  reason      {run.reason}"))
        if run.verdict:
            print_verdict(run)
        if run.model:
            click.echo()
            print_modules(run.model)


def _print_version(store: Store, version: Version, record: TrainingRecord) -> None:
    kept = "" if version.present else ", no longer in the tree"
    pinned = ", pinned" if store.pinned(version) else ""
    saved = f"{iso_time(version.timestamp)} ({ago(version.timestamp)}), commit {version.commit[:10]}"
    click.secho(plain(str(version)), bold=True)
    click.echo(f"  saved       {saved}{kept}{pinned}")
    click.echo(f"  confidence  {number(record.confidence) or 'not given'}")
    click.echo(plain(f"  made by     {maker_told(record.content)}"))
    if (change := store.change(version)).made_from is not None:
        click.echo(plain(f"  changed     {change.summary or 'nothing'} since {change.made_from}"))
    click.echo(plain(f"  data        {_data(record.content.get('data_profile') or {})}"))
    if runs := store.runs(version.path):
        click.echo(plain(f"  last run    {_told(runs[-1])}; {counted(len(runs), 'run')} in all"))
        if model := store.run_record(runs[-1].run_id).model:
            click.echo(f"  model       {model_told(model)}")
    if record.bo_config:
        click.echo()
        rows = [_dimension(name, entry) for name, entry in record.bo_config.items()]
        print_table(("HYPERPARAMETER", "TYPE", "DEFAULT", "RANGE"), rows)
    click.echo()
    print_code(plain(record.code))


def _told(run: RunEntry) -> str:
    score = f", score {number(run.score)}" if run.score is not None else ""
    claim = f", claim {run.claim}" if run.claim else ""
    return f"{run.run_id}: {run.outcome}{score}{claim}"


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
