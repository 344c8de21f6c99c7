"""One worker, from its start until nothing is left of it."""

import os
import selectors
import signal
import time
from collections.abc import Callable
from pathlib import Path

from trainstore.execution.remove_folder import remove_folder
from trainstore.execution.supervisor.budget import Budget
from trainstore.execution.supervisor.launch import start_program
from trainstore.execution.supervisor.meters import count_system_kills
from trainstore.execution.supervisor.orders import Ending, Orders, StoppedFor
from trainstore.execution.supervisor.output import BoundedOutput
from trainstore.execution.supervisor.process_tree import (
    adopt_orphans,
    end_descendants,
    outrun_descendants,
    reap,
)

_STANDARD_OUTPUT = 1
_CHUNK = 1 << 16
_TICK_SECONDS = 0.1

# Starts the worker of the orders, with a descriptor for what it prints; returns its process id.
Launch = Callable[[Orders, int], int]


def supervise(orders: Orders, launch: Launch = start_program) -> None:
    """Start the worker, watch it, end its tree and report; remove the job folder if the parent is gone."""
    adopt_orphans()
    outrun_descendants()
    watch = Watch(orders)
    watch.start(launch)
    watch.wait()
    ending = watch.end()
    parent_listens = _report(orders.status, ending)
    if not parent_listens or os.getppid() != orders.parent:
        remove_folder(Path(orders.job))


def _report(status: int, ending: Ending) -> bool:
    try:
        with os.fdopen(status, "w", encoding="utf-8") as stream:
            stream.write(ending.to_json())
    except BrokenPipeError:
        return False
    return True


class Watch:
    """The state of watching one worker."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._selector = selectors.DefaultSelector()
        self._output = BoundedOutput(orders.limits.kept_output_bytes, forward_to=_STANDARD_OUTPUT)
        self._exit_codes: dict[int, int] = {}
        self._stopped_for: StoppedFor | None = None
        self._budget = Budget(orders.limits, orders.job, orders.bounded_scratch)
        self._measure_at = 0.0
        self._earlier_kills = count_system_kills()

    def start(self, launch: Launch) -> None:
        """Start the worker."""
        self._listen_for_signals()
        self._selector.register(self._orders.lifeline, selectors.EVENT_READ, self._on_lifeline)
        self._printed, worker_end = os.pipe()
        os.set_blocking(self._printed, False)
        self._selector.register(self._printed, selectors.EVENT_READ, self._on_output)
        self._started = time.monotonic()
        self._worker = launch(self._orders, worker_end)
        # Copies kept here would hide from the parent that the worker is gone.
        for descriptor in (worker_end, *self._orders.passed):
            os.close(descriptor)

    def wait(self) -> None:
        """Return when the worker has ended, or must."""
        while self._stopped_for is None:
            for key, _ in self._selector.select(self._seconds_to_wait()):
                key.data()
            reap(self._exit_codes)
            if self._worker in self._exit_codes:
                return
            self._check_time_and_parent()
            self._check_budget()

    def end(self) -> Ending:
        """End whatever is left of the tree, and say how the worker ended."""
        duration = time.monotonic() - self._started
        survivors = end_descendants(lambda: reap(self._exit_codes))
        self._on_output()
        # What it wrote counts however it ended, as the parent is going to read it.
        self._stop(self._budget.exceeded_at_end())
        kills = count_system_kills()
        return Ending(
            exit_code=self._exit_codes.get(self._worker, -signal.SIGKILL),
            stopped_for=self._stopped_for,
            output_bytes=self._output.total,
            output_tail=self._output.tail,
            duration_s=duration,
            survivors=survivors,
            most=self._budget.most,
            system_kills=None if kills is None else kills - (self._earlier_kills or 0),
        )

    def _listen_for_signals(self) -> None:
        """Let a child's end and a request to end wake the selector."""
        wake_read, wake_write = os.pipe()
        for descriptor in (wake_read, wake_write):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stop("asked"))
        self._selector.register(wake_read, selectors.EVENT_READ, lambda: os.read(wake_read, _CHUNK))

    def _seconds_to_wait(self) -> float:
        if self._orders.limits.wall_seconds is None:
            return _TICK_SECONDS
        left = self._started + self._orders.limits.wall_seconds - time.monotonic()
        return min(_TICK_SECONDS, max(0.0, left))

    def _check_time_and_parent(self) -> None:
        limit = self._orders.limits.wall_seconds
        if limit is not None and time.monotonic() - self._started >= limit:
            self._stop("wall_limit")
        # A forked copy of the parent may hold the lifeline open after the parent's death.
        if os.getppid() != self._orders.parent:
            self._stop("asked")

    def _check_budget(self) -> None:
        """Measure every tick and not more often, as output may wake this without a pause."""
        if time.monotonic() >= self._measure_at:
            self._measure_at = time.monotonic() + _TICK_SECONDS
            self._stop(self._budget.exceeded())

    def _stop(self, reason: StoppedFor | None) -> None:
        self._stopped_for = self._stopped_for or reason

    def _on_lifeline(self) -> None:
        if not os.read(self._orders.lifeline, _CHUNK):
            self._stop("asked")

    def _on_output(self) -> None:
        """Take what is there now, so much at most that the other duties are not kept waiting."""
        for _ in range(16):
            try:
                chunk = os.read(self._printed, _CHUNK)
            except BlockingIOError:
                return
            if not chunk:
                self._stop_listening_to_output()
                return
            self._output.add(chunk)
            if self._output.total > self._orders.limits.output_bytes:
                self._stop("output_limit")
                return

    def _stop_listening_to_output(self) -> None:
        if self._printed in self._selector.get_map():
            self._selector.unregister(self._printed)
