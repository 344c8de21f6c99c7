"""Every attack, tried: each check fires on a bare worker, and each level stops what it is said to stop."""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.errors import SandboxTooWeak
from trainstore.execution.attacks.attack import Attack, Finding
from trainstore.execution.attacks.catalogue.all_attacks import ATTACKS
from trainstore.execution.attacks.sandboxed import sandboxed
from trainstore.execution.attacks.suite import Runner, try_attacks
from trainstore.execution.sandbox.levels import Level, SandboxDemand

AS_ROOT = os.geteuid() == 0
BY_NAME = {attack.name: attack for attack in ATTACKS}
DEMANDS = {
    "weak": SandboxDemand(least="weak", most="weak"),
    "partial": SandboxDemand(least="partial", most="partial"),
    "strong, by bubblewrap": SandboxDemand(least="strong", namespaces="bubblewrap"),
    "strong, by unshare": SandboxDemand(least="strong", namespaces="unshare"),
}

# What is stopped, or not, by the parent alone is tried at strong only; what has a run of its own and is stopped by the same
# code everywhere, at weak and at strong; by unshare, what meets a tree of files that we mount ourselves is tried again.
OWN_TREE = {"kill-supervisor", "fork-bomb", "deleted-files", "fill-dev-shm", "replace-by-symlink"}
TRIED = {
    "weak": [attack for attack in ATTACKS if attack.theme != "results" or attack.weak != attack.strong],
    "partial": [attack for attack in ATTACKS if not attack.alone or attack.weak != attack.strong],
    "strong, by bubblewrap": ATTACKS,
    "strong, by unshare": [attack for attack in ATTACKS if not attack.alone or attack.name in OWN_TREE],
}

Find = Callable[[str, Attack], Finding]


@pytest.fixture(scope="session")
def find(bare: Runner, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Find:
    """What comes of one attack; those that share a run are run once, whatever number of processes share the tests."""
    runners = {"bare": bare, **{name: sandboxed(demand) for name, demand in DEMANDS.items()}}
    base = tmp_path_factory.getbasetemp()
    folder = base if worker_id == "master" else base.parent

    def of(where: str, attack: Attack) -> Finding:
        if attack.alone:
            (finding,) = try_attacks([attack], runners[where])
            return finding
        shared = _shared(folder / f"attacks {where}.json", runners[where])
        return next(finding for finding in shared if finding.attack is attack)

    return of


def _shared(file: Path, run: Runner) -> list[Finding]:
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            file.write_text(json.dumps(_try_shared(run)))
    told = json.loads(file.read_text())
    if isinstance(told, str):
        raise SandboxTooWeak(told)
    return [Finding(BY_NAME[name], *values) for name, *values in told]


def _try_shared(run: Runner) -> list[list[object]] | str:
    try:
        findings = list(try_attacks([attack for attack in ATTACKS if not attack.alone], run))
    except SandboxTooWeak as error:
        return error.message
    return [[found.attack.name, *list(vars(found).values())[1:]] for found in findings]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_the_check_fires_on_a_bare_worker(attack: Attack, find: Find) -> None:
    _skip_unless_possible(find("bare", attack))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "attack"),
    [pytest.param(where, attack, id=f"{attack.name}-{where}") for where in TRIED for attack in TRIED[where]],
)
def test_a_level_stops_what_it_is_said_to_stop(where: str, attack: Attack, find: Find) -> None:
    level: Level = DEMANDS[where].most if where in ("weak", "partial") else "strong"
    try:
        finding = find(where, attack)
    except SandboxTooWeak as error:
        pytest.skip(f"{where}: {error.message}")
    if not finding.is_as_documented(level, AS_ROOT):
        _skip_unless_possible(find("bare", attack))
    assert finding.is_as_documented(level, AS_ROOT), finding
    assert finding.left == 0


def _skip_unless_possible(bare: Finding) -> None:
    """Skip where the attack cannot be tried here, or the system stops it on its own."""
    if bare.succeeded is None:
        pytest.skip(f"{bare.attack.name} {bare.sign}")
    if not bare.succeeded and not AS_ROOT:
        pytest.skip(f"{bare.attack.name} is stopped without any sandbox: {bare.sign}")
    assert bare.succeeded, bare
