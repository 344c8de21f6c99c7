"""Functions that demand CUDA, each in its own way: on the CPU they do what the same code written for the CPU does."""

import shutil
import sys
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="workers need POSIX")

Train = Callable[..., Any]


def test_the_corpus_is_large_and_of_all_kinds(corpus: dict[str, str]) -> None:
    assert len(corpus) >= 20
    assert {name.partition("_")[0] for name in corpus} == {"table", "image", "sequence"}


@pytest.mark.slow
def test_it_does_on_the_cpu_what_it_does_written_for_the_cpu(
    corpus_name: str, corpus: dict[str, str], twins: dict[str, str], train_in_a_fork: Train
) -> None:
    demanding = train_in_a_fork(corpus_name, corpus[corpus_name])
    assert demanding.claim["outcome"] == "succeeded", demanding.claim
    assert demanding.state["device"] == "cpu"
    assert demanding.state["mapped_names"]

    twin = train_in_a_fork(corpus_name, twins[corpus_name])
    assert twin.claim["outcome"] == "succeeded", twin.claim
    assert twin.state["mapped_names"] == []

    assert demanding.measured == twin.measured
    assert demanding.weights == twin.weights
    assert demanding.predictions == twin.predictions
    assert len(demanding.predictions) == 64, demanding.predictions

    assert demanding.model == twin.model
    assert demanding.model.doubts == []
    assert demanding.model.modules[0].output_shape is not None
    assert (
        0 < demanding.model.packed_bytes < demanding.model.inference_bytes or "quantised" not in corpus_name
    )


@pytest.mark.parametrize(
    "name",
    ["image_mixed_precision_old", "sequence_transformer", "table_generators", "table_checks_its_argument"],
)
def test_the_mapping_alone_changes_no_bit(name: str, twins: dict[str, str], train_in_a_fork: Train) -> None:
    plain = train_in_a_fork(name, twins[name])
    under_it = train_in_a_fork(name, twins[name], mapped=True)
    assert (plain.claim["outcome"], under_it.claim["outcome"]) == ("succeeded", "succeeded"), under_it.claim
    assert plain.measured == under_it.measured
    assert plain.weights == under_it.weights


@pytest.mark.skipif(shutil.which("nvidia-smi") is None, reason="this machine has no NVIDIA GPU")
@pytest.mark.slow
def test_it_runs_on_a_gpu_as_it_is(corpus_name: str, corpus: dict[str, str], train_in_a_fork: Train) -> None:
    trained = train_in_a_fork(corpus_name, corpus[corpus_name], device="cuda")
    assert trained.claim["outcome"] == "succeeded", trained.claim
    assert trained.state["device"] == "cuda:0"
    assert trained.state["mapped_names"] == []
