"""A worker is believed only as far as the kernel says the same of its process."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from trainstore.execution.sandbox import probe
from trainstore.execution.sandbox.inspection import confirm, leaf_of
from trainstore.execution.sandbox.levels import Layer, level_of
from trainstore.execution.sandbox.plan import Plan

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")

PLAN = Plan(None, False, None, (), landlock=True, seccomp=True, capabilities=False, absent=())
NAMES = ("no_capabilities", "no_new_privileges", "seccomp", "landlock")


@contextmanager
def process(script: str) -> Iterator[int]:
    """The id of a process that has run a script and waits."""
    command = [sys.executable, "-c", f"{script}\nprint('x', flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None and started.stdin is not None
        assert started.stdout.readline() == b"x\n"
        yield started.pid
        started.stdin.close()


def active(layers: list[Layer]) -> set[str]:
    return {layer.name for layer in layers if layer.active}


def test_a_process_that_did_nothing_is_not_believed() -> None:
    with process("pass") as pid:
        layers = confirm(pid, [Layer(name, True) for name in NAMES], PLAN)
    believed = {"landlock"} | ({"no_capabilities"} if os.getuid() else set())
    assert active(layers) == believed
    assert level_of(layers) == "weak"
    assert all(layer.why for layer in layers if not layer.active)


def test_what_was_done_is_confirmed(skip_without: Callable[[str], None]) -> None:
    skip_without("partial")
    script = """
from trainstore.execution.sandbox.confinement import Confinement
from trainstore.execution.worker.confinement import confine
from trainstore.execution.limits import Limits
confine(Confinement(None, False, "", "", None, [], [("/usr", 13), ("/proc", 13)], True, False, Limits()))
"""
    with process(script) as pid:
        layers = confirm(pid, [Layer(name, True) for name in NAMES], PLAN)
    assert active(layers) == set(NAMES)
    assert level_of(layers) == "partial"


def test_a_failed_step_stays_failed() -> None:
    with process("pass") as pid:
        layers = confirm(pid, [Layer("landlock", False, "it did not work")], PLAN)
    assert Layer("landlock", False, "it did not work") in layers
    assert active(layers) == set()


def test_namespaces_that_are_those_of_this_process_are_none() -> None:
    with process("pass") as pid:
        layers = confirm(pid, [], replace(PLAN, namespaces="unshare"))
    assert [layer.active for layer in layers] == [False]
    assert layers[0].name == "namespaces"
    assert "pid, mnt, net, ipc, uts" in layers[0].why


@pytest.mark.skipif(bool(probe.why_no_unshare()), reason=f"no unshare: {probe.why_no_unshare()}")
def test_a_worker_in_namespaces_is_found_behind_those_that_wait_for_it() -> None:
    user = probe.needs_user_namespace()
    script = f"""
from trainstore.execution.sandbox.namespaces import enter_namespaces
from trainstore.execution.sandbox.tree import Step
enter_namespaces([Step("proc", "/proc")], {user}, "/tmp", "/")
"""
    with process(script) as pid:
        worker = leaf_of(pid)
        assert worker != pid
        layers = confirm(worker, [], replace(PLAN, namespaces="unshare"))
        assert not confirm(pid, [], replace(PLAN, namespaces="unshare"))[0].active
    assert active(layers) == {"namespaces", "file_count", "signals", "sockets"}


@pytest.mark.skipif(bool(probe.why_no_unshare()), reason=f"no unshare: {probe.why_no_unshare()}")
def test_what_namespaces_keep_in_is_kept_in_whatever_landlock_says() -> None:
    script = f"""
from trainstore.execution.sandbox.namespaces import enter_namespaces
from trainstore.execution.sandbox.tree import Step
enter_namespaces([Step("proc", "/proc")], {probe.needs_user_namespace()}, "/tmp", "/")
"""
    claimed = [Layer("signals", False, "Landlock 2 does not keep them in")]
    with process(script) as pid:
        within = confirm(leaf_of(pid), claimed, replace(PLAN, namespaces="unshare"))
    with process("pass") as pid:
        without = confirm(pid, claimed, PLAN)
    assert [layer.active for layer in within if layer.name == "signals"] == [True]
    assert [layer.active for layer in without if layer.name == "signals"] == [False]
    assert [layer.active for layer in without if layer.name == "sockets"] == [False]


def test_a_process_that_is_gone_confirms_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        pass
    assert active(confirm(ended.pid, [Layer(name, True) for name in NAMES], PLAN)) == set()


def test_a_worker_that_ended_before_it_was_looked_at_has_no_layer() -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as ended:
        ended.wait()
    assert leaf_of(ended.pid) == ended.pid
    claimed = [Layer(name, True) for name in NAMES]
    assert not any(layer.active for layer in confirm(ended.pid, claimed, PLAN))
