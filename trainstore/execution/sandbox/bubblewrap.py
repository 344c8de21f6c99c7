"""The command line of bubblewrap for a worker."""

from collections.abc import Iterator, Sequence

from trainstore.execution.sandbox.tree import Step

_NAMESPACES = ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")
# To become another user, and then to give up even these.
_UNTIL_CONFINED = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")


def bubblewrap_command(program: str, steps: Sequence[Step], user_namespace: bool, folder: str) -> list[str]:
    """Everything up to the command that is to be run inside.

    Args:
        program: path of ``bwrap``.
        steps: the worker's file tree.
        user_namespace: needed by all but root with the right to mount, who changes to another user instead.
        folder: the working folder inside.
    """
    command = [program, *namespace_options(user_namespace)]
    for step in steps:
        command += _options(step)
    # Its own root is writable and has no size.
    return [*command, "--remount-ro", "/", "--chdir", folder, "--"]


def namespace_options(user_namespace: bool) -> list[str]:
    """Namespaces and capabilities, without any file."""
    user = (
        ["--unshare-user"] if user_namespace else [x for name in _UNTIL_CONFINED for x in ("--cap-add", name)]
    )
    return [*_NAMESPACES, "--die-with-parent", "--new-session", "--cap-drop", "ALL", *user]


def _options(step: Step) -> Iterator[str]:
    match step.kind:
        case "bind":
            yield from ("--ro-bind", step.source, step.place)
        case "device":
            yield from ("--dev-bind", step.source, step.place)
        case "scratch":
            yield from ("--size", str(step.size), "--perms", f"{step.mode:04o}", "--tmpfs", step.place)
        case "folder":
            yield from ("--perms", f"{step.mode:04o}", "--dir", step.place)
        case "link":
            yield from ("--symlink", step.source, step.place)
        case "proc":
            yield from ("--proc", step.place)
