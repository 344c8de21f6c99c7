"""Attacks with the result."""

from trainstore.execution.attacks.catalogue.by_theme import attacks_of
from trainstore.execution.attacks.evidence import (
    breaks_parent,
    changes,
    gets_recorded,
    is_believed,
    tells_in_model,
)

_SIGNS = {
    "no effect": "result_checks",
    "succeeded": "result_checks",
    "failed": "result_checks",
    "invalid_result": "result_checks",
    "killed": "result_checks",
    "EACCES": "landlock",
    "EPERM": "seccomp",
    "ENOENT": "namespaces",
    "EXDEV": "namespaces",
    "EBUSY": "namespaces",
    "EROFS": "namespaces",
}
_ANY_WALL = ("result_checks", "landlock", "seccomp", "namespaces")
_A_CLAIM = (
    "what a function reports is a claim; believe the score, which trainstore measures itself on held-out data"
)

_CHECKED = ("result_checks",)
_attack = attacks_of("results", stops=_SIGNS, weak=_CHECKED, partial=_CHECKED, strong=_CHECKED, alone=True)


_REPLACED = {"partial": _ANY_WALL, "strong": _ANY_WALL}
_OPEN = {"weak": (), "partial": (), "strong": (), "why_open": _A_CLAIM}

RESULT_ATTACKS = (
    _attack(
        "replace-by-symlink",
        "Have a result file be a symbolic link to a secret.",
        tells_in_model,
        **_REPLACED,
    ),
    _attack(
        "replace-by-hard-link", "Have a result file be a hard link to a secret.", tells_in_model, **_REPLACED
    ),
    _attack(
        "replace-by-fifo",
        "Have a result file be a pipe that is never written to.",
        breaks_parent,
        **_REPLACED,
    ),
    _attack("bomb-in-json", "Report 60,000 nested lists.", breaks_parent),
    _attack("number-bomb-in-json", "Report a number of 50,000 digits.", breaks_parent),
    _attack("claim-nan", "Report NaN and infinity.", gets_recorded),
    _attack("claim-unprintable-names", "Report names that cannot be written.", gets_recorded),
    _attack("claim-no-dictionary", "Report something that is no dictionary.", gets_recorded),
    _attack("give-malicious-pickle", "Run code where the model is unpickled.", changes("opened")),
    _attack("exit-at-once", "End with status 0 by os._exit.", is_believed),
    _attack("exit-politely", "End with status 0 by sys.exit.", is_believed),
    _attack("close-descriptors", "Close every descriptor and return.", is_believed),
    _attack("forge-record", "Write a success into every descriptor, without a model.", is_believed),
    _attack(
        "forge-record-and-model",
        "Write a success and an untrained model into every descriptor.",
        is_believed,
        **_OPEN,
    ),
    _attack(
        "claim-too-much",
        "Report an accuracy that was never reached.",
        lambda seen: isinstance(seen.ran.metrics, dict) and seen.ran.metrics.get("accuracy") == 0.987654321,
        **_OPEN,
    ),
)
