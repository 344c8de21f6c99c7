"""Who does trials on this machine: this thread, one after the other, or several beside it."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


class InOrder:
    """Does each task at once, in this thread, so that Ctrl-C reaches its worker."""

    def submit(self, function: Callable[[Task], Result], task: Task, /) -> "Future[Result]":
        """Return a future that is done."""
        future: Future[Result] = Future()
        future.set_result(function(task))
        return future


class Beside:
    """Does each task in a thread of its own, which waits for the worker and does not keep this process from ending."""

    def submit(self, function: Callable[[Task], Result], task: Task, /) -> "Future[Result]":
        """Return the future of a task that has begun."""
        future: Future[Result] = Future()

        def do() -> None:
            try:
                future.set_result(function(task))
            except BaseException as error:  # whoever waits for it gets it
                future.set_exception(error)

        Thread(target=do, daemon=True).start()
        return future
