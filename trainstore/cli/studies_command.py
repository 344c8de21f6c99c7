"""``trainstore studies``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.options import dates_option, json_option, store_option
from trainstore.cli.output import note, paged, print_json
from trainstore.cli.study_report import print_study, print_trials
from trainstore.cli.table import print_table
from trainstore.disk_format.run_ids import begins_run_id
from trainstore.documents import of_study
from trainstore.wording.studies import trial_told
from trainstore.wording.values import ago, iso_time, seconds_of

_HEADERS = ("STUDY", "VERSION", "STATE", "TRIALS", "BEST", "JUDGED BY", "RUN", "BEGUN")


@click.command("studies")
@click.argument("name", required=False, metavar="[NAME|STUDY]", shell_complete=complete_version)
@dates_option
@store_option
@json_option
def studies_command(name: str | None, dates: bool, folder: Path, as_json: bool) -> None:
    """List the studies that searched a version's space, oldest first; or show one with its trials.

    NAME is a function or a version, STUDY a study's id or the beginning of it. Studies that are at work or were
    broken off are listed where they were begun.

    \b
    Examples:
      trainstore studies
      trainstore studies MLP
      trainstore studies 20240101T000000Z --json
    """
    store = Store.open(folder)
    if name is not None and begins_run_id(name):
        _show(store, name, as_json)
        return
    studies = store.studies(name)
    versions = store.versions_at([study.header.version["path"] for study in studies])
    if as_json:
        print_json({"studies": [of_study(one, versions.get(one.header.version["path"])) for one in studies]})
        return
    if not studies:
        note("There is no study yet. Begin one with: trainstore tune VERSION --data DATA --trials N")
        return
    when = iso_time if dates else ago
    rows = [
        (
            study.header.study_id,
            versions.get(study.header.version["path"], study.header.function),
            study.state,
            f"{len(study.trials)}/{study.header.trials}",
            trial_told(study.best) if study.best else "",
            study.figure.name if study.figure else "",
            study.ending.run_id if study.ending else "",
            when(seconds_of(study.header.started_at)),
        )
        for study in studies
    ]
    with paged():
        print_table(_HEADERS, rows, spare=("BEGUN", "JUDGED BY", "RUN"))


def _show(store: Store, study_id: str, as_json: bool) -> None:
    study = store.study(study_id)
    path = study.header.version["path"]
    version = store.versions_at([path]).get(path)
    if as_json:
        print_json(of_study(study, version))
        return
    with paged():
        print_study(study, str(version or study.header.function))
        click.echo("")
        print_trials(study)
    if study.can_go_on:
        note(f"Go on: trainstore tune --resume {study.header.study_id}")
