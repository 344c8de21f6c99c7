"""The prompts: versioned texts of the package, filled with what is known of the data."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Any

from trainstore.generation.check_candidate import Fault
from trainstore.generation.protocol import Message

PROMPT_VERSION = "1"
_LETTERS_A_TOKEN = 4  # roughly, for English and code
_MOST_POINTS = 20  # of a curve
_LINES_AROUND = 3
_LONGEST_LINE = 300  # of code, quoted beside a fault
_LONGEST_FAULT = 3_000
_LONGEST_REPLY = 300_000  # letters of a reply that failed, given back to its author


@dataclass(frozen=True)
class Wanted:
    """What a function is asked for.

    Attributes:
        profile: the data, as in ``data_profile``.
        device: where it will be trained, in words or as ``--device`` says it.
        hint: a person's own words.
        max_model_kb: how many kilobytes (1000 bytes) the weights may take; None for any.
    """

    profile: Mapping[str, Any]
    device: str = "auto"
    hint: str = ""
    max_model_kb: int | None = None


@dataclass(frozen=True)
class Reached:
    """What a function reached on the validation part of the same data. The test part is never told.

    Attributes:
        model_name: of the function.
        metrics: on the validation part, or on the training part; numbers alone.
        curves: one number for each epoch.
    """

    model_name: str
    metrics: Mapping[str, Any]
    curves: Mapping[str, Sequence[float | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Parent:
    """The version that is to be improved; ``hyperparameters`` are those that it reached its results with."""

    code: str
    bo_config: Mapping[str, Any]
    hyperparameters: Mapping[str, Any]
    reached: Reached


def first_messages(wanted: Wanted, earlier: Sequence[Reached], parent: Parent | None = None) -> list[Message]:
    """Return the conversation that asks for a function, or for a better one than a parent."""
    values = {
        "profile": _json(_told_profile(wanted.profile)),
        "device": _device(wanted.device),
        "limits": _limits(wanted.max_model_kb),
        "hint": f"\nWhat the user says: {_json(wanted.hint)}\n" if wanted.hint else "",
        "evidence": _evidence(earlier),
    }
    if parent is None:
        task = _text("task").substitute(values)
    else:
        task = _text("improve").substitute(
            values,
            parent_name=_json(parent.reached.model_name),
            parent_code=_fenced(parent.code),
            parent_space=_json(dict(parent.bo_config)),
            parent_hyperparameters=_json(dict(parent.hyperparameters)),
            parent_metrics=_reached_in_full(parent.reached),
        )
    return [_message("system", _text("instructions").template), _message("user", task)]


def repair_messages(
    messages: Sequence[Message], reply: str, faults: Sequence[Fault], code: str = ""
) -> list[Message]:
    """Return the conversation that asks for a correction: the task, the last reply, and what is wrong with it."""
    told = "\n".join(_told(fault, code) for fault in faults)
    return [
        *messages[:2],
        _message("assistant", reply[:_LONGEST_REPLY]),
        _message("user", _text("repair").substitute(faults=told)),
    ]


def prompt_digest(messages: Sequence[Message]) -> str:
    """Return ``sha256:…`` of a conversation."""
    canonical = json.dumps(list(messages), sort_keys=True, separators=(",", ":"))
    return f"sha256:{sha256(canonical.encode()).hexdigest()}"


def request_digest(wanted: Wanted, model: str) -> str:
    """Return ``sha256:…`` of what was asked for: data, prompt version, model, size and hint.

    Where the data came from does not count, nor does the device: the functions run on any.
    """
    request = {
        "profile": _without_source(wanted.profile),
        "prompt_version": PROMPT_VERSION,
        "model": model,
        "max_model_kb": wanted.max_model_kb,
        "hint": wanted.hint,
    }
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"))
    return f"sha256:{sha256(canonical.encode()).hexdigest()}"


def estimate_tokens(messages: Sequence[Message]) -> int:
    """Return about how many tokens a conversation has: a quarter of its letters."""
    return sum(len(message["content"]) for message in messages) // _LETTERS_A_TOKEN


def _message(role: str, content: str) -> Message:
    """Return a message that can be sent: a lone surrogate has no UTF-8 form."""
    return {"role": role, "content": content.strip().encode("utf-8", "replace").decode()}


def _json(value: Any) -> str:
    """Return JSON on one line, with what cannot be seen escaped: no text in it reads as a part of the prompt."""
    return re.sub(r"[^ -~]", _visible, json.dumps(value, ensure_ascii=False))


def _visible(character: re.Match[str]) -> str:
    return character[0] if character[0].isprintable() else json.dumps(character[0])[1:-1]


def _name(text: str) -> str:
    return text if text.isprintable() else _json(text)


def _fenced(code: str) -> str:
    """Return code in a fence that is longer than any in it."""
    longest = max((len(ticks) for ticks in re.findall("`{3,}", code)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}python\n{code}\n{fence}"


def _without_source(profile: Mapping[str, Any]) -> dict[str, Any]:
    metadata = profile.get("metadata")
    kept = (
        {key: metadata[key] for key in metadata if key != "source"}
        if isinstance(metadata, dict)
        else metadata
    )
    return {**profile, "metadata": kept}


def _told_profile(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile without what says nothing of the data, or tells of the user's files."""
    bare = _without_source(profile)
    metadata = bare.get("metadata")
    if isinstance(metadata, dict):
        bare["metadata"] = {
            key: value for key, value in metadata.items() if key != "digest" and value is not None
        }
    return {key: value for key, value in bare.items() if value is not None}


