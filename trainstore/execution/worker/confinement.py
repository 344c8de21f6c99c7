"""What a worker does to itself before anything untrusted, or torch, is imported."""

import os
import signal
import sys
from collections.abc import Callable

from trainstore.execution.resource_limits import set_resource_limits
from trainstore.execution.sandbox import landlock
from trainstore.execution.sandbox.confinement import Confinement
from trainstore.execution.sandbox.identity import become, drop_capabilities
from trainstore.execution.sandbox.levels import Layer
from trainstore.execution.sandbox.namespaces import enter_namespaces
from trainstore.execution.sandbox.seccomp import install_filter, worker_program
from trainstore.execution.sandbox.system import (
    SET_NO_NEW_PRIVILEGES,
    SET_PARENT_DEATH_SIGNAL,
    process_control,
)

_ELSEWHERE = "/"  # no rule ever names it


def confine(orders: Confinement) -> list[Layer]:
    """Restrict this process for good, in the one order in which each step leaves the next its right.

    Where namespaces of its own are made, what returns is a child of the process that called.

    Returns:
        Each step by its name: whether it was done, or why it failed.

    Raises:
        OSError: namespaces that worked when they were tried did not work now.
    """
    if orders.tree is not None:
        enter_namespaces(orders.tree, orders.user_namespace, orders.mount_point, orders.folder)
    layers = []
    user = orders.user
    if user is not None:
        layers.append(_step("other_user", lambda: become(user, orders.groups)))
    counted_alone = os.getuid() != 0 and (orders.user_namespace or os.getuid() == user)
    layers += set_resource_limits(orders.limits, counted_alone)
    if sys.platform != "linux":
        return layers
    if not orders.capabilities:
        layers.append(_step("no_capabilities", drop_capabilities))
    # Only now, as a change of user or capabilities clears it.
    process_control(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, what="parent death signal")
    # A set-user-id program would be out of reach of the signal that ends the tree.
    layers.append(_step("no_new_privileges", lambda: process_control(SET_NO_NEW_PRIVILEGES, 1, what="prctl")))
    rules = orders.rules
    if rules is not None:
        layers += _restrict_files(rules)
    if orders.seccomp:
        layers.append(_step("seccomp", lambda: install_filter(worker_program())))
    return layers


def _step(name: str, act: Callable[[], object]) -> Layer:
    try:
        act()
    except OSError as error:
        return Layer(name, False, str(error))
    return Layer(name, True)


def _restrict_files(rules: list[tuple[str, int]]) -> list[Layer]:
    """Set Landlock, and try it: from outside it cannot be seen."""
    try:
        abi = landlock.restrict(rules)
    except OSError as error:
        return [Layer("landlock", False, str(error))]
    signals = Layer("signals", abi >= landlock.ABI_WITH_SIGNALS, f"Landlock {abi} does not keep them in")
    try:
        os.close(os.open(_ELSEWHERE, os.O_RDONLY))
    except PermissionError:
        return [Layer("landlock", True), signals]
    return [Layer("landlock", False, f"it was set, and {_ELSEWHERE} can still be read"), signals]
