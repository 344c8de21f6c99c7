"""Attacks on files."""

import os
from pathlib import Path

from trainstore.execution.attacks.attack import Seen
from trainstore.execution.attacks.catalogue.amounts import AMOUNTS
from trainstore.execution.attacks.catalogue.by_theme import attacks_of
from trainstore.execution.attacks.evidence import changes, tells

_SIGNS = {
    "ENOENT": "namespaces",
    "EROFS": "namespaces",
    "EXDEV": "landlock",
    "EACCES": "landlock",
    "ENOTDIR": "namespaces",
}
_WITHIN_REACH = "files of the user are within reach"

_attack = attacks_of(
    "files",
    stops=_SIGNS,
    weak=(),
    partial=("landlock",),
    strong=("namespaces", "landlock"),
    why_open=_WITHIN_REACH,
)


def _shadow_is_told(seen: Seen) -> bool:
    return f"shadow {os.stat('/etc/shadow').st_size} bytes" in seen.ran.output


def _is_world_writable(seen: Seen) -> bool:
    return Path(seen.baits.decoys.offered["chmodded"]).stat().st_mode & 0o777 == 0o606


def _is_from_1970(seen: Seen) -> bool:
    return Path(seen.baits.decoys.offered["touched"]).stat().st_mtime == 1


def _is_full(seen: Seen) -> bool:
    files = (seen.baits.decoys.root / "store").glob("fill-*")
    return sum(file.stat().st_size for file in files) >= AMOUNTS["disk_mib"] << 20


_METADATA = {
    "stops": {**_SIGNS, "no effect": "seccomp", "EPERM": "other_user"},
    "partial": ("seccomp",),
    "strong": ("seccomp", "namespaces"),
}

FILE_ATTACKS = (
    _attack("read-ssh-key", "Read an SSH key in the home folder.", tells("ssh_key")),
    _attack("read-document", "Read a document of the user.", tells("document")),
    _attack("read-shadow", "Read the password hashes in /etc/shadow.", _shadow_is_told, needs=("root",)),
    _attack("list-home", "List the home folder.", tells("listed")),
    _attack("read-git-config", "Read the token in the store's .git/config.", tells("git_config")),
    _attack("write-git-hook", "Write a git hook into the store.", changes("store", ".git/hooks/post-commit")),
    _attack("overwrite-version", "Overwrite a saved version.", changes("version")),
    _attack("delete-version", "Delete a saved version.", changes("deletable")),
    _attack("chmod-version", "Change the mode of a saved version.", _is_world_writable, **_METADATA),
    _attack("touch-version", "Change the time of a saved version.", _is_from_1970, **_METADATA),
    _attack("append-to-profile", "Add a line to the shell's profile.", changes("home", ".bashrc")),
    _attack("write-through-symlink", "Write through a symbolic link out of scratch.", changes("writable")),
    _attack("read-through-hard-link", "Read through a hard link in scratch.", tells("linkable")),
    _attack("plant-in-site-packages", "Leave a .pth file in site-packages.", changes("planted_pth")),
    _attack("plant-in-package", "Leave a file in trainstore's __pycache__.", changes("planted_pyc")),
    _attack(
        "plant-in-tmp",
        "Leave a module in the folder for temporary files.",
        changes("planted_module"),
        stops={**_SIGNS, "no effect": "namespaces"},
    ),
    _attack(
        "fill-elsewhere",
        "Fill a disk outside of scratch.",
        _is_full,
        why_open="only scratch is measured, and files of the user are within reach",
    ),
    _attack(
        "rewrite-other-job",
        "Rewrite the code of another job.",
        changes("other_job", "code/training_function.py"),
    ),
    _attack(
        "read-other-shm",
        "Read another job's file in /dev/shm.",
        tells("shm"),
        partial=(),
        strong=("namespaces",),
        why_open="/dev/shm is shared with other programs",
        needs=("shm",),
    ),
    _attack(
        "read-test-part",
        "Read the test part of the data.",
        lambda seen: str(seen.baits.test_value) in seen.ran.output,
        stops={"no effect": "parts_apart"},
        weak=("parts_apart",),
        partial=("parts_apart",),
        strong=("parts_apart",),
        why_open="",
    ),
)
