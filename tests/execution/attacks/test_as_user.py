"""The attacks once more where an ordinary user runs them; where such a user runs all tests, the others do that."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import asdict

import pytest

from trainstore.execution.attacks.attack import Finding
from trainstore.execution.attacks.catalogue.all_attacks import ATTACKS
from trainstore.execution.sandbox.levels import Level, SandboxDemand

BY_NAME = {attack.name: attack for attack in ATTACKS}

# Those with a run of their own are tried once, at the level that people get.
CASES = {
    "weak": (SandboxDemand(least="weak", most="weak"), False),
    "partial": (SandboxDemand(least="partial", most="partial"), False),
    "strong, by bubblewrap": (SandboxDemand(least="strong", namespaces="bubblewrap"), True),
    "strong, by unshare": (SandboxDemand(least="strong", namespaces="unshare"), False),
}

SCRIPT = """
import json, os, sys
from trainstore.errors import SandboxTooWeak
from trainstore.execution.attacks.catalogue.all_attacks import ATTACKS
from trainstore.execution.attacks.sandboxed import sandboxed
from trainstore.execution.attacks.suite import try_attacks
from trainstore.execution.sandbox.levels import SandboxDemand

assert os.geteuid() != 0
chosen = [attack for attack in ATTACKS if json.loads(sys.argv[2]) or not attack.alone]
try:
    found = list(try_attacks(chosen, sandboxed(SandboxDemand(**json.loads(sys.argv[1])))))
except SandboxTooWeak as error:
    print(json.dumps(error.message))
else:
    print(json.dumps([[finding.attack.name, *list(vars(finding).values())[1:]] for finding in found]))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs all tests")
@pytest.mark.parametrize("where", CASES)
def test_a_level_holds_for_an_ordinary_user(
    where: str, run_as_user: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    demand, whole = CASES[where]
    ended = run_as_user(SCRIPT, json.dumps(asdict(demand)), json.dumps(whole))
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout.splitlines()[-1])
    if isinstance(told, str):
        pytest.skip(f"{where}: {told}")
    findings = [Finding(BY_NAME[name], *values) for name, *values in told]
    level: Level = demand.least
    # At weak, what root alone may write to is closed to the user without any sandbox.
    judged = [found for found in findings if level != "weak" or found.stopped_by != "the system itself"]
    assert [_short(found) for found in judged if not found.is_as_documented(level, by_root=False)] == []
    assert [_short(found) for found in findings if found.left] == []
    tried = [found for found in findings if found.succeeded is not None]
    assert len(tried) >= 35 if whole else len(tried) >= 20


def _short(found: Finding) -> tuple[object, ...]:
    return found.attack.name, found.succeeded, found.stopped_by, found.sign, found.outcome, found.left
