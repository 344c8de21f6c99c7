"""Keeps the mode on where it would be off: in what the autograd engine calls back, and in new threads."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import saved_tensors_hooks

_P = ParamSpec("_P")
_R = TypeVar("_R")
_apply_backward = BackwardCFunction.apply
_start_hooks = saved_tensors_hooks.__init__
_start_thread = threading.Thread.start


class Mode:
    """Holds the mode that is on, or None."""

    on: AbstractContextManager[object] | None = None


def kept_on(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The function, with the mode that is on now on while it is called."""
    mode = Mode.on
    if mode is None:
        return function

    @wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with mode:
            return function(*args, **kwargs)

    return call


def apply_backward(self: BackwardCFunction, *args: Any) -> Any:
    """``backward`` of a ``torch.autograd.Function``."""
    return kept_on(_apply_backward)(self, *args)


def start_hooks(
    self: saved_tensors_hooks, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]
) -> None:
    """Unpacking what was saved for the backward pass; ``torch.utils.checkpoint`` recomputes in there."""
    _start_hooks(self, pack_hook, kept_on(unpack_hook))


def start_thread(self: threading.Thread) -> None:
    """A thread of the code's own, which prefetches to the GPU."""
    self.run = kept_on(self.run)  # type: ignore[method-assign]
    _start_thread(self)


REPLACED: list[tuple[object, str, object]] = [
    (BackwardCFunction, "apply", apply_backward),
    (saved_tensors_hooks, "__init__", start_hooks),
    (threading.Thread, "start", start_thread),
]
