"""Every error a person can meet, with its exit code and a next step.

TrainstoreError (1)
├── UsageError (2)                the command line or an argument is wrong
├── PartlyDone (3)                some items went in, others were rejected
├── StoreNotFound (10)            no store at or above this folder
├── StoreLocked (11)              another process is writing
├── NotFound (12)                 unknown or ambiguous function, version or run
├── InvalidRecord (13)            broken JSON, code or search space
├── CheckpointMissing (14)        the checkpoint's data is not in the cache
├── InvalidData (15)              a data set that cannot be used
├── DeviceUnavailable (16)        the device asked for is not here
├── StoreConflict (17)            changes of the user's are in the way
├── GitFailed (18)                git refused or is missing
├── SandboxTooWeak (19)           this machine cannot keep a worker in bounds
├── RunUnsuccessful (20)          the training function did not succeed
│   └── RunTimedOut (21)          it ran past a limit of time
├── ResultDiffers (22)            a rerun is not the same as its original
├── IntegrityProblem (23)         something saved is damaged, missing or changed
├── ModelServiceFailed (24)       the language model cannot be reached, or gave no usable answer
├── GenerationFailed (25)         no function that the model wrote passed the checks
├── EnvironmentUnavailable (26)   the environment that a run recorded cannot be made here
└── RemoteFailed (27)             a remote cannot be reached, or refused
"""


class TrainstoreError(Exception):
    """Something here does not work: a full disk, a store that can only be read, a worker that cannot start.

    The base of all errors, each told in one sentence, with a hint.

    Next step: the hint; `trainstore doctor`.

    Args:
        message: what happened, with the value at fault.
        hint: the command or change that helps; empty when there is none.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TrainstoreError):
    """The command line or an argument is wrong.

    Next step: `trainstore COMMAND --help`.
    """

    exit_code = 2


class PartlyDone(TrainstoreError):
    """Some items went in, others were rejected.

    Next step: the warnings say which and why.
    """

    exit_code = 3


class StoreNotFound(TrainstoreError):
    """There is no store at or above this folder.

    Next step: `trainstore init`, or `--store DIR`.
    """

    exit_code = 10


class StoreLocked(TrainstoreError):
    """Another process is writing to the store.

    Next step: wait, then try again.
    """

    exit_code = 11


class NotFound(TrainstoreError):
    """A function, version or run is unknown, or its name is ambiguous.

    Next step: the hint names the nearest; `trainstore list`.
    """

    exit_code = 12


class InvalidRecord(TrainstoreError):
    """A record has broken JSON, code or search space.

    Next step: correct the file.
    """

    exit_code = 13


class CheckpointMissing(TrainstoreError):
    """The data of a checkpoint is not in the cache.

    Next step: the hint: who has it, `trainstore push`; else `trainstore rerun`.
    """

    exit_code = 14


class InvalidData(TrainstoreError):
    """A data set cannot be used as it is.

    Next step: docs/data.md lists the causes.
    """

    exit_code = 15


class DeviceUnavailable(TrainstoreError):
    """The device asked for is not on this machine.

    Next step: `--device auto`.
    """

    exit_code = 16


class StoreConflict(TrainstoreError):
    """Changes of the user's are in the way; nothing was written.

    Next step: commit them or move them away.
    """

    exit_code = 17


class GitFailed(TrainstoreError):
    """Git refused, or is not installed.

    Next step: the hint, or git's own message.
    """

    exit_code = 18


class SandboxTooWeak(TrainstoreError):
    """This machine cannot keep a worker in the bounds asked for; no code was run.

    Next step: `trainstore doctor` says what is missing; docs/sandbox.md.
    """

    exit_code = 19


class RunUnsuccessful(TrainstoreError):
    """The training function ran and did not succeed; the run is recorded.

    Next step: `trainstore logs RUN`; docs/limits.md.
    """

    exit_code = 20


class RunTimedOut(RunUnsuccessful):
    """The training function ran past a limit of time, of the clock or of the processor.

    Next step: `--timeout`, `--cpu-timeout`.
    """

    exit_code = 21


class ResultDiffers(TrainstoreError):
    """A rerun is not the same as its original.

    Next step: the causes that `rerun` names.
    """

    exit_code = 22


class IntegrityProblem(TrainstoreError):
    """Something that was saved is damaged, missing, or not what it was.

    Next step: each problem says what recovers it.
    """

    exit_code = 23


class ModelServiceFailed(TrainstoreError):
    """A language model cannot be reached, or gave no usable answer; nothing was saved.

    Next step: the hint; docs/generation.md.
    """

    exit_code = 24


class GenerationFailed(TrainstoreError):
    """No function that the model wrote passed the checks; nothing was saved.

    Next step: `--repairs`, another `--model`, a `--hint`.
    """

    exit_code = 25


class EnvironmentUnavailable(TrainstoreError):
    """The environment that a run recorded cannot be made here; nothing ran.

    Next step: the hint; docs/reproducibility.md.
    """

    exit_code = 26


class RemoteFailed(TrainstoreError):
    """A remote cannot be reached, or refused; what arrived stays, and the next try goes on from there.

    Next step: the hint; the same command goes on from what arrived.
    """

    exit_code = 27
