"""What ``torch.cuda`` answers while another device stands in for it."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from trainstore.execution.worker.device_mapping.stand_in import StandIn, asked_by_function

_CAPABILITY = (8, 0)  # the first generation that has bfloat16, as the CPU does
_is_available = torch.cuda.is_available
_device_count = torch.cuda.device_count
_is_initialized = torch.cuda.is_initialized


def is_available() -> bool:
    """True to the training function; libraries are told the truth."""
    return asked_by_function(1) or _is_available()


def device_count() -> int:
    """One to the training function."""
    return 1 if asked_by_function(1) else _device_count()


def is_initialized() -> bool:
    """True to the training function."""
    return asked_by_function(1) or bool(_is_initialized())  # type: ignore[no-untyped-call]


def always(*_: Any, **__: Any) -> bool:
    """Whatever is asked, it is so."""
    return True


def nothing(*_: Any, **__: Any) -> None:
    """Takes an order that has no meaning here, such as to empty a cache."""


def zero(*_: Any, **__: Any) -> int:
    """Memory of the GPU in use, and the number of the current device."""
    return 0


def no_statistics(*_: Any, **__: Any) -> dict[str, int]:
    """Statistics of the GPU's memory."""
    return {}


def no_text(*_: Any, **__: Any) -> str:
    """A summary of the GPU's memory."""
    return ""


def no_context(*_: Any, **__: Any) -> AbstractContextManager[None]:
    """A block on a certain device, or with a name for a profiler."""
    return nullcontext()


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """The capability of a GPU that can do what code asks for."""
    return _CAPABILITY


def get_device_name(device: Any = None) -> str:
    """Says what it is, for whoever prints it."""
    return f"{StandIn.device} in place of CUDA"


def get_device_properties(device: Any = None) -> SimpleNamespace:
    """Name, memory and processors of the machine."""
    major, minor = _CAPABILITY
    return SimpleNamespace(
        name=get_device_name(),
        total_memory=_memory_bytes(),
        multi_processor_count=os.cpu_count() or 1,
        major=major,
        minor=minor,
    )


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Free and total memory in bytes: all of it, because what is free differs from run to run."""
    return _memory_bytes(), _memory_bytes()


def synchronize(device: Any = None) -> None:
    """Wait for the device, where it works on its own."""
    if StandIn.device is not None and StandIn.device.type == "mps":
        torch.mps.synchronize()


def manual_seed(seed: int) -> None:
    """Seed the generator of the device that stands in."""
    if StandIn.device is not None and StandIn.device.type == "mps":
        torch.mps.manual_seed(int(seed))
    else:
        torch.default_generator.manual_seed(int(seed))


def get_rng_state(device: Any = None) -> Tensor:
    """The state of the generator that ``manual_seed`` seeds."""
    if StandIn.device is not None and StandIn.device.type == "mps":
        return torch.mps.get_rng_state()
    return torch.default_generator.get_state()


def set_rng_state(new_state: Tensor, device: Any = None) -> None:
    """Set that state."""
    if StandIn.device is not None and StandIn.device.type == "mps":
        torch.mps.set_rng_state(new_state)
    else:
        torch.default_generator.set_state(new_state)


def get_rng_state_all() -> list[Tensor]:
    """The states of all GPUs, of which there is one."""
    return [get_rng_state()]


def set_rng_state_all(new_states: Iterable[Tensor]) -> None:
    """Set them."""
    for state in new_states:
        set_rng_state(state)


def initial_seed() -> int:
    """The seed of that generator."""
    return torch.default_generator.initial_seed()


class Stream(AbstractContextManager["Stream"]):
    """A queue whose work is always done: calls return when they are through."""

    cuda_stream = 0

    def __init__(self, device: Any = None, priority: int = 0, **_: Any) -> None:
        self.device = torch.device("cuda", 0)
        self.priority = priority

    def __exit__(self, *_: object) -> None:
        """Nothing is pending."""

    def query(self) -> bool:
        """Whether all work is done."""
        return True

    def synchronize(self) -> None:
        """Wait for it."""
        synchronize()

    def record_event(self, event: "Event | None" = None) -> "Event":
        """Note the time in an event."""
        event = event or Event()
        event.record()
        return event

    wait_stream = wait_event = nothing


class Event:
    """A moment, by the clock of the machine."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self._time = 0.0

    def record(self, stream: Any = None) -> None:
        """Note the time."""
        synchronize()
        self._time = time.perf_counter()

    def elapsed_time(self, end_event: "Event") -> float:
        """Milliseconds from this moment to another."""
        return (end_event._time - self._time) * 1e3

    query = always
    wait = synchronize = nothing


def stream(stream: Any = None) -> AbstractContextManager[Any]:
    """A block on a stream; ``torch.cuda.StreamContext`` is the same."""
    return nullcontext(stream)


def current_stream(device: Any = None) -> Stream:
    """The one queue there is."""
    return Stream()


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


_SAME_ANSWER: Sequence[tuple[Callable[..., Any], str]] = (
    (always, "is_bf16_supported is_tf32_supported can_device_access_peer"),
    (
        nothing,
        "init set_device empty_cache ipc_collect reset_peak_memory_stats reset_accumulated_memory_stats set_stream "
        "reset_max_memory_allocated reset_max_memory_cached set_per_process_memory_fraction set_sync_debug_mode",
    ),
    (
        zero,
        "current_device memory_allocated max_memory_allocated memory_reserved max_memory_reserved memory_cached "
        "max_memory_cached utilization memory_usage get_sync_debug_mode",
    ),
    (no_statistics, "memory_stats memory_stats_as_nested_dict"),
    (no_text, "memory_summary"),
    (no_context, "device device_of"),
    (stream, "stream StreamContext"),
    (current_stream, "current_stream default_stream"),
    (manual_seed, "manual_seed manual_seed_all"),
)
_OWN_ANSWER = (
    is_available, device_count, is_initialized, get_device_capability, get_device_name, get_device_properties,
    mem_get_info, synchronize, get_rng_state, set_rng_state, get_rng_state_all, set_rng_state_all, initial_seed,
    Stream, Event,
)  # fmt: skip

REPLACED: list[tuple[object, str, object]] = [
    *((torch.cuda, name, answer) for answer, names in _SAME_ANSWER for name in names.split()),
    *((torch.cuda, answer.__name__, answer) for answer in _OWN_ANSWER),
    *((torch.cuda.memory, name, answer) for answer, names in _SAME_ANSWER for name in names.split()),
    *((torch.cuda.nvtx, name, zero) for name in ("range_push", "range_pop", "mark")),
    (torch.cuda.nvtx, "range", no_context),
    *((torch, kind.__name__, kind) for kind in (Stream, Event)),
    (torch.accelerator, "synchronize", synchronize),
    (torch.backends.cudnn, "is_available", is_available),
    (torch.backends.cuda, "is_built", is_available),
    *(
        (torch.cuda, f"{name}Tensor", getattr(torch, f"{name}Tensor"))
        for name in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
    ),
]
