"""A process that imports torch once and then forks, so that many functions can be trained in little time.

What runs in the fork is what runs in a worker, after it has confined itself: get ready, train; then restore the
model in another fork and predict. Each line of its input is a job; each line of its output says that one is done.
"""

import hashlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
import torch._dynamo  # the first optimiser imports it, which takes longer than all else

from trainstore.execution.arrays import open_part
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.worker import forward_pass, model_description, readiness, restored_model, training
from trainstore.execution.worker.device_mapping.mapping import cuda_mapped_to


def train(job: JobFolder, request: dict[str, Any], results: list[Any]) -> None:
    files = {path.stem: os.open(path, os.O_RDWR | os.O_CREAT) for path in (job.weights, job.structure)}
    device, state = readiness.get_ready(request, job)
    results.append(state)
    with ExitStack() as mapping:
        if request.get("mapped"):
            mapping.enter_context(cuda_mapped_to(device))
        training.train({**request, **files}, job, device, results.append)


def predict(job: JobFolder, request: dict[str, Any], results: list[Any]) -> None:
    weights, structure = (os.open(path, os.O_RDONLY) for path in (job.weights, job.structure))
    device = torch.device(request["device"])
    with ExitStack() as mapping:
        if device.type != "cuda" and restored_model.demands_cuda(structure):
            mapping.enter_context(cuda_mapped_to(device))
        restored = restored_model.restore_model(weights, structure, device)

        def ask() -> Any:
            return forward_pass.predict(restored.module, open_part(job.inputs, "val").X, device, 64)

        results.append(hashlib.sha256(ask().tobytes()).hexdigest())
        results.append(model_description.describe_model(restored, ask).decode())


def in_a_fork(work: Callable[..., None], job: JobFolder, request: dict[str, Any]) -> None:
    if child := os.fork():
        os.waitpid(child, 0)
        return
    results: list[Any] = []
    sys.stdout = sys.stderr = (job.root / "printed.txt").open("a")
    try:
        work(job, request, results)
    except BaseException:
        results.append(traceback.format_exc())
    sys.stdout.flush()
    (job.root / f"{work.__name__}.json").write_text(json.dumps(results))
    os._exit(0)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for line in sys.stdin:
        order = json.loads(line)
        folder = JobFolder(Path(order["job"]))
        in_a_fork(train, folder, order["request"])
        in_a_fork(predict, folder, order["request"])
        print("done", flush=True)
