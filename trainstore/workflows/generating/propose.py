"""Asking for a function until one passes: each that fails goes back to the model with what is wrong with it."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainstore.errors import GenerationFailed
from trainstore.generation.ask import Asked, Asker
from trainstore.generation.check_candidate import Fault, faults_of
from trainstore.generation.prompt import prompt_digest, repair_messages
from trainstore.generation.protocol import Message
from trainstore.generation.reply import Candidate, UnusableReply, read_reply
from trainstore.generation.service import Service
from trainstore.workflows.generating.rejected import keep_rejected
from trainstore.workflows.generating.trial import Trial

Try = Callable[[Candidate], Trial]

_MOST_TOLD = 5  # reasons on one line of progress
_LONGEST_REASON = 500  # letters in the record


@dataclass
class Spent:
    """What asking cost until now."""

    tokens: Counter[str] = field(default_factory=Counter)
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def reject(
        self, audit: Path | None, reply: str, faults: Sequence[Fault], about: dict[str, Any]
    ) -> list[str]:
        """Keep a reply that failed, and return the reasons."""
        reasons = [fault.what for fault in faults]
        digest = keep_rejected(audit, reply, reasons, about)
        self.rejected.append({"digest": digest, "reasons": [reason[:_LONGEST_REASON] for reason in reasons]})
        return reasons


@dataclass(frozen=True)
class Proposal:
    """A function that passed every check and the trial.

    Attributes:
        candidate: the function.
        asked: the answer that it came in.
        spent: over all answers.
        trial: facts on the trial run.
        seconds: from the first question to here.
    """

    candidate: Candidate
    asked: Asked
    spent: Spent
    trial: dict[str, Any]
    seconds: float


def propose(
    service: Service,
    messages: Sequence[Message],
    try_out: Try,
    *,
    repairs: int,
    audit: Path | None,
    on_step: Callable[[str], None],
) -> Proposal:
    """Ask, check and try, with so many repairs at most.

    Writes: a file in the audit folder for each reply that fails, or whose trial does not come to its end.

    Raises:
        ModelServiceFailed: no answer.
        GenerationFailed: no function passed.
        TrainstoreError: the machine could not try one.
    """
    asker = Asker(service, on_step)
    spent, began = Spent(), time.monotonic()
    conversation = list(messages)
    for repair in range(repairs + 1):
        doing = f"asking for repair {repair} of {repairs}" if repair else f"asking {service.model}"
        on_step(f"{doing} at {service.place}")
        asked = asker.ask(conversation)
        spent.tokens.update(asked.answer.tokens)
        about = {"model": service.model, "prompt_digest": prompt_digest(messages), "repair": repair}
        with _kept_if_broken_off(audit, asked.answer.text, about, on_step):
            candidate, trial = _examine(asked.answer.text, try_out)
        if candidate is not None and not trial.faults:
            return Proposal(candidate, asked, spent, trial.facts, round(time.monotonic() - began, 3))
        reasons = spent.reject(audit, asked.answer.text, trial.faults, about)
        on_step(f"not usable yet: {'; '.join(_first_line(reason) for reason in reasons[:_MOST_TOLD])}")
        code = candidate.training_code if candidate else ""
        conversation = repair_messages(messages, asked.answer.text, trial.faults, code)
    raise _nothing_passed(service, spent, repairs, audit)


@contextmanager
def _kept_if_broken_off(
    audit: Path | None, reply: str, about: dict[str, Any], on_step: Callable[[str], None]
) -> Iterator[None]:
    """Keep a reply whose trial Ctrl-C or the machine's fault ends: it may have cost minutes, and money."""
    try:
        yield
    except BaseException as error:
        keep_rejected(
            audit, reply, [f"its trial was broken off: {str(error) or type(error).__name__}"], about
        )
        if audit is not None:
            on_step(f"the reply is kept in {audit}")
        raise


def _nothing_passed(service: Service, spent: Spent, repairs: int, audit: Path | None) -> GenerationFailed:
    kept = f" The replies are in {audit}." if audit is not None else ""
    return GenerationFailed(
        f"No function that {service.model} wrote passed, after {repairs} repair{'s' * (repairs != 1)}: "
        f"{_first_line(spent.rejected[-1]['reasons'][0])}",
        f"Allow more with --repairs, ask another --model, or give a --hint.{kept}",
    )


def _examine(reply: str, try_out: Try) -> tuple[Candidate | None, Trial]:
    """Return the function of a reply, and what is wrong with it; it only runs where nothing is wrong so far."""
    try:
        candidate = read_reply(reply)
    except UnusableReply as error:
        return None, Trial([Fault(str(error))])
    faults = faults_of(candidate.training_code, candidate.bo_config)
    return candidate, Trial(faults) if faults else try_out(candidate)


def _first_line(text: str) -> str:
    return text.partition("\n")[0][:300]
