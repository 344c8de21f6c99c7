"""``trainstore completion``."""

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the script for a shell's completion.

    It completes commands, functions, versions and runs.

    \b
    Examples:
      eval "$(trainstore completion bash)"
      trainstore completion zsh > ~/.zfunc/_trainstore
      trainstore completion fish > ~/.config/fish/completions/trainstore.fish
    """
    from trainstore.cli.app import app

    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    click.echo(completion(app, {}, "trainstore", "_TRAINSTORE_COMPLETE").source())
