"""What is settled before untrusted code is imported: seeds, threads, the device, and the record of it all."""

from typing import Any

import torch

from trainstore.execution.job_folder import JobFolder
from trainstore.execution.worker.code_reading.needs import Needs, read_needs
from trainstore.execution.worker.determinism import make_deterministic
from trainstore.execution.worker.devices import Refused, resolve
from trainstore.execution.worker.environment import describe_environment

__all__ = ["Refused", "get_ready"]


def get_ready(request: dict[str, Any], job: JobFolder) -> tuple[torch.device, dict[str, Any]]:
    """The device to use, and what is in force, for the parent's record; the environment where something is trained.

    Raises:
        Refused: the device asked for is not there, or the code cannot run on it.
    """
    make_deterministic(request["seed"], request["threads"])
    device, name = resolve(request["device"])
    state = {"device": name, "threads": torch.get_num_threads()}
    if request["mode"] != "train":
        return device, state
    needs = read_needs(job.function_file)
    environment = describe_environment(device, needs.modules)
    return device, {**state, "environment": environment, **_settle_code(needs, device)}


def _settle_code(needs: Needs, device: torch.device) -> dict[str, Any]:
    """What the code will be given beside its arguments: a device in place of CUDA, and names."""
    if needs.gpu_only is not None and device.type != "cuda":
        line, what = needs.gpu_only
        raise Refused(f"line {line} {what}, which only runs on a GPU; this run is on {device}", "code")
    return {
        "mapped_names": list(needs.cuda) if needs.are_mapped_to(device.type) else [],
        "missing_imports": list(needs.missing_imports),
    }
