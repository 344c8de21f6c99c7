"""Attacks on other processes."""

from trainstore.execution.attacks.attack import Seen
from trainstore.execution.attacks.catalogue.by_theme import attacks_of
from trainstore.execution.attacks.evidence import changes_victim, tells

_SIGNS = {"ENOENT": "namespaces", "ESRCH": "namespaces", "EACCES": "landlock", "EPERM": "seccomp"}
_WITHIN_REACH = "other processes of the user are within reach"

_attack = attacks_of(
    "processes",
    stops=_SIGNS,
    weak=(),
    partial=("seccomp",),
    strong=("namespaces", "seccomp"),
    why_open=_WITHIN_REACH,
)


def _supervisor_is_gone(seen: Seen) -> bool:
    return "the process that watched the run was killed" in seen.ran.reason


_SIGNALLED = {
    "stops": {"EPERM": "landlock", "ESRCH": "namespaces", "killed": "namespaces"},
    "only_with": "signals",
    "partial": ("landlock",),
    "strong": ("landlock", "namespaces"),
}

PROCESS_ATTACKS = (
    _attack(
        "read-environment",
        "Find an API key in its own environment.",
        tells("environment"),
        stops={"no effect": "environment"},
        weak=("environment",),
        partial=("environment",),
        strong=("environment",),
        why_open="",
    ),
    _attack(
        "read-other-environment",
        "Read another process's environment in /proc.",
        tells("other_environment"),
        partial=("landlock",),
        strong=("namespaces",),
    ),
    _attack(
        "read-other-command-line",
        "Read another process's command line in /proc.",
        tells("command_line"),
        partial=(),
        strong=("namespaces",),
        why_open="command lines can be read in a shared /proc",
    ),
    _attack(
        "read-memory-file",
        "Read another process's memory through /proc.",
        tells("memory"),
        partial=("landlock",),
        strong=("namespaces",),
    ),
    _attack("read-memory-by-call", "Read another process's memory by process_vm_readv.", tells("memory")),
    _attack("trace", "Attach to another process by ptrace and read from it.", tells("memory")),
    _attack("kill-other", "Kill another process.", lambda seen: seen.baits.victims.was_killed, **_SIGNALLED),
    _attack("limit-other", "Change another process's limits.", changes_victim("core_limit")),
    _attack(
        "pin-other",
        "Bind another process to one processor.",
        changes_victim("processors"),
        partial=("no_capabilities",),
        strong=("namespaces", "no_capabilities"),
        stops={"ESRCH": "namespaces", "EPERM": "no_capabilities"},
        open_to_users=("partial",),
        needs=("processor",),
    ),
    _attack("slow-other", "Lower another process's priority.", changes_victim("niceness")),
    _attack(
        "kill-supervisor",
        "Kill the process that watches the run.",
        _supervisor_is_gone,
        alone=True,
        why_open="the run ends as killed, and what it started ends, unless it had emptied its environment",
        **_SIGNALLED,
    ),
)
