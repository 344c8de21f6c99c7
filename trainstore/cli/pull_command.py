"""``trainstore pull``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainstore.api import Store
from trainstore.cli.options import json_option, remote_options, store_option
from trainstore.cli.output import print_json, warn
from trainstore.cli.transfer_progress import telling_transfer, warn_of_lacking
from trainstore.disk_format.layout import is_record_path
from trainstore.documents.sharing import of_pull
from trainstore.plain_text import plain
from trainstore.wording.values import byte_size, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainstore.workflows.sharing.pull import PullResult


@click.command("pull")
@remote_options
@click.option("--checkpoints", is_flag=True, help="Get every checkpoint and data set of the tree now.")
@click.option("--dry-run", is_flag=True, help="Say what would come and change nothing.")
@store_option
@json_option
def pull_command(
    remote: str | None,
    dvc_remote: str | None,
    checkpoints: bool,
    dry_run: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Bring here what others pushed, merged with what is new here.

    What was edited or staged stays as it is. Checkpoints and data sets come when a command needs them: checkpoint get,
    predict, rerun, run --data NAME, restore. What cannot be merged is said, and nothing is changed.

    \b
    Examples:
      trainstore pull
      trainstore pull --checkpoints
      trainstore pull --dry-run --json
    """
    from trainstore.workflows.sharing.pull import PullOptions

    options = PullOptions(remote, dvc_remote, checkpoints, dry_run)
    result = Store.open(folder).pull(options, telling_transfer())
    if as_json:
        print_json(of_pull(result))
    else:
        click.echo(plain(_told(result)))
    warn_of_lacking(result.lacking, result.dvc_remote)
    for path in result.kept:
        warn(f"The folder {path} was left: it holds files that are nowhere else.")
    if result.untold:
        warn(
            f"Others cannot know what this clone needs, so a reclaim on the DVC remote may free it. {result.untold}"
        )


def _told(result: "PullResult") -> str:
    came = f"{counted(result.commits, 'commit')} from {result.branch}"
    objects = f"{counted(result.objects, 'object')} ({byte_size(result.bytes)}) from the DVC remote {result.dvc_remote!r}"
    if result.dry_run:
        return f"Would pull {came}." if result.commits else f"{result.branch} has nothing new."
    if result.commit is None:
        return f"Pulled {objects}." if result.objects else f"{result.branch} has nothing new."
    merged = f", merged with what was new here (commit {result.commit[:10]})" if result.merged else ""
    what = f": {_changes(result)}" if result.came or result.went else ""
    return f"Pulled {came}{f' and {objects}' if result.objects else ''}{merged}{what}."


def _changes(result: "PullResult") -> str:
    return ", ".join(
        f"{counted(number, noun)} {verb}"
        for paths, verb in ((result.came, "came"), (result.went, "went"))
        for number, noun in _kinds(paths)
        if number
    )


def _kinds(paths: "Sequence[str]") -> "list[tuple[int, str]]":
    versions = sum(map(is_record_path, paths))
    return [(versions, "version"), (len(paths) - versions, "run")]
