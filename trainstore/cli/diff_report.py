"""How a comparison is told, section by section."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from trainstore.cli.code_report import print_code_diff
from trainstore.plain_text import plain
from trainstore.wording.differences import (
    change_told,
    dimension_told,
    value_told,
)
from trainstore.wording.runs import claim_told
from trainstore.wording.values import counted

if TYPE_CHECKING:
    from trainstore.diff.fields import FieldsDiff
    from trainstore.workflows.compare import Comparison

    _Section = tuple[str, Callable[[Comparison], bool]]

_COLOURS = {"+": "green", "-": "red"}


def print_diff(diff: "Comparison") -> None:
    """Print all that differs; of two runs of one version only what runs have."""
    click.secho(plain(title(diff)), bold=True)
    same: list[str] = []
    if not (diff.of_runs and diff.old == diff.new):
        sections: list[_Section] = [
            ("architecture", _print_architecture),
            ("code", _print_code),
            ("search space", _print_space),
            ("data profile", _print_profile),
        ]
        same += _print_sections(diff, sections)
    if diff.runs.old and diff.runs.new and diff.runs.old.run_id != diff.runs.new.run_id:
        if not diff.of_runs:
            click.echo(f"\nRuns: {diff.runs.old.run_id} → {diff.runs.new.run_id}")
        from trainstore.cli.metrics_report import print_metrics

        same += _print_sections(diff, _OF_RUNS)
        print_metrics(diff)
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


def _print_architecture(diff: "Comparison") -> bool:
    if diff.architecture.unchanged:
        return False
    from trainstore.cli.architecture_report import print_architecture

    click.echo()
    print_architecture(diff.architecture)
    return True


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
