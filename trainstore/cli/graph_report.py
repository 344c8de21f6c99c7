"""How a function's lineage is drawn."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from trainstore.cli.output import columns, note, paged, print_json
from trainstore.documents.history import of_graph
from trainstore.plain_text import one_line
from trainstore.wording.graph import Node, draw
from trainstore.wording.values import ago, iso_time, number

if TYPE_CHECKING:
    from trainstore.workflows.lineage_graph import Step

_OTHER = "o"  # what saved nothing


def report_graph(steps: "Sequence[Step]", dates: bool, as_json: bool) -> None:
    """Print a graph, newest first, a line for each step."""
    if as_json:
        print_json(of_graph(steps))
        return
    if not steps:
        note("Nothing like that has happened.")
        return
    nodes = [Node(step.event.commit, step.continues, "*" if step.is_save else _OTHER) for step in steps]
    with paged():
        for step, (above, own) in zip(steps, draw(nodes), strict=True):
            for line in above:
                click.echo(line)
            _print_step(own, step, iso_time if dates else ago)


def _print_step(own: str, step: "Step", when: "Callable[[float], str]") -> None:
    if step.is_save and step.version is not None:
        version = step.version
        gone = "" if version.present else "gone"
        head, told = f"@{version.ordinal}", [_score(step), gone, step.summary, _origin(step)]
    else:
        head, told = step.event.action, [_without_action(step)]
    rest = "  ".join(one_line(part) for part in (*told, when(step.event.committed)) if part)
    styled = click.style(head, fg="yellow" if step.is_save else "cyan", bold=True)
    click.echo(f"{own} {styled}  {_fitted(rest, len(own) + len(head) + 3)}")


def _score(step: "Step") -> str:
    """Return the score of the step's run, and whether it is on other data than most."""
    if step.run is None or step.run.score is None:
        return "" if step.runs or (step.version and not step.version.present) else "never ran"
    return f"{number(step.run.score)}{' on other data' if step.other_data else ''}"


def _origin(step: "Step") -> str:
    """Return what it was made from, where the drawing does not show it."""
    version, made_from = step.version, step.made_from
    if made_from is None or version is None or (step.continues and made_from.function == version.function):
        return ""
    name = f"@{made_from.ordinal}" if made_from.function == version.function else str(made_from)
    return f"(from {name})"


def _without_action(step: "Step") -> str:
    """Return what was done, without what every line of the graph would repeat, and which version is current then."""
    event, version = step.event, step.version
    function = f"{event.data_type}/{event.model_name}"
    told = (
        event.subject.removeprefix(event.action)
        .replace(f"{function}@", "@")
        .replace(f" of {function}", "")
        .replace(f" {function}", "")
    )
    if version is None:
        return f"{told.lstrip(': ')}, no version is left"
    return f"{told.lstrip(': ')}" + (
        "" if told.endswith(f"@{version.ordinal}") else f", current is @{version.ordinal}"
    )


def _fitted(text: str, taken: int) -> str:
    """Return a text cut to the rest of the terminal's width; elsewhere nothing is cut."""
    width = columns()
    if width is None:
        return text
    from rich.cells import cell_len, set_cell_size

    rest = max(width - taken, 1)
    return text if cell_len(text) <= rest else f"{set_cell_size(text, rest - 1)}…"
