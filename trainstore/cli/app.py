"""The program: its commands, loaded when asked for, and the one place where errors become sentences."""

import importlib
import io
import os
import sys
from pathlib import Path

import click

from trainstore.cli.group import Group
from trainstore.cli.options import FOLDER
from trainstore.errors import TrainstoreError
from trainstore.store.writing.moves import note_moves
from trainstore.version import __version__

INTERRUPTED = 130

_PROGRAMS = {"trainstore", "git", "dvc", "pip"}

# Help lines stand here so that `trainstore --help` imports no command; a test compares them.
SECTIONS: dict[str, dict[str, str]] = {
    "Make": {
        "init": "Make a folder a store, or set up a clone of one.",
        "generate": "Save the training functions that fit a data set.",
        "save": "Save training functions from files.",
        "import": "Import a folder of JSON files.",
    },
    "Look": {
        "ui": "Show the store in a browser, on this machine alone, until Ctrl-C.",
        "status": "Show what the store holds, and what was changed by hand.",
        "list": "List the functions, each by its current version.",
        "show": "Show one version: its code, search space, data and origin; or one run, with the model that it trained.",
        "history": "Show what happened, newest first, to one function or to all.",
        "diff": "Compare two versions or two runs: architecture, code, search space, data, environment and metrics.",
        "runs": "List the runs of a function, of one version or of all, oldest first.",
        "studies": "List the studies that searched a version's space, oldest first; or show one with its trials.",
        "logs": "Show what a run printed at its end, and what it raised.",
        "report": "Write a version with its runs as one HTML file, to be sent or kept.",
        "profile": "Describe a data set, as the records of functions do.",
        "verify": "Check that all that was saved is still there, and still what it was.",
        "du": "Show what uses the disk: checkpoints by function, or by run of one function, and all else.",
        "doctor": "Check that this machine and this store work.",
    },
    "Run": {
        "run": "Run a version on a data set and keep the result.",
        "rerun": "Repeat a run and prove that the result is the same.",
        "tune": "Search a version's hyperparameters and keep the best run.",
        "predict": "Ask a run's model about new data.",
        "checkpoint": "Get what a run trained.",
    },
    "Change": {
        "rollback": "Bring a function back to an earlier version.",
        "restore": "Bring back a version that left the tree, with its runs.",
        "undo": "Undo the newest change, or another.",
        "pin": "Protect a version and its checkpoints from being pruned.",
        "unpin": "Take a version's pin away.",
        "prune": "Take versions out of the tree by age, success, confidence or number.",
        "reclaim": "Free the disk of checkpoints that left the tree.",
    },
    "Share": {
        "push": "Share this branch, with the checkpoints and data sets that it needs.",
        "pull": "Bring here what others pushed, merged with what is new here.",
    },
    "Set up": {
        "data": "Keep data sets under names, versioned by DVC.",
        "completion": "Print the script for a shell's completion.",
    },
}
COMMANDS = {name: line for commands in SECTIONS.values() for name, line in commands.items()}


class LazyGroup(Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; its module and its function have its name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"trainstore.cli.{cmd_name}_command")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in sections, from their table alone."""
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl(list(commands.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="trainstore %(version)s")
@click.option("--store", type=FOLDER, metavar="DIR", help="A folder of the store [default: here].")
@click.pass_context
def app(ctx: click.Context, store: Path | None) -> None:
    """Git for AI-written training functions.

    Every saved function is a commit, every trained checkpoint is versioned by DVC, and any version can be read,
    compared, re-run, verified and rolled back to.
    """
    command = app.get_command(ctx, ctx.invoked_subcommand or "")
    takes_store = isinstance(command, click.Group) or any(
        "--store" in option.opts for option in (command.params if command else [])
    )
    if store and command and not takes_store:
        raise click.UsageError(f"{command.name} takes no --store.", ctx)


def run() -> None:
    """Run the command line and exit with the documented code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a letter is no error
            stream.reconfigure(errors="backslashreplace")
    if "_TRAINSTORE_COMPLETE" in os.environ:
        from trainstore.cli.shells import use_own_completion

        use_own_completion()
    moves = note_moves()
    try:
        code = app.main(prog_name="trainstore", standalone_mode=False, color=_colour())
        sys.stdout.flush()
    except click.ClickException as error:
        tell_usage(error)
        code = error.exit_code
    except TrainstoreError as error:
        tell(error)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        from trainstore.cli.interruption import tell_interrupted

        tell_interrupted(moves)
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1  # as click ends where it finds that out itself
    except Exception as error:
        tell_fault(error)
        code = TrainstoreError.exit_code
    sys.exit(code if isinstance(code, int) else 0)


def tell_usage(error: click.ClickException) -> None:
    """Print what click has to say to stderr; it quotes what was typed."""
    from trainstore.plain_text import plain

    page = io.StringIO()
    error.show(file=page)
    click.echo(plain(page.getvalue()), nl=False, err=True)


def tell(error: TrainstoreError) -> None:
    """Print an error's sentence and its hint to stderr."""
    title = click.style("Error:", fg="red", bold=True)
    click.echo(f"{title} {sentence(error.message)}", err=True, color=_colour())
    if error.hint:
        click.echo(
            f"{click.style('Hint:', bold=True)}  {sentence(error.hint, end='')}", err=True, color=_colour()
        )


def _colour() -> bool | None:
    """Return False where somebody wants none, by https://no-color.org or a terminal that has none."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def tell_fault(error: Exception) -> None:
    """Print where trainstore itself broke; a traceback holds what untrusted code and files say."""
    import traceback

    from trainstore.plain_text import plain

    click.echo(plain("".join(traceback.format_exception(error))), nl=False, err=True)
    tell(
        TrainstoreError(
            "This is a fault of trainstore's own.",
            "Nothing was left half done. Report it with the lines above.",
        )
    )


def sentence(text: str, end: str = ".") -> str:
    """Return text from anywhere as a sentence that is safe on a terminal."""
    from trainstore.plain_text import plain

    text = plain(text).strip()
    first = text.partition(" ")[0]
    capital = text[:1].upper() + text[1:] if first.isalpha() and first not in _PROGRAMS else text
    return capital if capital.endswith((".", "!", "?", "…")) else capital + end
