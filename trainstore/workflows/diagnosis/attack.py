"""Attacking the sandbox of this machine with the package's own attacks, to see that it holds."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from trainstore.errors import UsageError
from trainstore.execution.attacks.attack import Finding
from trainstore.execution.attacks.catalogue.all_attacks import ATTACKS
from trainstore.execution.attacks.sandboxed import sandboxed
from trainstore.execution.attacks.suite import try_attacks
from trainstore.execution.sandbox.levels import Level, SandboxDemand
from trainstore.execution.survey import survey_machine


@dataclass(frozen=True)
class Siege:
    """What came of all attacks.

    Attributes:
        level: of the sandbox that was attacked.
        by_root: whether root attacked; the worker of root becomes another user, and some attacks differ.
        findings: one for each attack.
    """

    level: Level
    by_root: bool
    findings: tuple[Finding, ...]

    @property
    def breaches(self) -> tuple[Finding, ...]:
        """Attacks that succeeded although the documentation says they cannot, or left a process behind."""
        return tuple(finding for finding in self.findings if self.is_breach(finding))

    def is_breach(self, finding: Finding) -> bool:
        expected = bool(finding.expected(self.level, self.by_root))
        return bool(finding.succeeded and expected) or finding.left > 0


def attack_sandbox(level: Level | None, on_finding: Callable[[Finding], None]) -> Siege:
    """Try every attack on a worker as a run would have it, one minute or two in all.

    The attacks go for baits that are made for them and removed afterwards.

    Args:
        level: of the sandbox to attack; None for the best that this machine has.
        on_finding: gets each finding as soon as it is known.

    Raises:
        UsageError: the attacks do not run on this system.
        SandboxTooWeak: this machine does not reach the level.
    """
    if sys.platform != "linux":
        raise UsageError(
            "The attacks are made for Linux.", "Elsewhere the sandbox is weak: see docs/security.md."
        )
    if level is None:
        level = survey_machine().sandbox["level"]
    findings = []
    for finding in try_attacks(ATTACKS, sandboxed(SandboxDemand(least=level, most=level))):
        on_finding(finding)
        findings.append(finding)
    return Siege(level, os.geteuid() == 0, tuple(findings))
