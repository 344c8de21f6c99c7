"""What a worker gives up before anything untrusted, or torch, is imported."""

import ctypes
import resource
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1
_SET_NO_NEW_PRIVILEGES = 38


def confine() -> list[str]:
    """Restrict this process for good; return the layers that hold, each named only if it was set."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    layers = ["no_core_dumps"]
    if sys.platform == "linux":
        process_control = ctypes.CDLL(None, use_errno=True).prctl
        process_control(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        # A set-user-id program would be out of reach of the signal that ends the tree.
        if process_control(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
            layers.append("no_new_privileges")
    return layers
