"""Tries attacks on a worker and judges them."""

import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from trainstore.execution.attacks.attack import Attack, Finding, Ran, Seen
from trainstore.execution.attacks.baits.baits import Baits, make_baits
from trainstore.execution.attacks.catalogue.amounts import AMOUNTS
from trainstore.execution.attacks.programs import launch

CODE = inspect.getsource(launch)

_LINE = "@attack "
# Their signs are errors that a system may have reasons of its own for.
_LAYERS_OF_THE_WORKER = ("namespaces", "landlock", "seccomp", "no_capabilities", "no_new_privileges")
_NOT_BEGUN = "did not begin"
_PATIENCE = 6

# Runs the code on the baits, with these hyperparameters and the limits that differ from the suite's.
Runner = Callable[[Baits, dict[str, Any], dict[str, Any]], Ran]


def try_attacks(attacks: Sequence[Attack], run: Runner) -> Iterator[Finding]:
    """Try each attack, those that do not need a run of their own in one, and tell what came of it.

    Where one of them ends the run that it shares, the others are tried in the next.
    """
    together = [attack for attack in attacks if not attack.alone]
    while together:
        findings = _try_together(together, run)
        yield from findings
        together = together[len(findings) :]
    for attack in attacks:
        if attack.alone:
            yield _try_alone(attack, run)


def _try_alone(attack: Attack, run: Runner) -> Finding:
    """Try one; again with more time where a slow machine had none left when it was to begin."""
    (finding,) = _try_together([attack], run)
    if finding.sign == _NOT_BEGUN and "wall_seconds" in attack.limits:
        patient = {**attack.limits, "wall_seconds": attack.limits["wall_seconds"] * _PATIENCE}
        (finding,) = _try_together([replace(attack, limits=patient)], run)
    return finding


def _try_together(attacks: Sequence[Attack], run: Runner) -> list[Finding]:
    """Try as many as one run comes to, and at least the first."""
    with make_baits() as baits:
        bait = {**AMOUNTS, **baits.offer()}
        lacking = {attack.name: name for attack in attacks for name in attack.needs if name not in bait}
        tried = [attack for attack in attacks if attack.name not in lacking]
        hyperparameters = {"attempts": [(attack.theme, attack.name) for attack in tried], "bait": bait}
        ran = run(baits, hyperparameters, dict(attacks[0].limits)) if tried else Ran("succeeded")
        baits.settle()
        signs = _signs(ran.output)
        last = attacks.index(tried[len(signs) - 1]) if signs else len(attacks) - 1
        if tried and tried[-1].name in signs:
            last = len(attacks) - 1
        return [
            _lacks(attack, lacking[attack.name])
            if attack.name in lacking
            else _judge(attack, Seen(baits, ran, signs.get(attack.name, _NOT_BEGUN)))
            for attack in attacks[: last + 1]
        ]


def _signs(output: str) -> dict[str, str]:
    """How each attempt ended, by its own word."""
    found = {}
    for line in output.splitlines():
        if line.startswith(_LINE):
            told = json.loads(line.removeprefix(_LINE))
            found[told["attack"]] = told["sign"]
    return found


def _judge(attack: Attack, seen: Seen) -> Finding:
    succeeded = attack.succeeded(seen)
    return Finding(
        attack=attack,
        succeeded=succeeded,
        stopped_by="" if succeeded else _stopping_layer(attack, seen),
        sign=seen.sign,
        outcome=seen.ran.outcome,
        left=seen.baits.crowd.left,
        layers=tuple(seen.ran.sandbox.get("layers", ())),
    )


def _stopping_layer(attack: Attack, seen: Seen) -> str:
    """The layer by the attempt's own sign, or by the run's outcome where it told no end."""
    sign = {"done": "no effect", "begins": seen.ran.outcome}.get(seen.sign, seen.sign)
    layer = attack.stops.get(sign, "unknown")
    if layer in _LAYERS_OF_THE_WORKER and seen.ran.sandbox and layer not in seen.ran.sandbox["layers"]:
        return "the system itself"
    return layer


def _lacks(attack: Attack, bait: str) -> Finding:
    return Finding(attack, succeeded=None, stopped_by="", sign=f"needs {bait}", outcome="")
