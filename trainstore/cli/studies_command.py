"""``trainstore studies``."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.options import dates_option, json_option, store_option
from trainstore.cli.output import note, paged, print_json
from trainstore.cli.paging import newest_options, note_nothing
from trainstore.cli.study_report import print_study, print_trials
from trainstore.cli.table import print_table
from trainstore.disk_format.run_ids import begins_run_id
from trainstore.documents.studies import of_studies, of_study
from trainstore.plain_text import plain
from trainstore.wording.studies import trial_told
from trainstore.wording.values import ago, iso_time, seconds_of

if TYPE_CHECKING:
    from trainstore.store.index.entries import Version
    from trainstore.workflows.tuning.studies import StudyEntry

_HEADERS = ("STUDY", "VERSION", "STATE", "TRIALS", "BEST", "JUDGED BY", "RUN", "BEGUN")


@click.command("studies")
@click.argument("name", required=False, metavar="[NAME|STUDY]", shell_complete=complete_version)
@newest_options
@dates_option
@store_option
@json_option
def studies_command(
    name: str | None, limit: int | None, offset: int, dates: bool, folder: Path, as_json: bool
) -> None:
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
    studies = store.studies(name, limit=limit, offset=offset)
    versions = store.versions_at([study.header.version["path"] for study in studies])
    if as_json:
        print_json(of_studies((one, versions.get(one.header.version["path"])) for one in studies))
        return
    if not studies:
        begin = "Begin one with: trainstore tune VERSION --data DATA --trials N"
        note_nothing(offset, f"There is no study yet. {begin}")
        return
    with paged():
        rows = [_row(study, versions, iso_time if dates else ago) for study in studies]
        print_table(_HEADERS, rows, spare=("BEGUN", "JUDGED BY", "RUN"))


def _row(
    study: "StudyEntry", versions: Mapping[str, "Version"], when: Callable[[float], str]
) -> tuple[object, ...]:
    return (
        study.header.study_id,
        versions.get(study.header.version["path"], study.header.function),
        study.state,
        f"{len(study.trials)}/{study.header.trials}",
        trial_told(study.best) if study.best else "",
        study.figure.name if study.figure else "",
        study.ending.run_id if study.ending else "",
        when(seconds_of(study.header.started_at)),
    )


def _show(store: Store, study_id: str, as_json: bool) -> None:
    study = store.study(study_id)
    path = study.header.version["path"]
    version = store.versions_at([path]).get(path)
    if as_json:
        print_json(of_study(study, version))
        return
    with paged():
        print_study(study, str(version or study.header.function))
        if study.ending:
            click.echo(plain(f"  run         {study.ending.run_id}"))
        click.echo("")
        print_trials(study)
    if study.can_go_on:
        note(f"Go on: trainstore tune --resume {study.header.study_id}")
