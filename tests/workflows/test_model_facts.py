"""What a run records of the model that it trained, from real workers; and how people are shown it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainstore.api import Store
from trainstore.execution import model_session
from trainstore.plain_text import plain
from trainstore.records.run_record import RunRecord
from trainstore.store.git.repository import Repository
from trainstore.workflows.run_options import RunOptions

pytestmark = pytest.mark.slow

ODD = """\
import os, time
import torch
from torch import nn

class Odd(nn.Module):
    def __init__(self, mood):
        super().__init__()
        self.mood, self.layers = mood, nn.ModuleList([nn.Linear(3, 8), nn.Linear(8, 2)])

    def extra_repr(self):
        if self.mood == "dies":
            os._exit(0)
        if self.mood == "sleeps":
            time.sleep(600)
        return "\\x1b[2Jmood=" + self.mood + "\\n" * 50

    def forward(self, x):
        if self.mood == "refuses":
            raise RuntimeError("not today")
        return self.layers[1](self.layers[0](x).relu())

def train_model(X_train, y_train, X_val, y_val, device, mood="good", quantise=False):
    model = Odd(mood)
    if quantise:
        model = torch.ao.quantization.quantize_dynamic(model.eval(), {nn.Linear}, dtype=torch.qint8)
    return model, {"val_loss": 1.0}
"""


@pytest.fixture
def run(store: Repository, tmp_path: Path, make_record: Any) -> Callable[..., RunRecord]:
    generator = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", X=generator.normal(size=(40, 3)), y=np.arange(40) % 2)
    Store(store).save(make_record("Odd", ODD).record.content)

    def one(**chosen: Any) -> RunRecord:
        return Store(store).run("Odd", RunOptions(str(tmp_path / "data.npz"), chosen=chosen)).record

    return one


def test_a_run_keeps_what_its_model_is_made_of_and_people_see_it(
    store: Repository, run: Callable[..., RunRecord]
) -> None:
    from click.testing import CliRunner

    from trainstore.cli.show_command import show_command

    record = run(quantise=True)
    kept = Store(store).run_record(record.run_id).model
    assert kept == record.model
    assert kept is not None
    assert (kept.parameters, kept.trainable, kept.doubts) == (3 * 8 + 8 + 8 * 2 + 2, 0, [])
    assert kept.packed_bytes == 3 * 8 + 8 * 2
    assert kept.inference_bytes == 3 * 8 + 8 * 2 + 4 * 10 + 2 * 12
    assert [module.output_shape for module in kept.modules] == [[2, 2], None, [2, 8], [2, 2]]

    def shown(*arguments: str) -> str:
        return CliRunner().invoke(show_command, [*arguments, "--store", str(store.root)]).stdout

    told = shown(record.run_id[:-2])
    assert "model       50 parameters, 0 of them trainable, 104 B for inference\n" in told
    rows = [" ".join(line.split()) for line in told.splitlines()]
    assert "(model) Odd 2 × 2 mood=good" in rows
    assert any(row.startswith("· 0 Linear 32 qint8, float32, int64 2 × 8 in_features=3") for row in rows)
    assert told == plain(told)
    assert "model       50 parameters" in shown("Odd")


@pytest.mark.parametrize(
    ("mood", "reason"),
    [
        ("dies", "the model's process is gone: the worker ended with exit status 0"),
        ("sleeps", "the model gave no answer in time"),
    ],
)
def test_a_model_that_cannot_be_described_is_scored_all_the_same(
    run: Callable[..., RunRecord], monkeypatch: pytest.MonkeyPatch, mood: str, reason: str
) -> None:
    monkeypatch.setattr(model_session, "_DESCRIPTION_SECONDS", 2.0)
    record = run(mood=mood)
    assert record.outcome == record.scoring["outcome"] == "succeeded"
    assert record.scored_metrics is not None
    assert record.model is None
    assert record.scoring["undescribed"].startswith(reason)


def test_a_model_without_a_forward_pass_is_described_without_shapes(run: Callable[..., RunRecord]) -> None:
    record = run(mood="refuses")
    assert (record.scoring["outcome"], record.scoring["undescribed"]) == ("failed", None)
    assert record.model is not None
    assert record.model.parameters == record.model.trainable == 50
    assert {str(module.output_shape) for module in record.model.modules} == {"None"}
