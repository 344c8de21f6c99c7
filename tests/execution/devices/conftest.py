"""Trains functions in forks of one process, as fast as a test suite needs it."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainstore.execution.arrays import save_part
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.model_claim import read_model_claim
from trainstore.execution.python_process import worker_environment
from trainstore.execution.verdict import is_clock
from trainstore.records.datasets import Part, Sequences
from trainstore.records.model_facts import ModelFacts

_CORPUS = Path(__file__).parent / "corpus"
_NAMES = sorted(file.stem for file in _CORPUS.glob("*.py") if not file.stem.endswith(".cpu"))
_ROWS = 48

# What an author writes for the CPU in the place of what he writes for CUDA.
_REWRITTEN = [
    (r"from torch\.cuda\.amp import GradScaler, autocast\n", ""),
    (r"torch\.cuda\.amp\.autocast\(|(?<=@)autocast\(", 'torch.autocast("cpu", '),
    (r"torch\.cuda\.amp\.GradScaler\(", 'torch.amp.GradScaler("cpu", '),
    (r"torch\.cuda\.(\w+Tensor)", r"torch.\1"),
    (r"torch\.cuda\.is_available\(\)", "True"),
    (r"torch\.cuda\.device_count\(\)", "1"),
    (r"torch\.cuda\.(manual_seed_all|manual_seed)\(", "torch.manual_seed("),
    (r"torch\.cuda\.get_rng_state_all\(\)", "[torch.get_rng_state()]"),
    (r"torch\.cuda\.set_rng_state_all\(states\)", "torch.set_rng_state(states[0])"),
    (r"torch\.cuda\.(get|set)_rng_state\(", r"torch.\1_rng_state("),
    (r"\.cuda\([^()]*\)", ".cpu()"),
    (r'"cuda(:0)?"|f"cuda:\{gpu\}"', '"cpu"'),
    (r"\.to\(0\)", '.to("cpu")'),
    (r"device=0\b", 'device="cpu"'),
    (r"get_device\(\) == 0", "get_device() == -1"),
    (r"assert not next\(model\.parameters\(\)\)\.is_cuda", ""),
    (r"\.is_cuda", ".is_cpu"),
    (r", pin_memory=True|pin_memory=True, ", ""),
    (r"torch\.compile\((.*)\)$", r"\1"),
]
_FORGOTTEN = (
    "import math\nfrom typing import List, Optional\nimport numpy as np\n"
    "from torch import nn, optim\nimport torch.nn.functional as F\n"
    "from torch.utils.data import DataLoader, TensorDataset\n"
)


@dataclass(frozen=True)
class Trained:
    """What came of one function: the worker's two answers, digests of weights and predictions, the model's make."""

    state: dict[str, Any]
    claim: dict[str, Any]
    weights: str
    predictions: str
    model: ModelFacts | None

    @property
    def measured(self) -> dict[str, Any]:
        """The metrics and curves, without those that tell the time."""
        both = {**self.claim["metrics"], **self.claim["curves"]}
        return {name: value for name, value in both.items() if not is_clock(f"metrics.{name}")}


def data_for(kind: str) -> dict[str, Part]:
    """Data of the kind that a kind, or a function's name, begins with, in three classes that can be told apart."""
    generator = np.random.default_rng(5)
    parts = {}
    for part in ("train", "val"):
        y = np.arange(_ROWS) % 3
        if kind.startswith("image"):
            X = (generator.normal(size=(_ROWS, 1, 8, 8)) + y[:, None, None, None]).astype(np.float32)
        elif kind.startswith("sequence"):
            lengths = generator.integers(3, 7, _ROWS)
            offsets = np.concatenate([[0], np.cumsum(lengths)])
            values = generator.normal(size=(offsets[-1], 2)) + np.repeat(y, lengths)[:, None]
            X = Sequences(values.astype(np.float32), offsets)
        else:
            X = (generator.normal(size=(_ROWS, 5)) + y[:, None]).astype(np.float32)
        parts[part] = Part(X, y)
    return parts


class TrainingProcess:
    """A process of ``training_process.py``, which sees the GPUs if it is to compute on one."""

    def __init__(self, device: str, scratch: Path) -> None:
        with JobFolder.create() as job:
            environment = worker_environment(job, device, 1)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-s", str(Path(__file__).parent / "training_process.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **environment,
                "HOME": str(scratch),
                "TMPDIR": str(scratch),
                "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # so that torch starts no CUDA before the fork
            },
        )

    def train(self, job: JobFolder, request: dict[str, Any]) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"job": str(job.root), "request": request}) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"

    def end(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def process_for(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], TrainingProcess]]:
    """The process for a device, started when it is first asked for."""
    running: dict[str, TrainingProcess] = {}

    def get(device: str) -> TrainingProcess:
        if device not in running:
            running[device] = TrainingProcess(device, tmp_path_factory.mktemp("scratch"))
        return running[device]

    yield get
    for process in running.values():
        process.end()


@pytest.fixture(scope="session")
def train_in_a_fork(process_for: Callable[[str], TrainingProcess]) -> Callable[..., Trained]:
    """Train code on data of a kind; an error of its own comes back in the claim."""

    def run(kind: str, code: str, device: str = "cpu", **fields: Any) -> Trained:
        request = {
            "mode": "train",
            "device": device,
            "seed": 7,
            "threads": 1,
            "hyperparameters": {},
            **fields,
        }
        with JobFolder.create() as job:
            for part, values in data_for(kind).items():
                save_part(job.inputs, part, values)
            job.function_file.write_text(code, encoding="utf-8")
            process_for(device).train(job, request)
            state, claim = json.loads((job.root / "train.json").read_text())
            predictions, *described = json.loads((job.root / "predict.json").read_text())
            weights = hashlib.sha256(job.weights.read_bytes()).hexdigest()
            with job.weights.open("rb") as tensors, job.structure.open("rb") as structure:
                model = read_model_claim(described[0].encode(), tensors, structure) if described else None
        return Trained(state, claim, weights, predictions, model)

    return run


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes ``corpus_name`` for each function of the corpus."""
    if "corpus_name" in metafunc.fixturenames:
        metafunc.parametrize("corpus_name", _NAMES)


@pytest.fixture(scope="session")
def corpus() -> dict[str, str]:
    """The code of every function that demands CUDA."""
    return {name: (_CORPUS / f"{name}.py").read_text(encoding="utf-8") for name in _NAMES}


@pytest.fixture(scope="session")
def twins(corpus: dict[str, str]) -> dict[str, str]:
    """The same functions written for the CPU: beside them where more than words change."""
    return {name: _twin(name, code) for name, code in corpus.items()}


def _twin(name: str, code: str) -> str:
    beside = _CORPUS / f"{name}.cpu.py"
    if beside.exists():
        return beside.read_text(encoding="utf-8")
    for pattern, replacement in _REWRITTEN:
        code = re.sub(pattern, replacement, code, flags=re.MULTILINE)
    return _FORGOTTEN + code if "forgets" in name else code


@pytest.fixture(scope="session")
def data() -> Callable[[str], dict[str, Part]]:
    """Data of a kind: ``table``, ``image`` or ``sequence``."""
    return data_for
