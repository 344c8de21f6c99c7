"""How it is told what two runs reached: a table, or on a narrow terminal a paragraph for each metric."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from trainstore.cli.output import columns
from trainstore.cli.table import print_table
from trainstore.plain_text import plain
from trainstore.wording.commands import seed_commands
from trainstore.wording.differences import metric_change, metric_name, sample_told, value_told
from trainstore.wording.values import byte_size, number

if TYPE_CHECKING:
    from trainstore.diff.seeds import SeedTest
    from trainstore.records.run_record import RunRecord
    from trainstore.workflows.compare import Comparison

_NARROW = 76  # columns; below, no table is readable


def print_metrics(diff: "Comparison") -> None:
    """Print what two runs reached, which is better by each metric, and whether that may be chance."""
    runs, metrics = diff.runs, diff.metrics
    click.echo(f"\nMetrics, {'scored by trainstore' if runs.scored else 'as the functions claim'}:")
    narrow = (columns() or _NARROW) < _NARROW
    if narrow:
        _print_paragraphs(diff)
    else:
        rows = [(*row, "", "", "")[:5] for row in _rows(diff)]
        print_table(("METRIC", "OLD", "NEW", "DIFFERENCE", "BETTER"), rows)
    if metrics.not_comparable:
        click.secho(f"Not comparable: {metrics.not_comparable}.", fg="yellow")
    elif tested := [(metric, metric.chance) for metric in metrics.both if metric.chance]:
        if not narrow:
            click.echo("\nOver seeds:")
            over_seeds = [(metric_name(one), *_over_seeds(chance)) for one, chance in tested]
            print_table(("METRIC", "OLD", "NEW", "THE DIFFERENCE"), over_seeds)
    else:
        _print_ignorance(diff)


def _rows(diff: "Comparison") -> Iterator[tuple[str, ...]]:
    assert diff.runs.old is not None and diff.runs.new is not None
    yield from _facts(diff.runs.old, diff.runs.new)
    for one in diff.metrics.both:
        yield metric_name(one), number(one.old), number(one.new), metric_change(one), one.better or ""
    fields = diff.metrics.fields
    yield from ((name, value_told(value)) for name, value in fields.removed.items())
    yield from ((name, "", value_told(value)) for name, value in fields.added.items())


def _facts(old: "RunRecord", new: "RunRecord") -> Iterator[tuple[str, str, str]]:
    """Yield what two runs are beside their metrics, where it differs."""
    models = [run.model for run in (old, new)]
    counts = [f"{model.parameters:,}" if model else "not known" for model in models]
    sizes = [byte_size(model.inference_bytes) if model else "not known" for model in models]
    told = (("outcome", old.outcome, new.outcome), ("parameters", *counts), ("for inference", *sizes))
    for name, before, after in told:
        if before != after:
            yield name, before, after


def _over_seeds(chance: "SeedTest") -> tuple[str, str, str]:
    verdict = "more than chance" if chance.beyond_chance else "may be chance"
    return sample_told(chance.old), sample_told(chance.new), verdict


def _print_paragraphs(diff: "Comparison") -> None:
    chances = {metric_name(metric): metric.chance for metric in diff.metrics.both}
    for name, old, new, change, better in ((*row, "", "", "")[:5] for row in _rows(diff)):
        click.echo(plain(f"{name}: {old or 'none'} → {new or 'none'}"))
        if change:
            click.echo(f"  {change}{f', {better} is better' if better else ''}")
        if chance := chances.get(name):
            click.echo("  {} →\n  {}: {}".format(*_over_seeds(chance)))


def _print_ignorance(diff: "Comparison") -> None:
    """Say that nothing is known about chance, and how to learn it."""
    runs = diff.runs
    if runs.repeated:
        click.echo("\nNothing that was chosen differs but the seed: the difference of the metrics is chance.")
        return
    sides = zip((str(diff.old), str(diff.new)), (runs.old, runs.new), runs.seeds, strict=True)
    if commands := seed_commands(sides):
        click.echo("\nNothing is known about chance: a side has one seed alone. More seeds would tell:")
        for command in commands:
            click.echo(plain(f"  {command}"))
