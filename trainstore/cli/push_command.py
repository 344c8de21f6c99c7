"""``trainstore push``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainstore.api import Store
from trainstore.cli.options import json_option, remote_options, store_option
from trainstore.cli.output import print_json
from trainstore.cli.transfer_progress import telling_transfer, warn_of_lacking
from trainstore.documents.sharing import of_push
from trainstore.plain_text import plain
from trainstore.wording.values import byte_size, counted

if TYPE_CHECKING:
    from trainstore.workflows.sharing.push import PushResult


@click.command("push")
@remote_options
@click.option("--history", is_flag=True, help="Look at the checkpoints and data sets of all history, too.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent and send nothing.")
@store_option
@json_option
def push_command(
    remote: str | None,
    dvc_remote: str | None,
    history: bool,
    dry_run: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Share this branch, with the checkpoints and data sets that it needs.

    What the DVC remote lacks goes there first, the commits go to the git remote last: nobody sees a pointer without what
    it points to. Sent is what the tree and the new commits name. Begun again after a kill, it goes on where it was.

    \b
    Examples:
      trainstore push
      trainstore push --dry-run
      trainstore push --git-remote origin --dvc-remote storage
      trainstore push --history
    """
    from trainstore.workflows.sharing.push import PushOptions

    options = PushOptions(remote, dvc_remote, history, dry_run)
    result = Store.open(folder).push(options, telling_transfer())
    if as_json:
        print_json(of_push(result))
    else:
        click.echo(plain(_told(result)))
    warn_of_lacking(result.lacking, result.dvc_remote)


def _told(result: "PushResult") -> str:
    sent = f"{counted(result.objects, 'object')} ({byte_size(result.bytes)})"
    parts = [f"{counted(result.commits, 'commit')} to {result.branch}"] if result.commits else []
    parts += [f"{sent} to the DVC remote {result.dvc_remote!r}"] if result.objects else []
    if not parts:
        return f"{result.branch} has all that is here; nothing to do."
    return f"{'Would push' if result.dry_run else 'Pushed'} {' and '.join(parts)}."
