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
            on_any_device = {**run.device, "requested": "auto"}
            anywhere = run_command(version, msgspec.structs.replace(run, device=on_any_device), seed)
            # A rerun asks for the device that its original was given: the same run once more.
            commands.setdefault((anywhere, run.device["used"]), run_command(version, run, seed))
    return list(commands.values())


def run_command(version: str, run: RunRecord, seed: int, chosen: Mapping[str, Any] | None = None) -> str:
    """Return the command that runs a version as a run did, with a seed, and with other hyperparameters if given."""
    data, split_seed = run.data, run.data["split"]["seed"]
    options: dict[str, list[str]] = {
        "--data": [data["source"]],
        "--target": [data["target"]] if data["target"] else [],
        "--task": [] if data["source"].startswith("sklearn:") else [data["task"]],
        "--split-seed": [str(split_seed)] if split_seed else [],
        "--device": [run.device["requested"]] if run.device["requested"] != "auto" else [],
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
