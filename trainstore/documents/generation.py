"""What a language model was asked for, and gave."""

from typing import TYPE_CHECKING, TypedDict

from trainstore.documents.saves import SavesJson, of_saves
from trainstore.documents.versions import VersionJson, of_version

if TYPE_CHECKING:
    from trainstore.generation.protocol import Message
    from trainstore.workflows.generate import GenerateResult, PromptPlan
    from trainstore.workflows.generating.earlier import Saved


class ScoredVersionJson(VersionJson):
    """A version that may serve, with what it reached.

    Attributes:
        run_id: of its newest run that succeeded; null where none did.
        scored_metrics: what trainstore measured of that run, by name.
    """

    run_id: str | None
    scored_metrics: dict[str, float | None] | None


class RoundJson(TypedDict):
    """A round of ``--from``: a version that a model was asked to improve, and what it gave.

    Attributes:
        parent: the version to improve.
        child: what the model gave.
        before: score of the parent, on the validation part.
        after: score of the child, likewise; null where it could not be scored.
        better: whether the child is.
        run_id: of the child's run.
    """

    parent: VersionJson
    child: VersionJson
    before: float
    after: float | None
    better: bool
    run_id: str


class GeneratedJson(SavesJson):
    """What came of asking a language model.

    Attributes:
        model: the one that answered; null where the starters did.
        cached: the version that the same request made before, which is in ``unchanged`` too.
        near: versions for such data with another number of samples.
        rounds: those of ``--from``, oldest first.
    """

    model: str | None
    cached: ScoredVersionJson | None
    near: list[ScoredVersionJson]
    rounds: list[RoundJson]


class MessageJson(TypedDict):
    """A message of a prompt.

    Attributes:
        role: who speaks.
        content: what is said.
    """

    role: str
    content: str


class PromptJson(TypedDict):
    """The conversation.

    Attributes:
        version: of the texts that it is made of.
        digest: of all messages.
        messages: in their order.
        estimated_tokens: about how long it is.
    """

    version: str
    digest: str
    messages: list[MessageJson]
    estimated_tokens: int


class PromptPlanJson(TypedDict):
    """What a language model would be asked.

    Attributes:
        model: its name.
        prompt: what it would be asked.
        cached: the version that would be given back instead.
    """

    model: str
    prompt: PromptJson
    cached: VersionJson | None


def of_generated(result: "GenerateResult") -> GeneratedJson:
    """What ``generate`` prints."""
    return {
        **of_saves(result.saves),
        "model": result.model,
        "cached": _of_saved(result.cached) if result.cached else None,
        "near": [_of_saved(saved) for saved in result.near],
        "rounds": [
            {
                "parent": of_version(one.parent),
                "child": of_version(one.child),
                "before": one.before,
                "after": one.after,
                "better": one.is_better,
                "run_id": one.run_id,
            }
            for one in result.rounds
        ],
    }


def of_prompt(plan: "PromptPlan") -> PromptPlanJson:
    """What ``generate --dry-run`` prints."""
    from trainstore.generation.prompt import PROMPT_VERSION, estimate_tokens, prompt_digest

    return {
        "model": plan.model,
        "prompt": {
            "version": PROMPT_VERSION,
            "digest": prompt_digest(plan.messages),
            "messages": [_of_message(message) for message in plan.messages],
            "estimated_tokens": estimate_tokens(plan.messages),
        },
        "cached": of_version(plan.cached.version) if plan.cached else None,
    }


def _of_message(message: "Message") -> MessageJson:
    return {"role": message["role"], "content": message["content"]}


def _of_saved(saved: "Saved") -> ScoredVersionJson:
    return {
        **of_version(saved.version),
        "run_id": saved.run.run_id if saved.run else None,
        "scored_metrics": dict(saved.scored) if saved.scored is not None else None,
    }
