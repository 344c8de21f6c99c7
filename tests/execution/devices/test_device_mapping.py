"""A device stands in for CUDA: what the function is told, what libraries are told, and what is copied."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, TensorDataset

from trainstore.execution.job_folder import FUNCTION_MODULE
from trainstore.execution.worker.device_mapping.host_tensors import HostTensors
from trainstore.execution.worker.device_mapping.mapping import cuda_mapped_to

CPU = torch.device("cpu")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@contextmanager
def as_function(code: str, *handed: torch.Tensor) -> Iterator[SimpleNamespace]:
    """Run code as the training function's module, under the mapping, and give its names."""
    names = {"__name__": FUNCTION_MODULE, "torch": torch, "nn": nn, "handed": handed}
    with cuda_mapped_to(CPU, handed) as device:
        exec(code, names | {"device": device}, names)
        yield SimpleNamespace(**{name: value for name, value in names.items() if name.isidentifier()})


def test_the_function_is_told_that_there_is_cuda_and_libraries_are_not() -> None:
    code = (
        "told = torch.cuda.is_available(), torch.cuda.device_count(), torch.zeros(2, device='cuda').is_cuda"
    )
    with as_function(code) as function:
        assert function.told == (True, 1, True)
        assert not torch.zeros(2, device="cuda").is_cuda
        if not torch.backends.cuda.is_built():
            assert torch.cuda.is_available() is False


def test_everything_is_as_before_afterwards() -> None:
    watched = [
        (torch.cuda, "is_available"), (torch.cuda, "Stream"), (torch, "Generator"), (torch, "load"),
        (DataLoader, "__init__"), (torch.autocast, "__init__"), (nn.Module, "to"), (threading.Thread, "start"),
        (torch.overrides, "has_torch_function"),
    ]  # fmt: skip
    before = [getattr(owner, name) for owner, name in watched]
    with pytest.raises(ZeroDivisionError), cuda_mapped_to(CPU):
        assert torch.cuda.Stream is not before[1]
        raise ZeroDivisionError
    assert [getattr(owner, name) for owner, name in watched] == before


def test_a_device_is_still_what_it_was_made() -> None:
    with cuda_mapped_to(CPU) as device:
        assert device == torch.device("cuda") and str(device) == "cuda"
        assert torch.device("cuda:3").index == 3


def test_a_move_to_the_gpu_copies_what_was_handed_over_and_a_move_back_copies_too() -> None:
    handed = torch.zeros(3)
    code = """
on_gpu = handed[0].cuda()
on_gpu += 1
same = on_gpu.to("cuda") is on_gpu
kept = on_gpu.cpu()
on_gpu += 1
places = handed[0].is_cuda, on_gpu.is_cuda, kept.is_cuda, kept.device.type, kept.cpu() is kept
"""
    with as_function(code, handed) as function:
        assert handed.tolist() == [0, 0, 0]
        assert function.kept.tolist() == [1, 1, 1]
        assert function.on_gpu.tolist() == [2, 2, 2]
        assert function.same
        assert function.places == (False, True, False, "cpu", True)


def test_tied_weights_stay_tied_on_their_way_there_and_back() -> None:
    with cuda_mapped_to(CPU):
        model = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])
        model[1].weight = model[0].weight
        model = model.cuda().cpu().to("cuda")
        assert model[0].weight is model[1].weight


@pytest.mark.filterwarnings("ignore:Sparse invariant checks")
def test_memory_that_is_gone_is_forgotten() -> None:
    host = HostTensors()
    for _ in range(5_000):
        host.add(torch.zeros(1))
    assert len(host._held) < 2_500
    assert torch.zeros(1) not in host
    assert torch.sparse_coo_tensor(size=(2, 2)) not in host


def test_hooks_backward_functions_recomputation_and_threads_are_mapped() -> None:
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

        @staticmethod
        def backward(ctx, gradient):
            return gradient * torch.full((1,), 2.0, device="cuda")

    with cuda_mapped_to(CPU):
        x = torch.ones(2, requires_grad=True)
        x.register_hook(lambda gradient: gradient + torch.ones(2, device="cuda"))
        y = checkpoint(lambda x: x * torch.ones(2, device="cuda") * x, Twice.apply(x), use_reentrant=False)
        y.sum().backward()
        assert x.grad.tolist() == [9, 9]
        made = []
        thread = threading.Thread(target=lambda: made.append(torch.ones(1, device="cuda")))
        thread.start()
        thread.join()
        assert len(made) == 1


def test_modules_keep_their_fast_path() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    x = torch.randn(2, 3, 8)
    with torch.no_grad():
        plain = layer(x)
        with cuda_mapped_to(CPU):
            assert torch.equal(layer(x), plain)


def test_loaders_and_generators() -> None:
    with cuda_mapped_to(CPU):
        generator = torch.Generator(device="cuda").manual_seed(1)
        assert isinstance(generator, torch.Generator) and generator.device == CPU
        data = TensorDataset(torch.arange(4))
        loader = DataLoader(data, 2, True, pin_memory=True, generator=torch.Generator().manual_seed(1))
        assert sorted(torch.cat([batch for (batch,) in loader]).tolist()) == [0, 1, 2, 3]
        assert isinstance(torch.default_generator, torch.Generator)


def test_mixed_precision_has_the_type_that_was_asked_for() -> None:
    x = torch.ones(2, 2)
    with cuda_mapped_to(CPU):
        with torch.autocast("cuda", dtype=torch.float16):
            assert (x @ x).dtype == torch.float16
        with torch.cuda.amp.autocast():
            assert (x @ x).dtype == torch.bfloat16  # the CPU's own
        with torch.autocast(device_type="cuda", enabled=False):
            assert (x @ x).dtype == torch.float32
        scaler = torch.cuda.amp.GradScaler()
        assert scaler.is_enabled() and scaler.scale(torch.ones(1)).item() == 65536


def test_the_default_device_can_be_set_and_unset() -> None:
    with cuda_mapped_to(CPU):
        with torch.device("cuda"):
            assert torch.zeros(1).device == CPU
        torch.set_default_device("cuda:0")
        assert torch.zeros(1).device == CPU
        torch.set_default_device(None)


@pytest.mark.parametrize("seed", [0, 3])
def test_seeding_the_gpu_seeds_what_stands_in(seed: int) -> None:
    torch.manual_seed(seed)
    expected = torch.rand(3)
    with cuda_mapped_to(CPU):
        torch.cuda.manual_seed_all(seed)
        assert torch.equal(torch.rand(3, device="cuda"), expected)
        torch.manual_seed(seed)
        state = torch.cuda.get_rng_state()
        torch.rand(3)
        torch.cuda.set_rng_state(state)
        assert torch.equal(torch.rand(3), expected)
