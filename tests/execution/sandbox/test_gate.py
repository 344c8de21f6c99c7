import os
import threading

from trainstore.execution.sandbox.gate import Gate, wait_at_gate
from trainstore.execution.sandbox.levels import Layer

LAYERS = [Layer("landlock", True), Layer("seccomp", False, "no table")]


def worker(gate: Gate, answers: list[bool]) -> threading.Thread:
    thread = threading.Thread(target=lambda: answers.append(wait_at_gate(gate.worker_end, LAYERS)))
    thread.start()
    return thread


def test_a_worker_tells_what_it_did_and_begins_when_it_is_let() -> None:
    answers: list[bool] = []
    with Gate() as gate:
        thread = worker(gate, answers)
        assert gate.hear(10) == LAYERS
        assert answers == []
        gate.open()
        thread.join(10)
    assert answers == [True]


def test_a_worker_that_is_not_let_in_does_not_begin() -> None:
    answers: list[bool] = []
    with Gate() as gate:
        thread = worker(gate, answers)
        gate.hear(10)
    thread.join(10)
    assert answers == [False]


def test_a_worker_that_ended_or_is_silent_is_told_apart_from_one_that_is_confined() -> None:
    with Gate() as gate:
        assert gate.hear(0.05) is None
        os.close(gate.worker_end)
        assert gate.hear(10) is None
        gate.open()