@cache
def _text(name: str) -> Template:
    folder = files("trainstore.generation") / "prompts" / f"v{PROMPT_VERSION}"
    return Template((folder / f"{name}.txt").read_text(encoding="utf-8"))


def _device(device: str) -> str:
    return "a GPU if the machine has one, else its CPU" if device == "auto" else device


def _limits(max_model_kb: int | None) -> str:
    if max_model_kb is None:
        return ""
    return (
        f"All weights and buffers of the model together may take {max_model_kb} kB (1000 bytes each; "
        "a float32 takes 4).\n"
    )


def _evidence(earlier: Sequence[Reached]) -> str:
    if not earlier:
        return ""
    lines = [f"- {_name(one.model_name)}: {_numbers(one.metrics)}" for one in earlier]
    return "\nWhat others reached on the validation part of these data:\n" + "\n".join(lines) + "\n"


def _reached_in_full(reached: Reached) -> str:
    curves = [
        f"- {_name(name)}, {len(points)} epochs: {json.dumps(_thinned(points))}"
        for name, points in reached.curves.items()
        if points
    ]
    return "\n".join([f"- {_numbers(reached.metrics)}", *curves])


def _numbers(metrics: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{_name(name)} {value:.5g}" for name, value in metrics.items() if isinstance(value, int | float)
    )


def _thinned(points: Sequence[float | None]) -> list[float | None]:
    """Return at most so many points of a curve, evenly spaced, with the first and the last."""
    count = min(len(points), _MOST_POINTS)
    places = [round(place * (len(points) - 1) / max(count - 1, 1)) for place in range(count)]
    return [None if (point := points[place]) is None else float(f"{point:.4g}") for place in places]


def _told(fault: Fault, code: str) -> str:
    lines, what = re.split("\r\n?|\n", code), fault.what[:_LONGEST_FAULT]
    if fault.line is None or not 1 <= fault.line <= len(lines):
        return f"- {what}"
    first = max(1, fault.line - _LINES_AROUND)
    shown = range(first, min(len(lines), fault.line + _LINES_AROUND) + 1)
    quoted = "\n".join(
        f"  {'>' if number == fault.line else ' '} {number:4} {lines[number - 1][:_LONGEST_LINE]}"
        for number in shown
    )
    return f"- line {fault.line}: {what}\n{quoted}"
