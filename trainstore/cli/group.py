"""Groups of commands: what is said where there is no such command, and their help in whole lines."""

import click

# What git, DVC and the shell call it; nobody has to learn the words before the first command.
ELSEWHERE = {
    "add": "save",
    "checkout": "rollback",
    "clone": "init",
    "commit": "save",
    "delete": "prune",
    "fetch": "pull",
    "fsck": "verify",
    "gc": "reclaim",
    "get": "checkpoint get",
    "log": "history",
    "ls": "list",
    "remove": "prune",
    "repro": "rerun",
    "reset": "rollback",
    "revert": "undo",
    "rm": "prune",
    "search": "list --grep",
    "train": "run",
    "web": "ui",
}


class Group(click.Group):
    """A group that names the command which was probably meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the nearest one."""
        names = self.list_commands(ctx)
        if args and args[0] not in names and not args[0].startswith("-"):
            near = self._nearest(ctx, args[0], names)
            hint = f" Did you mean {near!r}?" if near else ""
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def _nearest(self, ctx: click.Context, given: str, names: list[str]) -> str | None:
        if ctx.parent is None and given in ELSEWHERE:
            return ELSEWHERE[given]
        import difflib

        return next(iter(difflib.get_close_matches(given, names, n=1)), None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command with its whole first line; click would cut it."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, self.commands[name].get_short_help_str(200)) for name in self.commands]
            )
