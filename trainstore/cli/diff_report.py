"""How a comparison is told, section by section."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from trainstore.cli.code_report import print_code_diff
from trainstore.cli.output import print_table
from trainstore.execution.plain_text import plain
from trainstore.wording.commands import seed_commands
from trainstore.wording.differences import (
    change_told,
    dimension_told,
    metric_change,
    metric_name,
    sample_told,
    value_told,
)
from trainstore.wording.runs import claim_told
from trainstore.wording.values import byte_size, counted, number

if TYPE_CHECKING:
    from trainstore.diff.fields import FieldsDiff
    from trainstore.records.run_record import RunRecord
    from trainstore.workflows.compare import Comparison

    _Section = tuple[str, Callable[[Comparison], bool]]

_COLOURS = {"+": "green", "-": "red"}


def print_diff(diff: "Comparison") -> None:
    """Print all that differs; of two runs of one version only what runs have."""
    click.secho(plain(title(diff)), bold=True)
    same: list[str] = []
    if not (diff.of_runs and diff.old == diff.new):
        sections: list[_Section] = [
            ("code", _print_code),
            ("search space", _print_space),
            ("data profile", _print_profile),
        ]
        same += _print_sections(diff, sections)
    if diff.runs.old and diff.runs.new and diff.runs.old.run_id != diff.runs.new.run_id:
        if not diff.of_runs:
            click.echo(f"\nRuns: {diff.runs.old.run_id} → {diff.runs.new.run_id}")
        same += _print_sections(diff, _OF_RUNS)
        _print_metrics(diff)
    _print_doubts(diff)
    if same:
        click.echo(f"\nThe same: {', '.join(same)}")


def title(diff: "Comparison") -> str:
    """Return what is compared, on one line."""
    if diff.of_runs and diff.runs.old and diff.runs.new:
        sides = ((diff.old, diff.runs.old), (diff.new, diff.runs.new))
        return " → ".join(f"{version}, run {run.run_id}" for version, run in sides)
    return f"{diff.old} → {diff.new}"


def _print_sections(diff: "Comparison", sections: "Sequence[_Section]") -> list[str]:
    """Print what differs; return the names of what does not."""
    return [name for name, section in sections if not section(diff)]


def _print_code(diff: "Comparison") -> bool:
    if diff.code.line_ends:
        click.echo("\nCode: the same but for how its lines end")
    elif diff.code:
        click.echo(f"\nCode: +{diff.code.added} −{diff.code.removed} lines")
        print_code_diff(diff.code)
    return bool(diff.code)


def _print_space(diff: "Comparison") -> bool:
    space = diff.search_space
    lines = _lines(space.removed, space.added, dimension_told)
    return _print_lines(
        "Search space", [*lines, *(f"~ {name}: {change_told(one)}" for name, one in space.changed.items())]
    )


def _print_profile(diff: "Comparison") -> bool:
    return _print_fields("Data profile", diff.data_profile)


def _print_hyperparameters(diff: "Comparison") -> bool:
    return _print_fields("Hyperparameters", diff.runs.hyperparameters)


def _print_settings(diff: "Comparison") -> bool:
    return _print_fields("Data, split and seed", diff.runs.settings)


def _print_environment(diff: "Comparison") -> bool:
    changes = diff.runs.environment
    lines = [
        f"~ {one['what']}: {_bare(one['original'])} → {_bare(one['rerun'])}"
        for one in changes
        if one["cause"]
    ]
    if others := len(changes) - len(lines):
        lines.append(f"~ {counted(others, 'package')} that no result is known to depend on")
    return _print_lines("Environment", lines)


_OF_RUNS: "list[_Section]" = [
    ("hyperparameters", _print_hyperparameters),
    ("data, split and seed", _print_settings),
    ("environment", _print_environment),
]


def _print_fields(title: str, fields: "FieldsDiff") -> bool:
    changed = (f"~ {name}: {' → '.join(map(value_told, both))}" for name, both in fields.changed.items())
    return _print_lines(title, [*_lines(fields.removed, fields.added, value_told), *changed])


def _lines(removed: Mapping[str, Any], added: Mapping[str, Any], told: Callable[[Any], str]) -> list[str]:
    return [
        f"{sign} {name}: {told(value)}"
        for sign, fields in (("-", removed), ("+", added))
        for name, value in fields.items()
    ]


def _print_lines(title: str, lines: Sequence[str]) -> bool:
    if lines:
        click.echo(f"\n{title}:")
    for line in lines:
        click.secho(plain(line), fg=_COLOURS.get(line[0]))
    return bool(lines)


def _print_doubts(diff: "Comparison") -> None:
    """Say which side has no metrics, or metrics that were not reproduced."""
    sides = ((diff.old, diff.runs.old), (diff.new, diff.runs.new))
    if lacking := dict.fromkeys(str(version) for version, run in sides if not run):
        click.echo(plain(f"\nMetrics: there is no successful run of {' nor of '.join(lacking)}"))
    for version, run in sides:
        if run and run.claim == "not reproduced":
            told = claim_told(run) or run.scoring["reason"]
            click.secho(plain(f"! {version}, run {run.run_id}: {told}"), fg="red")


def _bare(value: Any) -> str:
    return "none" if value is None else str(value)


def _print_metrics(diff: "Comparison") -> None:
    runs = diff.runs
    metrics, (old, new) = runs.metrics, (runs.old, runs.new)
    assert old is not None and new is not None
    rows: list[tuple[str, ...]] = [
        (name, *told) for name, told in _facts(old, new).items() if told[0] != told[1]
    ]
    rows += [
        (metric_name(one), number(one.old), number(one.new), metric_change(one), one.better or "")
        for one in metrics.both
    ]
    rows += [(name, value_told(value)) for name, value in metrics.fields.removed.items()]
    rows += [(name, "", value_told(value)) for name, value in metrics.fields.added.items()]
    scored = "scored by trainstore" if runs.scored else "as the functions claim"
    click.echo(f"\nMetrics, {scored}:")
    print_table(("METRIC", "OLD", "NEW", "DIFFERENCE", "BETTER"), [(*row, "", "", "")[:5] for row in rows])
    if metrics.not_comparable:
        click.secho(f"Not comparable: {metrics.not_comparable}.", fg="yellow")
        return
    _print_chance(diff)


def _facts(old: "RunRecord", new: "RunRecord") -> dict[str, tuple[str, str]]:
    """What two runs are beside their metrics, by name."""
    models = [run.model for run in (old, new)]
    counts = [f"{model.parameters:,}" if model else "not known" for model in models]
    sizes = [byte_size(model.inference_bytes) if model else "not known" for model in models]
    return {
        "outcome": (old.outcome, new.outcome),
        "parameters": (counts[0], counts[1]),
        "for inference": (sizes[0], sizes[1]),
    }


def _print_chance(diff: "Comparison") -> None:
    """Say whether a difference is more than chance between seeds; where that is not known, how to learn it."""
    tested = [(metric, metric.chance) for metric in diff.metrics.both if metric.chance]
    if tested:
        click.echo("\nOver seeds:")
        rows = [
            (
                metric_name(metric),
                sample_told(chance.old),
                sample_told(chance.new),
                "more than chance" if chance.beyond_chance else "may be chance",
            )
            for metric, chance in tested
        ]
        print_table(("METRIC", "OLD", "NEW", "THE DIFFERENCE"), rows)
        return
    if diff.runs.repeated:
        click.echo("\nNothing that was chosen differs but the seed: the difference of the metrics is chance.")
        return
    sides = zip((str(diff.old), str(diff.new)), (diff.runs.old, diff.runs.new), diff.runs.seeds, strict=True)
    if commands := seed_commands(sides):
        click.echo("\nNothing is known about chance: a side has one seed alone. More seeds would tell:")
        for command in commands:
            click.echo(plain(f"  {command}"))
