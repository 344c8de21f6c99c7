"""Which layers a worker is to have on this machine."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from trainstore.execution.sandbox import probe
from trainstore.execution.sandbox.identity import (
    CHOWN,
    DAC_OVERRIDE,
    KILL,
    SETGID,
    SETUID,
    capabilities,
    unused_user,
)
from trainstore.execution.sandbox.levels import Layer, Mechanism, SandboxDemand, reaches
from trainstore.execution.sandbox.view import View, closed_to_others

_NEEDED_TO_CHANGE_USER = {CHOWN, DAC_OVERRIDE, KILL, SETGID, SETUID}


@dataclass(frozen=True)
class Plan:
    """What is to be done; whether it was done, a look at the worker tells.

    Attributes:
        namespaces: by which mechanism; None for none.
        user_namespace: whether they need one of users, too.
        user: whom to become; None to stay who one is.
        groups: of device nodes that only their group may use.
        landlock: whether to restrict files.
        seccomp: whether to filter system calls.
        capabilities: whether to keep those that there are.
        absent: the layers that are not tried; each says why.
    """

    namespaces: Mechanism | None
    user_namespace: bool
    user: int | None
    groups: tuple[int, ...]
    landlock: bool
    seccomp: bool
    capabilities: bool
    absent: tuple[Layer, ...]

    def hoped_for(self) -> list[Layer]:
        """The layers that decide the level, if all goes well."""
        planned = {
            "namespaces": self.namespaces is not None,
            "landlock": self.landlock,
            "seccomp": self.seccomp,
            "no_capabilities": not self.capabilities,
            "no_new_privileges": sys.platform == "linux",
        }
        return [Layer(name, True) for name, is_planned in planned.items() if is_planned]


def make_plan(demand: SandboxDemand, view: View) -> Plan:
    """Find out what works here, of what is asked for."""
    if sys.platform != "linux":
        names = ("namespaces", "landlock", "seccomp", "no_capabilities", "other_user")
        absent = tuple(Layer(name, False, "only Linux has it") for name in names)
        return Plan(None, False, None, (), landlock=False, seccomp=False, capabilities=True, absent=absent)
    partial = reaches(demand.most, "partial")
    mechanism, absent = _namespaces(demand)
    user_namespace = mechanism is not None and probe.needs_user_namespace()
    reasons = {
        "landlock": _unless_left_out(partial, probe.why_no_landlock),
        "seccomp": _unless_left_out(partial, probe.why_no_seccomp),
        "no_capabilities": _unless_left_out(partial, str),
        "other_user": _unless_left_out(
            partial, lambda: _why_same_user(view, mechanism is not None, user_namespace)
        ),
    }
    user = None if reasons["other_user"] else unused_user()
    if user is None:
        reasons["other_user"] = reasons["other_user"] or "this container has no user ids to spare"
    return Plan(
        namespaces=mechanism,
        user_namespace=user_namespace,
        user=user,
        groups=tuple(_device_groups(view)),
        landlock=not reasons["landlock"],
        seccomp=not reasons["seccomp"],
        capabilities=not partial,
        absent=(*absent, *(Layer(name, False, why) for name, why in reasons.items() if why)),
    )


def _namespaces(demand: SandboxDemand) -> tuple[Mechanism | None, list[Layer]]:
    """The first mechanism that works, and why those before it do not."""
    if not reaches(demand.most, "strong"):
        return None, [Layer("namespaces", False, _LEFT_OUT)]
    reasons: dict[Mechanism, str] = {}
    for mechanism in (demand.namespaces,) if demand.namespaces else _MECHANISMS:
        reasons[mechanism] = _WHY_NOT[mechanism]()
        if not reasons[mechanism]:
            return mechanism, [Layer(name, False, why) for name, why in reasons.items() if why]
    why = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    return None, [Layer("namespaces", False, why)]


_LEFT_OUT = "left out, as a lower level was asked for"
_MECHANISMS: tuple[Mechanism, ...] = ("bubblewrap", "unshare")
_WHY_NOT: dict[Mechanism, Callable[[], str]] = {
    "bubblewrap": lambda: probe.why_no_bubblewrap(probe.bubblewrap_program()),
    "unshare": probe.why_no_unshare,
}


def _unless_left_out(wanted: bool, why_not: Callable[[], str]) -> str:
    return why_not() if wanted else _LEFT_OUT


def _why_same_user(view: View, namespaces: bool, user_namespace: bool) -> str:
    if os.getuid() != 0:
        return "only root can change to another user"
    if user_namespace or not capabilities() >= _NEEDED_TO_CHANGE_USER:
        return "this root lacks the capabilities to change to another user and to end its processes"
    closed = closed_to_others(view, with_parents=not namespaces)
    return f"{closed} is closed to other users, and Python needs it" if closed else ""


def _device_groups(view: View) -> Iterator[int]:
    for path in view.devices:
        node = os.stat(path)
        if not node.st_mode & stat.S_IWOTH and node.st_gid:
            yield node.st_gid
