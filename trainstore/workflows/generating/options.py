"""How a person wants a function to be generated."""

from dataclasses import dataclass

from trainstore.errors import UsageError
from trainstore.execution.request import check_device_name
from trainstore.generation.service import Service, find_service, model_name

_MOST_REPAIRS = 20
_MOST_ROUNDS = 100
_LONGEST_HINT = 4_000
_LONGEST_S = 100_000.0


@dataclass(frozen=True)
class GenerateOptions:
    """How a function is generated.

    Attributes:
        model: the language model; None for ``OPENAI_MODEL``, or gpt-5.
        service: where it is asked; None for what the environment says.
        hint: words for the model.
        fresh: ask also where a version for the same request is there.
        repairs: how often a function that fails goes back to the model.
        device: where it will be trained, and is tried.
        max_model_kb: how many kilobytes (1000 bytes) the weights may take.
        parent: names the version to improve.
        rounds: how often to improve, while it gets better.
        ask_timeout_s: how long one question may take.
        trial_timeout_s: how long one trial run may take.
        allow_weak_sandbox: try it also where this machine cannot keep it from the user's files and network.

    Raises:
        UsageError: a number is out of its range, the hint is too long, or the device has no such name.
    """

    model: str | None = None
    service: Service | None = None
    hint: str = ""
    fresh: bool = False
    repairs: int = 3
    device: str = "auto"
    max_model_kb: int | None = None
    parent: str | None = None
    rounds: int = 1
    ask_timeout_s: float = 600.0
    trial_timeout_s: float = 120.0
    allow_weak_sandbox: bool = False

    def __post_init__(self) -> None:
        check_device_name(self.device)
        _check("--repairs", self.repairs, 0, _MOST_REPAIRS)
        _check("--rounds", self.rounds, 1, _MOST_ROUNDS)
        _check("--max-model-kb", 1 if self.max_model_kb is None else self.max_model_kb, 1, 10**9)
        for name, seconds in (
            ("--ask-timeout", self.ask_timeout_s),
            ("--trial-timeout", self.trial_timeout_s),
        ):
            if not 0 < seconds <= _LONGEST_S:
                raise UsageError(f"{name} is {seconds:g}.", f"Give seconds above 0, at most {_LONGEST_S:g}.")
        if len(self.hint) > _LONGEST_HINT:
            raise UsageError(f"The hint has {len(self.hint)} letters.", f"Give at most {_LONGEST_HINT}.")
        if self.rounds > 1 and self.parent is None:
            raise UsageError("--rounds improves a version.", "Name it with --from VERSION.")

    def find_service(self) -> Service | None:
        """Return the service to ask; None where none is set up, and the starters answer.

        Raises:
            UsageError: something was asked for that only a language model can do.
        """
        service = self.service or find_service(self.model, timeout_s=self.ask_timeout_s)
        given = {
            "--model": self.model, "--hint": self.hint, "--from": self.parent, "--max-model-kb": self.max_model_kb
        }  # fmt: skip
        needing = [name for name, value in given.items() if value]
        if service is None and needing:
            raise UsageError(
                f"{needing[0]} needs a language model, and no service is set up.",
                "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own.",
            )
        return service

    @property
    def model_name(self) -> str:
        """The model that is meant, also where no service is set up."""
        return self.service.model if self.service else model_name(self.model)


def _check(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise UsageError(f"{name} is {value}.", f"Give a number from {least} to {most}.")
