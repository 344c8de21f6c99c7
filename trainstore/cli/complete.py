"""Shell completion of functions, versions and runs, from the index, and of data."""

from typing import TYPE_CHECKING

import click

from trainstore.cli.options import store_folder
from trainstore.errors import TrainstoreError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_MOST = 50


def complete_version(ctx: click.Context, _: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Complete a function's name, and after its ``@`` the ordinals of its versions."""
    from click.shell_completion import CompletionItem

    from trainstore.api import Store
    from trainstore.plain_text import plain
    from trainstore.store.index.update import open_index

    name, at, number = incomplete.rpartition("@")
    try:
        store = Store.open(store_folder(ctx))
        if at:
            whose = name or str(ctx.params.get("name", ""))  # `rollback NAME @3`
            found = [version for version in store.versions(whose) if str(version.ordinal).startswith(number)]
            return [CompletionItem(f"{name}@{version.ordinal}") for version in found[-_MOST:]]
        with open_index(store.repository) as index:
            names = index.names_beginning(incomplete, _MOST)
        return [CompletionItem(found) for found in names if plain(found) == found and "\n" not in found]
    except TrainstoreError:
        return []


def complete_run(ctx: click.Context, _: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Complete a run's id, the newest first."""
    from click.shell_completion import CompletionItem

    from trainstore.api import Store

    try:
        runs = Store.open(store_folder(ctx)).runs()
    except TrainstoreError:
        return []
    ids = [run.run_id for run in reversed(runs) if run.run_id.startswith(incomplete)]
    return [CompletionItem(run_id) for run_id in ids[:_MOST]]


def complete_version_or_run(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete a version, or where a text can only be that, a run's id."""
    from trainstore.disk_format.run_ids import begins_run_id

    complete = complete_run if begins_run_id(incomplete) else complete_version
    return complete(ctx, parameter, incomplete)


def complete_data_set(ctx: click.Context, _: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Complete the name of a pinned data set."""
    from click.shell_completion import CompletionItem

    from trainstore.api import Store

    try:
        names = [pinned.name for pinned in Store.open(store_folder(ctx)).data_sets()]
    except TrainstoreError:
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def complete_data(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Complete what ``--data`` takes: the name of a pinned data set, or else a file."""
    from click.shell_completion import CompletionItem

    return [*complete_data_set(ctx, parameter, incomplete), CompletionItem(incomplete, type="file")]
