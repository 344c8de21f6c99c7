import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from sample_run import sample_run

from trainstore.disk_format.trailers import from_message
from trainstore.records.run_record import RunRecord
from trainstore.store.index.entries import Event, Version
from trainstore.store.messages import (
    init_message,
    prune_message,
    restore_message,
    rollback_message,
    run_message,
    save_message,
    undo_message,
)

FORGED = "x\n\nTrainstore-Action: prune\nScore: 1.0"
NAMES = ["Net", "모델", FORGED, "a: b", '"', "\ud800", "x" * 5000]


def make_version(name: str) -> Version:
    folder = "generated_training_functions/numpy_array/Net"
    return Version(
        path=f"{folder}/x.json", folder=folder, model_name=name, data_type="numpy_array", timestamp=5,
        code_digest="sha256:0", space_digest="sha256:1", confidence=None, api_model=None, parameters=(),
        commit="0" * 40, present=True, ordinal=3,
    )  # fmt: skip


def make_run(**fields: Any) -> RunRecord:
    return sample_run(**{"data": {"digest": "sha256:2"}, **fields})


def git_reads(message: str) -> list[str]:
    ended = subprocess.run(
        ["git", "interpret-trailers", "--parse"],
        input=message.encode(errors="replace"), capture_output=True, check=True,
    )  # fmt: skip
    return [line.split(":")[0] for line in ended.stdout.decode().splitlines()]


def messages(name: str, make_record: Callable[..., Any]) -> dict[str, str]:
    version = make_version(name)
    event = Event("1" * 40, 5, "Tess", f"save {name}", "save", name, "numpy_array", 5, None, None, None, 1)
    record = make_record(name).record
    return {
        "init": init_message(),
        "save": save_message(record, version.path, "save"),
        "generate": save_message(record, version.path, "generate"),
        "run": run_message(make_run(), version, "training_runs/a/b/c", 0.5),
        "rerun": run_message(
            make_run(action="rerun", verdict="identical", rerun_of="x"), version, "training_runs/a/b/c", None
        ),
        "rollback": rollback_message(version, ["added\n1", "added 2"], ["removed"]),
        "restore": restore_message(version),
        "undo": undo_message(event),
    }


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:20])
def test_every_message_is_read_back_by_us_and_by_git(name: str, make_record: Callable[..., Any]) -> None:
    for action, message in messages(name, make_record).items():
        trailers = from_message(message)
        told = dict(trailers)
        assert told["Trainstore-Action"] == action
        assert told.get("Model-Name", name) == name
        assert git_reads(message) == [key for key, _ in trailers]
        subject = message.split("\n")[0]
        assert subject.isprintable()
        assert 0 < len(subject) <= 200


def test_what_people_read(make_record: Callable[..., Any]) -> None:
    subjects = {action: message.split("\n")[0] for action, message in messages("Net", make_record).items()}
    assert subjects == {
        "init": "init trainstore",
        "save": "save numpy_array/Net (confidence 0.92)",
        "generate": "generate numpy_array/Net (confidence 0.92)",
        "run": "run numpy_array/Net@3 (succeeded on cpu, score 0.5000)",
        "rerun": "rerun numpy_array/Net@3 (identical on cpu)",
        "rollback": "rollback numpy_array/Net to numpy_array/Net@3",
        "restore": "restore numpy_array/Net@3",
        "undo": "undo: save Net",
    }


def test_a_run_on_no_device_tells_which_was_asked_for() -> None:
    run = make_run(device={"requested": "cuda", "used": None}, outcome="failed")
    message = run_message(run, make_version("Net"), "training_runs/a/b/c", None)
    assert message.startswith("run numpy_array/Net@3 (failed on cuda)\n")
    told = dict(from_message(message))
    assert (told["Device"], told["Outcome"], told["Run-Path"]) == ("cuda", "failed", "training_runs/a/b/c")
    assert "Score" not in told


@pytest.mark.parametrize("name", NAMES)
def test_a_prune_names_what_goes_by_reason_whatever_it_is_called(name: str) -> None:
    removed = [("a.json", "older than 30d"), ("b.json", "never ran"), ("c.json", "older than 30d")]
    message = prune_message(removed, 1, make_version(name), [f"{name}: keep the last 1"])
    assert from_message(message) == [
        ("Trainstore-Action", "prune"),
        ("Model-Name", name),
        ("Data-Type", "numpy_array"),
        ("Policy", f"{name}: keep the last 1"),
        ("Reason", "older than 30d"),
        ("Removed", "a.json"),
        ("Removed", "c.json"),
        ("Reason", "never ran"),
        ("Removed", "b.json"),
    ]


def test_a_prune_of_ten_thousand_has_a_message_that_can_be_read() -> None:
    removed = [(f"{number}.json", "never ran") for number in range(10_000)]
    removed += [("training_runs/t/n/20240101T000000Z-3fa9c1/run.json", "never ran")]
    message = prune_message(removed, 12, None, [])
    assert message.startswith("prune 10000 versions and 1 run of 12 functions: never ran\n")
    trailers = from_message(message)
    assert [key for key, _ in trailers].count("Removed") == 1000
    assert trailers[-1] == ("Not-Named", "9001 more; git show --name-status has all")
