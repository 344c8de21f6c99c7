"""``trainstore completion``."""

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the script for a shell's completion.

    It completes commands, options, functions, versions, runs and files.

    \b
    Examples:
      eval "$(trainstore completion bash)"
      eval "$(trainstore completion zsh)"
      trainstore completion fish > ~/.config/fish/completions/trainstore.fish
    """
    from trainstore.cli.app import app
    from trainstore.cli.shells import use_own_completion

    use_own_completion()
    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    click.echo(completion(app, {}, "trainstore", "_TRAINSTORE_COMPLETE").source())
