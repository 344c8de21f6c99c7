"""How a generation is told to a person or a program."""

import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import click

from trainstore.cli.output import note, print_json
from trainstore.documents.generation import of_generated, of_prompt
from trainstore.plain_text import plain
from trainstore.wording.values import number

if TYPE_CHECKING:
    from trainstore.store.index.entries import Version
    from trainstore.workflows.generate import GenerateResult, PromptPlan
    from trainstore.workflows.generating.earlier import Saved
    from trainstore.workflows.generating.improve import Round


def report_generated(result: "GenerateResult", data: str | None, as_json: bool) -> None:
    """Print what was saved, or what was there already."""
    if as_json:
        print_json(of_generated(result))
    elif result.model is None:
        _print_starters(result, data)
    elif result.cached is not None:
        _print_cached(result.cached)
    else:
        for version in result.saves.saved:
            _print_saved(version)
        for version in result.saves.unchanged:
            click.echo(plain(f"Unchanged: {result.model} gave back what {version} is already."))
        for one in result.rounds:
            click.echo(plain(_round(one)))
        _hint_at_rollback(result.rounds)


def report_prompt(plan: "PromptPlan", as_json: bool) -> None:
    """Print what a model would be asked."""
    if as_json:
        print_json(of_prompt(plan))
        return
    for message in plan.messages:
        click.secho(f"[{message['role']}]", bold=True)
        click.echo(f"{plain(message['content'])}\n")
    from trainstore.generation.prompt import estimate_tokens

    note(f"About {estimate_tokens(plan.messages)} tokens for {plan.model}; nothing was asked.")
    if plan.cached:
        note(f"{plan.cached.version} is there for this request and would be given back; --fresh asks anyway.")


def _print_starters(result: "GenerateResult", data: str | None) -> None:
    note(f"No model service is set up; these built-in starters fit {data}:")
    for version in result.saves.saved:
        click.echo(f"Saved {version} (commit {version.commit[:10]}).")
    for version in result.saves.unchanged:
        click.echo(f"Unchanged: {version} is this starter already.")


def _print_saved(version: "Version") -> None:
    click.echo(plain(f"💾 SAVED TRAINING FUNCTION: {PurePosixPath(version.path).name}"))
    click.echo(plain(f"Saved {version} (commit {version.commit[:10]})."))


def _print_cached(saved: "Saved") -> None:
    click.echo(plain(f"{saved.version} is there for this request (commit {saved.version.commit[:10]})."))
    if saved.run is not None:
        told = ", ".join(f"{name} {number(value)}" for name, value in (saved.scored or {}).items())
        click.echo(plain(f"  run {saved.run.run_id} scored {told or 'nothing'}"))
    note("Nothing was asked; --fresh asks anyway.")


def _hint_at_rollback(rounds: "Sequence[Round]") -> None:
    """Say how the better version becomes current, where the last one took its place and is no better."""
    last = rounds[-1] if rounds else None
    if last is not None and not last.is_better and last.child.function == last.parent.function:
        note(f"To go back: trainstore rollback {shlex.quote(last.parent.model_name)} @{last.parent.ordinal}")


def _round(one: "Round") -> str:
    if one.after is None:
        return f"{one.child} could not be scored; {one.parent} stays the better one."
    how = "better than" if one.is_better else "no better than"
    return f"{one.child} reached {number(one.after)} on the validation part, {how} {one.parent} with {number(one.before)}."
