"""How the use of the disk is told."""

from typing import TYPE_CHECKING

import click

from trainstore.cli.output import paged
from trainstore.cli.table import print_table
from trainstore.plain_text import plain
from trainstore.wording.values import byte_size, counted, iso_time

if TYPE_CHECKING:
    from trainstore.workflows.reclaiming.disk_use import DiskUse, Share


def print_disk_use(use: "DiskUse", by_run: bool) -> None:
    """Print shares as a table, then the totals."""
    with paged():
        headers = (
            "RUN" if by_run else "FUNCTION",
            "VERSION" if by_run else "CHECKPOINTS",
            "UNIQUE",
            "SHARED",
            "",
        )
        rows = _runs(use) if by_run else _functions(use)
        if rows:
            print_table(headers, rows)
            click.echo()
        _print_totals(use)


def _functions(use: "DiskUse") -> list[tuple[object, ...]]:
    return [
        (name, share.runs, *_sizes(share), f"{share.missing} missing" if share.missing else "")
        for name, share in use.functions.items()
    ]


def _runs(use: "DiskUse") -> list[tuple[object, ...]]:
    return [
        (run.run_id, run.version or run.function, *_sizes(run.share), "missing" if run.share.missing else "")
        for run in use.runs
    ]


def _sizes(share: "Share") -> tuple[str, str]:
    return byte_size(share.unique), byte_size(share.shared)


def _print_totals(use: "DiskUse") -> None:
    lines = [
        ("DVC's cache", use.cache, ""),
        ("  checkpoints in the tree", use.kept, ""),
        ("  data sets in the tree", use.data, ""),
        ("  checkpoints that left the tree", use.left, _when(use)),
        ("  other objects", use.other, "of other branches, or not trainstore's" if use.other else ""),
        ("git's objects", use.git, ""),
        ("trainstore's index", use.index, ""),
    ]
    names = max(len(name) for name, _, _ in lines)
    sizes = max(len(byte_size(size)) for _, size, _ in lines)
    for name, size, told in lines:
        click.echo(f"{name.ljust(names)}  {byte_size(size).rjust(sizes)}  {told}".rstrip())
    if use.refusal:
        click.echo(plain(f"\nNothing can be reclaimed: {use.refusal}"))


def _when(use: "DiskUse") -> str:
    if use.plan is None or not use.left:
        return ""
    told = []
    if use.plan.reclaimable_bytes:
        told.append(f"{byte_size(use.plan.reclaimable_bytes)} may go now: trainstore reclaim")
    waiting = [item.may_go_at for item in use.plan.kept if item.may_go_at is not None]
    if waiting:
        told.append(f"{counted(len(waiting), 'checkpoint')} from {iso_time(min(waiting))[:10]} on")
    held = len(use.plan.kept) - len(waiting)
    if held:
        told.append(f"{held} still needed")
    return "; ".join(told)
