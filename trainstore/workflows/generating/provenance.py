"""The record of a generated function: the seed's keys as they are, and beside them how it came about."""

import time
from collections.abc import Sequence
from typing import Any

from trainstore.generation.prompt import PROMPT_VERSION, Wanted, prompt_digest, request_digest
from trainstore.generation.protocol import Message
from trainstore.generation.service import Service
from trainstore.records.origin import GENERATION_KEY
from trainstore.store.index.entries import Version
from trainstore.workflows.generating.propose import Proposal

GENERATOR = "AI Code Generator"
GENERATOR_VERSION = "1.0"


def generated_record(
    proposal: Proposal,
    wanted: Wanted,
    service: Service,
    messages: Sequence[Message],
    parent: Version | None = None,
) -> dict[str, Any]:
    """Return the record to save for a proposal, keys in the format's order."""
    candidate = proposal.candidate
    return {
        "model_name": candidate.model_name,
        "training_code": candidate.training_code,
        "bo_config": candidate.bo_config,
        "confidence": candidate.confidence,
        "data_profile": dict(wanted.profile),
        "timestamp": int(time.time()),
        "metadata": {
            "generated_by": GENERATOR,
            "api_model": service.model,
            "version": GENERATOR_VERSION,
        },
        GENERATION_KEY: _generation(proposal, wanted, service, messages, parent),
    }


def _generation(
    proposal: Proposal,
    wanted: Wanted,
    service: Service,
    messages: Sequence[Message],
    parent: Version | None,
) -> dict[str, Any]:
    asked, spent = proposal.asked, proposal.spent
    improved = None
    if parent is not None:
        improved = {"function": parent.function, "timestamp": parent.timestamp, "path": parent.path}
    return {
        "summary": proposal.candidate.summary,
        "service": service.place,
        "reported_model": asked.answer.model,
        "api": asked.dialect.api,
        "schema_level": asked.dialect.level if proposal.candidate.bare else "text",
        "parameters": asked.parameters,
        "dropped_parameters": sorted(asked.dialect.dropped),
        "prompt_version": PROMPT_VERSION,
        "prompt_digest": prompt_digest(messages),
        "request_digest": None if parent else request_digest(wanted, service.model),
        "hint": wanted.hint or None,
        "max_model_kb": wanted.max_model_kb,
        "repairs": len(spent.rejected),
        "rejected": spent.rejected,
        "tokens": dict(spent.tokens),
        "seconds": proposal.seconds,
        "trial": proposal.trial,
        "parent": improved,
    }
