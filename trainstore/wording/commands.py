"""Commands that a person can copy, made of what was recorded."""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from trainstore.records.run_record import RunRecord

Side: TypeAlias = tuple[str, RunRecord | None, Sequence[RunRecord]]


def seed_commands(sides: Iterable[Side]) -> list[str]:
    """Return the commands that add a seed to each side that has one alone.

    Args:
        sides: each the name of a version, its run, and the runs that differ from that by their seed.
    """
    commands: dict[tuple[str, Any], str] = {}
    for version, run, seeds in sides:
        if run is not None and len(seeds) == 1:
            seed = max(one.seed for one in seeds) + 1
            anywhere = run_command(version, msgspec.structs.replace(run, device={}), seed)
            # A rerun asks for the device that its original was given: the same run once more.
            commands.setdefault((anywhere, run.device.get("used")), run_command(version, run, seed))
    return list(commands.values())


def run_command(version: str, run: RunRecord, seed: int, chosen: Mapping[str, Any] | None = None) -> str:
    """Return the command that runs a version as a run did, with a seed, and with other hyperparameters if given."""
    split = run.data.get("split") or {}
    source = str(run.data.get("source") or "DATA")
    options = {
        "--data": [source],
        "--target": [run.data["target"]] if run.data.get("target") else [],
        "--task": [run.data["task"]] if run.data.get("task") and not source.startswith("sklearn:") else [],
        "--split-seed": [str(split["seed"])] if split.get("seed") else [],
        "--device": [run.device["requested"]] if run.device.get("requested") not in ("auto", None) else [],
        "--threads": [str(run.threads)] if run.threads != 1 else [],
        "--set": [
            f"{name}={_value(value)}" for name, value in (run.chosen if chosen is None else chosen).items()
        ],
        "--seed": [str(seed)],
    }
    words = [word for option, values in options.items() for value in values for word in (option, value)]
    return shlex.join(["trainstore", "run", version, *words])


def _value(value: Any) -> str:
    """Return a value so that ``--set`` reads it back: text as it is, but where it would read as something else."""
    if isinstance(value, str) and value not in ("True", "False", "None"):
        try:
            json.loads(value)
        except ValueError:
            return value
    return json.dumps(value)
