"""What is wrong with a machine, and whether its sandbox holds."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

from trainstore.documents.verification import ProblemJson, of_problems
from trainstore.version import __version__

if TYPE_CHECKING:
    from trainstore.execution.attacks.attack import Finding
    from trainstore.execution.sandbox.levels import Level
    from trainstore.workflows.diagnosis.attack import Siege
    from trainstore.workflows.diagnosis.diagnose import Diagnosis


class DeviceJson(TypedDict):
    """A device that is here.

    Attributes:
        name: as ``--device`` takes it.
        hardware: what it is called.
        memory_bytes: of the device; null for the processor.
    """

    name: str
    hardware: str
    memory_bytes: int | None


class MachineSandboxJson(TypedDict):
    """What would keep a run in bounds here.

    Attributes:
        level: what the layers add up to; null where no run can start.
        layers: those that hold.
        missing: those that do not, each with its reason.
    """

    level: "Level | None"
    layers: list[str]
    missing: dict[str, str]


class DiagnosisJson(TypedDict):
    """Whether trainstore will work here.

    Attributes:
        ok: whether it will; warnings do not count.
        trainstore: its release.
        python: its version.
        git: its version; null where there is none.
        packages: libraries that trainstore uses, name to version; null where one is not installed.
        sandbox: what would keep a run in bounds.
        devices: those that are here; ``auto`` takes the first.
        store: absolute path of its top; null where the folder is in none, and only the machine was looked at.
        problems: the worst first.
    """

    ok: bool
    trainstore: str
    python: str
    git: str | None
    packages: dict[str, str | None]
    sandbox: MachineSandboxJson
    devices: list[Annotated[dict[str, Any], DeviceJson]]
    store: str | None
    problems: list[ProblemJson]


AttackResult = Literal["stopped", "open", "succeeded", "not tried"]


class AttackJson(TypedDict):
    """An attack on the sandbox.

    Attributes:
        name: of the attack.
        tries: what it tries.
        result: ``open`` is one that succeeded, as docs/security.md says; ``succeeded`` one that should not have.
        stopped_by: the layer that stopped it.
        why: why it is open, or could not be tried.
    """

    name: str
    tries: str
    result: AttackResult
    stopped_by: str | None
    why: str | None


class SiegeJson(TypedDict):
    """What came of attacks on the sandbox.

    Attributes:
        ok: whether none succeeded that should not have.
        level: of the sandbox that was attacked.
        attacks: all of them.
    """

    ok: bool
    level: Literal["weak", "partial", "strong"]
    attacks: list[AttackJson]


def of_diagnosis(diagnosis: "Diagnosis") -> DiagnosisJson:
    """What ``doctor`` prints."""
    return {
        "ok": diagnosis.ok,
        "trainstore": __version__,
        "python": diagnosis.python,
        "git": diagnosis.git,
        "packages": dict(diagnosis.packages),
        "sandbox": {**diagnosis.sandbox}
        if diagnosis.sandbox
        else {"level": None, "layers": [], "missing": {}},
        "devices": [dict(device) for device in diagnosis.devices],
        "store": str(diagnosis.store) if diagnosis.store else None,
        "problems": of_problems(diagnosis.problems),
    }


def of_siege(siege: "Siege") -> SiegeJson:
    """What ``doctor --attack`` prints."""
    return {
        "ok": not siege.breaches,
        "level": siege.level,
        "attacks": [
            {
                "name": finding.attack.name,
                "tries": finding.attack.tries,
                "result": result_of(siege, finding),
                "stopped_by": finding.stopped_by or None,
                "why": why_of(siege, finding) or None,
            }
            for finding in siege.findings
        ],
    }


def result_of(siege: "Siege", finding: "Finding") -> AttackResult:
    """Return what came of an attack; ``open`` is one that succeeded, as the documentation says."""
    if siege.is_breach(finding):
        return "succeeded"
    if finding.succeeded is None:
        return "not tried"
    return "open" if finding.succeeded else "stopped"


def why_of(siege: "Siege", finding: "Finding") -> str:
    """Return why it is open, could not be tried or is a breach; empty where its result says all."""
    if finding.left:
        return f"{finding.left} of its processes outlived the run"
    if finding.succeeded is None:
        return finding.sign
    return finding.attack.why_open if finding.succeeded else ""
